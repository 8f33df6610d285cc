// SPDX-License-Identifier: GPL-3.0-or-later
// Plane sections of a closed surface. Numerics: exact for the polyhedron; a vertex in the plane counts as above it.
// Threads: cut() is const but uses scratch: one Slicer per thread.
#pragma once
#include <optional>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::imaging {

struct Section {
  std::vector<core::Vec3> loop;       // closed polygon in the plane, first point not repeated
  std::vector<core::Index> triangles; // crossed, in loop order
  double area = 0;                    // mm2
  core::Vec3 centroid{0, 0, 0};
  double inscribed = 0;               // mm, from the asked point to the polygon
  bool contains_point = false;
};

class Slicer {
 public:
  explicit Slicer(const core::SurfaceMesh& surface);
  // The section around x: the loop that contains x, else the loop nearest to x.
  std::optional<Section> cut(const core::Vec3& x, const core::Vec3& normal) const;
  const core::SurfaceMesh& surface() const { return surface_; }
  // Triangle across side e (nodes e, e+1) of triangle t.
  core::Index across(core::Index t, int e) const { return across_[std::size_t(3 * t + e)]; }

 private:
  const core::SurfaceMesh& surface_;
  std::vector<core::Index> across_;
  mutable std::vector<double> height_;
  mutable std::vector<char> seen_;
};

}  // namespace ot::imaging
