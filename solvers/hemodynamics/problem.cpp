// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/problem.hpp"

#include "solvers/core/hash.hpp"

namespace ot::hemo {

std::string FlowProblem::sha256() const {
  core::Hasher h;
  h.text("flow problem 1").text(mesh ? mesh->sha256() : "no mesh");
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
  for (const Outlet& o : outlets) h.value(o.patch).value(o.rp).value(o.c).value(o.rd).value(o.pd);
  h.value(steady).value(dt_s).value(cycle_s).value(cycles).value(steady_tolerance).value(max_s);
  return h.hex();
}

}  // namespace ot::hemo
