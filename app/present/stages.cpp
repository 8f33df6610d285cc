// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/stages.hpp"

#include <QStringList>
#include <algorithm>
#include <set>

#include "app/present/numbers.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::present {

std::array<StageLine, stage_count> stage_lines(const session::Session& session, const HeartFacts* facts) {
  const auto data = session.data();
  std::array<StageLine, stage_count> line;
  line[stage_case] = {"Case", "no image", "Nothing is open.", StageState::empty};
  if (!data->images.empty() && data->images.front().volume) {
    const auto& size = data->images.front().volume->grid.size;
    const std::string& modality = data->images.front().source.modality;   // empty: the phantom's CT
    line[stage_case] = {"Case", QStringLiteral("%1 %2×%3×%4").arg(modality.empty() ? "CT" : QString::fromStdString(modality)).arg(size[0]).arg(size[1]).arg(size[2]),
                        QString::fromStdString(data->patient.series), StageState::ready};
  } else if (data->twin) {
    line[stage_case] = {"Case", "no image", "This case holds a twin without its image.", StageState::attention};
  }

  std::set<std::string> present;
  bool labelled = false, counted = true, assumed = false;
  for (const auto& image : data->images)
    if (image.labels) {
      // The scheme also names what this image does not hold. Counting voxels here would stop the window: a job of the window counts them.
      labelled = true;
      const auto keys = session.labels_present(image.key);
      counted = counted && keys;
      if (keys) present.insert(keys->begin(), keys->end());
      for (const auto& label : image.labels->labels) assumed = assumed || (label.assumed && present.count(label.key));
    }
  line[stage_anatomy] = {"Anatomy", !labelled ? QStringLiteral("–") : !counted ? QStringLiteral("…") : QStringLiteral("%1 label%2").arg(present.size()).arg(present.size() == 1 ? "" : "s"),
                         labelled ? (assumed ? "Some labels are assumed, not seen in the image." : "Labels with at least one voxel.") : "No labels yet.",
                         labelled ? StageState::ready : StageState::empty};

  line[stage_tissue] = {"Tissue", "–", "No tissue model yet.", StageState::empty};
  if (data->twin && data->twin->heart) {
    double scar = 0;
    if (facts)
      for (const auto& share : facts->tissue)
        if (share.key.find("scar") != std::string::npos) scar += share.percent;
    line[stage_tissue] = {"Tissue", facts ? QStringLiteral("mesh %1 % scar").arg(scar, 0, 'f', scar < 10 ? 1 : 0) : QStringLiteral("…"),
                          "Share of the electrical mesh that is scar. The Tissue stage previews it as a share of the wall in the image, Anatomy lists the volume of the label.", StageState::ready};
  } else if (data->twin) {
    line[stage_tissue] = {"Tissue", "vessel only", "This twin has no heart muscle.", StageState::ready};
  }

  line[stage_model] = {"Model", "–", "No twin yet.", StageState::empty};
  if (data->twin) {
    std::size_t tets = 0;
    if (data->twin->heart && data->twin->heart->baseline.mesh) tets += data->twin->heart->baseline.mesh->tets.size();
    for (const auto& vessel : data->twin->vessels)
      if (vessel && vessel->mesh) tets += vessel->mesh->tets.size();
    const bool apart = data->twin->heart && data->twin->heart->baseline.mesh && ep::is_whole_heart(*data->twin->heart->baseline.mesh);   // by the fibrous skeleton
    const bool poor = facts && (facts->quality.inverted > 0 || facts->quality.parts > (apart ? 2 : 1));
    line[stage_model] = {"Model", show_count(double(tets)) + " tets", poor ? "The mesh needs a look." : "",
                         poor ? StageState::attention : StageState::ready};
  }

  if (session.model_out_of_date())   // the labels were edited after the meshes were made
    for (const int s : {stage_tissue, stage_model}) {
      if (line[std::size_t(s)].state == StageState::empty) continue;
      line[std::size_t(s)].detail = "Made from other labels than the present ones. Rebuild the model in the Anatomy stage.";
      line[std::size_t(s)].summary = "out of date";
      line[std::size_t(s)].state = StageState::attention;
    }

  const int plan = session.active_plan();
  std::size_t count = 0;
  if (plan >= 0 && plan < int(data->plans.size())) count = data->plans[std::size_t(plan)].scenario.interventions.size();
  line[stage_intervene] = {"Intervene", count ? QString::number(count) : QStringLiteral("–"),
                           plan == 0 ? "The baseline stays untreated; placing something starts plan A." : "",
                           count ? (session.stale(plan) ? StageState::attention : StageState::ready) : StageState::empty};

  const bool has_result = session.best_result(plan) != nullptr;
  line[stage_report] = {"Report", "", has_result ? "" : "Nothing to report yet: no result.",
                        has_result ? StageState::ready : StageState::empty};
  return line;
}

QString intervention_name(const twin::InterventionSpec& spec) {
  const auto* kind = twin::find_intervention(spec.kind);
  QString name = kind ? QString::fromStdString(kind->label) : QString::fromStdString(words(spec.kind));
  if (kind && kind->placement != twin::Placement::Kind::none && spec.placement.kind == twin::Placement::Kind::polyline) {
    const bool ring = spec.params.has("closed") && spec.params.flag("closed");
    name += ring ? " ring" : " line";
  }
  const auto dash = spec.id.find_last_of('-');
  if (dash != std::string::npos) name += " " + QString::fromStdString(spec.id.substr(dash + 1));
  if (kind)
    for (const auto& p : kind->schema.params)
      if ((p.key == "drug" || p.key == "agent") && spec.params.has(p.key))
        name = QString::fromStdString(words(spec.params.text(p.key)));
  return name;
}

QString intervention_summary(const twin::InterventionSpec& spec, const twin::TwinModel* twin) {
  const auto* model = twin ? twin->find_vessel(spec.placement.vessel) : nullptr;
  const QString vessel = QString::fromStdString(model && !model->name.empty() ? model->name : spec.placement.vessel);
  QStringList parts;
  if (!spec.enabled) parts << "off";
  const auto& p = spec.placement;
  if (p.kind == twin::Placement::Kind::polyline) parts << QStringLiteral("through %1 points").arg(p.points_mm.size());
  if (p.kind == twin::Placement::Kind::segment)
    parts << QStringLiteral("%1 %2–%3 mm").arg(vessel).arg(p.start_mm, 0, 'f', 0).arg(p.start_mm + p.length_mm, 0, 'f', 0);
  if (p.kind == twin::Placement::Kind::bridge)
    parts << QStringLiteral("%1 %2 → %3 mm").arg(vessel).arg(p.start_mm, 0, 'f', 0).arg(p.to_mm, 0, 'f', 0);
  if (const auto* kind = twin::find_intervention(spec.kind))
    for (const auto& s : kind->schema.params)
      if (std::holds_alternative<double>(s.fallback) && spec.params.has(s.key)) {
        const QString unit = unit_text(QString::fromStdString(s.unit));
        const QString sign = s.key == "diameter_mm" ? QStringLiteral("Ø ") : s.key == "radius_mm" ? QStringLiteral("r ") : QString();
        parts << sign + QString::number(spec.params.number(s.key), 'g', 3) + (unit.isEmpty() ? "" : " " + unit);
        break;
      }
  return parts.join(QStringLiteral(" · "));
}

}  // namespace ot::present
