// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of a vessel on a voxel grid: depth under the wall, cheapest central paths, ends of the tree.
// Model: paths minimise the integral of ds / depth^2, so they keep to the middle; ends by TEASAR (Sato et al., Pacific Graphics 2000):
// farthest point first, each accepted path covers its surroundings.
// In: closed surface or mask. Out: lengths in mm. Threads: distance transform parallel by lines, paths serial; deterministic.
#pragma once
#include <vector>

#include "solvers/core/grid.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"

namespace ot::imaging {

struct InsideGrid {
  core::Grid grid;
  std::vector<float> depth;   // mm to the nearest outside voxel centre minus half a voxel, > 0 inside, 0 outside

  // Inside voxel nearest to x within reach_mm, -1 when there is none.
  std::int64_t nearest_inside(const core::Vec3& x, double reach_mm) const;
  core::Vec3 point(std::int64_t voxel) const;
};

// Voxels whose centre lies inside the closed surface (crossings along i).
InsideGrid rasterise(const core::SurfaceMesh& surface, double spacing_mm);
// From a mask; only the largest connected part is kept.
InsideGrid inside_of_mask(const core::Grid& grid, const std::vector<char>& mask);

struct PathTree {
  std::vector<float> cost;             // [voxels] +inf where not reached
  std::vector<std::int32_t> parent;    // [voxels] towards the source, -1 at the source and where not reached
};
enum class PathCost { length, central };
// Stops with an empty tree when cancelled.
PathTree paths_from(const InsideGrid& inside, std::int64_t source, PathCost cost, const core::Progress& progress);

struct VesselEnd {
  std::vector<core::Vec3> path;   // from the tip inward to the surface of the parent (the first two: to the other end)
  bool side_branch = false;
  double radius_mm = 0;           // largest depth within the first few radii
};
// Ends of the tree seen from `source`; the source itself is the first end. Side stubs that stick out less than
// they are wide are part of the wall.
std::vector<VesselEnd> find_ends(const InsideGrid& inside, std::int64_t source, const core::Progress& progress);

}  // namespace ot::imaging
