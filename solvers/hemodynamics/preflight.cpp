// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <unordered_map>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/blood_viscosity.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::hemo {
namespace {

using core::Vec3;
using Level = PreflightItem::Level;

struct Expected {
  double slowest_mm_s, fastest_mm_s;   // over an inlet; any: portal vein 150 (mean), aorta 1000 at peak; beyond: a unit is wrong
  bool of_mean;                        // whether of the mean speed, else of the peak
  double least_mmhg, most_mmhg;
};
constexpr Expected any_vessel{5, 2000, false, 2, 250}, an_artery{50, 1600, true, 50, 130};
constexpr double least_shear_Pa = 0.05, most_shear_Pa = 35;
constexpr double laminar = 2000, laminar_throat = 2300;    // of a straight pipe (Reynolds 1883)
constexpr double lightest = 0.95e-3, heaviest = 1.15e-3;   // g/mm3: plasma 1.025e-3, blood 1.06e-3, packed cells 1.09e-3; water 1e-3 with its contrast or sugar
constexpr double thinnest = 7e-4, thickest = 0.1;          // Pa s: water at 37 C, whole blood at a shear rate of 0.1 1/s
constexpr double cells_wanted = 4, cells_of_throat = 6;    // per radius

// One step of the FULL solver per 100k tetrahedra, and steps of a steady run: bench flow/step-3d (0.35 to 0.40 s for a million) and the runs
// behind verify 'flow/network-against-full*'. An estimate for the eye, right within a factor of two or three on two threads.
constexpr double second_per_100k = 0.04, steady_steps = 400;
constexpr double long_run_s = 12 * 3600;

struct Station {
  Vec3 at;
  double reach = 0, volume = 0;
  std::size_t count = 0;
  double edge() const { return count ? std::cbrt(6 * std::numbers::sqrt2 * volume / double(count)) : 0.0; }   // of a regular tetrahedron of the mean volume; 0: none there
};

// Adds up the tetrahedra that begin within the reach of each station: one walk over the mesh, each looking only at the stations of its cell.
void gather(const core::TetMesh& m, std::vector<Station>& stations) {
  double cell = 0;
  for (const Station& s : stations) cell = std::max(cell, s.reach);
  if (!(cell > 0)) return;
  const auto place = [&](const Vec3& x, int axis) { return std::int64_t(std::floor(x[axis] / cell)); };
  const auto key = [](std::int64_t i, std::int64_t j, std::int64_t k) { return (i * 73856093) ^ (j * 19349663) ^ (k * 83492791); };
  std::unordered_map<std::int64_t, std::vector<std::size_t>> near;
  for (std::size_t s = 0; s < stations.size(); ++s) {
    const Vec3 low = stations[s].at - Vec3::Constant(stations[s].reach), high = stations[s].at + Vec3::Constant(stations[s].reach);
    for (std::int64_t i = place(low, 0); i <= place(high, 0); ++i)
      for (std::int64_t j = place(low, 1); j <= place(high, 1); ++j)
        for (std::int64_t k = place(low, 2); k <= place(high, 2); ++k) {
          auto& list = near[key(i, j, k)];
          if (list.empty() || list.back() != s) list.push_back(s);   // two cells of one key count once
        }
  }
  for (const core::Tet& t : m.tets) {
    const Vec3& a = m.nodes[std::size_t(t[0])];
    const auto found = near.find(key(place(a, 0), place(a, 1), place(a, 2)));
    if (found == near.end()) continue;
    double volume = -1;
    for (const std::size_t k : found->second) {
      Station& s = stations[k];
      if ((a - s.at).squaredNorm() > s.reach * s.reach) continue;
      if (volume < 0) volume = std::abs(core::tet_volume(a, m.nodes[std::size_t(t[1])], m.nodes[std::size_t(t[2])], m.nodes[std::size_t(t[3])]));
      s.volume += volume, ++s.count;
    }
  }
}

std::string duration(double s) { return s < 90 ? fmt::format("{:.0f} s", s) : s < 5400 ? fmt::format("{:.0f} min", s / 60) : s < 48 * 3600 ? fmt::format("{:.0f} h", s / 3600) : fmt::format("{:.3g} days", s / 86400); }

}  // namespace

bool refused(const std::vector<PreflightItem>& items) {
  return std::any_of(items.begin(), items.end(), [](const PreflightItem& i) { return i.level == Level::refused; });
}

