// SPDX-License-Identifier: GPL-3.0-or-later
// What a clinician wants to know before a flow is computed: does every cap have a condition, is the flow of a living vessel, is the mesh
// fine enough, is the time step short enough. Milliseconds; nothing is solved but the FAST network.
// Source of the plausible ranges: physiology_and_models.json (wall shear 0.1 Pa of veins to 35 Pa where platelets are activated; turbulence in a
//   straight pipe from Re 2000; blood pressure of life); resolution: flow-3d.md (velocity 1 % at 8 cells per radius, 3 % at 4).
// Fails: never; what would refuse the run is an item with Level::refused. Threads: pure function.
#pragma once
#include <string>
#include <vector>

#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct PreflightItem {
  enum class Level { good, warning, refused } level = Level::good;
  std::string key;        // "conditions", "density", "viscosity", "inlet_speed", "wall_shear", "reynolds", "pressure", "cells_per_radius", "cells_per_throat", "time_step", "cycles"
  double value = 0;       // in `unit`
  std::string unit;
  std::string sentence;
};
// full: with the mesh and the three-dimensional rules; else for the network.
std::vector<PreflightItem> preflight(const FlowProblem& problem, bool full);

}  // namespace ot::hemo
