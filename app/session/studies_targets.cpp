// SPDX-License-Identifier: GPL-3.0-or-later
// Proof of block, and lesions tried where a re-entry leaves its slow tissue.
#include <fmt/format.h>

#include <algorithm>

#include "app/session/studies_impl.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {
namespace {

// Every ablation burned without gaps and through any wall: what a complete line would do where this one lies.
twin::InterventionSpec sealed(twin::InterventionSpec spec) {
  if (spec.kind != "ablation") return spec;
  spec.params.set("size", std::string("given"));
  spec.params.set("radius_mm", std::max(3.0, spec.params.number("radius_mm")));
  spec.params.set("depth_mm", std::max(15.0, spec.params.number("depth_mm")));   // no wall of the heart is thicker
  spec.params.set("spacing_mm", 1.0);
  return spec;
}

core::Result<ep::BlockProof> prove(const CaseData& data, const std::string& plan, const std::vector<twin::InterventionSpec>& added, const core::Vec3& a, const core::Vec3& b, core::Mode mode,
                                   const core::Progress& progress) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart twin (nothing to stimulate). Run `build` first.");
  const auto& mesh = *data.twin->heart->baseline.mesh;
  const auto part = part_at(mesh, a);
  if (ep::is_whole_heart(mesh) && part_at(mesh, b) != part)
    return core::bad_input("One side of the block proof lies on the atria, the other on the ventricles (no wave passes between them in a study). Place both on one of them.");
  const auto with = problem_of(data, plan, part, added);
  if (!with) return core::pass(with);
  CaseData complete;
  complete.twin = data.twin;
  complete.plans = data.plans;
  for (auto& p : complete.plans)
    for (auto& spec : p.scenario.interventions) spec = sealed(spec);
  std::vector<twin::InterventionSpec> added_complete;
  for (const auto& spec : added) added_complete.push_back(sealed(spec));
  const auto all_round = problem_of(complete, plan, part, added_complete);
  if (!all_round) return core::pass(all_round);
  constexpr double radius = 2.5;   // mm of wall captured round a catheter
  const auto site = [&](const char* key, const core::Vec3& at) { return ep::StudySite{key, key, at, 0, ep::nodes_near(*with, at, radius, 10.0)}; };
  const ep::StudySite from = site("a", a), to = site("b", b);
  auto proof = ep::prove_block(*with, baseline_of(data, part), from, to, mode, progress, &*all_round);
  if (!proof) return proof;
  proof->a = ep::paced_place(*with->mesh, from, radius);
  proof->b = ep::paced_place(*with->mesh, to, radius);
  return proof;
}

}  // namespace

std::vector<std::string> moved_words(const ep::BlockProof& proof) {
  std::vector<std::string> out;
  for (const auto& [name, place] : {std::pair("A", proof.a), std::pair("B", proof.b)})
    if (place.moved_mm > 0)
      out.push_back(fmt::format("Side {} lay in tissue that does not conduct: it was paced {:.1f} mm away, at ({:.1f}, {:.1f}, {:.1f}) mm LPS. Look that this is still on the same side of the lesions.", name,
                                place.moved_mm, place.at_mm.x(), place.at_mm.y(), place.at_mm.z()));
  return out;
}

core::Result<ep::BlockProof> prove_block(const CaseData& data, const std::string& plan, const core::Vec3& a, const core::Vec3& b, core::Mode mode, const core::Progress& progress) {
  return prove(data, plan, {}, a, b, mode, progress);
}

core::Result<ep::BlockProof> prove_lesions(const CaseData& data, const std::vector<twin::InterventionSpec>& lesions, const core::Vec3& a, const core::Vec3& b, const core::Progress& progress) {
  return prove(data, data.plans.front().name, lesions, a, b, core::Mode::fast, progress);
}

