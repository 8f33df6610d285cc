// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/ablation/ablation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "solvers/core/contracts.hpp"
#include "solvers/interventions/ablation/lesions.hpp"
#include "solvers/interventions/geometry/wall_surface.hpp"

namespace ot::interventions {
namespace {

using core::bad_input;
using twin::InterventionSpec;
using twin::SimulationSetup;
using twin::TwinModel;

constexpr const char* region_key = "lesion";

core::Result<void> validate(const TwinModel& model, const InterventionSpec& spec) {
  if (!model.heart || !model.heart->baseline.mesh) return bad_input("A lesion needs heart muscle (this twin has none). Open a case with a heart.");
  const core::TetMesh& mesh = *model.heart->baseline.mesh;
  const double radius = spec.params.number("radius_mm");
  if (spec.params.flag("closed") && spec.placement.points_mm.size() < 3)
    return bad_input("A closed line of lesions needs at least three points (fewer enclose nothing). Add points, or switch \"closed\" off.");
  const WallSurface wall(mesh);
  for (const core::Vec3& point : spec.placement.points_mm) {
    const double distance = wall.distance_to_tissue(point);
    if (distance > radius) return bad_input(fmt::format("The lesion lies {:.1f} mm from the nearest tissue (it would burn nothing). Place it on the wall.", distance));
  }
  if (burned_tets(mesh, plan_lesions(mesh, spec).lesions).empty())
    return bad_input(fmt::format("The lesion of radius {:.1f} mm is smaller than the cells of the mesh, {:.1f} mm (it would burn nothing). Use a larger lesion or a finer mesh.", radius, mesh.mean_edge()));
  return {};
}

double volume_of(const core::TetMesh& mesh, std::size_t t) {
  const core::Tet& n = mesh.tets[t];
  return core::tet_volume(mesh.nodes[n[0]], mesh.nodes[n[1]], mesh.nodes[n[2]], mesh.nodes[n[3]]);
}

std::uint8_t lesion_region(ep::ElectroProblem& problem) {
  for (std::size_t r = 0; r < problem.regions.size(); ++r)
    if (problem.regions[r].key == region_key) return static_cast<std::uint8_t>(r);
  OT_EXPECT(problem.regions.size() < 255);
  ep::TissueRegion lesion;
  lesion.key = region_key;
  lesion.conducting = false;
  lesion.source = "ablated tissue does not conduct: Prakosa et al. 2018, Nat Biomed Eng 2:732 (lesions as non-conducting elements)";
  problem.regions.push_back(lesion);
  return static_cast<std::uint8_t>(problem.regions.size() - 1);
}

// Totals over every ablation of the scenario so far.
void report(const LesionPlan& plan, bool line, std::uint8_t region, SimulationSetup& setup) {
  const ep::ElectroProblem& problem = *setup.electro;
  const core::TetMesh& mesh = *problem.mesh;
  int lv = 0;
  for (const auto& [value, key] : mesh.region_names)
    if (key == "lv_myocardium") lv = value;
  double burned = 0, lv_burned = 0, lv_all = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const bool in_lesion = problem.tissue[t] == region;
    const bool in_lv = lv != 0 && t < mesh.region.size() && mesh.region[t] == lv;
    if (!in_lesion && !in_lv) continue;
    const double volume = volume_of(mesh, t);
    if (in_lesion) burned += volume;
    if (in_lv) lv_all += volume;
    if (in_lesion && in_lv) lv_burned += volume;
  }
  const auto so_far = [&](const char* key) {
    const core::Quantity* q = twin::find_quantity(setup.quantities, key);
    return q ? q->value : 0.0;
  };
  set_quantity(setup, {"lesion_count", "Lesions", "", so_far("lesion_count") + double(plan.lesions.size()), ""});
  set_quantity(setup, {"lesion_volume_cm3", "Lesion volume", "cm3", burned / 1000.0, "volume of the tetrahedra whose centroid lies in a lesion"});
  if (lv_all > 0) set_quantity(setup, {"lv_burned_percent", "LV muscle burned", "%", 100.0 * lv_burned / lv_all, ""});
  if (!line) return;
  set_quantity(setup, {"lesion_largest_gap_mm", "Largest gap along a line", "mm", std::max(so_far("lesion_largest_gap_mm"), plan.largest_gap_mm), "between the rims of neighbouring lesions"});
  set_quantity(setup, {"lesion_largest_spacing_mm", "Largest distance of neighbouring lesions", "mm", std::max(so_far("lesion_largest_spacing_mm"), plan.largest_spacing_mm), "between centres; CLOSE protocol: at most 6 mm"});
}

core::Result<void> apply(const TwinModel&, const InterventionSpec& spec, SimulationSetup& setup) {
  OT_EXPECT(setup.electro && setup.electro->mesh);
  ep::ElectroProblem& problem = *setup.electro;
  const LesionPlan plan = plan_lesions(*problem.mesh, spec);
  const auto burned = burned_tets(*problem.mesh, plan.lesions);
  if (burned.empty()) return {};
  OT_EXPECT(problem.tissue.size() == problem.mesh->tets.size());
  const std::uint8_t region = lesion_region(problem);
  for (core::Index t : burned) problem.tissue[std::size_t(t)] = region;
  report(plan, plan.lesions.size() > 1, region, setup);
  return {};
}

}  // namespace

twin::InterventionKind ablation() {
  using core::Liveness;
  twin::InterventionKind kind;
  kind.key = "ablation";
  kind.label = "Lesion";
  kind.summary = "Burns tissue at a point or along a line on the wall: it stops conducting.";
  kind.source = "Lesions as non-conducting elements: Prakosa et al. 2018, Nat Biomed Eng 2:732, doi 10.1038/s41551-018-0282-2.";
  kind.placement = twin::Placement::Kind::point;
  kind.takes_line = true;
  const std::string size_source = "usual size of an irrigated radiofrequency lesion, about 6 mm wide and 5 mm deep (general knowledge, not verified against a document); adjustable";
  kind.schema.name = "Lesion";
  kind.schema.params = {
      {"radius_mm", "Radius", "mm", 3.0, 0.5, 15.0, {}, "Half width of one lesion on the surface of the wall.", size_source, Liveness::reassemble},
      {"depth_mm", "Depth", "mm", 5.0, 0.5, 25.0, {}, "How deep one lesion reaches into the wall.", size_source, Liveness::reassemble},
      {"spacing_mm", "Spacing along a line", "mm", 3.0, 0.5, 20.0, {}, "Largest distance of neighbouring lesions along a drawn line.", "CLOSE protocol allows at most 6 mm; 3-4 mm gave more first-pass isolation (product.md section 2)", Liveness::reassemble},
      {"closed", "Closed line", "", false, 0, 0, {}, "Joins the last point of the line to the first, to encircle a patch.", "encircling lesions, e.g. pulmonary vein isolation", Liveness::reassemble},
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
