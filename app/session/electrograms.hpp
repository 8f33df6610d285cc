// SPDX-License-Identifier: GPL-3.0-or-later
// Electrograms of the case's probes under a plan: what a catheter on the wall would record (ep::electrograms), from the frames of a run.
// Threads: run on a worker thread; polls for cancel.
#pragma once
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

struct ProbeTrace {
  std::string name;
  core::Vec3 at{0, 0, 0};            // LPS mm
  std::vector<double> t_ms, mV;      // unipolar, far field zero
};
// One per probe; empty where there is no probe, no heart, or a run with less than two frames.
core::Result<std::vector<ProbeTrace>> probe_electrograms(const std::shared_ptr<const twin::TwinModel>& twin, const std::vector<EgmProbe>& probes, const twin::Scenario& scenario,
                                                         const twin::RunResult& run, const core::Progress& progress);

}  // namespace ot::session
