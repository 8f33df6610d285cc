// SPDX-License-Identifier: GPL-3.0-or-later
// The lumen mesh as the Navier-Stokes solver wants it: renumbered for memory locality, with compact element data.
// Results are written back in the numbering of the given mesh.
#pragma once
#include <array>
#include <vector>

#include "solvers/fem/csr.hpp"
#include "solvers/hemodynamics/conditions.hpp"

namespace ot::hemo {

// Gradients of hat functions 1..3 (0 is minus their sum) and the volume; float halves the memory traffic, and differences
// against node 0 keep constants exact.
struct TetShape {
  float g[3][3];
  float volume;
};

struct FlowMesh {
  core::TetMesh mesh;                        // renumbered; boundary too (BoundaryFace::tet as renumbered)
  std::vector<core::Index> new_of_old;       // [nodes]
  std::vector<TetShape> shape;               // [tets]
  std::vector<float> edge;                   // [tets] edge of the regular tet of equal volume, mm
  fem::NodeTets around;
  std::vector<std::array<std::uint16_t, 4>> slot;   // [around]: place of the tet's nodes in the node's row
  fem::CsrMatrix pattern;                    // P1 pattern with zero values
  std::vector<double> lumped;                // [nodes] lumped volume, mm3
  std::vector<std::uint8_t> fixed;           // [nodes] velocity given: wall and inlet nodes
  std::vector<std::uint8_t> wall;            // [nodes] touches a wall face
  std::vector<Cap> inlets, outlets;          // in the order of the problem
  std::vector<int> outlet_of;                // [nodes] index of the outlet the node lies on, -1
  std::size_t nodes() const { return mesh.nodes.size(); }
  std::size_t tets() const { return mesh.tets.size(); }
  // Chunks of the parallel loops of a time step: small meshes are one chunk (waking threads would cost more than it saves).
  std::ptrdiff_t row_chunk() const { return nodes() < 8192 ? std::ptrdiff_t(nodes()) : 1024; }
  std::ptrdiff_t tet_chunk() const { return nodes() < 8192 ? std::ptrdiff_t(tets()) : 4096; }
};

FlowMesh make_flow_mesh(const FlowProblem& problem);  // checked by check_mesh_conditions

// Pressure unknowns: the nodes off the outlets in order, then one unknown per outlet (all its nodes tied together).
struct TiedUnknowns {
  std::vector<core::Index> of_node;   // [nodes]
  core::Index count = 0;
  core::Index outlet(std::size_t k) const { return count - outlets + core::Index(k); }
  core::Index outlets = 0;
};
TiedUnknowns tie_outlets(const FlowMesh& m);

// sum_e weight_e (grad q, grad p) on the tied unknowns, plus outlet_diagonal[k] on the unknown of outlet k.
fem::CsrMatrix tied_stiffness(const FlowMesh& m, const TiedUnknowns& tied, const std::vector<double>& weight,
                              const std::vector<double>& outlet_diagonal);

}  // namespace ot::hemo
