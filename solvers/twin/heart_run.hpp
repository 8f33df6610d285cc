// SPDX-License-Identifier: GPL-3.0-or-later
// A run (simulation.hpp) whose FULL beat is kept on disk while it goes on and records electrograms of given points.
// The result is that of run() bit for bit; what is asked here changes no number. FAST takes no notice of it.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "solvers/electrophysiology/keep_run.hpp"
#include "solvers/twin/simulation.hpp"

namespace ot::twin {

struct HeartRun {
  ep::KeepRun keep;                        // folder: of all runs kept; each has one of its own in it (kept_folder)
  std::string answers;                     // of the program: a state of another answer is not taken up
  std::vector<core::Vec3> probes;          // LPS mm; unipolar electrograms every probe_every_ms
  double probe_every_ms = 0.5;
  bool again = false;                      // also when the answer is known: its electrograms are not
  std::function<void(const std::string& problem_sha256, const std::vector<double>& t_ms, const std::vector<std::vector<double>>& mV)> on_probes;
};
// Empty when nothing is kept.
std::filesystem::path kept_folder(const HeartRun& heart, const std::string& problem_sha256);

core::Result<RunResult> run(const SimulationSetup& setup, const RunOptions& options, const HeartRun& heart, const core::Progress& progress);

}  // namespace ot::twin
