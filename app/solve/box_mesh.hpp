// SPDX-License-Identifier: GPL-3.0-or-later
// Boxes of tets for cases given as data: two structured cuts (core::make_box), one that follows the fibres, and an unstructured one of the organ mesher (CGAL).
// The unstructured one is meshed again with a corrected edge until its mean edge is within 2 % of the asked one.
// Fails: what the mesher refuses; computation_failed when the mean edge is not met in four attempts. Threads: as the mesher.
#pragma once
#include <array>
#include <string>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::solve {

core::Result<core::TetMesh> unstructured_box(const core::Vec3& size_mm, double mean_edge_mm, const core::Progress& progress);

// The nodes of core::make_box with edges of that length along x, y, z, and tets between them whose leading error varies least over
// the directions of a front (imaging/meshing/lattice_tiling.hpp). conductivity: symmetric, positive definite, any unit.
core::Result<core::TetMesh> fibre_box(const core::Vec3& size_mm, const core::Vec3& edges_mm, const core::Mat3& conductivity, const core::Progress& progress);

// What "auto" stands for: alternating where that conducts along x, y and z each by itself (couplings across to 1e-3), else fibres.
std::string auto_split(const core::Mat3& conductivity);
// A box by the name of its split: kuhn, alternating, fibres (takes conductivity), unstructured (takes one edge: the first). Fails: wrong_usage for other names.
core::Result<core::TetMesh> box_mesh(const std::string& split, const core::Vec3& size_mm, const core::Vec3& edges_mm, const core::Mat3& conductivity, const core::Progress& progress);

// Barycentric place of x in the mesh: the tet that holds it (nearest node's tets first), else the nearest node alone.
struct Place {
  std::array<core::Index, 4> node{};
  std::array<double, 4> weight{};
  bool inside = false;
};
Place locate(const core::TetMesh& mesh, const core::Vec3& x);

}  // namespace ot::solve
