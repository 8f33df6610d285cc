// SPDX-License-Identifier: GPL-3.0-or-later
// The part of a tetrahedral mesh's boundary that a map lies on, with closest-point search and distances along the surface.
// Fails never; an empty surface has no triangles. Threads: const functions from any thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::ep {

struct ClosestPoint {
  core::Vec3 at{0, 0, 0};
  double distance = 0;
  int triangle = -1;
};

class SurfaceFinder {
 public:
  // patch_prefix "" takes every boundary face.
  SurfaceFinder(const core::TetMesh& mesh, const std::string& patch_prefix);
  bool empty() const { return triangles_.empty(); }
  const std::vector<core::Triangle>& triangles() const { return triangles_; }   // node numbers of the mesh
  const std::vector<core::Index>& nodes() const { return nodes_; }              // in rising order
  double area() const { return area_; }
  core::Vec3 centroid() const { return centroid_; }                             // weighted by area
  ClosestPoint closest(const core::Vec3& p) const;
  // Nodes within `reach` of a point of `triangle` along edges (an upper bound of the geodesic distance, up to 15 % too long on a
  // regular triangulation; the straight line when both lie on the same or touching triangles). Distances rise.
  void near_nodes(const core::Vec3& at, int triangle, double reach, std::vector<std::pair<double, core::Index>>& out) const;

 private:
  const core::TetMesh& mesh_;
  std::vector<core::Triangle> triangles_;
  std::vector<core::Index> nodes_;
  std::vector<std::int32_t> edge_begin_;                                        // by node of the mesh
  std::vector<std::pair<core::Index, double>> edges_;
  double area_ = 0, cell_ = 1;
  core::Vec3 centroid_{0, 0, 0}, low_{0, 0, 0};
  std::array<int, 3> size_{1, 1, 1};
  std::vector<std::int32_t> begin_, items_;                                     // triangles by grid cell
};

}  // namespace ot::ep
