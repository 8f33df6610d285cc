// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes work in one canonical grid: axes to the patient's left, back and head, a given voxel size. So the result does not depend
// on how the scan is stored.
#pragma once
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// The scan on the working grid. When its axes are patient axes and its voxels are within 20 % of `spacing_mm`, voxels are only
// reordered; otherwise each working voxel is the mean of 3 x 3 x 3 trilinear samples.
core::Result<core::Volume> to_working_grid(const core::Volume& scan, double spacing_mm, const core::Progress& progress);
// Labels back on the scan's grid: the label with the largest trilinear weight (exact where voxels were only reordered).
core::Result<core::LabelMap> from_working_grid(const core::LabelMap& labels, const core::Grid& scan, const core::Progress& progress);

}  // namespace ot::imaging