std::vector<PreflightItem> preflight(const FlowProblem& p, bool full, VesselKind kind) {
  const Expected& expected = kind == VesselKind::artery ? an_artery : any_vessel;
  std::vector<PreflightItem> out;
  const auto say = [&](Level level, std::string key, double value, std::string unit, std::string title, std::string sentence) {
    out.push_back({level, std::move(key), value, std::move(unit), std::move(title), std::move(sentence)});
  };
  // 1. What the solvers would refuse.
  auto ok = check_conditions(p);
  if (ok) ok = full ? check_mesh_conditions(p) : check_network_conditions(p);
  if (!ok) {
    say(Level::refused, "conditions", 0, "", "A condition is missing or cannot be used", ok.error().message);
    return out;
  }
  say(Level::good, "conditions", double(p.inlets.size() + p.outlets.size()), "caps", "Every end has a condition", fmt::format("Every cap has a condition: {} inlet(s), {} outlet(s).", p.inlets.size(), p.outlets.size()));

  // 2. Flow of a living vessel.
  const double rho = p.fluid.density_g_per_mm3, mu = p.fluid.viscosity_Pa_s;
  if (rho < lightest || rho > heaviest)
    say(Level::warning, "density", rho * 1e6, "kg/m3", "Density is unusual", fmt::format("The density is {:.4g} kg/m3; blood has 1060 (1.06 g/cm3 are 1060 kg/m3). Check its unit.", rho * 1e6));
  if (mu < thinnest || mu > thickest) say(Level::warning, "viscosity", mu, "Pa s", "Viscosity is unusual", fmt::format("The viscosity is {:.3g} Pa s; blood has 0.003 to 0.005 (3.5 mPa s are 0.0035 Pa s). Check its unit.", mu));
  for (const Inlet& i : p.inlets) {
    double radius = 0;
    if (full) radius = make_cap(*p.mesh, i.patch).radius_mm();
    else radius = p.network->branches[0].radius[0];
    double peak = 0;
    for (int k = 0; k < 200; ++k) peak = std::max(peak, std::abs(flow_at(i, p.cycle_s * k / 200, p.cycle_s)));
    const double mean = mean_flow(i, p.cycle_s), area = std::numbers::pi * radius * radius, speed = (p.steady || expected.of_mean ? mean : peak) / area;
    const double viscous = ApparentViscosity(p.fluid).in_tube(mean, radius);
    const double shear = 4 * viscous * std::abs(mean) / (std::numbers::pi * radius * radius * radius);
    const double reynolds = 2 * rho * (p.steady ? mean : peak) / (std::numbers::pi * radius * viscous);
    const std::string unusual = "Mean flow is unusual";
    if (!(mean > 0)) say(Level::warning, "inlet_speed", mean * 0.06, "mL/min", unusual, fmt::format("The mean flow of inlet patch {} is {:.1f} mL/min, out of the vessel. Check the sign of its waveform.", i.patch, mean * 0.06));
    else if (speed < expected.slowest_mm_s || speed > expected.fastest_mm_s)
      say(Level::warning, "inlet_speed", speed / 1000, "m/s", unusual,
          fmt::format("Blood would enter patch {} at {:.3g} m/s ({:.4g} mL/min through {:.1f} mm2; {} {:.3g} to {:.3g} m/s). Check the units of flow and geometry.", i.patch, speed / 1000, mean * 0.06, area,
                      kind == VesselKind::artery ? "arteries have a mean of" : "vessels have", expected.slowest_mm_s / 1000, expected.fastest_mm_s / 1000));
    else say(Level::good, "inlet_speed", speed / 1000, "m/s", "Mean flow is plausible", fmt::format("{:.4g} mL/min enter patch {} at {:.2f} m/s.", mean * 0.06, i.patch, speed / 1000));
    const bool odd_shear = shear < least_shear_Pa || shear > most_shear_Pa;
    say(odd_shear ? Level::warning : Level::good, "wall_shear", shear, "Pa", odd_shear ? "Wall shear is unusual" : "Wall shear is plausible",
        fmt::format("Developed flow there would have a wall shear of {:.2f} Pa ({:.2f} to {:.0f} Pa occur in vessels).", shear, least_shear_Pa, most_shear_Pa));
    say(reynolds > laminar ? Level::warning : Level::good, "reynolds", reynolds, "", reynolds > laminar ? "Flow may become turbulent" : "Flow is laminar at the inlet",
        reynolds > laminar ? fmt::format("Reynolds number {:.0f} at the inlet: the flow may be turbulent, which this mesh does not resolve; expect several per cent.", reynolds)
                           : fmt::format("Reynolds number {:.0f} at the inlet: laminar.", reynolds));
    if (p.network && !p.network->branches.empty() && p.inlets.size() == 1) {
      double narrow = radius;
      for (double r : p.network->branches[0].radius) narrow = std::min(narrow, r);   // all of the flow passes the first branch
      if (const double throat = reynolds * radius / narrow; throat > laminar_throat && reynolds <= laminar)
        say(Level::warning, "throat_reynolds", throat, "", "Flow may become turbulent", fmt::format("Reynolds number about {:.0f} in the narrowest place of the first branch (laminar below {:.0f}): a steady run may not settle.", throat, laminar_throat));
    }
  }
  // 3. Pressures, from the network.
  if (p.network && !p.network->branches.empty() && check_network_conditions(p)) {
    FlowProblem quick = p;
    quick.mesh = nullptr, quick.steady = true;
    if (mean_flow(p.inlets[0], p.cycle_s) > 0) {
      if (const auto r = run_network(quick)) {
        const double mmhg = core::units::mmhg_from_pa(r->pullback.front().pressure_Pa);
        const bool wrong = mmhg < expected.least_mmhg || mmhg > expected.most_mmhg;
        say(wrong ? Level::warning : Level::good, "pressure", mmhg, "mmHg", wrong ? "Mean pressure is unusual" : "Mean pressure is plausible",
            wrong ? fmt::format("The mean inlet pressure would be {:.0f} mmHg ({} {:.0f} to {:.0f}). Check the outlet resistances.", mmhg, kind == VesselKind::artery ? "arteries have" : "vessels have", expected.least_mmhg, expected.most_mmhg)
                  : fmt::format("The mean inlet pressure will be near {:.0f} mmHg.", mmhg));
      } else {
        say(Level::warning, "pressure", 0, "mmHg", "The FAST model cannot solve it", r.error().message);
      }
    }
  }
  if (full && p.network) {
    // 4. Mesh.
    std::vector<Station> stations;
    std::vector<double> radius;
    for (const core::VesselBranch& b : p.network->branches) {
      double next = 0;
      for (std::size_t k = 0; k < b.points.size(); ++k) {
        if (b.arc[k] < next) continue;
        next = b.arc[k] + std::max(4 * b.radius[k], b.length() / 12);
        stations.push_back({b.points[k], 0.9 * b.radius[k]}), radius.push_back(b.radius[k]);
      }
    }
    const std::size_t along = stations.size();
    const auto lesions = core::find_stenoses(*p.network);
    for (const core::Stenosis& s : lesions) stations.push_back({p.network->point_at(s.branch, s.throat_mm), 0.6 * s.min_diameter_mm}), radius.push_back(0.5 * s.min_diameter_mm);
    gather(*p.mesh, stations);
    const auto cells_at = [&](std::size_t k) { return stations[k].edge() > 0 ? radius[k] / stations[k].edge() : 0.0; };
    std::size_t worst = 0;
    for (std::size_t k = 1; k < along; ++k)
      if (cells_at(k) < cells_at(worst)) worst = k;
    if (along > 0) {
      const double cells = cells_at(worst);
      const Vec3& where = stations[worst].at;
      say(cells < cells_wanted ? Level::warning : Level::good, "cells_per_radius", cells, "", cells < cells_wanted ? "Mesh is coarse" : "Mesh is fine enough",
          cells < cells_wanted ? fmt::format("Near ({:.1f}, {:.1f}, {:.1f}) mm the mesh has {:.1f} cells per radius: pressure loss and wall shear may be 10 % off. Use an edge of {:.2g} of the present one.", where[0], where[1], where[2], cells, std::max(0.1, cells / 6))
                               : fmt::format("At least {:.1f} cells per radius.", cells));
    }
    for (std::size_t k = 0; k < lesions.size(); ++k) {
      const double cells = cells_at(along + k);
      say(cells < cells_of_throat ? Level::warning : Level::good, "cells_per_throat", cells, "", cells < cells_of_throat ? "Mesh is coarse in a lesion" : "Mesh is fine enough in a lesion",
          fmt::format("The throat of the {:.0f} % lesion has {:.1f} cells per radius{}.", lesions[k].diameter_percent, cells, cells < cells_of_throat ? ": its pressure loss may be 10 % off; mesh it again with a smaller edge" : ""));
    }
  }
  double steps = steady_steps;
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
    say(parts > 8 ? Level::warning : Level::good, "time_step", parts, "parts", parts > 1 ? "The time step will be divided" : "The time step fits the mesh",
        parts > 1 ? fmt::format("Blood crosses about {:.0f} cells in a step of {:.4g} s: the solver will divide it by about {:.0f}.", cfl, p.dt_s, parts) : fmt::format("The step of {:.4g} s fits the mesh.", p.dt_s));
    if (p.cycles < 2) say(Level::warning, "cycles", p.cycles, "", "One beat is not periodic", "One cycle is not periodic yet: its mean wall shear and OSI depend on the start. Use two or more.");
    steps = double(p.cycles) * std::ceil(p.cycle_s / p.dt_s) * parts;
  }
  if (full) {
    // 6. How long.
    const double seconds = steps * second_per_100k * double(p.mesh->tets.size()) / 1e5;
    say(seconds > long_run_s ? Level::warning : Level::good, "effort", seconds, "s", seconds > long_run_s ? "It will take very long" : "How long it takes",
        p.steady ? fmt::format("About {:.0f} steps on {} tetrahedra: some {} (right within a factor of two or three).", steps, p.mesh->tets.size(), duration(seconds))
                 : fmt::format("{} beats of {:.3g} s in steps of {:.3g} ms are {:.3g} steps on {} tetrahedra: some {} (right within a factor of two or three){}.", p.cycles, p.cycle_s, 1e3 * p.dt_s, steps, p.mesh->tets.size(), duration(seconds),
                               seconds > long_run_s ? ". Use a longer step or fewer beats" : ""));
  }
  return out;
}

}  // namespace ot::hemo
