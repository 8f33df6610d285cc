// SPDX-License-Identifier: GPL-3.0-or-later
// A start for steady Navier-Stokes from the FAST network.
// Model: every outlet passes the flow that the marched network gives it (a narrowed branch takes less than its viscous resistance says);
//   direction, shape of the velocity and pressure are those of the viscous flow of initial_flow.hpp with that split in the real lumen.
//   Jets of the network are not painted in: tried (core of the throat's radius, pressure of the nearest station), a 50 % lesion then took 90
//   steps instead of 78 to settle, because the painted field is not free of divergence.
// Fails: what run_network and initial_flow fail with (a tree is needed: one inlet, every end with an outlet). Threads: bitwise equal.
#pragma once
#include "solvers/hemodynamics/initial_flow.hpp"

namespace ot::hemo {

core::Result<InitialFlow> network_start(const FlowMesh& m, const FlowProblem& problem, const InletState& inlet, const core::Progress& progress);

}  // namespace ot::hemo
