// SPDX-License-Identifier: GPL-3.0-or-later
// One vessel of a twin by itself: what a device does while it is dragged, and the table of sizes side by side.
// Model: as a FAST run of the whole plan (prepare, run), on a twin with this vessel, no mesh, and the other vessels as walls in the way of its
//   devices: every number equals the plan's FAST result bit for bit (tested) and takes milliseconds (bench flow/stent-drag).
// Fails: a device that does not fit is an answer with `refused` set, in the words of the intervention. Threads: pure functions.
#pragma once
#include <memory>
#include <string>

#include "solvers/twin/simulation.hpp"

namespace ot::twin {

// Interventions of the scenario that decide this vessel's flow: those on it, and devices on the others that may stand in their way.
Scenario vessel_scenario(const Scenario& scenario, const std::string& vessel);
// This vessel first (without its mesh the network answers, with it FULL can run); the others have no flow problem: prepare() leaves them out of the run.
std::shared_ptr<const TwinModel> vessel_twin(const TwinModel& twin, const std::string& vessel, bool with_mesh);

double quantity_of(const RunResult& run, const std::string& key);   // NaN when absent

struct FlowAnswer {
  std::string refused;                       // why not; empty when there is an answer
  std::shared_ptr<const RunResult> run;
  double ffr = 1, drop_mmhg = 0, min_diameter_mm = 0;   // NaN where the vessel has none
  double ms = 0;                             // wall time it took
  const VesselResult* vessel() const { return run && !run->vessels.empty() ? &run->vessels.front() : nullptr; }
};
FlowAnswer answer_of(std::shared_ptr<const RunResult> run, const std::string& vessel);   // the numbers of a run
FlowAnswer answer_flow(const std::shared_ptr<const TwinModel>& vessel_twin, const Scenario& scenario);

}  // namespace ot::twin
