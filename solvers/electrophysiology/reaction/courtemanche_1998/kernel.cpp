// SPDX-License-Identifier: GPL-3.0-or-later
// Courtemanche-Ramirez-Nattel 1998 over one block of nodes; equations and symbols: courtemanche_1998.hpp.
// Compiled once per instruction set with fast-math: nothing but this function may live here.
#include <math.h>

#include "solvers/electrophysiology/reaction/courtemanche_1998/rows.hpp"
#include "solvers/electrophysiology/reaction/kernel.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep::crn98 {

extern void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block);

void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block) {
  constexpr double R = 8.3143, T = 310.0, F = 96.4867, RTF = R * T / F, FRT = F / (R * T);
  constexpr double Cm = 100.0, V_cell = 20100.0, V_i = 0.68 * V_cell, V_up = 0.0552 * V_cell, V_rel = 0.0048 * V_cell;
  constexpr double Ko = 5.4, Nao = 140.0, Cao = 1.8, KQ10 = 3.0, ECaL = 65.0;
  constexpr double INaK_max = 0.59933874, KmNai = 10.0, KmKo = 1.5, INaCa_max = 1600.0, KmNa = 87.5, KmCa = 1.38, ksat = 0.1;
  constexpr double KmpCa = 0.0005;
  constexpr double K_rel = 30.0, tau_tr = 180.0, I_up_max = 0.005, K_up = 0.00092, Ca_up_max = 15.0, tau_u = 8.0, tau_fCa = 2.0;
  constexpr double CMDN = 0.05, TRPN = 0.07, CSQN = 10.0, Km_CMDN = 0.00238, Km_TRPN = 0.0005, Km_CSQN = 0.8;
  constexpr double fn_1 = 3.4175e-13, fn_2 = 13.67e-16;   // umol/ms: threshold and width of the release signal

  const int lanes = block.lanes;
  const double dt = block.dt, two_dt = 2.0 * block.dt, i_stim = block.i_stim;
  const double sigma = (exp(Nao / 67.3) - 1.0) / 7.0;
  const double* __restrict__ v_now = static_cast<const double*>(__builtin_assume_aligned(block.v, 64));
  const double* __restrict__ v_mid = static_cast<const double*>(__builtin_assume_aligned(block.v_rate, 64));
  const double* __restrict__ param = static_cast<const double*>(__builtin_assume_aligned(block.param, 64));
  double* __restrict__ state = static_cast<double*>(__builtin_assume_aligned(block.state, 64));
  const double* at = static_cast<const double*>(__builtin_assume_aligned(block.state_at ? block.state_at : block.state, 64));
  double* __restrict__ out_i = static_cast<double*>(__builtin_assume_aligned(block.i_ion, 64));
  double* __restrict__ out_e = static_cast<double*>(__builtin_assume_aligned(block.e_na, 64));

  for (int group = 0; group < lanes; group += lane_multiple)
#pragma omp simd
    for (int l = group; l < group + lane_multiple; ++l) {
      const double V = v_now[l];
      const double Nai = at[row_Nai * block_nodes + l], Ki = at[row_Ki * block_nodes + l], Cai = at[row_Cai * block_nodes + l],
                   CaUp = at[row_CaUp * block_nodes + l], CaRel = at[row_CaRel * block_nodes + l];
      const double m = at[row_m * block_nodes + l], h = at[row_h * block_nodes + l], j = at[row_j * block_nodes + l];
      const double oa = at[row_oa * block_nodes + l], oi = at[row_oi * block_nodes + l], ua = at[row_ua * block_nodes + l],
                   ui = at[row_ui * block_nodes + l], xr = at[row_xr * block_nodes + l], xs = at[row_xs * block_nodes + l];
      const double d = at[row_d * block_nodes + l], f = at[row_f * block_nodes + l], fCa = at[row_fCa * block_nodes + l];
      const double u = at[row_u * block_nodes + l], v = at[row_v * block_nodes + l], w = at[row_w * block_nodes + l];

      // Currents at the start of the step.
      const double ENa = RTF * (log(Nao) - log(Nai)), EK = RTF * (log(Ko) - log(Ki)), ECa = 0.5 * RTF * (log(Cao) - log(Cai));
      const double VK = V - EK;
      const double y = exp(-0.05 * FRT * V), y2 = y * y, y4 = y2 * y2, y6 = y4 * y2, y7 = y6 * y, y13 = y6 * y7, y20 = y13 * y7;
      const double INa = param[row_gNa * block_nodes + l] * m * m * m * h * j * (V - ENa);
      const double IK1 = param[row_gK1 * block_nodes + l] * VK / (1.0 + exp(0.07 * (V + 80.0)));
      const double Ito = param[row_gto * block_nodes + l] * oa * oa * oa * oi * VK;
      const double gKur = 0.005 + 0.05 / (1.0 + exp((V - 15.0) * (-1.0 / 13)));
      const double IKur = param[row_Kur * block_nodes + l] * gKur * ua * ua * ua * ui * VK;
      const double IKr = param[row_gKr * block_nodes + l] * xr * VK / (1.0 + exp((V + 15.0) * (1.0 / 22.4)));
      const double IKs = param[row_gKs * block_nodes + l] * xs * xs * VK;
      const double ICaL = param[row_gCaL * block_nodes + l] * d * f * fCa * (V - ECaL);
      const double na = KmNai / Nai;
      const double INaK = param[row_NaK * block_nodes + l] * (INaK_max * Ko / (Ko + KmKo)) / ((1.0 + 0.1245 * y2 + 0.0365 * sigma * y20) * (1.0 + na * sqrt(na)));
      const double INaCa = param[row_NaCa * block_nodes + l] * INaCa_max / ((KmNa * KmNa * KmNa + Nao * Nao * Nao) * (KmCa + Cao)) *
                           (Nai * Nai * Nai * Cao - y20 * (Nao * Nao * Nao) * Cai) / (y7 * (1.0 + ksat * y13));
      const double IbCa = param[row_gbCa * block_nodes + l] * (V - ECa), IbNa = param[row_gbNa * block_nodes + l] * (V - ENa), IpCa = param[row_pCa * block_nodes + l] * Cai / (KmpCa + Cai);
      out_i[l] = INa + IK1 + Ito + IKur + IKr + IKs + ICaL + INaK + INaCa + IbCa + IbNa + IpCa;
      out_e[l] = ENa;

      // Concentrations, fluxes at the start of the step.
      const double I_rel = param[row_rel * block_nodes + l] * K_rel * u * u * v * w * (CaRel - Cai), I_tr = (CaUp - CaRel) * (1.0 / tau_tr);
      const double I_up = param[row_up * block_nodes + l] * I_up_max * Cai / (Cai + K_up), I_leak = param[row_leak * block_nodes + l] * (I_up_max / Ca_up_max) * CaUp;
      const double trpn = (Cai + Km_TRPN) * (Cai + Km_TRPN), cmdn = (Cai + Km_CMDN) * (Cai + Km_CMDN), csqn = (CaRel + Km_CSQN) * (CaRel + Km_CSQN);
      const double B1 = (2.0 * INaCa - IpCa - ICaL - IbCa) * (Cm / (2.0 * V_i * F)) + (V_up * (I_leak - I_up) + V_rel * I_rel) * (1.0 / V_i);
      state[row_Nai * block_nodes + l] -= dt * (Cm / (V_i * F)) * (3.0 * INaK + 3.0 * INaCa + IbNa + INa);
      state[row_Ki * block_nodes + l] -= dt * (Cm / (V_i * F)) * (IK1 + Ito + IKur + IKr + IKs + i_stim - 2.0 * INaK);
      state[row_Cai * block_nodes + l] += dt * B1 * (trpn * cmdn) / (trpn * cmdn + TRPN * Km_TRPN * cmdn + CMDN * Km_CMDN * trpn);
      state[row_CaUp * block_nodes + l] += dt * (I_up - I_leak - I_tr * (V_rel / V_up));
      state[row_CaRel * block_nodes + l] += dt * (I_tr - I_rel) * csqn / (csqn + CSQN * Km_CSQN);

      // Gates, rates at the middle of the step. m and h: exact exponential; the others x += (inf - x) 2 dt/(2 tau + dt), or with
      // tau = 1/rate  x += (inf - x) 2 dt rate/(2 + dt rate).
      const double U = v_mid[l];
      const bool low = U < -40.0;
      const auto linoid = [](double x, double k) {   // x / (1 - exp(-x/k)), by its series where the quotient is 0/0
        const double z = x / k;
        const bool flat = z * z < 1e-8;
        return flat ? k * (1.0 + 0.5 * z + z * z * (1.0 / 12)) : x / (1.0 - exp(flat ? -1.0 : -z));
      };
      const auto by_rate = [&](double x, double inf, double rate) { return x + (inf - x) * two_dt * rate / (2.0 + dt * rate); };
      const auto by_tau = [&](double x, double inf, double tau) { return x + (inf - x) * two_dt / (2.0 * tau + dt); };

      const double a_m = 0.32 * linoid(U + 47.13, 10.0), r_m = a_m + 0.08 * exp(U * (-1.0 / 11));
      const double m_inf = a_m / r_m;
      state[row_m * block_nodes + l] = m_inf - (m_inf - state[row_m * block_nodes + l]) * exp(-dt * r_m);
      const double a_h = low ? 0.135 * exp((U + 80.0) * (-1.0 / 6.8)) : 0.0;
      const double b_h = low ? 3.56 * exp(0.079 * U) + 3.1e5 * exp(0.35 * U) : 1.0 / (0.13 * (1.0 + exp((U + 10.66) * (-1.0 / 11.1))));
      const double h_inf = a_h / (a_h + b_h);
      state[row_h * block_nodes + l] = h_inf - (h_inf - state[row_h * block_nodes + l]) * exp(-dt * (a_h + b_h));
      const double a_j = low ? (-127140.0 * exp(0.2444 * U) - 3.474e-5 * exp(-0.04391 * U)) * (U + 37.78) / (1.0 + exp(0.311 * (U + 79.23))) : 0.0;
      const double b_j = (low ? 0.1212 : 0.3) * exp((low ? -0.01052 : -2.535e-7) * U) / (1.0 + exp(low ? -0.1378 * (U + 40.14) : -0.1 * (U + 32.0)));
      state[row_j * block_nodes + l] = by_rate(state[row_j * block_nodes + l], a_j / (a_j + b_j), a_j + b_j);

      const double r_a = KQ10 * (0.65 / (exp((U + 10.0) * (-1.0 / 8.5)) + exp((U - 30.0) * (-1.0 / 59))) + 0.65 / (2.5 + exp((U + 82.0) * (1.0 / 17))));
      state[row_oa * block_nodes + l] = by_rate(state[row_oa * block_nodes + l], 1.0 / (1.0 + exp((U + 20.47) * (-1.0 / 17.54))), r_a);
      state[row_ua * block_nodes + l] = by_rate(state[row_ua * block_nodes + l], 1.0 / (1.0 + exp((U + 30.3) * (-1.0 / 9.6))), r_a);
      const double r_oi = KQ10 * (1.0 / (18.53 + exp((U + 113.7) * (1.0 / 10.95))) + 1.0 / (35.56 + exp((U + 1.26) * (-1.0 / 7.44))));
      state[row_oi * block_nodes + l] = by_rate(state[row_oi * block_nodes + l], 1.0 / (1.0 + exp((U + 43.1) * (1.0 / 5.3))), r_oi);
      const double r_ui = KQ10 * (1.0 / (21.0 + exp((U - 185.0) * (-1.0 / 28))) + exp((U - 158.0) * (1.0 / 16)));
      state[row_ui * block_nodes + l] = by_rate(state[row_ui * block_nodes + l], 1.0 / (1.0 + exp((U - 99.45) * (1.0 / 27.48))), r_ui);
      // x/(exp(x/k) - 1) = linoid(-x, k)
      const double r_xr = 0.0003 * linoid(U + 14.1, 5.0) + 7.3898e-5 * linoid(3.3328 - U, 5.1237);
      state[row_xr * block_nodes + l] = by_rate(state[row_xr * block_nodes + l], 1.0 / (1.0 + exp((U + 14.1) * (-1.0 / 6.5))), r_xr);
      const double r_xs = 2.0 * (4e-5 * linoid(U - 19.9, 17.0) + 3.5e-5 * linoid(19.9 - U, 9.0));
      state[row_xs * block_nodes + l] = by_rate(state[row_xs * block_nodes + l], 1.0 / sqrt(1.0 + exp((U - 19.9) * (-1.0 / 12.7))), r_xs);
      // tau_d = (1 - e)/(0.035 x (1 + e)), e = exp(-x/6.24): rate = 0.035 (1 + e) linoid(x, 6.24)
      const double r_d = 0.035 * (1.0 + exp((U + 10.0) * (-1.0 / 6.24))) * linoid(U + 10.0, 6.24);
      state[row_d * block_nodes + l] = by_rate(state[row_d * block_nodes + l], 1.0 / (1.0 + exp((U + 10.0) * (-1.0 / 8))), r_d);
      const double r_f = (0.0197 * exp(-0.0337 * 0.0337 * (U + 10.0) * (U + 10.0)) + 0.02) * (1.0 / 9);
      state[row_f * block_nodes + l] = by_rate(state[row_f * block_nodes + l], 1.0 / (1.0 + exp((U + 28.0) * (1.0 / 6.9))), r_f);
      state[row_fCa * block_nodes + l] = by_tau(state[row_fCa * block_nodes + l], 0.00035 / (0.00035 + Cai), tau_fCa);

      // Release gates follow the calcium flux; their switches are 1e-3 of the threshold wide, so the arguments are clamped.
      const double Fn = 1e-12 * V_rel * I_rel - (5e-13 / F) * (0.5 * ICaL - 0.2 * INaCa) * Cm;
      const double at_u = fmin(fmax((fn_1 - Fn) * (1.0 / fn_2), -300.0), 300.0), at_v = fmin(fmax((0.2 * fn_1 - Fn) * (1.0 / fn_2), -300.0), 300.0);
      const double u_inf = 1.0 / (1.0 + exp(at_u));
      state[row_u * block_nodes + l] = by_tau(state[row_u * block_nodes + l], u_inf, tau_u);
      state[row_v * block_nodes + l] = by_tau(state[row_v * block_nodes + l], 1.0 - 1.0 / (1.0 + exp(at_v)), 1.91 + 2.09 * u_inf);
      // tau_w = 6 (1 - e)/((1 + 0.3 e) x), e = exp(-x/5), x = U - 7.9: rate = (1 + 0.3 e) linoid(x, 5)/6
      const double r_w = (1.0 + 0.3 * exp((U - 7.9) * (-1.0 / 5))) * linoid(U - 7.9, 5.0) * (1.0 / 6);
      state[row_w * block_nodes + l] = by_rate(state[row_w * block_nodes + l], 1.0 - 1.0 / (1.0 + exp((U - 40.0) * (-1.0 / 17))), r_w);
    }
}

}  // namespace ot::ep::crn98
