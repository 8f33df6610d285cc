// SPDX-License-Identifier: GPL-3.0-or-later
// A lumen with tubes (bypass grafts) joined to it, and its tetrahedra.
// Model: each tube is a swept circle, closed at both ends inside the lumen; surfaces are united by corefinement (CGAL
//   Polygon_mesh_processing: exact predicates, so the intersection is found right), then meshed by the same code as every lumen, sized
//   along the given centreline and the tubes. Caps keep their triangles and patches; all else of the tubes is wall.
// In: closed lumen with patches, tubes as centrelines with radii (mm). Fails: bad_input when a tube touches the lumen anywhere but at its
//   two ends (the union would have more or fewer than one handle per tube) or comes out through a wall. Threads: serial, deterministic.
#pragma once
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/vessel_network.hpp"

namespace ot::imaging {

// Closed swept surface, circles of the radius' area; about `edge_mm` long edges, at least 16 around.
core::SurfaceMesh tube_surface(const core::VesselBranch& line, double edge_mm);
core::Result<core::SurfaceMesh> unite_tubes(const core::SurfaceMesh& lumen, const std::vector<core::VesselBranch>& tubes, const core::Progress& progress);

// lumen_tets with edge lengths from these lines instead of a centreline found anew (which follows only one of two parallel ways).
core::Result<core::TetMesh> lumen_tets_along(const core::SurfaceMesh& lumen, const core::VesselNetwork& lines, double edge_mm, const core::Progress& progress);

}  // namespace ot::imaging
