// SPDX-License-Identifier: GPL-3.0-or-later
// Where the right ventricle lies against the LV wall: the septum's middle and its two ends (RV insertions).
#pragma once
#include "imaging/tissue/wall_grid.hpp"

namespace ot::imaging::tissue {

struct Septum {
  bool found = false, middle_third = true;   // middle_third: seen there, else on other levels
  core::Vec3 towards{1, 0, 0};               // unit, across the axis
  core::Vec3 end[2];                         // on the epicardium half way down
};

// Rays from the axis base -> apex, one per 2 degrees and millimetre of depth.
Septum find_septum(const core::LabelMap& labels, const WallGrid& w, const core::Vec3& base, const core::Vec3& apex);

}  // namespace ot::imaging::tissue
