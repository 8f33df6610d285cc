// SPDX-License-Identifier: GPL-3.0-or-later
// Triangles whose corners lie on a round surface lie inside it: seven of them across a vessel enclose 1 % too little, and flow resistance is 2 % too high,
// whatever the size of the tetrahedra. Moving the corners out by what the triangles lack gives the volume back.
#pragma once
#include <span>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::imaging {

// Moves the nodes of the faces with patch `wall` along their mean normal until the faces around each lie as far outside `reference` as inside (mean of the
// signed distances at the midpoints of the edges, weighted by area: exact for a curved wall to second order). Nodes shared with another patch
// stay in the plane of that patch. In: mm, faces outward, `reference` closed with the same patches. Threads: serial.
void match_volume(std::vector<core::Vec3>& nodes, std::span<const core::BoundaryFace> faces, int wall, const core::SurfaceMesh& reference);

}  // namespace ot::imaging
