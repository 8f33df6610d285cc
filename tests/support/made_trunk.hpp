// SPDX-License-Identifier: GPL-3.0-or-later
// A CT of a made trunk whose skin is known: an elliptic cylinder of soft tissue about the axis x = y = 0 with two lungs, an arm beside it and a couch under it.
#pragma once
#include <algorithm>
#include <cmath>

#include "solvers/core/volume.hpp"

namespace ot::test {

inline constexpr double trunk_breadth_mm = 320, trunk_depth_mm = 220;

// 1 on the skin, less inside.
inline double trunk_share(const core::Vec3& p) { return std::hypot(p.x() / (trunk_breadth_mm / 2), p.y() / (trunk_depth_mm / 2)); }

// What a field between these corners shows, voxels of 2 mm, noise of 20 HU at most.
inline core::Volume made_trunk(const core::Vec3& low, const core::Vec3& high) {
  constexpr double a = trunk_breadth_mm / 2, b = trunk_depth_mm / 2;
  core::Volume v;
  v.grid.spacing = core::Vec3::Constant(2);
  v.grid.origin = low;
  for (int d = 0; d < 3; ++d) v.grid.size[std::size_t(d)] = int((high[d] - low[d]) / 2) + 1;
  v.values.resize(v.grid.voxels());
  for (int k = 0; k < v.grid.size[2]; ++k)
    for (int j = 0; j < v.grid.size[1]; ++j)
      for (int i = 0; i < v.grid.size[0]; ++i) {
        const core::Vec3 p = v.grid.to_patient(core::Vec3(i, j, k));
        const auto o = v.grid.offset(i, j, k);
        const double noise = double((o * 2654435761u) % 41) - 20;
        const bool lung = std::hypot(std::abs(p.x()) - 80, p.y()) < 55, arm = std::hypot(p.x() - 215, p.y()) < 35, couch = p.y() > 122 && p.y() < 128;
        // Partial volume over two voxels at the skin, so that the half way value lies on the ellipse.
        const double slope = std::hypot(p.x() / (a * a), p.y() / (b * b)) / std::max(trunk_share(p), 0.1);   // of the share, per mm
        const double skin = std::clamp(0.5 - (trunk_share(p) - 1) / std::max(slope, 1e-6) / 4, 0.0, 1.0);
        v.values[o] = float((lung ? -850 : arm || couch ? 40 : -1000 + 1040 * skin) + noise);
      }
  return v;
}

}  // namespace ot::test
