// SPDX-License-Identifier: GPL-3.0-or-later
// What a clinician wants to know before a flow is computed: does every cap have a condition, is the flow of a living vessel, is the mesh
// fine enough, is the time step short enough, how long will it take. One check for the window, the command line and `solve`.
// Source of the plausible ranges: physiology_and_models.json (wall shear 0.1 Pa of veins to 35 Pa where platelets are activated; turbulence in a
//   straight pipe from Re 2000; blood pressure of life); of an artery: mean speed 0.05 to 1.6 m/s (resting coronaries 0.1-0.2, hyperaemic up
//   to about 0.8, aorta 0.1-0.4: Nichols & O'Rourke, McDonald's Blood Flow in Arteries; a factor of two to either side) and mean pressure
//   50 to 130 mmHg (shock to hypertensive crisis); resolution: flow-3d.md (velocity 1 % at 8 cells per radius, 3 % at 4).
// Cost: milliseconds and one walk over the mesh; nothing is solved but the FAST network at the mean flow.
// Fails: never; what would refuse the run is an item with Level::refused. Threads: pure function.
#pragma once
#include <string>
#include <vector>

#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct PreflightItem {
  enum class Level { good, warning, refused } level = Level::good;
  // "conditions", "density", "viscosity", "inlet_speed", "wall_shear", "reynolds", "throat_reynolds", "pressure", "mesh", "cells_per_radius",
  // "cells_per_throat", "time_step", "cycles", "effort"
  std::string key;
  double value = 0;       // in `unit`
  std::string unit;
  std::string title;      // "Mean flow is unusual"
  std::string sentence;
};
enum class VesselKind { any, artery };   // whose speeds and pressures are expected

// full: with the mesh and the three-dimensional rules; else for the network.
std::vector<PreflightItem> preflight(const FlowProblem& problem, bool full, VesselKind kind = VesselKind::any);
bool refused(const std::vector<PreflightItem>& items);

}  // namespace ot::hemo
