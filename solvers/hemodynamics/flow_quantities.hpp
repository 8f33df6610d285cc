// SPDX-License-Identifier: GPL-3.0-or-later
// From the state of a run to the numbers and curves of a FlowResult.
#pragma once
#include "solvers/hemodynamics/flow_stepper.hpp"
#include "solvers/hemodynamics/wall_shear.hpp"

namespace ot::hemo {

// Name of a patch for keys: "outlet 1" -> "outlet_1"; "patch_7" when it has none.
std::string patch_key(const core::TetMesh* mesh, int patch);
std::string patch_label(const core::TetMesh* mesh, int patch);
// What part of all that leaves goes through each outlet, %; nothing for a vessel with one outlet or without net flow.
void add_flow_shares(const FlowProblem& problem, const std::vector<double>& outlet_flow, std::vector<core::Quantity>& quantities);

// What was true at one moment or on average over a cycle.
struct FlowSnapshot {
  std::vector<double> velocity, shear;      // [nodes*3] mm/s, Pa; renumbered
  std::vector<double> pressure;             // [nodes] Pa; renumbered
  std::vector<double> inlet_flow, inlet_pressure, outlet_flow, outlet_pressure;  // per cap of the problem
  double mass_balance_rel = 0, cfl_max = 0;
  double power_loss = 0;   // of total pressure times flow, in less out, Pa mm3/s = nW
};
FlowSnapshot snapshot(const FlowMesh& m, const FlowStepper& s, const std::vector<InflowProfile>& profiles, double t_s);

// Fields in the numbering of the given mesh, quantities, and the pull-back when the problem has a network.
// mean: what the quantities and the pull-back describe; fields come from `end`.
void describe(const FlowProblem& problem, const FlowMesh& m, const WallShear& wall, const FlowSnapshot& end,
              const FlowSnapshot& mean, FlowResult& result);

}  // namespace ot::hemo
