// SPDX-License-Identifier: GPL-3.0-or-later
// A start for Navier-Stokes that is close to the answer: viscous (lubrication) flow through the real lumen to the real outlets.
// Model: -laplace w = 1 with w = 0 on the wall; velocity = -(w/mu) grad p, div velocity = 0. In a straight pipe of any
//   section this is the exact developed flow; bends, tapers and branches are followed, inertia is left out.
// Threads: bitwise equal for every thread count.
#pragma once
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/flow_mesh.hpp"
#include "solvers/hemodynamics/inflow.hpp"

namespace ot::hemo {

// Velocities given at inlets and walls, and what enters through the inlets, at one time.
struct InletState {
  std::vector<double> velocity;  // [nodes*3] zero off the inlets
  std::vector<double> inflow;    // [nodes] integral of N_i (-u.n) over the inlets, mm3/s
  double rate = 0;               // sum of inflow
};
void inlet_state(const FlowMesh& m, const std::vector<InflowProfile>& profiles, double t_s, InletState& state);

// inflow and rate of the given cap faces from state.velocity.
void add_inflow(const FlowMesh& m, const Cap& cap, InletState& state);

// The inlet's velocity carried along a lumen that is a straight prism on its one inlet. False: the lumen is no such prism.
bool developed_velocity(const FlowMesh& m, const InletState& inlet, std::vector<double>& velocity);

struct OutletLine {  // p = history + impedance Q
  double impedance = 0, history = 0;
};

struct InitialFlow {
  std::vector<double> velocity;     // [nodes*3] mm/s
  std::vector<double> pressure;     // [nodes] Pa
  std::vector<double> outlet_flow;  // mm3/s
  double peak_speed = 0;            // mm/s
};

core::Result<InitialFlow> initial_flow(const FlowMesh& m, const InletState& inlet, double viscosity_Pa_s,
                                       const std::vector<OutletLine>& outlets, const core::Progress& progress);

}  // namespace ot::hemo
