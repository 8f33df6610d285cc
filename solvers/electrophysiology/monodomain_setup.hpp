// SPDX-License-Identifier: GPL-3.0-or-later
// From an ElectroProblem to what the time steps need: conducting nodes in a cache-friendly order, cell classes with their
// initial states, tuned conductivities, lumped mass and the diffusion matrix.
// Threads: deterministic for every thread count.
#pragma once
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/reaction/aligned.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/kernel.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::ep {

struct CellClass {
  const IonicFamily* family = nullptr;
  CellType type = CellType::epi;
  ChannelScales scales;              // region times global
  std::vector<double> parameters;    // column of the family's parameters
  std::vector<double> initial;       // V first
};

inline constexpr std::pair<std::size_t, std::size_t> tet_edges[6] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};

// Node numbers in here are "inner": conducting nodes only, sorted by their ionic model and within it along a space-filling curve; rows up to `padded` are idle.
// So all nodes of a block are of one model, but for one block at each change from one model to the next.
struct Tissue {
  const IonicFamily* family = nullptr;         // of the problem; regions and layers may have others (CellClass)
  std::ptrdiff_t n = 0, padded = 0;            // padded: multiple of block_nodes
  std::vector<core::Index> node_of;            // [n] mesh node
  std::vector<core::Index> inner_of;           // [mesh nodes], -1 = inert
  std::vector<core::Tet> tets;                 // conducting, inner numbers
  std::vector<double> tet_volume;              // mm3
  std::vector<std::array<float, 6>> tet_coupling;   // k_ij of the tet's edges 01 02 03 12 13 23, mm3/ms, tuned
  std::vector<std::array<float, 6>> tet_square;     // length over sqrt(tuned D) of the same edges, squared, ms
  AlignedVector mass;                          // [padded] mm3, 0 in idle rows
  // Diffusion K_ij / (chi Cm), off-diagonal only: rows sum to zero, so K u = sum k_ij (u_j - u_i).
  std::vector<std::ptrdiff_t> row_begin;       // [padded + 1]
  std::vector<core::Index> col;
  std::vector<float> k;
  AlignedVector k_diagonal;                    // [padded]
  std::vector<CellClass> classes;
  std::vector<std::uint16_t> class_of;         // [padded]
  std::vector<float> rest_mV;                  // [mesh nodes] initial V, inert nodes too
  std::vector<std::string> notes;
  const IonicFamily& family_of(std::ptrdiff_t inner) const { return *classes[class_of[std::size_t(inner)]].family; }
};

// Lanes of a block that one ionic model steps: all of them, or those from `from` to `to` where two models meet in a block. The rows hold
// block_nodes lanes either way; the other lanes are resting cells that nobody reads.
struct BlockPart {
  const IonicFamily* family = nullptr;
  double* state = nullptr;                     // [states][block_nodes]
  const double* param = nullptr;               // [params][block_nodes]
  int from = 0, to = block_nodes;
  bool whole() const { return from == 0 && to == block_nodes; }
};

// -V grad_i . D grad_j of the tet's edges, in the order of tet_edges.
std::array<double, 6> tet_couplings(const fem::TetGeometry& geometry, std::size_t tet, const core::Mat3& d);

// As asked for, else 0.65 with conductivity tuning (sodium_interpolation.hpp) and 1 without, which has the smallest error of a single beat.
double sodium_weight(const ElectroProblem& p);

core::Result<Tissue> set_up_tissue(const ElectroProblem& problem, const core::Progress& progress);

}  // namespace ot::ep
