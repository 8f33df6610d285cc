// SPDX-License-Identifier: GPL-3.0-or-later
// run_scenario (pipeline.hpp) with what a FULL beat can be asked for beyond its result; for kept_runs.cpp.
#pragma once
#include "app/session/case.hpp"
#include "solvers/twin/heart_run.hpp"

namespace ot::session {

core::Result<std::shared_ptr<const twin::RunResult>> run_scenario_with(CaseData& data, const twin::Scenario& scenario, core::Mode mode, const twin::RunOptions& options,
                                                                       const twin::HeartRun& heart, const core::Progress& progress, double full_end_ms);

}  // namespace ot::session
