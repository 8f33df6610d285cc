// SPDX-License-Identifier: GPL-3.0-or-later
// Compressed sparse rows on mesh nodes, and the loops that keep results independent of the thread count:
// rows are written by one thread each, sums are ordered (core::ordered_sum).
#pragma once
#include <cstddef>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/types.hpp"

namespace ot::fem {

struct CsrMatrix {
  core::Index n = 0;
  std::vector<std::ptrdiff_t> row_begin;   // [n+1]
  std::vector<core::Index> col;            // sorted within each row
  std::vector<double> value;

  void multiply(const double* x, double* y) const;      // y = A x
  std::vector<double> diagonal() const;
  std::ptrdiff_t find(core::Index row, core::Index column) const;   // position in value, -1 when not in the pattern
};

// Tets around each node in ascending order, with the node's local number: the order of every gather assembly.
struct NodeTets {
  std::vector<std::ptrdiff_t> begin;       // [nodes+1]
  std::vector<core::Index> tet;
  std::vector<std::uint8_t> local;
};

NodeTets node_tets(const core::TetMesh& mesh);
CsrMatrix node_pattern(const core::TetMesh& mesh, const NodeTets& around);   // P1 pattern, values zero

// Constant gradients of the four P1 functions of each tet and its volume.
struct TetGeometry {
  std::vector<std::array<core::Vec3, 4>> gradient;   // [tets] 1/mm
  std::vector<double> volume;                         // [tets] mm3
};
TetGeometry tet_geometry(const core::TetMesh& mesh);

// K_ij = sum_e V_e grad_i . D_e grad_j, gathered row by row. D: one symmetric tensor per tet (empty = identity).
CsrMatrix assemble_stiffness(const core::TetMesh& mesh, const NodeTets& around, const TetGeometry& geometry,
                             const std::vector<core::Mat3>& tensor);
std::vector<double> lumped_mass(const core::TetMesh& mesh, const NodeTets& around, const TetGeometry& geometry);

double dot(const std::vector<double>& a, const std::vector<double>& b);   // ordered, same bits for every thread count

}  // namespace ot::fem
