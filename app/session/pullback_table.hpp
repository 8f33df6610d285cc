// SPDX-License-Identifier: GPL-3.0-or-later
// Pressure along a vessel tree as a table, and the ways down the tree that a curve is drawn along.
// Units: mm from the inlet, mmHg, mL/min. Threads: pure functions.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "solvers/core/vessel_network.hpp"
#include "solvers/twin/simulation.hpp"

namespace ot::session {

struct PullbackWay {
  std::vector<int> branches;      // from the root
  std::vector<double> start_mm;   // [branches], from the inlet
  double length_mm = 0;
};
PullbackWay longest_way(const core::VesselNetwork& network);
// The longest way that leads through this branch.
PullbackWay way_through(const core::VesselNetwork& network, int branch);
// The longest way, and one more through every lesion that lies beside those before it.
std::vector<PullbackWay> ways_with_lesions(const core::VesselNetwork& network, const std::vector<core::Stenosis>& lesions);
std::string name_of(const core::VesselNetwork& network, const PullbackWay& way);   // of its last branch

struct PullbackRow {
  int branch = 0;
  double arc_mm = 0, from_inlet_mm = 0, radius_mm = 0, flow_ml_min = 0, pressure_mmhg = 0;
  double ffr = 0;                 // NaN where the vessel does not report it
  double wall_shear_pa = 0;       // FULL: mean round the wall; FAST: of developed flow (wall_stations.hpp)
};
// Every point of the curve, branch by branch. Means over the beat of a pulsatile run.
std::vector<PullbackRow> pullback_rows(const twin::VesselModel& model, const twin::VesselResult& result);
std::string pullback_csv(const twin::VesselModel& model, const twin::VesselResult& result);
nlohmann::json pullback_json(const twin::VesselModel& model, const twin::VesselResult& result);
// Flow and pressure over time at every cap (and section, probe) of a pulsatile run: time in s, then a column for each.
std::string waveforms_csv(const hemo::FlowResult& flow);
// What the FFR of a run means, in words, and the same as numbers; nothing where the vessel reports none.
std::string ffr_words(const twin::VesselModel& model, const twin::RunResult& run);
nlohmann::json ffr_json(const twin::VesselModel& model, const twin::RunResult& run);

}  // namespace ot::session
