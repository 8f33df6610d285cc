// SPDX-License-Identifier: GPL-3.0-or-later
// Foreign surfaces: what is broken is repaired and said, what cannot be repaired is refused in words. Flow extensions at caps.
// Threads: serial, deterministic.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

struct RepairedSurface {
  core::SurfaceMesh surface;        // closed, outward; patches kept, new caps named "opening 1" ... by falling area
  std::vector<std::string> notes;   // one line for each thing that was changed
  std::vector<int> openings;        // patch values of caps that were added, largest first
};
// Joins duplicate points, drops flat and repeated triangles and crumbs, turns triangles to one sense, closes open rims with caps,
// turns an inside-out surface. Refuses: no triangle left, an edge with three or more triangles, a surface that crosses itself.
core::Result<RepairedSurface> repair_surface(const core::SurfaceMesh& surface);

// Lengthens every cap (patches named "inlet", "outlet ...") by `diameters` of its own, blended to a circle of the same area over the
// first diameter, so that inflow profiles fit and outlets do not disturb the vessel. 0 leaves the surface as it is; 10 at most.
core::Result<core::SurfaceMesh> add_flow_extensions(const core::SurfaceMesh& lumen, double diameters);

}  // namespace ot::imaging
