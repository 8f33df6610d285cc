// SPDX-License-Identifier: GPL-3.0-or-later
// Labels of a heart of balls: two atria of 20 mm radius, `gap_mm` apart, over two ventricles of blood (or none); voxels of 2 mm.
#pragma once
#include "solvers/core/volume.hpp"

namespace ot::test {

core::LabelMap ball_heart(double gap_mm, bool ventricles = true);

}  // namespace ot::test
