// SPDX-License-Identifier: GPL-3.0-or-later
// Joins pieces of a thin vessel that a throat narrower than the scanner's blur has cut apart.
// Model: the throat is too dim for any threshold but still a ridge: smoothed over half a millimetre it is brighter than over one and a half. From the kept
//   pieces the cheapest way over ridge voxels is sought; it counts when it is short and runs on from the tip of one piece into the tip of another.
//   A complete occlusion has no ridge over its length and is not bridged.
// In: values and pieces on one grid (part[v]: number of the piece, 0 none), which pieces are kept. Out: voxels of the bridges; `kept` grows. Threads: smoothing only.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/grid.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

core::Result<std::vector<std::size_t>> bridge_throats(const core::Grid& grid, const std::vector<float>& values, double step, const std::vector<std::int32_t>& part, std::vector<char>& kept,
                                                      const core::Progress& progress);

}  // namespace ot::imaging
