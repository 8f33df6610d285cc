// SPDX-License-Identifier: GPL-3.0-or-later
// Wall thickness and depth through the wall of the left ventricle, per voxel.
// Model:   u solves Laplace's equation in the wall, 0 at the endocardium, 1 at the epicardium (RV side of the septum included); thickness
//          is the length of the line of steepest u through the voxel, from both sides by upwind differences in the order of u. Borders
//          lie at the half level of the slightly smoothed labels, between voxel centres (Shortley-Weller differences), so a shell is
//          measured to a fraction of a voxel. Atria, aorta and all above the base plane are neither border: no flux.
// Source:  Jones, Buchbinder, Aharon 2000 (Hum Brain Mapp 11:12); Yezzi and Prince 2003 (IEEE Trans Med Imaging 22:1332).
// Units:   mm. Anisotropic voxels are respected.
// Fails:   no wall; cancelled. Threads: same bits for every count.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "solvers/core/lv_frame.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct WallMap {
  core::Grid grid;                    // a window of the label map
  std::array<int, 3> low{};           // its first voxel there
  std::vector<float> thickness_mm;    // [window] NaN where there is no wall or no way through it
  std::vector<float> transmural;      // [window] 0 endocardium .. 1 epicardium, NaN outside the wall

  // Mean over the wall voxels around a patient point; NaN farther than two voxels from any.
  double thickness_at(const core::Vec3& lps_mm) const;
  double transmural_at(const core::Vec3& lps_mm) const;
};

// Without a frame nothing counts as base (closed shells).
core::Result<WallMap> measure_wall(const core::LabelMap& labels, const std::optional<core::LvFrame>& frame, const core::Progress& progress = {});

}  // namespace ot::imaging
