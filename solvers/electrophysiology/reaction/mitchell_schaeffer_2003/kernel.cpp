// SPDX-License-Identifier: GPL-3.0-or-later
// Mitchell-Schaeffer 2003 over one block of nodes; equations and symbols: mitchell_schaeffer_2003.hpp.
// Compiled once per instruction set with fast-math: nothing but this function may live here.
#include <math.h>

#include "solvers/electrophysiology/reaction/kernel.hpp"
#include "solvers/electrophysiology/reaction/mitchell_schaeffer_2003/rows.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep::ms03 {

extern void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block);

void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block) {
  constexpr double tau_out = 6.0, tau_open = 120.0, tau_close = 150.0, v_gate = 0.13;
  constexpr double V_rest = -80.0, V_span = 100.0;
  const int lanes = block.lanes;
  const double keep_open = exp(-block.dt / tau_open), keep_close = exp(-block.dt / tau_close);
  const double* __restrict__ v_now = static_cast<const double*>(__builtin_assume_aligned(block.v, 64));
  const double* __restrict__ v_mid = static_cast<const double*>(__builtin_assume_aligned(block.v_rate, 64));
  const double* __restrict__ param = static_cast<const double*>(__builtin_assume_aligned(block.param, 64));
  double* __restrict__ state = static_cast<double*>(__builtin_assume_aligned(block.state, 64));
  double* __restrict__ out_i = static_cast<double*>(__builtin_assume_aligned(block.i_ion, 64));

  for (int group = 0; group < lanes; group += lane_multiple)
#pragma omp simd
    for (int l = group; l < group + lane_multiple; ++l) {
      const double v = (v_now[l] - V_rest) * (1.0 / V_span), u = (v_mid[l] - V_rest) * (1.0 / V_span);
      const double h = state[row_h * block_nodes + l];
      out_i[l] = -V_span * (h * v * v * (1.0 - v) * param[row_inv_tau_in * block_nodes + l] - v * (1.0 / tau_out));
      state[row_h * block_nodes + l] = u < v_gate ? 1.0 - (1.0 - h) * keep_open : h * keep_close;
    }
}

}  // namespace ot::ep::ms03
