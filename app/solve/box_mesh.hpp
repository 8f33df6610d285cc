// SPDX-License-Identifier: GPL-3.0-or-later
// Boxes of tets for cases given as data: two structured cuts (core::make_box) and an unstructured one of the organ mesher (CGAL).
// The unstructured one is meshed again with a corrected edge until its mean edge is within 2 % of the asked one.
// Fails: what the mesher refuses; computation_failed when the mean edge is not met in four attempts. Threads: as the mesher.
#pragma once
#include <array>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::solve {

core::Result<core::TetMesh> unstructured_box(const core::Vec3& size_mm, double mean_edge_mm, const core::Progress& progress);

// Barycentric place of x in the mesh: the tet that holds it (nearest node's tets first), else the nearest node alone.
struct Place {
  std::array<core::Index, 4> node{};
  std::array<double, 4> weight{};
  bool inside = false;
};
Place locate(const core::TetMesh& mesh, const core::Vec3& x);

}  // namespace ot::solve
