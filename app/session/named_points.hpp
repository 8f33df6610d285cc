// SPDX-License-Identifier: GPL-3.0-or-later
// Points with names from a file: probes, electrodes. LPS mm.
// In/out:  CSV with the columns name,x,y,z (a header is optional), or JSON: {"V1": [x, y, z], ...} or [{"name": "V1", "at_mm": [x, y, z]}, ...].
// Fails:   bad_input in one sentence with the line or name. Threads: re-entrant.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/core/types.hpp"

namespace ot::session {

struct NamedPoint {
  std::string name;
  core::Vec3 at{0, 0, 0};
};
// In the order of the file; at least one, names differ.
core::Result<std::vector<NamedPoint>> read_named_points(const std::filesystem::path& file);
std::string named_points_csv(const std::vector<NamedPoint>& points);

}  // namespace ot::session
