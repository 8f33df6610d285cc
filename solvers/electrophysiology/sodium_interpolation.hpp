// SPDX-License-Identifier: GPL-3.0-or-later
// State-variable interpolation of the fast sodium current along the edges that carry the upstroke.
//
// Model:    along such an edge I_Na is taken at 3 points with g, m, h, j, V and E_Na interpolated linearly (models whose channels are partly
//           phosphorylated: the available share (1 - f) h j + f hp jp in place of h and j), instead of at its two nodes; the difference is a correction to the nodal current, times `weight` (0 = nodal, 1 = full). Everywhere else it is
//           0. Each tet shares its volume among its edges as they share its diffusion energy, k_ij (V_i - V_j)^2, with their sign;
//           the shares are bounded where couplings of the wrong sign cancel most of the energy. For a plane wave along an axis of a box this is the 1D strand of that spacing, for one along the
//           diagonal the strand of spacing h / sqrt 3, whatever way the boxes are cut into tets: the correction has no direction
//           of its own, as the points inside tets have (Kuhn's split then runs 20 % faster along its diagonal).
//           A node whose edges' volumes are not twice its mass (mirrored boxes: masses 3 : 1 on equal edges) gets what those edges
//           say per volume, not per mass: the light node of such a pair would else be corrected twice as much as in the strand, the
//           heavy one two thirds, and a strand of them be 2.5 % slow. As far as couplings across the wave even such pairs out it is not
//           needed: at weight 1 it counts with the square of the part of a node's couplings that lies along the wave; at 0.65, where
//           less is corrected and more left to the conductivity, in full on edges longer than the front (chosen by measurement, see the constants).
//           Two limits. A node's edges may hold up to four times its mass, where couplings of both signs meet: with tuning it gives up what a node
//           of the strand does and not more. And no node's sodium current is turned outward. Without the limits nodes of askew fibres gave up
//           1.5 times the current they had and stalled at 0 mV, and resting ones were driven to -113 mV.
//           Edges between cells of different models are nodal: what their gates mean differs.
// Weight:   0 .. 1. With conductivity tuning it decides how much of the mesh's error is left to the conductivity. To fourth order a travelling
//           wave on edges of length h solves
//               c V_x = V_xx - I + h^2/12 (c V_xxx + I_xx) - w h^2/6 (I_Na)_xx:
//           at w = 1/2 the shape of the sodium current drops out and what is left is linear, which one factor on D takes out for every
//           beat; terms of higher order ask for a little more: 0.65 (resources/docs/dev/monodomain.md).
// Source:   idea of interpolating states: Pathmanathan et al. 2012, Int J Numer Meth Biomed Engng 28:890; only for I_Na, and where:
//           shared/design/ep-numerics.md section 1 (max m^3 max hj gNa drive and V range > 0.5 mV). The shares: ours.
// Numerics: 3-point Gauss rule per edge. Candidates are kept per block of nodes from the block's largest g m^3 and h j, so that
//           tissue at rest or on the plateau costs nothing.
// Threads:  each block computes all elements that touch it and writes its own nodes only: no order to depend on.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "solvers/electrophysiology/diffusion_kernel.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"

namespace ot::ep {

// I_Na = g m^3 h j (V - E).
inline double fast_sodium_current(double g, double m, double h, double j, double v, double e) { return g * m * m * m * h * j * (v - e); }

// uA/uF; the front's peak is 300. Between 0.02 and 2 no activation moves by more than 0.1 ms (shared/design/ep-numerics.md section 1).
inline constexpr double svi_least_current = 1;
inline constexpr double svi_least_range = 0.5;     // mV

// One end of an edge.
struct SodiumEnd {
  double g, m, h, j, v, e;
};
// What interpolation along an edge adds at its first and second end, per length of the edge: int phi I dx - I_end / 2. uA/uF.
// Both 0 where the edge does not carry the upstroke.
std::array<double, 2> sodium_edge_correction(const SodiumEnd& a, const SodiumEnd& b);

inline constexpr double sodium_weight_tuned = 0.65, sodium_weight_untuned = 1;

class SodiumInterpolation {
 public:
  SodiumInterpolation(const Tissue& tissue, double weight);

  // Call for a block after its gates moved: keeps what decides whether the block can carry an upstroke, and where its gates are.
  void note_block(std::ptrdiff_t block, std::span<const BlockPart> parts);
  // Correction of the nodal current [padded], uA/uF. Reads what the noted blocks point to.
  void update(const Tissue& tissue, const double* v, const double* e_na);
  const double* correction() const { return correction_.data(); }
  long active_blocks() const { return long(active_.size()); }

 private:
  // A block's factors of the current, [block_nodes] each.
  struct Factors {
    const double *g = nullptr, *m = nullptr, *h = nullptr, *j = nullptr;
  };

  void pack_tets(const Tissue& tissue, const std::vector<core::Index>& elements, core::Index block, const std::vector<std::array<core::Index, 2>>& edges,
                 const std::vector<std::array<std::uint16_t, 6>>& edge_of);
  void block_correction(const Tissue& tissue, std::ptrdiff_t block, const double* v, const double* e_na);

  bool used_ = false, several_ = false;                           // a model has fast sodium rows; there is more than one model
  std::vector<Factors> factors_;                                  // [blocks]
  AlignedVector own_;                                             // [4][padded] g, m, h, j of blocks whose factors are not rows of their state
  double weight_;
  // What a block's correction reads, in the order in which it is read. A block numbers its nodes: its own lanes, then those of other blocks that its tets touch.
  // Its edges are pairs of which at least one node is its own; its tets those that have a node of its own.
  std::vector<std::ptrdiff_t> octet_begin_, edge_begin_, other_begin_, neighbour_begin_;   // [blocks + 1]
  std::vector<core::Index> other_;                       // inner nodes of other blocks
  std::vector<std::array<std::uint16_t, 2>> edge_;
  std::vector<TetOctet> octet_;
  std::vector<float> edge_inverse_;   // of edge_: 1 / (length over sqrt(tuned D))^2, 1/ms
  std::vector<core::Index> neighbour_;
  std::vector<std::array<double, 2>> strength_;                   // [padded] g m^3 and h j: most edges are ruled out by them, far from the gates
  std::vector<double> largest_gm3_, largest_hj_;                  // [blocks]
  std::vector<double> lowest_v_, highest_v_;                      // [blocks], where update() asks
  std::vector<std::ptrdiff_t> active_, before_;
  AlignedVector correction_;
};

}  // namespace ot::ep
