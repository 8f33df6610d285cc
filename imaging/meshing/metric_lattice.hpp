// SPDX-License-Identifier: GPL-3.0-or-later
// Tetrahedra between the points of a box lattice that are Delaunay in a given metric (CGAL regular triangulation in .cpp only).
//
// Of a lattice, the couplings of linear elements along the edges of the Delaunay tetrahedra in the metric D^-1 are the non-negative weights of
// Selling's decomposition D = sum w_e e e' (Conway and Sloane 1992, doi:10.1098/rspa.1992.0004; used for finite differences by Fehrenbach and
// Mirebeau 2014, doi:10.1007/s10851-013-0452-2): no coupling has the wrong sign, in whatever direction D points.
#pragma once
#include <array>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

// cells: along x, y, z, at least 1; point (i, j, k) is node (k (cells[1] + 1) + j) (cells[0] + 1) + i. metric: symmetric, positive definite, lengths of
// steps between points (any unit). The tets fill the box with positive volumes and are the same on every run; inside, every point has the same ones around it.
// Fails: cancelled. Threads: one.
core::Result<std::vector<core::Tet>> metric_lattice(const std::array<int, 3>& cells, const core::Mat3& metric, const core::Progress& progress);

}  // namespace ot::imaging
