// SPDX-License-Identifier: GPL-3.0-or-later
// Model: all nodes of conducting tissue within `radius` of the wall point are stimulated at `start`; suprathreshold by
//   construction. Exclusive pacing replaces every other site, as overdrive pacing faster than the sinus rhythm does; what the AV node conducts still follows the atria.
// Source: size of the stimulated patch and current of the N-version benchmark: Niederer et al. 2011, Phil Trans R Soc A
//   369:4331, table 2 (cube of 1.5 mm, 2 ms).
#include "solvers/interventions/pacing/pacing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/interventions/geometry/wall_surface.hpp"

namespace ot::interventions {
namespace {

using core::Vec3;
using twin::InterventionSpec;

// Nodes of conducting tetrahedra within the radius of x, ascending; the nearest one when none is that near but some tissue is
// within twice the mean edge.
std::vector<core::Index> captured_nodes(const ep::ElectroProblem& problem, const Vec3& x, double radius) {
  const core::TetMesh& mesh = *problem.mesh;
  std::vector<std::uint8_t> excitable(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (problem.tissue.empty() || problem.regions[problem.tissue[t]].conducting)
      for (core::Index n : mesh.tets[t]) excitable[std::size_t(n)] = 1;
  std::vector<core::Index> nodes;
  std::size_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
    if (!excitable[n]) continue;
    const double distance = (mesh.nodes[n] - x).norm();
    if (distance <= radius) nodes.push_back(static_cast<core::Index>(n));
    if (distance < least) {
      least = distance;
      nearest = n;
    }
  }
  if (nodes.empty() && least <= 2 * mesh.mean_edge()) nodes.push_back(static_cast<core::Index>(nearest));
  return nodes;
}

Vec3 site_on_wall(const core::TetMesh& mesh, const InterventionSpec& spec) {
  return WallSurface(mesh).nearest(spec.placement.points_mm.front(), spec.params.number("radius_mm")).position;
}

core::Result<void> validate(const twin::TwinModel& model, const InterventionSpec& spec) {
  if (!model.heart || !model.heart->baseline.mesh) return core::bad_input("Pacing needs heart muscle (this twin has none). Open a case with a heart.");
  const ep::ElectroProblem& problem = model.heart->baseline;
  constexpr double reach_mm = 10.0;  // a click this far off the wall is taken to it; further is a mistake
  const double distance = WallSurface(*problem.mesh).distance_to_tissue(spec.placement.points_mm.front());
  if (distance > reach_mm) return core::bad_input(fmt::format("The pacing site lies {:.1f} mm from the nearest tissue (it would capture nothing). Place it on the wall.", distance));
  if (captured_nodes(problem, site_on_wall(*problem.mesh, spec), spec.params.number("radius_mm")).empty())
    return core::bad_input("The pacing site lies in tissue that does not conduct (it would capture nothing). Move it to healthy wall.");
  return {};
}

core::Result<void> apply(const twin::TwinModel&, const InterventionSpec& spec, twin::SimulationSetup& setup) {
  OT_EXPECT(setup.electro && setup.electro->mesh);
  ep::ElectroProblem& problem = *setup.electro;
  ep::ActivationSite site;
  site.name = spec.id;
  site.nodes = captured_nodes(problem, site_on_wall(*problem.mesh, spec), spec.params.number("radius_mm"));
  site.start_ms = spec.params.number("start_ms");
  if (site.nodes.empty()) {
    setup.notes.push_back(fmt::format("Pacing {} captures nothing: its tissue was ablated.", spec.id));
    return {};
  }
  if (spec.params.flag("exclusive")) {
    std::erase_if(problem.sites, [](const ep::ActivationSite& s) { return !ep::follows_atria(s); });
    problem.cycle_length_ms = spec.params.number("cycle_length_ms");
  }
  problem.end_ms = std::max(problem.end_ms, problem.end_ms + site.start_ms);
  problem.sites.push_back(std::move(site));
  return {};
}

}  // namespace

twin::InterventionKind pacing() {
  using core::Liveness;
  twin::InterventionKind kind;
  kind.key = "pacing";
  kind.label = "Pacing";
  kind.summary = "Stimulates a patch of wall at a given time, alone or with the other sites.";
  kind.source = "Stimulated patch and current: Niederer et al. 2011, Phil Trans R Soc A 369:4331, doi 10.1098/rsta.2011.0139.";
  kind.placement = twin::Placement::Kind::point;
  kind.schema.name = "Pacing";
  kind.schema.params = {
      {"start_ms", "Start", "ms", 0.0, 0.0, 1000.0, {}, "When the stimulus is given.", "start of the simulated beat", Liveness::restart},
      {"radius_mm", "Radius", "mm", 1.5, 0.5, 10.0, {}, "Tissue within this distance of the point is stimulated.", "half-extent of the stimulated corner in Niederer et al. 2011, table 2", Liveness::restart},
      {"exclusive", "Pacing only", "", true, 0, 0, {}, "Replaces all other sites (overdrive pacing); off adds one more site.", "overdrive pacing suppresses the slower rhythm", Liveness::restart},
      {"cycle_length_ms", "Cycle length", "ms", 1000.0, 250.0, 2000.0, {}, "Time between paced beats: the rate the cells are adapted to. Used when pacing only.", "600 ms drive trains and 1000 ms rest are usual (EP-FACTS section 3)", Liveness::live, {{"exclusive", true}}},
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
