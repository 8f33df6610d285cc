// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/flow_preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/ffr.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::present {
namespace {

using Level = PreflightLine::Level;
constexpr double pi = 3.14159265358979323846;

// Mean speed over the beat at the inlet of an artery, m/s: resting coronaries 0.1-0.2, hyperaemic up to about 0.8, aorta 0.1-0.4
// (Nichols & O'Rourke, McDonald's Blood Flow in Arteries; Wilson 1990 for hyperaemia). A factor of two to either side is let pass.
constexpr double least_speed = 0.05, most_speed = 1.6;
constexpr double transition_reynolds = 2300;             // of a straight pipe (Reynolds 1883)
constexpr double least_map_mmhg = 50, most_map_mmhg = 130;   // mean arterial pressures between shock and hypertensive crisis
constexpr double edges_wanted = 10;                      // across the narrowest place; meshes of the pipeline ask for 12 (PipelineParams)

double narrowest(const core::VesselNetwork& network, core::Vec3& where) {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& b : network.branches)
    for (std::size_t i = 0; i < b.radius.size(); ++i)
      if (2 * b.radius[i] < least) least = 2 * b.radius[i], where = b.points[i];
  return least;
}

// Mean edge of the tetrahedra within `reach` of a place; the whole mesh's when none lies there.
double edge_near(const core::TetMesh& mesh, const core::Vec3& where, double reach) {
  double sum = 0;
  long count = 0;
  for (const auto& tet : mesh.tets) {
    if ((mesh.nodes[std::size_t(tet[0])] - where).squaredNorm() > reach * reach) continue;
    for (int a = 0; a < 4; ++a)
      for (int b = a + 1; b < 4; ++b) sum += (mesh.nodes[std::size_t(tet[std::size_t(a)])] - mesh.nodes[std::size_t(tet[std::size_t(b)])]).norm(), ++count;
  }
  return count ? sum / double(count) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

bool refused(const std::vector<PreflightLine>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const PreflightLine& l) { return l.level == Level::bad; });
}

std::vector<PreflightLine> preflight_flow(const twin::VesselModel& vessel) {
  std::vector<PreflightLine> lines;
  const hemo::FlowProblem& p = vessel.baseline;
  auto fits = hemo::check_conditions(p);
  if (fits && p.network) fits = hemo::check_network_conditions(p);
  if (fits && p.mesh) fits = hemo::check_mesh_conditions(p);
  lines.push_back(fits ? PreflightLine{Level::good, "Every end has a condition", fmt::format("{} inlet{}, {} outlet{}.", p.inlets.size(), p.inlets.size() == 1 ? "" : "s", p.outlets.size(), p.outlets.size() == 1 ? "" : "s")}
                       : PreflightLine{Level::bad, "A condition is missing or cannot be used", fits.error().message});
  double flow = 0;
  for (const auto& inlet : p.inlets) flow += hemo::mean_flow(inlet, p.cycle_s);
  if (vessel.network && !vessel.network->branches.empty() && !vessel.network->branches.front().radius.empty() && flow > 0) {
    const double radius = vessel.network->branches.front().radius.front(), area = pi * radius * radius;
    const double speed = flow / area * 1e-3;   // mm/s -> m/s
    const double reynolds = p.fluid.density_g_per_mm3 * (flow / area) * 2 * radius / p.fluid.viscosity_Pa_s;
    const bool plausible = speed >= least_speed && speed <= most_speed;
    lines.push_back({plausible ? Level::good : Level::attention, plausible ? "Mean flow is plausible" : "Mean flow is unusual",
                     fmt::format("{:.0f} ml/min into Ø {:.1f} mm: mean speed {:.2f} m/s (arteries {:.2f} to {:.1f}).", flow * 60e-3, 2 * radius, speed, least_speed, most_speed)});
    core::Vec3 throat(0, 0, 0);
    const double least = narrowest(*vessel.network, throat);
    const double throat_re = reynolds * 2 * radius / least;
    if (throat_re > transition_reynolds)
      lines.push_back({Level::attention, "Flow may become turbulent", fmt::format("Reynolds number about {:.0f} in the narrowest place if all flow passes it (laminar below {:.0f}): a steady run may not settle.", throat_re, transition_reynolds)});
    if (vessel.mesh) {
      const double edge = edge_near(*vessel.mesh, throat, std::max(least, vessel.edge_mm));
      const double across = least / edge;
      if (std::isfinite(across))
        lines.push_back({across >= edges_wanted ? Level::good : Level::attention, across >= edges_wanted ? "Mesh is fine enough" : "Mesh is coarse",
                         fmt::format("{:.0f} edges across the narrowest {:.1f} mm ({:.0f} wanted; wall shear was verified with 24).", across, least, edges_wanted)});
    } else {
      lines.push_back({Level::attention, "No mesh", "The FAST model answers; the full model needs the lumen meshed first."});
    }
    if (fits) {
      hemo::FlowProblem fast = p;
      fast.mesh = nullptr;
      fast.steady = true;
      if (const auto solved = hemo::run_network(fast)) {
        const double inlet = core::units::mmhg_from_pa(hemo::pressure_at(solved->pullback, 0, 0));
        if (std::isfinite(inlet)) {
          const bool usual = inlet >= least_map_mmhg && inlet <= most_map_mmhg;
          lines.push_back({usual ? Level::good : Level::attention, usual ? "Mean pressure is plausible" : "Mean pressure is unusual",
                           fmt::format("{:.0f} mmHg at the inlet by the FAST model ({:.0f} to {:.0f} are usual).", inlet, least_map_mmhg, most_map_mmhg)});
        }
      } else {
        lines.push_back({Level::bad, "The FAST model cannot solve it", solved.error().message});
      }
    }
  }
  if (!p.steady) lines.push_back({Level::good, "Pulsatile", fmt::format("{} beats of {:.2f} s, {:.1f} ms a step; the full model takes minutes.", p.cycles, p.cycle_s, 1e3 * p.dt_s)});
  return lines;
}

}  // namespace ot::present
