// SPDX-License-Identifier: GPL-3.0-or-later
// Results as JSON and as tables.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "solvers/twin/simulation.hpp"

namespace ot::twin {

// {"mode", "source_labels_sha256", "setup_sha256", "electro": {...} or null, "vessels": [...],
//  "quantities": {key: {"label", "unit", "value", "note"}}, "notes": [...], "wall_s"}; a value that does not apply is null.
nlohmann::json to_json(const RunResult& result);
// The quantities alone, {key: value}: what `demo --json` shows before and after.
nlohmann::json quantities_to_json(const RunResult& result);
nlohmann::json to_json(const std::vector<ComparisonRow>& rows);

}  // namespace ot::twin
