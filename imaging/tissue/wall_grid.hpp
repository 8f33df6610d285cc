// SPDX-License-Identifier: GPL-3.0-or-later
// The part of a label map around the left ventricle and what each voxel is to it. Shared by landmarks, thickness and scar.
#pragma once
#include <array>
#include <vector>

#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging::tissue {

inline bool is_lv_wall(int label) {
  return label == core::labels::lv_myocardium || label == core::labels::scar || label == core::labels::border_zone || label == core::labels::myocardial_fat;
}

enum class Part : std::uint8_t { outside, blood, wall, valve };   // valve: left atrium or aorta, neither endocardium nor epicardium

struct WallGrid {
  core::Grid grid;                       // the window
  std::array<int, 3> low{}, high{};      // of the window in the label map, inclusive
  std::vector<std::uint8_t> label;       // [window]
  std::vector<Part> part;                // [window]; largest part of LV blood with wall only, blood with holes filled
  std::size_t blood = 0, wall = 0;       // voxels
};

// Window: LV blood and wall and margin_mm around. Empty (wall == 0) when there is none.
WallGrid wall_grid(const core::LabelMap& labels, double margin_mm);

}  // namespace ot::imaging::tissue
