// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::hemo {
namespace {

using core::Vec3;
using Level = PreflightItem::Level;

constexpr double slowest_mm_s = 5, fastest_mm_s = 2000;    // mean over an inlet: portal vein 150, aorta 1000 at peak; beyond: a unit is wrong
constexpr double least_shear_Pa = 0.05, most_shear_Pa = 35;
constexpr double laminar = 2000;
constexpr double lightest = 0.95e-3, heaviest = 1.15e-3;   // g/mm3: plasma 1.025e-3, blood 1.06e-3, packed cells 1.09e-3; water 1e-3 with its contrast or sugar
constexpr double thinnest = 7e-4, thickest = 0.1;          // Pa s: water at 37 C, whole blood at a shear rate of 0.1 1/s
constexpr double least_mmhg = 2, most_mmhg = 250;          // a vein, and a hypertensive crisis
constexpr double cells_wanted = 4, cells_of_throat = 6;    // per radius

// Edge of the tets whose centre lies within `reach` of x, as that of a regular tet of their mean volume; 0: none.
double edge_near(const core::TetMesh& m, const Vec3& x, double reach) {
  double volume = 0;
  std::size_t count = 0;
  for (const core::Tet& t : m.tets) {
    const Vec3& a = m.nodes[std::size_t(t[0])];
    if ((a - x).squaredNorm() > reach * reach) continue;
    volume += std::abs(core::tet_volume(a, m.nodes[std::size_t(t[1])], m.nodes[std::size_t(t[2])], m.nodes[std::size_t(t[3])]));
    ++count;
  }
  return count ? std::cbrt(6 * std::numbers::sqrt2 * volume / double(count)) : 0.0;
}

}  // namespace

