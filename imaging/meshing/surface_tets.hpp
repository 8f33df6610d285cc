// SPDX-License-Identifier: GPL-3.0-or-later
// Tetrahedra inside a closed polyhedral surface with sharp patch borders (CGAL Mesh_3 in the .cpp).
// Model: Delaunay refinement (Jamin, Alliez, Yvinec, Boissonnat, "CGALmesh", ACM TOG 41(4), 2015), then sliver exudation and node moves
// that keep the surface. In: closed outward surface, local edge length. Out: raw tets, patch of each boundary face.
// Fails: cancelled (asked at every size query); refinement errors in words. Threads: serial; the same input gives the same bits.
#pragma once
#include <functional>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

struct SharpLines {
  std::vector<std::vector<core::Vec3>> lines;  // polylines on the surface that become mesh edges; closed when first = last
};
// Borders between patches (closed loops); with least_fold_deg > 0 only those that fold by more.
SharpLines patch_borders(const core::SurfaceMesh& surface, double least_fold_deg);

core::Result<core::TetMesh> tets_inside(const core::SurfaceMesh& surface, const SharpLines& sharp,
                                        const std::function<double(const core::Vec3&)>& edge_mm, double largest_edge_mm,
                                        const core::Progress& progress);

}  // namespace ot::imaging
