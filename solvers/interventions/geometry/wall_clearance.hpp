// SPDX-License-Identifier: GPL-3.0-or-later
// How far a point of the wall can move outwards before it meets another part of the same lumen's wall (another branch, or the same
// vessel farther along: the other leg of a bend) or the wall of another vessel.
// Model: a ray from the vertex along its move, and the first triangle that it meets from outside. In the vertex's own neighbourhood a
// triangle counts only where it faces the ray: bumps of the same wall that the ray grazes move with it. Four rays beside it, a gap away,
// meet what lies elsewhere and would be passed too near. Of another vessel every triangle counts but those where the two are joined.
// Units: mm. Cost: a grid of the triangles, a few tests per ray. Threads: pure function.
#pragma once
#include <functional>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::interventions {

struct WallClearance {
  std::vector<float> free_mm;          // [vertices] to stay the gap away; infinity: nothing within reach, or not asked
  std::vector<core::Index> met;        // [vertices] triangle, -1: none
  std::vector<int> met_wall;           // [vertices] that it belongs to: of `beside`, -1: the lumen's own
};
// A wall beside the lumen and which of its triangles count.
struct WallBeside {
  const core::SurfaceMesh* wall = nullptr;
  std::function<bool(core::Index triangle)> counts;
};
// direction[v]: unit vector, zero: not asked. reach_mm[v]: how far is looked. gap_mm[v]: what must remain.
// elsewhere: the triangle is no neighbourhood of the vertex.
WallClearance find_clearance(const core::SurfaceMesh& lumen, const std::vector<core::Vec3>& direction, const std::vector<double>& reach_mm, const std::vector<double>& gap_mm,
                             const std::function<bool(core::Index vertex, core::Index triangle)>& elsewhere, const std::vector<WallBeside>& beside = {});

}  // namespace ot::interventions