std::vector<PreflightItem> preflight(const FlowProblem& p, bool full) {
  std::vector<PreflightItem> out;
  const auto say = [&](Level level, std::string key, double value, std::string unit, std::string sentence) {
    out.push_back({level, std::move(key), value, std::move(unit), std::move(sentence)});
  };
  // 1. What the solvers would refuse.
  auto ok = check_conditions(p);
  if (ok) ok = full ? check_mesh_conditions(p) : check_network_conditions(p);
  if (!ok) {
    say(Level::refused, "conditions", 0, "", ok.error().message);
    return out;
  }
  say(Level::good, "conditions", double(p.inlets.size() + p.outlets.size()), "caps", fmt::format("Every cap has a condition: {} inlet(s), {} outlet(s).", p.inlets.size(), p.outlets.size()));

  // 2. Flow of a living vessel.
  const double rho = p.fluid.density_g_per_mm3, mu = p.fluid.viscosity_Pa_s;
  if (rho < lightest || rho > heaviest)
    say(Level::warning, "density", rho * 1e6, "kg/m3", fmt::format("The density is {:.4g} kg/m3; blood has 1060 (1.06 g/cm3 are 1060 kg/m3). Check its unit.", rho * 1e6));
  if (mu < thinnest || mu > thickest) say(Level::warning, "viscosity", mu, "Pa s", fmt::format("The viscosity is {:.3g} Pa s; blood has 0.003 to 0.005 (3.5 mPa s are 0.0035 Pa s). Check its unit.", mu));
  for (const Inlet& i : p.inlets) {
    double radius = 0;
    if (full) radius = make_cap(*p.mesh, i.patch).radius_mm();
    else radius = p.network->branches[0].radius[0];
    double peak = 0;
    for (int k = 0; k < 200; ++k) peak = std::max(peak, std::abs(flow_at(i, p.cycle_s * k / 200, p.cycle_s)));
    const double mean = mean_flow(i, p.cycle_s), area = std::numbers::pi * radius * radius, speed = (p.steady ? mean : peak) / area;
    const double shear = 4 * p.fluid.viscosity_Pa_s * std::abs(mean) / (std::numbers::pi * radius * radius * radius);
    const double reynolds = 2 * p.fluid.density_g_per_mm3 * (p.steady ? mean : peak) / (std::numbers::pi * radius * p.fluid.viscosity_Pa_s);
    if (!(mean > 0)) say(Level::warning, "inlet_speed", mean * 0.06, "mL/min", fmt::format("The mean flow of inlet patch {} is {:.1f} mL/min, out of the vessel. Check the sign of its waveform.", i.patch, mean * 0.06));
    else if (speed < slowest_mm_s || speed > fastest_mm_s)
      say(Level::warning, "inlet_speed", speed / 1000, "m/s", fmt::format("Blood would enter patch {} at {:.3g} m/s ({:.4g} mL/min through {:.1f} mm2), which no vessel does. Check the units of flow and geometry.", i.patch, speed / 1000, mean * 0.06, area));
    else say(Level::good, "inlet_speed", speed / 1000, "m/s", fmt::format("{:.4g} mL/min enter patch {} at {:.2f} m/s.", mean * 0.06, i.patch, speed / 1000));
    say(shear < least_shear_Pa || shear > most_shear_Pa ? Level::warning : Level::good, "wall_shear", shear, "Pa",
        fmt::format("Developed flow there would have a wall shear of {:.2f} Pa ({:.2f} to {:.0f} Pa occur in vessels).", shear, least_shear_Pa, most_shear_Pa));
    say(reynolds > laminar ? Level::warning : Level::good, "reynolds", reynolds, "",
        reynolds > laminar ? fmt::format("Reynolds number {:.0f} at the inlet: the flow may be turbulent, which this mesh does not resolve; expect several per cent.", reynolds)
                           : fmt::format("Reynolds number {:.0f} at the inlet: laminar.", reynolds));
  }
  // 3. Pressures, from the network.
  if (p.network && !p.network->branches.empty() && check_network_conditions(p)) {
    FlowProblem quick = p;
    quick.mesh = nullptr, quick.steady = true;
    if (mean_flow(p.inlets[0], p.cycle_s) > 0)
      if (const auto r = run_network(quick)) {
        const double mmhg = core::units::mmhg_from_pa(r->pullback.front().pressure_Pa);
        const bool wrong = mmhg < least_mmhg || mmhg > most_mmhg;
        say(wrong ? Level::warning : Level::good, "pressure", mmhg, "mmHg",
            wrong ? fmt::format("The mean inlet pressure would be {:.0f} mmHg, which no vessel has. Check the outlet resistances.", mmhg) : fmt::format("The mean inlet pressure will be near {:.0f} mmHg.", mmhg));
      }
  }
  if (full && p.network) {
    // 4. Mesh.
    double worst = INFINITY;
    Vec3 where = Vec3::Zero();
    for (const core::VesselBranch& b : p.network->branches) {
      double next = 0;
      for (std::size_t k = 0; k < b.points.size(); ++k) {
        if (b.arc[k] < next) continue;
        next = b.arc[k] + std::max(4 * b.radius[k], b.length() / 12);
        const double edge = edge_near(*p.mesh, b.points[k], 0.9 * b.radius[k]);
        const double cells = edge > 0 ? b.radius[k] / edge : 0.0;
        if (cells < worst) worst = cells, where = b.points[k];
      }
    }
    if (std::isfinite(worst))
      say(worst < cells_wanted ? Level::warning : Level::good, "cells_per_radius", worst, "",
          worst < cells_wanted ? fmt::format("Near ({:.1f}, {:.1f}, {:.1f}) mm the mesh has {:.1f} cells per radius: pressure loss and wall shear may be 10 % off. Use an edge of {:.2g} of the present one.", where[0], where[1], where[2], worst, std::max(0.1, worst / 6))
                               : fmt::format("At least {:.1f} cells per radius.", worst));
    for (const core::Stenosis& s : core::find_stenoses(*p.network)) {
      const double r = 0.5 * s.min_diameter_mm, edge = edge_near(*p.mesh, p.network->point_at(s.branch, s.throat_mm), 1.2 * r), cells = edge > 0 ? r / edge : 0.0;
      say(cells < cells_of_throat ? Level::warning : Level::good, "cells_per_throat", cells, "",
          fmt::format("The throat of the {:.0f} % lesion has {:.1f} cells per radius{}.", s.diameter_percent, cells, cells < cells_of_throat ? ": its pressure loss may be 10 % off; mesh it again with a smaller edge" : ""));
    }
  }
  if (full && !p.steady) {
    // 5. Time: how often the solver will divide the step.
    double speed = 0;
    for (const Inlet& i : p.inlets) {
      const Cap cap = make_cap(*p.mesh, i.patch);
      for (int k = 0; k < 200; ++k) speed = std::max(speed, 2 * std::abs(flow_at(i, p.cycle_s * k / 200, p.cycle_s)) / cap.area_mm2);
    }
    double narrow = 1;
    if (p.network)
      for (const core::VesselBranch& b : p.network->branches)
        if (b.parent < 0)
          for (double r : b.radius) narrow = std::max(narrow, (b.radius[0] / r) * (b.radius[0] / r));
    const double cfl = p.dt_s * speed * narrow / p.mesh->mean_edge(), parts = std::max(1.0, std::ceil(cfl / p.largest_cfl));
    say(parts > 8 ? Level::warning : Level::good, "time_step", parts, "parts",
        parts > 1 ? fmt::format("Blood crosses about {:.0f} cells in a step of {:.4g} s: the solver will divide it by about {:.0f}.", cfl, p.dt_s, parts) : fmt::format("The step of {:.4g} s fits the mesh.", p.dt_s));
    if (p.cycles < 2) say(Level::warning, "cycles", p.cycles, "", "One cycle is not periodic yet: its mean wall shear and OSI depend on the start. Use two or more.");
  }
  return out;
}

}  // namespace ot::hemo
