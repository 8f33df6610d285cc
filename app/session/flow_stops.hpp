// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept of FULL flow runs that did not end: the last good fields of one that diverged, the state of one that was cancelled.
// Files: FOLDER/VESSEL_last_good.vtu and FOLDER/VESSEL_stopped.state (flow_state.hpp); FOLDER is CASE/out unless another is given.
// Fails: a file that cannot be written is said in words, the run's own error stays. Threads: pure functions.
#pragma once
#include <filesystem>

#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/twin/simulation.hpp"

namespace ot::session {

std::filesystem::path default_out(const std::filesystem::path& case_folder);
// Lets a run keep both in `folder` (made when something is written).
void keep_unfinished(twin::RunOptions& options, const std::filesystem::path& folder);
// The states of cancelled runs in a folder; files that are none are left out.
std::vector<std::shared_ptr<const hemo::FlowState>> stopped_runs(const std::filesystem::path& folder);
// Takes away the states of the problems that now have an answer.
void forget_stopped(const std::filesystem::path& folder, const twin::RunResult& answered);

}  // namespace ot::session
