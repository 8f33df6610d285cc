// SPDX-License-Identifier: GPL-3.0-or-later
// What a person wants to know about a tetrahedral mesh before trusting it: angles, shapes, topology, and where its worst elements are.
// Model: smallest dihedral angle; radius ratio 3 r_in / r_circum (1 regular, 0 flat); aspect longest edge / smallest height (1.22
// regular). Source: Shewchuk, "What is a good linear finite element?", 2002. Threads: serial.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::imaging {

struct WorstElement {
  core::Index tet = -1;
  core::Vec3 centre{0, 0, 0};            // mm
  double dihedral_deg = 0, radius_ratio = 0, aspect = 0, volume_mm3 = 0, longest_edge_mm = 0;
  std::string region;
};
struct MeshReport {
  core::MeshQuality quality;
  double min_radius_ratio = 0, median_radius_ratio = 0, max_aspect = 0;
  std::vector<int> radius_ratio_histogram;   // 20 bins over 0..1
  std::size_t pinched_edges = 0;             // boundary edges with more than two boundary faces
  std::size_t pinched_nodes = 0;             // boundary nodes whose faces do not form one fan
  std::vector<WorstElement> worst;           // flattest first
};
MeshReport report_mesh(const core::TetMesh& mesh, std::size_t worst = 10);

}  // namespace ot::imaging
