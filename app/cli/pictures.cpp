// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/pictures.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/hemodynamics/ffr.hpp"
#include "viewer/scene/scene3d.hpp"

namespace ot::cli {
namespace {

// Largest finite activation of two runs, so that both pictures share one scale.
double latest_activation(const twin::RunResult& run) {
  double latest = 0;
  if (run.electro)
    for (const float t : run.electro->activation_ms)
      if (std::isfinite(t)) latest = std::max(latest, static_cast<double>(t));
  return latest;
}

void describe_heart(viewer::Scene3D& scene, const session::CaseData& data, const session::Plan& plan, const twin::RunResult& run, double hi_ms) {
  std::vector<viewer::AnatomyItem> items;
  for (const auto& a : data.anatomy)
    if (!a.active_tissue && a.key.rfind("thorax/", 0) == 0 && a.key.find("blood_pool") == std::string::npos) items.push_back({a.key, a.name, a.color, 0.25, a.surface, true});
  scene.set_anatomy(std::move(items));
  scene.set_tissue(data.twin->heart->baseline.mesh);
  scene.show_activation(run.electro->activation_ms, 0, std::max(10.0, std::ceil(hi_ms / 10) * 10), 10);
  std::vector<viewer::LesionMark> lesions;
  for (const auto& spec : plan.scenario.interventions)
    if (spec.enabled && spec.kind == "ablation")
      for (const auto& x : spec.placement.points_mm) lesions.push_back({spec.id, x, spec.params.number("radius_mm"), false});
  scene.set_lesions(std::move(lesions));
  scene.set_view(viewer::EpView::lao);
}

void describe_vessel(viewer::Scene3D& scene, const twin::VesselModel& model, const twin::VesselResult& vessel) {
  const bool full = vessel.mesh && vessel.flow->pressure.size() == vessel.mesh->nodes.size();
  viewer::FieldStyle style = model.report_ffr ? viewer::ffr_style() : viewer::FieldStyle{viewer::Palette::pressure, 0, 1, 0, "Pressure", "mmHg"};
  std::vector<float> values;
  if (full) {
    values = vessel.flow->pressure;
    if (model.report_ffr) {
      const double inlet = hemo::pressure_at(vessel.flow->pullback, 0, 0.0);
      for (auto& v : values) v = static_cast<float>(hemo::pressure_ratio(v, inlet, model.aortic_pressure_Pa));
    } else {
      for (auto& v : values) v = static_cast<float>(v / 133.322387415);
      style.lo = *std::min_element(values.begin(), values.end());
      style.hi = std::max(style.lo + 0.1, static_cast<double>(*std::max_element(values.begin(), values.end())));
      style.decimals = 1;
    }
    scene.set_vessel(vessel.key, vessel.mesh, values, style);
  } else {
    scene.set_vessel({vessel.key, model.name, vessel.lumen, {}, style, {205, 92, 92}, 1, true});
  }
}

}  // namespace

core::Result<void> draw_case(const session::CaseData& data, const std::filesystem::path& folder, std::vector<session::ReportPicture>& pictures) {
  if (auto ok = viewer::check_display(); !ok) return ok;
  const auto draw = [&](const std::string& file, const std::string& caption, const std::function<void(viewer::Scene3D&)>& describe) -> core::Result<void> {
    const auto path = folder / file;
    if (auto ok = viewer::render_png(describe, path, 1000, 800); !ok) return ok;
    pictures.push_back({caption, path});
    return {};
  };
  double latest = 0;
  for (const auto& plan : data.plans)
    for (const core::Mode mode : {core::Mode::full, core::Mode::fast})
      if (auto run = session::find_result(data, plan.scenario, mode)) {
        latest = std::max(latest, latest_activation(*run));
        break;
      }
  for (const auto& plan : data.plans) {
    auto run = session::find_result(data, plan.scenario, core::Mode::full);
    if (!run) run = session::find_result(data, plan.scenario, core::Mode::fast);
    if (!run) continue;
    const bool has_lesion = std::any_of(plan.scenario.interventions.begin(), plan.scenario.interventions.end(), [](const auto& i) { return i.kind == "ablation"; });
    const bool has_device = std::any_of(plan.scenario.interventions.begin(), plan.scenario.interventions.end(), [](const auto& i) { return !i.placement.vessel.empty(); });   // stents, balloons, grafts ...
    const bool baseline = plan.scenario.interventions.empty();
    if (run->electro && data.twin->heart && (baseline || has_lesion))
      if (auto ok = draw("heart-" + plan.name + ".png", std::string("Activation, ") + plan.name + ", " + core::name_of(run->mode) + " model", [&](viewer::Scene3D& s) { describe_heart(s, data, plan, *run, latest); }); !ok) return ok;
    if (!baseline && !has_device) continue;
    for (const auto& vessel : run->vessels) {
      const auto* model = data.twin->find_vessel(vessel.key);
      if (!model || !vessel.flow) continue;
      if (auto ok = draw(vessel.key + "-" + plan.name + ".png", model->name + ", " + plan.name + ", " + core::name_of(run->mode) + " model", [&](viewer::Scene3D& s) { describe_vessel(s, *model, vessel); }); !ok) return ok;
    }
  }
  return {};
}

}  // namespace ot::cli
