// SPDX-License-Identifier: GPL-3.0-or-later
// What a kind of tissue does to conductivity and membrane, as a table: of the program (`list tissues`), of a twin (report, `tissue --json`).
// Threads: pure functions.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "solvers/electrophysiology/problem.hpp"

namespace ot::session {

// [{"key", "conducting", "conductivity_scale": [f, s, n], "channels": {"g_Na": 0.38, ...}, "source"}]; channels left as published are not listed, nor is the conductivity of what does not conduct.
nlohmann::json tissue_factors(const std::vector<ep::TissueRegion>& regions);
// "conductivity x 1 along, 0.1 in and 0.1 across the sheets; INa x 0.38, ICaL x 0.31"; "does not conduct"; "as healthy muscle"
std::string factor_words(const ep::TissueRegion& region);
// Table of those that differ from healthy muscle; empty when none does.
std::string tissue_factors_html(const std::vector<ep::TissueRegion>& regions);

}  // namespace ot::session
