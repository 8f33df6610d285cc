// SPDX-License-Identifier: GPL-3.0-or-later
// Nearest triangle of a surface, by a uniform grid of triangle boxes searched in growing shells. Exact. Threads: const use is safe.
#pragma once
#include <array>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::imaging {

class TriangleFinder {
 public:
  explicit TriangleFinder(const core::SurfaceMesh& surface);
  struct Hit {
    int triangle = -1;
    core::Vec3 point{0, 0, 0};
    double distance = 1e300;
  };
  // only_patch >= 0: triangles of this patch only.
  Hit nearest(const core::Vec3& x, int only_patch = -1) const;

 private:
  const core::SurfaceMesh& surface_;
  core::Vec3 low_;
  double cell_;
  std::array<int, 3> size_;
  std::vector<std::int32_t> start_, item_;
};

}  // namespace ot::imaging
