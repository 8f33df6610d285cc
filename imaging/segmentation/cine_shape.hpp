// SPDX-License-Identifier: GPL-3.0-or-later
// Labels of a stack of planes that lie far apart, filled in between by shape: the signed distance to every label's outline is interpolated from
// plane to plane (Raya and Udupa, IEEE TMI 9:32, 1990, doi 10.1109/42.52980), so that a surface made from it has no steps and no slivers.
// Planes where a label begins or ends taper off over half a plane distance. Units mm. Threads: same bits for any number.
#pragma once
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// True when planes are so far apart that surfaces would be stairs: more than four pixels.
bool is_sparse_stack(const core::Grid& grid);
// The same labels with planes about `target_mm` apart, beginning half a plane distance before the first and ending as much after the last.
core::LabelMap between_planes(const core::LabelMap& stack, double target_mm);

}  // namespace ot::imaging
