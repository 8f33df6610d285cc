// SPDX-License-Identifier: GPL-3.0-or-later
// Electrograms of probes under a plan: what a catheter on the wall would record (potential in an unbounded conductor, ecg.hpp).
// Sampling: FAST every 0.5 ms, from its templates; FULL every 0.5 ms where the run recorded the probe (kept_runs.hpp), else at its stored frames.
// Threads: run on a worker thread; polls for cancel.
#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

inline constexpr double electrogram_every_ms = 0.5;

struct ProbeTrace {
  std::string name;
  core::Vec3 at{0, 0, 0};            // LPS mm
  std::vector<double> t_ms, mV;      // unipolar, far field zero; all traces of one answer have the same times
};
// One per probe; empty where there is no probe, no heart, or a run with less than two frames. folder: working folder of the case, where what FULL recorded lies.
core::Result<std::vector<ProbeTrace>> probe_electrograms(const std::shared_ptr<const twin::TwinModel>& twin, const std::vector<EgmProbe>& probes, const twin::Scenario& scenario,
                                                         const twin::RunResult& run, const core::Progress& progress, const std::filesystem::path& folder = {});
// Each to the next, as the poles of a catheter: "A-B" is A minus B.
std::vector<ProbeTrace> bipolar_pairs(const std::vector<ProbeTrace>& unipolar);
// "sampled every 0.5 ms"; of stored frames also what to do about it.
std::string sampling_words(const std::vector<ProbeTrace>& traces);

// t_ms, then the unipolar and the bipolar traces in mV.
std::string electrograms_csv(const std::vector<ProbeTrace>& unipolar);
// {"t_ms", "unipolar": [{"name", "at_mm", "mV"}], "bipolar": [{"name", "mV"}], "sampling"}
nlohmann::json electrograms_json(const std::vector<ProbeTrace>& unipolar);

}  // namespace ot::session
