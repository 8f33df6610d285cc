// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/problem.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/hash.hpp"

namespace ot::hemo {

int kept_beat_frames(std::size_t nodes, int steps_per_beat) {
  const std::size_t one = nodes * sizeof(float) * (3 + 1 + 3);   // velocity, pressure, wall shear
  const int fit = one ? int(std::min<std::size_t>(most_beat_frames, most_beat_bytes / one)) : most_beat_frames;
  return fit < least_beat_frames ? 0 : std::min(fit, steps_per_beat);
}

double Fluid::viscosity_at(double rate) const {
  if (!carreau_yasuda) return viscosity_Pa_s;
  return viscosity_Pa_s + (zero_shear_viscosity_Pa_s - viscosity_Pa_s) * std::pow(1 + std::pow(lambda_s * rate, yasuda_a), (power_n - 1) / yasuda_a);
}

double VesselWall::stiffness_Pa(double r) const { return by_young() ? young_Pa * thickness_mm / r : k1_Pa * std::exp(k2_per_mm * r) + k3_Pa; }

double VesselWall::wave_speed_mm_s(double r, double rho) const { return std::sqrt(2.0 / 3.0 * stiffness_Pa(r) / rho); }

Outlet coronary_outlet(int patch, double ra, CoronaryBed bed, double venous_Pa) {
  Outlet o;
  o.patch = patch, o.rp = ra, o.rd = bed.ra_micro + bed.rv, o.pd = venous_Pa;
  o.coronary = std::make_shared<const CoronaryBed>(std::move(bed));
  return o;
}

std::string FlowProblem::sha256() const {
  core::Hasher h;
  // The number rises when the solvers answer a problem otherwise than before: stored results serve no run any more then.
  h.text("flow problem 3").text(mesh ? mesh->sha256() : "no mesh");
  h.value<std::uint64_t>(network ? network->branches.size() : 0);
  if (network) {
    h.value(network->inlet_patch);
    for (const core::VesselBranch& b : network->branches) {
      h.text(b.name).value(b.parent).value(b.outlet_patch).array(b.radius).array(b.arc).array(b.children);
      h.value<std::uint64_t>(b.points.size());
      for (const core::Vec3& p : b.points) h.bytes(p.data(), 3 * sizeof(double));
    }
  }
  h.value(fluid.density_g_per_mm3).value(fluid.viscosity_Pa_s);
  h.value<std::uint64_t>(inlets.size());
  for (const Inlet& i : inlets) {
    h.value(i.patch).value(i.profile).value<std::uint64_t>(i.flow.size());
    for (const auto& [t, q] : i.flow) h.value(t).value(q);
  }
  h.value<std::uint64_t>(outlets.size());
  for (const Outlet& o : outlets) {
    h.value(o.patch).value(o.rp).value(o.c).value(o.rd).value(o.pd);
    if (!o.coronary) continue;
    const CoronaryBed& b = *o.coronary;
    h.text("coronary").value(b.ca).value(b.ra_micro).value(b.cim).value(b.rv).value(b.cycle_s).value<std::uint64_t>(b.pim.size());
    for (const auto& [t, q] : b.pim) h.value(t).value(q);
  }
  h.value(fluid.carreau_yasuda).value(fluid.zero_shear_viscosity_Pa_s).value(fluid.lambda_s).value(fluid.power_n).value(fluid.yasuda_a);
  if (fluid.carreau_yasuda) h.text("FAST: viscosity of every station");
  h.value(start).value(largest_cfl).value(sections);
  h.value<std::uint64_t>(probes.size());
  for (const core::Vec3& x : probes) h.bytes(x.data(), 3 * sizeof(double));
  h.value<std::uint64_t>(force_patches.size());
  for (int f : force_patches) h.value(f);
  for (const Graft& g : grafts) {
    h.text("graft").value(g.from_branch).value(g.to_branch).value(g.from_mm).value(g.to_mm).value(g.free_from_mm).value(g.free_to_mm).array(g.line.radius).array(g.line.arc);
    for (const core::Vec3& p : g.line.points) h.bytes(p.data(), 3 * sizeof(double));
  }
  if (!steady) h.text("beat").value(network_model).value(vessel_wall.k1_Pa).value(vessel_wall.k2_per_mm).value(vessel_wall.k3_Pa).value(vessel_wall.young_Pa).value(vessel_wall.thickness_mm);
  h.value(steady).value(dt_s).value(cycle_s).value(cycles).value(steady_tolerance).value(max_s);
  return h.hex();
}

}  // namespace ot::hemo
