// SPDX-License-Identifier: GPL-3.0-or-later
// Flow rows on whole vessels and devices, and the settings that a bench row and the row that vouches for it have in common.
#pragma once
#include "app/verify/catalogue.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::verify {

// How it is solved, and the hashes of problem and mesh, in words.
std::string settings_of(const hemo::FlowProblem& problem, const std::string& how);
// The row says them: BenchRow::settings of a flow bench stands word for word in the source of a row of the name that BenchRow::source names.
Row with_settings(Row row, const std::string& settings);
std::string pipe_case(double edge_mm, const char* mode), pipe_settings(double edge_mm, const char* mode);   // a pipe as `solve` takes it, JSON

Rows flow_step_3d(bool quick, const core::Progress&);
Rows flow_ffr_3d(bool quick, const core::Progress&);
Rows flow_ffr_drag(bool quick, const core::Progress&);
Rows flow_lad(bool quick, const core::Progress&);
Rows lumped_tree(bool quick, const core::Progress&);
Rows flow_stent(bool quick, const core::Progress&);
Rows flow_bypass(bool quick, const core::Progress&);
Rows network_against_full_second(bool quick, const core::Progress&);
Rows network_against_full_third(bool quick, const core::Progress&);
Rows network_against_full_fourth(bool quick, const core::Progress&);
Rows flow_fast_beat(bool quick, const core::Progress&);
Rows flow_aorta(bool quick, const core::Progress&);
core::Result<std::vector<BenchRow>> bench_stent_drag(const core::Progress&);
core::Result<std::vector<BenchRow>> bench_stent_full(const core::Progress&);

}  // namespace ot::verify
