// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/network_start.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::hemo {

core::Result<InitialFlow> network_start(const FlowMesh& m, const FlowProblem& problem, const InletState& inlet, const core::Progress& progress) {
  FlowProblem fast = problem;
  fast.mesh = nullptr;   // it would only be hashed
  auto solved = run_network(fast, progress);
  if (!solved) return core::pass(solved);
  const core::VesselNetwork& network = *problem.network;
  // A line so steep that the outlet passes the network's flow to a thousandth, whatever the viscous losses before it.
  constexpr double steep = 1e3;
  double level = 1;
  for (const PullbackPoint& p : solved->pullback) level = std::max(level, std::abs(p.pressure_Pa));
  const double impedance = steep * level / std::max(std::abs(inlet.rate), 1e-9);
  std::vector<OutletLine> lines;
  for (const Outlet& o : problem.outlets) {
    double flow = 0, pressure = 0;   // of the last point of the branch that ends there
    for (const PullbackPoint& p : solved->pullback)
      if (network.branches[std::size_t(p.branch)].children.empty() && network.branches[std::size_t(p.branch)].outlet_patch == o.patch) flow = p.flow_mm3_s, pressure = p.pressure_Pa;
    lines.push_back({impedance, pressure - impedance * flow});
  }
  return initial_flow(m, inlet, problem.fluid.viscosity_Pa_s, lines, progress);
}

}  // namespace ot::hemo
