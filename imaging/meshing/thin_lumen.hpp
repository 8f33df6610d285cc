// SPDX-License-Identifier: GPL-3.0-or-later
// Throats thinner than three voxels, from the scan's intensities.
// Model: blur spreads the brightness of a thin vessel but keeps its sum, so across the vessel  area = integral of (I - G) / (B - G) dA  whatever the
//   point spread function is, with B the undisturbed blood of the same vessel upstream and downstream and G the tissue around. The half-maximum
//   border (lumen_level_set) is too wide or lost where the vessel is narrower than the blur; there the border becomes a tube of that area about the
//   brightness-weighted middle, on a grid twice as fine. Calcium and stents beside the lumen are counted as blood; noise n over blood contrast c gives
//   about n/c * sqrt(voxels in the disc) voxel areas of error in one section, and sections are averaged over a millimetre along the vessel.
// Source: own derivation: a convolution with a kernel of unit sum keeps the integral.
// In: scan, labels, a field [mm] negative in the lumen on the same grid. Out: the field, finer when something was thin. Fails: cancelled.
// Threads: rows in parallel, same bits for every count.
#pragma once
#include <optional>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct ThinLumen {
  core::Volume field;           // the given one when nothing was thin
  double refined_mm = 0;        // length along the vessel whose border comes from the sum of brightness
  double thinnest_mm = 0;       // its smallest diameter, 0 when nothing was thin
};
core::Result<ThinLumen> refine_thin_lumen(const core::Volume& scan, const core::LabelMap& labels, int value, core::Volume field, const std::optional<core::Vec3>& start,
                                          const core::Progress& progress);

}  // namespace ot::imaging
