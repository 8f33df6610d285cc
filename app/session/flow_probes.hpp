// SPDX-License-Identifier: GPL-3.0-or-later
// What probes in the vessels show: pressure, speed and flow over the beat, and the pressure gradient from one to the next. The same for the window,
// `run` and the report.
// Model: FULL: the fields at the place, at the kept instants of the last beat (hemo::FlowResult::beat), or at every time step where the probe was part of
//   the run (`run --probe`); FAST: the network answers again with the probe in it (milliseconds). Flow is that of the whole section: FAST its own, FULL
//   what the outlets behind it pass (rigid wall).
// Fails: bad_input for a place outside the blood of a FULL result. Threads: pure functions.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

struct ProbeReading {
  PlacedProbe probe;
  std::string vessel;                       // key
  int branch = 0;
  double from_inlet_mm = 0;                 // along the centreline
  core::Mode mode = core::Mode::fast;
  double pressure_mmhg = 0, flow_ml_min = 0;   // means over the beat
  core::Vec3 velocity_mm_s{0, 0, 0};        // mean over the beat; FAST: section mean, along the vessel
  std::vector<double> t_s, beat_pressure_mmhg, beat_speed_mm_s;   // of one beat; empty: steady
  std::vector<double> flow_t_s, beat_flow_ml_min;
};

// The vessel whose centreline is nearest, empty when the twin has none.
std::string vessel_of(const twin::TwinModel& twin, const core::Vec3& at);
// The middle of the lumen beside a place on the vessel: where a click puts a probe.
core::Vec3 on_centreline(const core::VesselNetwork& network, const core::Vec3& at);

// Those probes that lie in this vessel.
core::Result<std::vector<ProbeReading>> read_probes(const twin::TwinModel& twin, const twin::Scenario& scenario, const twin::VesselResult& result, const std::vector<PlacedProbe>& probes);

struct ProbeGradient {
  std::string from, to;
  double mean_mmhg = 0, peak_to_peak_mmhg = 0, peak_mmhg = 0;   // the last two NaN for a steady flow
};
// From each probe to the next one downstream of it (by the way from the inlet).
std::vector<ProbeGradient> probe_gradients(std::vector<ProbeReading> readings);

std::string probes_csv(const std::vector<ProbeReading>& readings);   // time in s, three columns per probe; steady: one row without time
nlohmann::json probes_json(const std::vector<ProbeReading>& readings);
nlohmann::json gradients_json(const std::vector<ProbeGradient>& gradients);

}  // namespace ot::session
