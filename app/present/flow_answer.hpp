// SPDX-License-Identifier: GPL-3.0-or-later
// The FAST answer of one vessel alone: what a device does while it is dragged, and the table of sizes side by side.
// Model: the same functions as a FAST run of the whole plan (twin::prepare, twin::run) on a twin that holds this vessel only and no
//   mesh, so every number equals the plan's FAST result bit for bit (tested) and takes milliseconds.
// Fails: a device that does not fit is an answer with `refused` set, in the words of the intervention. Threads: pure functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::present {

// Interventions of the scenario that sit on this vessel.
twin::Scenario vessel_scenario(const twin::Scenario& scenario, const std::string& vessel);
// This vessel alone; without its mesh the network answers at once, with it the FULL model can run.
std::shared_ptr<const twin::TwinModel> vessel_twin(const twin::TwinModel& twin, const std::string& vessel, bool with_mesh);

struct FlowAnswer {
  std::string refused;                       // why not; empty when there is an answer
  std::shared_ptr<const twin::RunResult> run;
  double ffr = 1, drop_mmhg = 0, min_diameter_mm = 0;   // NaN where the vessel has none
  double ms = 0;                             // wall time it took
  const twin::VesselResult* vessel() const { return run && !run->vessels.empty() ? &run->vessels.front() : nullptr; }
};
FlowAnswer answer_flow(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario);

// FULL flow of this vessel alone under the plan: remeshes a changed lumen, then solves.
core::Result<std::shared_ptr<const twin::RunResult>> run_vessel_full(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario,
                                                                     const core::Progress& progress);

double quantity_of(const twin::RunResult& run, const std::string& key);   // NaN when absent

// Sizes of a balloon-expandable coronary stent. They are labels on a shelf, not constants of the model: any other size can be typed.
struct StentCatalogue {
  std::vector<double> diameters_mm, lengths_mm;
  std::string source;
};
const StentCatalogue& coronary_stents();
// Nearest size of the catalogue to what is asked; devices of large vessels have no catalogue here.
double nearest_size(const std::vector<double>& sizes, double wanted);

struct StentSize {
  double diameter_mm = 0, length_mm = 0;
  FlowAnswer answer;
  double full_ffr = 0;                       // NaN: not confirmed
};

}  // namespace ot::present
