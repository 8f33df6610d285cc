// SPDX-License-Identifier: GPL-3.0-or-later
// Tetrahedra between the points of a box lattice, cut to suit a conductivity (CGAL regular triangulation in .cpp only).
//
// A superbase of the lattice (three steps c1, c2, c3 of determinant 1 and minus their sum) cuts space into tetrahedra, six to a point, the same ones at
// every point. Linear elements on them couple a point with its neighbours along seven directions e (the c, and sums of two and three of them) by k_e with
// sum k_e e e' = D, and with lumped mass the symbol of diffusion is n.D.n - 1/12 sum k_e (n.e)^4 to leading order. The second term over (n.D.n)^2 is the
// square of the spacing, in units of sqrt(D), of the strand that errs as much: on a box cut along its axes it reaches -10 h^2 / D across fibres askew to it
// (couplings of the wrong sign, driven by the conductivity along fibres). Of all superbases of short steps the one is taken whose square varies least over
// the directions. Lattices, superbases: Conway and Sloane 1992, doi:10.1098/rspa.1992.0004. The choice by that spread: ours.
#pragma once
#include <array>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

// Columns: c1, c2, c3 in steps of the lattice. conductivity: symmetric, positive definite, per square of a step (any unit). Steps of up to two points along
// each axis: enough for ratios of conductivities up to 10.
core::Mat3 lattice_superbase(const core::Mat3& conductivity);

// The tets of that superbase; at the faces of the box, which cut across them, those of the regular triangulation that has them inside.
// cells: along x, y, z, at least 1; point (i, j, k) is node (k (cells[1] + 1) + j) (cells[0] + 1) + i. The tets fill the box with positive volumes and are the
// same on every run. Fails: cancelled. Threads: one.
core::Result<std::vector<core::Tet>> lattice_tiling(const std::array<int, 3>& cells, const core::Mat3& superbase, const core::Progress& progress);

}  // namespace ot::imaging