core::Result<std::vector<Target>> suggest_targets(const CaseData& data, const StudySpec& spec, const ep::StudyResult& study, double radius, double depth, const core::Progress& progress) {
  const twin::InterventionKind* kind = twin::find_intervention("ablation");
  if (!kind) return core::wrong_usage("This program knows no ablation.");
  if (spec.mode != core::Mode::fast) return core::wrong_usage("Targets are tried in FAST mode (hundreds of runs). Run the study in FAST mode first, confirm the chosen lesion in FULL.");
  std::vector<Target> out;
  const auto part_of = part_of_study(*data.twin, spec);
  if (!part_of) return core::pass(part_of);
  const ep::ElectroProblem before = baseline_of(data, *part_of);
  const double apart = 6.0;   // mm: exits closer than a lesion is wide are one target
  const auto consider = [&](const core::Vec3& at, double share, std::string why) {
    if (std::any_of(out.begin(), out.end(), [&](const Target& t) { return (t.at_mm - at).norm() < apart; })) return;
    Target t;
    t.at_mm = at;
    t.why = std::move(why);
    t.share_percent = share;
    t.induced_before = study.induced;
    t.spec.kind = "ablation";
    t.spec.id = fmt::format("target-{}", out.size() + 1);
    t.spec.placement.kind = twin::Placement::Kind::point;
    t.spec.placement.points_mm = {at};
    t.spec.params = kind->schema.defaults();
    t.spec.params.set("radius_mm", radius);
    t.spec.params.set("depth_mm", depth);
    t.spec.note = t.why;
    out.push_back(std::move(t));
  };
  constexpr double slow_ms = 20;   // shorter ways through slow tissue are its rim, not an isthmus
  for (const auto& r : study.runs)
    for (const auto& e : r.exits) {
      consider(e.at_mm, e.share_percent, fmt::format("exit of the re-entry induced at {}, activates {:.0f} % of the healthy muscle", r.site.name, e.share_percent));
      if (e.isthmus_ms >= slow_ms) consider(e.isthmus_mm, e.share_percent, fmt::format("slow conduction: middle of {:.0f} ms through the border zone before the exit of the re-entry induced at {}", e.isthmus_ms, r.site.name));
    }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const core::Progress part = progress.part(double(i) / double(out.size()), double(i + 1) / double(out.size()));
    Target& t = out[i];
    auto lesions = spec.added;
    lesions.push_back(t.spec);
    auto problem = problem_of(data, spec.plan, *part_of, lesions);
    if (!problem) {
      if (problem.error().code == core::ErrorCode::cancelled) return core::pass(problem);
      t.induced_after = t.induced_before;   // cannot be burned there
      t.why += " (no lesion fits: " + problem.error().message + ")";
      continue;
    }
    for (std::size_t e = 0; e < problem->tissue.size(); ++e)
      if (!problem->regions[problem->tissue[e]].conducting && before.regions[before.tissue[e]].conducting) {
        const auto& v = problem->mesh->tets[e];
        const auto& x = problem->mesh->nodes;
        t.lesion_cm3 += core::tet_volume(x[std::size_t(v[0])], x[std::size_t(v[1])], x[std::size_t(v[2])], x[std::size_t(v[3])]) / 1000.0;
      }
    // The whole protocol again at every site that was inducible: residual inducibility.
    std::vector<ep::StudySite> sites;
    for (const auto& r : study.runs)
      if (r.induced()) {
        sites.push_back(r.site);
        sites.back().nodes = ep::nodes_near(*problem, r.site.at_mm, spec.site_radius_mm, 10.0);
      }
    std::erase_if(sites, [](const auto& s) { return s.nodes.empty(); });
    auto again = ep::run_study(*problem, sites, spec.protocol, spec.mode, {}, part);
    if (!again) return core::pass(again);
    t.induced_after = again->induced;
  }
  std::stable_sort(out.begin(), out.end(), [](const Target& a, const Target& b) { return a.induced_after != b.induced_after ? a.induced_after < b.induced_after : a.lesion_cm3 < b.lesion_cm3; });
  return out;
}

}  // namespace ot::session
