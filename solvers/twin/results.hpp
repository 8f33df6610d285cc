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

// How far two activations of one mesh lie apart: |a - b| in ms over the places both reach, and the share of places only one of them reaches.
struct ActivationDifference {
  double median_ms = 0, p95_ms = 0;                      // NaN when there is no such place or the meshes differ
  double only_a_percent = 0, only_b_percent = 0;         // of all nodes
};
ActivationDifference activation_difference(const std::vector<float>& a_ms, const std::vector<float>& b_ms);

}  // namespace ot::twin
