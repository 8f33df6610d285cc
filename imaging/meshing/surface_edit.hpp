// SPDX-License-Identifier: GPL-3.0-or-later
// Checks and remeshing of closed triangle surfaces (CGAL Polygon_mesh_processing in the .cpp). Threads: serial, deterministic.
#pragma once
#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

// Closed, manifold, oriented outward, free of self-intersections and of degenerate triangles; refuses in words.
// `what` names the surface in the message ("the lumen").
core::Result<void> check_closed_surface(const core::SurfaceMesh& mesh, const std::string& what);

// Triangles of about edge_mm, on the input surface; borders between patches stay where they are, patches are kept.
core::Result<core::SurfaceMesh> remesh(const core::SurfaceMesh& mesh, double edge_mm, int rounds, const core::Progress& progress);

}  // namespace ot::imaging
