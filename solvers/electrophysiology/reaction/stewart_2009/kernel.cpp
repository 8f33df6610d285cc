// SPDX-License-Identifier: GPL-3.0-or-later
// Stewart et al. 2009 Purkinje cell over one block of nodes; equations and symbols: stewart_2009.hpp.
// Compiled once per instruction set with fast-math: nothing but this function may live here.
#include <math.h>

#include "solvers/electrophysiology/reaction/kernel.hpp"
#include "solvers/electrophysiology/reaction/stewart_2009/rows.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep::stewart09 {

extern void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block);

void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block) {
  constexpr double R = 8.314472, T = 310.0, F = 96.4853415, RTF = R * T / F, FRT = F / (R * T);
  constexpr double Ko = 5.4, Nao = 140.0, Cao = 2.0, Vc = 16404.0, Vss = 54.68, Vsr = 1094.0, Cm = 185.0;
  constexpr double g_fK = 0.0234346, g_fNa = 0.0145654;
  constexpr double KpCa = 0.0005;
  constexpr double PNaK = 2.724, KmK = 1.0, KmNa = 40.0, pKNa = 0.03, KNaCa = 1000.0, KmNai = 87.5, KmCa = 1.38, ksat = 0.1, alpha_NaCa = 2.5;
  constexpr double Vrel = 0.102, k1p = 0.15, k2p = 0.045, k3 = 0.06, k4 = 0.005, EC = 1.5, max_sr = 2.5, min_sr = 1.0;
  constexpr double Vleak = 0.00036, Vmaxup = 0.006375, Kup = 0.00025, Vxfer = 0.0038;
  constexpr double Bufc = 0.2, Kbufc = 0.001, Bufsr = 10.0, Kbufsr = 0.3, Bufss = 0.4, Kbufss = 0.00025;

  const int lanes = block.lanes;
  const double dt = block.dt, two_dt = 2.0 * block.dt;
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
      const double Cai = at[row_Cai * block_nodes + l], CaSR = at[row_CaSR * block_nodes + l], CaSS = at[row_CaSS * block_nodes + l],
                   Nai = at[row_Nai * block_nodes + l], Ki = at[row_Ki * block_nodes + l];
      const double m = at[row_m * block_nodes + l], h = at[row_h * block_nodes + l], j = at[row_j * block_nodes + l];
      const double xr1 = at[row_xr1 * block_nodes + l], xr2 = at[row_xr2 * block_nodes + l], xs = at[row_xs * block_nodes + l];
      const double r = at[row_r * block_nodes + l], s = at[row_s * block_nodes + l], y = at[row_y * block_nodes + l];
      const double d = at[row_d * block_nodes + l], f = at[row_f * block_nodes + l], f2 = at[row_f2 * block_nodes + l],
                   fcass = at[row_fcass * block_nodes + l], Rp = at[row_R * block_nodes + l];

      // Currents at the start of the step.
      const double log_Ki = log(Ki), ENa = RTF * (log(Nao) - log(Nai)), EK = RTF * (log(Ko) - log_Ki);
      const double EKs = RTF * (log(Ko + pKNa * Nao) - log(Ki + pKNa * Nai)), ECa = 0.5 * RTF * (log(Cao) - log(Cai));
      const double VK = V - EK;
      const double IK1 = param[row_gK1 * block_nodes + l] * (VK - 8.0) / (1.0 + exp(0.1 * (V + 75.44)));
      const double Ito = param[row_gto * block_nodes + l] * r * s * VK;
      const double Isus = param[row_gsus * block_nodes + l] * VK / (1.0 + exp((5.0 - V) * (1.0 / 17)));
      const double fy = param[row_f_scale * block_nodes + l] * y, IfK = g_fK * fy * VK, IfNa = g_fNa * fy * (V - ENa);
      const double INa = param[row_gNa * block_nodes + l] * m * m * m * h * j * (V - ENa);
      const double IKr = param[row_gKr * block_nodes + l] * xr1 * xr2 * VK;   // sqrt(Ko/5.4) = 1
      const double IKs = param[row_gKs * block_nodes + l] * xs * xs * (V - EKs);
      const double z = 2.0 * FRT * (V - 15.0), E = exp(z);
      const bool flat = z * z < 1e-8;
      const double ghk = flat ? 1.0 - 0.5 * z + z * z * (1.0 / 12) : z / (flat ? 1.0 : E - 1.0);
      const double ICaL = param[row_gCaL * block_nodes + l] * d * f * f2 * fcass * 2.0 * F * ghk * (0.25 * CaSS * E - Cao);
      const double q = exp(-0.05 * FRT * V), q2 = q * q, q4 = q2 * q2, q6 = q4 * q2, q7 = q6 * q, q13 = q6 * q7, q20 = q13 * q7;
      const double INaCa = param[row_NaCa * block_nodes + l] * KNaCa / ((KmNai * KmNai * KmNai + Nao * Nao * Nao) * (KmCa + Cao)) *
                           (Nai * Nai * Nai * Cao - q20 * (Nao * Nao * Nao) * alpha_NaCa * Cai) / (q7 * (1.0 + ksat * q13));
      const double INaK = param[row_NaK * block_nodes + l] * (PNaK * Ko / (Ko + KmK)) * Nai / ((Nai + KmNa) * (1.0 + 0.1245 * q2 + 0.0353 * q20));
      const double IpCa = param[row_gpCa * block_nodes + l] * Cai / (Cai + KpCa), IpK = param[row_gpK * block_nodes + l] * VK / (1.0 + exp((25.0 - V) * (1.0 / 5.98)));
      const double ICab = param[row_gbCa * block_nodes + l] * (V - ECa), INab = param[row_gbNa * block_nodes + l] * (V - ENa);
      out_i[l] = IK1 + Ito + Isus + IfK + IfNa + INa + IKr + IKs + ICaL + INaCa + INaK + IpCa + IpK + ICab + INab;
      out_e[l] = ENa;

      // Calcium in three compartments with instantaneous buffers; sodium, potassium (the published balance has no stimulus).
      const double casr_d = CaSR * CaSR + EC * EC, kcasr = (min_sr * CaSR * CaSR + max_sr * EC * EC) / casr_d;
      const double k1_ss = k1p * CaSS * CaSS / kcasr, rate_R = k2p * kcasr * CaSS + k4;
      const double Jrel = param[row_rel * block_nodes + l] * Vrel * k1_ss * Rp / (k3 + k1_ss) * (CaSR - CaSS), Jleak = param[row_leak * block_nodes + l] * Vleak * (CaSR - Cai);
      const double Jup = param[row_up * block_nodes + l] * Vmaxup * Cai * Cai / (Cai * Cai + Kup * Kup), Jxfer = Vxfer * (CaSS - Cai);
      const double Cai_b = (Cai + Kbufc) * (Cai + Kbufc), CaSS_b = (CaSS + Kbufss) * (CaSS + Kbufss), CaSR_b = (CaSR + Kbufsr) * (CaSR + Kbufsr);
      state[row_R * block_nodes + l] += (k4 - rate_R * state[row_R * block_nodes + l]) * two_dt / (2.0 + dt * rate_R);
      state[row_Cai * block_nodes + l] += dt * Cai_b / (Cai_b + Bufc * Kbufc) *
                                                   ((2.0 * INaCa - ICab - IpCa) * (Cm / (2.0 * Vc * F)) + (Jleak - Jup) * (Vsr / Vc) + Jxfer);
      state[row_CaSS * block_nodes + l] += dt * CaSS_b / (CaSS_b + Bufss * Kbufss) *
                                                     (Jrel * (Vsr / Vss) - ICaL * (Cm / (2.0 * Vss * F)) - Jxfer * (Vc / Vss));
      state[row_CaSR * block_nodes + l] += dt * CaSR_b / (CaSR_b + Bufsr * Kbufsr) * (Jup - Jrel - Jleak);
      state[row_Nai * block_nodes + l] -= dt * (Cm / (Vc * F)) * (INa + INab + IfNa + 3.0 * INaK + 3.0 * INaCa);
      state[row_Ki * block_nodes + l] -= dt * (Cm / (Vc * F)) * (IK1 + Ito + IfK + Isus + IKr + IKs + IpK - 2.0 * INaK);

      // Gates, rates at the middle of the step. m and h: exact exponential; the others x += (inf - x) 2 dt/(2 tau + dt).
      const double U = v_mid[l];
      const bool low = U < -40.0;
      const auto by_tau = [&](double x, double inf, double tau) { return x + (inf - x) * two_dt / (2.0 * tau + dt); };
      const double a_m = 1.0 + exp((-60.0 - U) * (1.0 / 5)), m_q = 1.0 + exp((-56.86 - U) * (1.0 / 9.03));
      const double b_m = 0.1 / (1.0 + exp((U + 35.0) * (1.0 / 5))) + 0.1 / (1.0 + exp((U - 50.0) * (1.0 / 200)));
      const double m_inf = 1.0 / (m_q * m_q), h_q = 1.0 + exp((U + 71.55) * (1.0 / 7.43)), h_inf = 1.0 / (h_q * h_q);
      state[row_m * block_nodes + l] = m_inf - (m_inf - state[row_m * block_nodes + l]) * exp(-dt * a_m / b_m);
      const double e_h = exp(low ? (U + 80.0) * (-1.0 / 6.8) : (U + 10.66) * (-1.0 / 11.1));
      const double r_h = low ? 0.057 * e_h + 2.7 * exp(0.079 * U) + 310000.0 * exp(0.3485 * U) : (0.77 / 0.13) / (1.0 + e_h);
      state[row_h * block_nodes + l] = h_inf - (h_inf - state[row_h * block_nodes + l]) * exp(-dt * r_h);
      const double a_j = low ? (-25428.0 * exp(0.2444 * U) - 6.948e-6 * exp(-0.04391 * U)) * (U + 37.78) / (1.0 + exp(0.311 * (U + 79.23))) : 0.0;
      const double b_j = (low ? 0.02424 : 0.6) * exp((low ? -0.01052 : 0.057) * U) / (1.0 + exp(low ? -0.1378 * (U + 40.14) : -0.1 * (U + 32.0)));
      const double r_j = a_j + b_j;
      state[row_j * block_nodes + l] += (h_inf - state[row_j * block_nodes + l]) * two_dt * r_j / (2.0 + dt * r_j);

      const double tau_xr1 = 450.0 * 6.0 / ((1.0 + exp((-45.0 - U) * (1.0 / 10))) * (1.0 + exp((U + 30.0) * (1.0 / 11.5))));
      state[row_xr1 * block_nodes + l] = by_tau(state[row_xr1 * block_nodes + l], 1.0 / (1.0 + exp((-26.0 - U) * (1.0 / 7))), tau_xr1);
      const double tau_xr2 = 3.0 * 1.12 / ((1.0 + exp((-60.0 - U) * (1.0 / 20))) * (1.0 + exp((U - 60.0) * (1.0 / 20))));
      state[row_xr2 * block_nodes + l] = by_tau(state[row_xr2 * block_nodes + l], 1.0 / (1.0 + exp((U + 88.0) * (1.0 / 24))), tau_xr2);
      const double tau_xs = 1400.0 / (sqrt(1.0 + exp((5.0 - U) * (1.0 / 6))) * (1.0 + exp((U - 35.0) * (1.0 / 15)))) + 80.0;
      state[row_xs * block_nodes + l] = by_tau(state[row_xs * block_nodes + l], 1.0 / (1.0 + exp((-5.0 - U) * (1.0 / 14))), tau_xs);
      const double tau_r = 10.45 * exp((U + 40.0) * (U + 40.0) * (-1.0 / 1800)) + 7.3;
      state[row_r * block_nodes + l] = by_tau(state[row_r * block_nodes + l], 1.0 / (1.0 + exp((20.0 - U) * (1.0 / 13))), tau_r);
      const double tau_s = 85.0 * exp((U + 25.0) * (U + 25.0) * (-1.0 / 320)) + 5.0 / (1.0 + exp((U - 40.0) * (1.0 / 5))) + 42.0;
      state[row_s * block_nodes + l] = by_tau(state[row_s * block_nodes + l], 1.0 / (1.0 + exp((U + 27.0) * (1.0 / 13))), tau_s);
      const double tau_d = (1.4 / (1.0 + exp((-35.0 - U) * (1.0 / 13))) + 0.25) * 1.4 / (1.0 + exp((U + 5.0) * (1.0 / 5))) + 1.0 / (1.0 + exp((50.0 - U) * (1.0 / 20)));
      state[row_d * block_nodes + l] = by_tau(state[row_d * block_nodes + l], 1.0 / (1.0 + exp((-8.0 - U) * (1.0 / 7.5))), tau_d);
      const double bump = (U + 27.0) * (U + 27.0), off = 1.0 / (1.0 + exp((U + 30.0) * (1.0 / 10)));
      const double tau_f = 1102.5 * exp(bump * (-1.0 / 225)) + 200.0 / (1.0 + exp((13.0 - U) * (1.0 / 10))) + 180.0 * off + 20.0;
      state[row_f * block_nodes + l] = by_tau(state[row_f * block_nodes + l], 1.0 / (1.0 + exp((U + 20.0) * (1.0 / 7))), tau_f);
      const double tau_f2 = 562.0 * exp(bump * (-1.0 / 240)) + 31.0 / (1.0 + exp((25.0 - U) * (1.0 / 10))) + 80.0 * off;
      state[row_f2 * block_nodes + l] = by_tau(state[row_f2 * block_nodes + l], 0.67 / (1.0 + exp((U + 35.0) * (1.0 / 7))) + 0.33, tau_f2);
      const double ss = 1.0 / (1.0 + CaSS * CaSS * (1.0 / (0.05 * 0.05)));
      state[row_fcass * block_nodes + l] = by_tau(state[row_fcass * block_nodes + l], 0.6 * ss + 0.4, 80.0 * ss + 2.0);
      const double tau_y = 4000.0 / (exp(-2.9 - 0.04 * U) + exp(3.6 + 0.11 * U));
      state[row_y * block_nodes + l] = by_tau(state[row_y * block_nodes + l], 1.0 / (1.0 + exp((U + 80.6) * (1.0 / 6.8))), tau_y);
    }
}

}  // namespace ot::ep::stewart09
