// SPDX-License-Identifier: GPL-3.0-or-later
// Aliev-Panfilov 1996 over one block of nodes; equations and symbols: aliev_panfilov_1996.hpp.
// Compiled once per instruction set with fast-math: nothing but this function may live here.
#include "solvers/electrophysiology/reaction/aliev_panfilov_1996/rows.hpp"
#include "solvers/electrophysiology/reaction/kernel.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep::ap96 {

extern void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block);

void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block) {
  constexpr double k = 8.0, a = 0.15, eps0 = 0.002, mu1 = 0.2, mu2 = 0.3;
  constexpr double V_rest = -80.0, V_span = 100.0, t_unit = 12.9;
  const int lanes = block.lanes;
  const double dT = block.dt / t_unit;
  const double* __restrict__ v_now = static_cast<const double*>(__builtin_assume_aligned(block.v, 64));
  const double* __restrict__ v_mid = static_cast<const double*>(__builtin_assume_aligned(block.v_rate, 64));
  const double* __restrict__ param = static_cast<const double*>(__builtin_assume_aligned(block.param, 64));
  double* __restrict__ state = static_cast<double*>(__builtin_assume_aligned(block.state, 64));
  double* __restrict__ out_i = static_cast<double*>(__builtin_assume_aligned(block.i_ion, 64));

  for (int group = 0; group < lanes; group += lane_multiple)
#pragma omp simd
    for (int l = group; l < group + lane_multiple; ++l) {
      const double u = (v_now[l] - V_rest) * (1.0 / V_span), U = (v_mid[l] - V_rest) * (1.0 / V_span);
      const double v = state[row_v * block_nodes + l];
      out_i[l] = (V_span / t_unit) * (param[row_drive * block_nodes + l] * k * u * (u - a) * (u - 1.0) + u * v);
      // Midpoint rule for v, V at mid-step.
      const double pull = -k * U * (U - a - 1.0), inv = mu1 / (U + mu2);
      const double half = v + 0.5 * dT * (eps0 + inv * v) * (pull - v);
      state[row_v * block_nodes + l] = v + dT * (eps0 + inv * half) * (pull - half);
    }
}

}  // namespace ot::ep::ap96
