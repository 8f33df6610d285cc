// SPDX-License-Identifier: GPL-3.0-or-later
// Cutting a closed vessel surface across its ends, with flat caps.
// Model: the part beyond the plane that hangs together with the section loop is removed (an infinite plane would cut a curved vessel
// twice), the hole is closed by ear clipping in the plane. Threads: serial, deterministic.
#pragma once
#include <vector>

#include "imaging/centerline/inside_grid.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

struct CutPlane {
  core::Vec3 centre{0, 0, 0}, outward{0, 0, 1};
  double radius = 0;
  double tip_distance = 1e9;   // from the centre to the end; what is removed may not reach much farther
  bool found = false;
  double most_removed = 0.5;   // share of the points of the surface: more is not an end
};
// Where to cut: from one and a half radii inside towards the tip as far as the section keeps 95 % of its area.
CutPlane place_cut(const core::SurfaceMesh& surface, const VesselEnd& end);

// Removes the end beyond the plane and closes it with triangles of patch `cap`. Refuses a cut that
// would take much more than the end.
core::Result<core::SurfaceMesh> cut_end(const core::SurfaceMesh& surface, const CutPlane& plane, int cap);

// Triangles of a simple polygon (any orientation), as indices into it; empty when the polygon crosses itself.
std::vector<core::Triangle> fill_polygon(const std::vector<core::Vec3>& polygon, const core::Vec3& normal);

}  // namespace ot::imaging
