// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/ablation/ablation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "solvers/core/contracts.hpp"
#include "solvers/interventions/ablation/lesion_size.hpp"
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
  const double radius = lesion_size(spec.params).radius_mm;
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

// Wall burned on the side the lesions lie on, cm2: faces of tetrahedra burned now, the cut at the base left out.
double burned_area_cm2(const core::TetMesh& mesh, const LesionPlan& plan, const std::vector<char>& burned_now) {
  const auto base = mesh.patch_values("base");
  double area = 0;
  for (const auto& face : mesh.boundary) {
    if (!burned_now[std::size_t(face.tet)] || std::find(base.begin(), base.end(), face.patch) != base.end()) continue;
    const core::Vec3 &a = mesh.nodes[face.nodes[0]], &b = mesh.nodes[face.nodes[1]], &c = mesh.nodes[face.nodes[2]];
    const core::Vec3 centre = (a + b + c) / 3.0;
    const core::Vec3 normal = (b - a).cross(c - a);   // outward, twice the area long
    const auto nearest = std::min_element(plan.lesions.begin(), plan.lesions.end(), [&](const Lesion& p, const Lesion& q) { return (p.centre - centre).squaredNorm() < (q.centre - centre).squaredNorm(); });
    if (normal.dot(nearest->inward) < 0) area += 0.5 * normal.norm();
  }
  return area / 100.0;
}

// Totals over every ablation of the scenario so far.
void report(const LesionPlan& plan, const LesionSize& size, double area_cm2, bool line, std::uint8_t region, SimulationSetup& setup) {
  const ep::ElectroProblem& problem = *setup.electro;
  const core::TetMesh& mesh = *problem.mesh;
  int lv = 0;
  for (const auto& [value, key] : mesh.region_names)
    if (key == "lv_myocardium") lv = value;
  double burned = 0, lv_burned = 0, lv_all = 0, all = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const bool in_lesion = problem.tissue[t] == region;
    const bool in_lv = lv != 0 && t < mesh.region.size() && mesh.region[t] == lv;
    const double volume = volume_of(mesh, t);
    all += volume;
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
  set_quantity(setup, {"lesion_area_cm2", "Wall area burned", "cm2", so_far("lesion_area_cm2") + area_cm2, "on the side the lesions lie on"});
  set_quantity(setup, {"myocardium_burned_percent", "Heart muscle burned", "%", 100.0 * burned / all, "of all muscle of the mesh, scar included"});
  if (lv_all > 0) set_quantity(setup, {"lv_burned_percent", "LV muscle burned", "%", 100.0 * lv_burned / lv_all, ""});
  const double number = double(plan.lesions.size());
  set_quantity(setup, {"lesion_through_percent", "Lesions through the wall", "%", 100.0 * plan.through / number, "share of the last line whose tip leaves the wall on the other side"});
  if (size.index > 0) {
    set_quantity(setup, {"lesion_depth_mm", "Lesion depth", "mm", size.depth_mm, fmt::format("ablation index {:.0f}; standard deviation {:.1f} mm", size.index, size.depth_sd_mm)});
    set_quantity(setup, {"lesion_radius_mm", "Lesion radius", "mm", size.radius_mm, fmt::format("standard deviation {:.1f} mm", size.radius_sd_mm)});
    set_quantity(setup, {"lesion_through_shallow_percent", "Lesions through the wall when one standard deviation shallower", "%", 100.0 * plan.through_when_shallow / number, "how much the line depends on a depth that is not known better"});
  }
  if (!line) return;
  set_quantity(setup, {"lesion_gaps", "Gaps along lines", "", so_far("lesion_gaps") + plan.gaps, "neighbouring lesions whose rims do not touch"});
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
  if (problem.tissue_before.empty()) problem.tissue_before = problem.tissue;
  const std::uint8_t region = lesion_region(problem);
  std::vector<char> now(problem.tissue.size(), 0);
  for (core::Index t : burned) {
    now[std::size_t(t)] = problem.tissue[std::size_t(t)] != region;
    problem.tissue[std::size_t(t)] = region;
  }
  report(plan, lesion_size(spec.params), burned_area_cm2(*problem.mesh, plan, now), plan.lesions.size() > 1, region, setup);
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
  const std::string index_source = "ablation index: Bar-Tal et al., US patent 11,304,752; constants after Das et al. 2017, Europace 19:775; spread: Kawaji et al. 2019 (lesion_size.hpp)";
  const std::vector<core::AppliesWhen> given{{"size", std::string("given")}}, estimated{{"size", std::string("power, force and time")}};
  kind.schema.params = {
      {"size", "Size from", "", std::string("given"), 0, 0, {"given", "power, force and time"}, "Radius and depth as given, or estimated from how the energy is delivered.", index_source, Liveness::reassemble},
      {"radius_mm", "Radius", "mm", 3.0, 0.5, 15.0, {}, "Half width of one lesion on the surface of the wall.", size_source, Liveness::reassemble, given},
      {"depth_mm", "Depth", "mm", 5.0, 0.5, 25.0, {}, "How deep one lesion reaches into the wall.", size_source, Liveness::reassemble, given},
      {"power_W", "Power", "W", 35.0, 10.0, 90.0, {}, "Used when the size comes from power, force and time.", "25 to 50 W is usual with irrigated tips; 90 W for 4 s with temperature control", Liveness::reassemble, estimated},
      {"force_g", "Contact force", "g", 15.0, 3.0, 50.0, {}, "Mean force of the tip on the wall; used when the size comes from power, force and time.", "10 to 20 g is usual", Liveness::reassemble, estimated},
      {"time_s", "Time", "s", 30.0, 2.0, 90.0, {}, "Time of energy; used when the size comes from power, force and time.", "the index does not level off as heating does, hence at most 90 s", Liveness::reassemble, estimated},
      {"size_sd", "Smaller or larger than estimated", "SD", 0.0, -2.0, 2.0, {}, "Standard deviations added to the estimated size: -1 shows the plan with lesions smaller than five of six.", index_source, Liveness::reassemble, estimated},
      {"spacing_mm", "Spacing along a line", "mm", 3.0, 0.5, 20.0, {}, "Largest distance of neighbouring lesions along a drawn line.", "CLOSE protocol allows at most 6 mm; 3-4 mm gave more first-pass isolation (product.md section 2)", Liveness::reassemble},
      {"closed", "Closed line", "", false, 0, 0, {}, "Joins the last point of the line to the first, to encircle a patch.", "encircling lesions, e.g. pulmonary vein isolation", Liveness::reassemble},
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
