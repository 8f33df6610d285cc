// SPDX-License-Identifier: GPL-3.0-or-later
// State-variable interpolation of the fast sodium current in the elements that carry the upstroke.
//
// Model:    there, int phi_i I_Na dV is taken at 4 points with g, m, h, j, V and E_Na interpolated linearly, instead of from the
//           nodal values of I_Na; the difference of the two is a correction to the nodal current. Everywhere else it is 0.
// Source:   Pathmanathan et al. 2012, Int J Numer Meth Biomed Engng 28:890; only for I_Na, and which elements:
//           shared/design/ep-numerics.md section 1 (max m^3 max hj gNa drive > 0.2 uA/uF and V range > 0.5 mV).
// Numerics: 4-point rule of degree 2 (Keast 1986 no. 1: a = (5 - sqrt 5)/20). Candidates are kept per block of nodes from the
//           block's largest g m^3 and h j, so that tissue at rest or on the plateau costs nothing.
// Threads:  each block computes all elements that touch it and writes its own nodes only: no order to depend on.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/electrophysiology/monodomain_setup.hpp"

namespace ot::ep {

// I_Na = g m^3 h j (V - E).
inline double fast_sodium_current(double g, double m, double h, double j, double v, double e) { return g * m * m * m * h * j * (v - e); }

inline constexpr double svi_least_current = 0.2;   // uA/uF
inline constexpr double svi_least_range = 0.5;     // mV

class SodiumInterpolation {
 public:
  explicit SodiumInterpolation(const Tissue& tissue);

  // Call for a block after its gates moved: keeps what decides whether the block can carry an upstroke.
  void note_block(std::ptrdiff_t block, const double* state, const double* param);
  // Correction of the nodal current [padded], uA/uF; `state` and `params` as the kernels see them.
  void update(const Tissue& tissue, const double* state, const std::vector<const double*>& params, const double* v, const double* e_na);
  const double* correction() const { return correction_.data(); }
  long active_blocks() const { return long(active_.size()); }

 private:
  void block_correction(const Tissue& tissue, std::ptrdiff_t block, const double* state, const std::vector<const double*>& params,
                        const double* v, const double* e_na);

  FastSodium rows_;
  int states_;
  std::vector<std::ptrdiff_t> element_begin_, neighbour_begin_;   // [blocks + 1]
  std::vector<core::Index> element_, neighbour_;
  std::vector<double> largest_gm3_, largest_hj_;                  // [blocks]
  std::vector<std::ptrdiff_t> active_, before_;
  AlignedVector correction_;
};

}  // namespace ot::ep
