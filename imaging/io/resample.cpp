// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "imaging/io/io.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

core::LabelMap resample_labels(const core::LabelMap& labels, const core::Grid& grid) {
  if (labels.grid.same_as(grid)) return labels;
  core::LabelMap out;
  out.grid = grid;
  out.labels = labels.labels;
  out.values.assign(grid.voxels(), 0);
  const std::ptrdiff_t rows = std::ptrdiff_t(grid.size[1]) * grid.size[2];
  core::parallel_chunks(rows, 64, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t row = b; row < e; ++row) {
      const int j = int(row % grid.size[1]), k = int(row / grid.size[1]);
      for (int i = 0; i < grid.size[0]; ++i) {
        const core::Vec3 at = labels.grid.to_index(grid.to_patient(core::Vec3(i, j, k)));
        const double x = std::round(at.x()), y = std::round(at.y()), z = std::round(at.z());
        if (x < 0 || y < 0 || z < 0 || x >= labels.grid.size[0] || y >= labels.grid.size[1] || z >= labels.grid.size[2]) continue;
        out.values[grid.offset(i, j, k)] = labels.at(int(x), int(y), int(z));
      }
    }
  });
  return out;
}

}  // namespace ot::imaging
