// SPDX-License-Identifier: GPL-3.0-or-later
// Atrial fibrillation: induced by bursts in remodelled, fibrotic atria, and what isolating the veins leaves of it (FAST).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/session/atria.hpp"
#include "app/session/studies.hpp"
#include "app/verify/atria_cases.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/hearts.hpp"
#include "solvers/electrophysiology/studies/study.hpp"

namespace ot::verify {
namespace {

constexpr const char* substrate = "remodelled atria with fibrosis sustain re-entry after burst pacing (Krogh-Madsen et al. 2012, Clayton 2018)";
constexpr const char* af_cycle = "cycle length of AF and atrial flutter 100 to 250 ms (general knowledge)";

session::StudySpec af_burst() {
  for (const auto& preset : session::study_presets())
    if (preset.key == "af-burst") return preset.spec;
  return {};
}

organs::AtriaParams persistent_af() {
  organs::AtriaParams params;
  params.remodelled = true;
  params.fibrosis_share = 0.3;   // patches of 5 mm, drawn at random
  return params;
}

core::Result<session::CaseData> atrial_case(const core::LabelMap& labels, const organs::AtriaParams& tissue, const core::Progress& progress) {
  session::AtriaCaseParams params;
  params.edge_mm = 1.5;
  params.tissue = tissue;
  const auto atria = session::make_atria(labels, params, progress);
  if (!atria) return core::pass(atria);
  session::CaseData data;
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "atria";
  twin->heart = atria->heart;
  data.twin = twin;
  return data;
}

// Where the burst took hold: its last stimulus captured, or the re-entry it started kept that one from doing so.
double sites_answered(const ep::StudyResult& study) {
  return double(std::count_if(study.runs.begin(), study.runs.end(), [](const ep::SiteRun& r) { return r.attempts.front().captured || r.induced(); }));
}

// A lesion that isolates nothing: a point on the free wall of the right atrium, through it.
twin::InterventionSpec sham_lesion(const twin::TwinModel& twin, const twin::InterventionSpec& like) {
  const core::TetMesh& mesh = *twin.heart->baseline.mesh;
  twin::InterventionSpec spec = like;
  spec.id = "sham";
  spec.placement.kind = twin::Placement::Kind::point;
  spec.placement.points_mm = {mesh.nodes[std::size_t(organs::furthest_node(mesh, "right_atrial_wall", {-1, -0.4, 0.3}))]};
  spec.params.set("closed", false);
  return spec;
}

}  // namespace

Rows af_induction(bool quick, const core::Progress& progress) {
  RowTable table{"ep/study/af-induction", quick};
  const auto patient = phantom_patient(progress.part(0, 0.1));
  if (!patient) return core::pass(patient);
  const session::StudySpec burst = af_burst();
  auto data = atrial_case(patient->labels, persistent_af(), progress.part(0.1, 0.15));
  if (!data) return core::pass(data);
  const auto before = session::run_study(*data, burst, {}, progress.part(0.15, 0.3));
  if (!before) return core::pass(before);
  const double sites = double((*before)->runs.size());
  table.add("remodelled_sites_that_answer_the_burst", sites_answered(**before), sites, 0, "last stimulus captured or re-entry already there: the refractory period of remodelled atria, 90 to 160 ms; the muscle at each site answers the burst");
  table.between("remodelled_sites_induced", (*before)->induced, 1, sites, fmt::format("{}; sites of eight", substrate));
  if ((*before)->induced > 0) table.between("remodelled_shortest_cycle_ms", (*before)->shortest_cycle_ms, 100, 250, af_cycle);
  const auto sets = session::atrial_lesion_sets(*data->twin);
  if (!sets) return core::pass(sets);
  session::Plan rings{"PVI", "rings around the veins", {}}, line{"PVI and roof", "rings and roof line", {}}, sham{"Sham", "a lesion elsewhere", {}}, off{"Off", "the rings switched off", {}};
  for (const auto& set : *sets) {
    line.scenario.interventions.push_back(set.spec);
    if (set.key == "roof") continue;
    rings.scenario.interventions.push_back(set.spec);
    off.scenario.interventions.push_back(set.spec);
    off.scenario.interventions.back().enabled = false;
  }
  sham.scenario.interventions.push_back(sham_lesion(*data->twin, sets->front().spec));
  for (const auto& plan : {rings, line, sham, off}) data->plans.push_back(plan);
  double at = 0.3;
  for (const auto& set : *sets) {
    if (set.key == "roof") continue;
    const auto proof = session::prove_block(*data, "PVI", set.inside, set.outside, core::Mode::fast, progress.part(at, at + 0.05));
    at += 0.05;
    if (!proof) return core::pass(proof);
    constexpr const char* isolated = "a closed ring through the wall isolates the veins both ways (issue 4), in fibrotic atria too";
    table.add(set.key + "_leaves", std::isfinite(proof->delay_ab_ms), 0, 0, isolated);
    table.add(set.key + "_enters", std::isfinite(proof->delay_ba_ms), 0, 0, isolated);
    table.add(set.key + "_conducted_before", std::isfinite(proof->delay_ab_without_ms) && std::isfinite(proof->delay_ba_without_ms), 1, 0, "without lesions the waves pass");
  }
  const auto residual_of = [&](const char* plan, double from, double to) -> core::Result<session::Residual> {
    session::StudySpec spec = burst;
    spec.plan = plan;
    const auto after = session::run_study(*data, spec, {}, progress.part(from, to));
    if (!after) return core::pass(after);
    return session::residual_inducibility(**before, **after);
  };
  constexpr const char* reported = "residual inducibility, reported: isolation of the veins need not end re-entry of a fibrotic atrium; any number of the sites is an answer";
  const auto pvi = residual_of("PVI", 0.4, 0.55);
  if (!pvi) return core::pass(pvi);
  table.between("residual_sites_after_rings", pvi->induced_after, 0, sites, reported);
  table.between("sites_burned_by_rings", pvi->burned, 0, 2, "the rings spare the places of the catheters, but for those in the veins themselves");
  if (pvi->induced_after > 0) {
    const auto roof = residual_of("PVI and roof", 0.55, 0.7);
    if (!roof) return core::pass(roof);
    table.between("residual_sites_after_rings_and_roof_line", roof->induced_after, 0, sites, reported);
  }
  if (!quick) {
    const auto elsewhere = residual_of("Sham", 0.7, 0.8), switched_off = residual_of("Off", 0.8, 0.9);
    if (!elsewhere) return core::pass(elsewhere);
    if (!switched_off) return core::pass(switched_off);
    table.between("residual_sites_after_sham_lesion", elsewhere->induced_after, 1, sites, "a lesion that isolates nothing does not end inducibility");
    double changed = 0;
    for (const auto& s : switched_off->sites) changed += !s.paced_after || s.induced_before != s.induced_after || s.cycle_before_ms != s.cycle_after_ms;
    table.add("sites_changed_by_rings_switched_off", changed, 0, 0, "lesions that are not burned change nothing, to the last bit of the cycle lengths");
  }
  const auto healthy = atrial_case(patient->labels, {}, progress.part(0.9, 0.92));
  if (!healthy) return core::pass(healthy);
  const auto none = session::run_study(*healthy, burst, {}, progress.part(0.92, 1));
  if (!none) return core::pass(none);
  table.add("healthy_sites_induced", (*none)->induced, 0, 0, "burst pacing starts no lasting AF in healthy atria: their refractory period (about 230 ms at 500 ms here) is longer than the burst's interval");
  return table.rows;
}

}  // namespace ot::verify
