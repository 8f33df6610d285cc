// SPDX-License-Identifier: GPL-3.0-or-later
// Small label maps on the grids that break careless code: oblique, flipped axes, uneven spacing.
#pragma once
#include <Eigen/Geometry>
#include <vector>

#include "solvers/core/volume.hpp"

namespace ot::test {

inline core::Grid oblique_grid(int flips = 0) {
  core::Grid g;
  g.size = {23, 31, 17};
  g.spacing = core::Vec3(0.78125, 1.171875, 2.3);
  g.origin = core::Vec3(-123.456789, 45.6543217, -987.123456);
  g.direction = (Eigen::AngleAxisd(0.4, core::Vec3::UnitZ()) * Eigen::AngleAxisd(-0.7, core::Vec3::UnitX()) * Eigen::AngleAxisd(1.1, core::Vec3::UnitY())).toRotationMatrix();
  for (int d = 0; d < 3; ++d)
    if (flips & (1 << d)) g.direction.col(d) *= -1;
  return g;
}

// Three labels: a ball, a shell around it, and a bar; some slices stay empty.
inline core::LabelMap blobs(const core::Grid& g, int third = 3) {
  core::LabelMap m;
  m.grid = g;
  m.labels = core::labels::heart();
  m.values.assign(g.voxels(), 0);
  for (int k = 2; k < g.size[2] - 3; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const double r = core::Vec3((i - 11) / 7.0, (j - 15) / 10.0, (k - 7) / 5.0).norm();
        m.values[g.offset(i, j, k)] = std::uint8_t(r < 0.6 ? 1 : r < 1.0 ? 2 : i < 4 && k < 6 ? third : 0);
      }
  return m;
}

}  // namespace ot::test
