// SPDX-License-Identifier: GPL-3.0-or-later
// Pushes the wall of a stretch of a vessel out to a given radius, never in: what stent, balloon and the ideal lumen share.
// Model: within the stretch a wall point closer to the centreline than radius(arc) is moved out to it; outside, the change falls
//   smoothly to zero over a transition of max(2 mm, half the largest radius), and before both ends of the branch (caps, forks).
// The transition length is a choice of this program. Threads: pure function of the setup.
#pragma once
#include <functional>
#include <string>

#include "solvers/interventions/geometry/lumen_shape.hpp"

namespace ot::interventions {

struct Stretch {
  int branch = 0;
  double start_mm = 0, end_mm = 0;               // clipped to the branch
  std::function<double(double arc_mm)> radius;   // mm, asked within the stretch only
  double slack = 0;                              // of the radius: a wall that lacks less stays, one that lacks twice as much moves all the way
};
struct Widened {
  bool changed = false;
  double before_mm = 0, after_mm = 0;            // smallest diameter on the stretch
  std::string held;                              // which wall kept it from opening, and by how much; empty: none
};
// Edits lumen, network and lumen_changed of the vessel. The setup's other vessels stand in its way as they are when it is called, i.e. with
// what the interventions before this one made of them.
Widened widen(const twin::SimulationSetup& setup, twin::VesselSetup& vessel, const Stretch& stretch);
// Says in the setup's notes what kept the device from opening; nothing when nothing did.
void say_held(const Widened& widened, const std::string& device, const std::string& vessel_name, twin::SimulationSetup& setup);
Stretch stretch_of(const twin::VesselSetup& vessel, const twin::InterventionSpec& spec);   // radius still empty

}  // namespace ot::interventions
