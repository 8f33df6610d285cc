// SPDX-License-Identifier: GPL-3.0-or-later
// Ten Tusscher-Panfilov 2006 over one block of nodes; equations and symbols: ten_tusscher_2006.hpp.
// Compiled once per instruction set with fast-math: nothing but this function may live here, so that no other code inherits it.
// Currents and concentrations in double; the rates of the gates in float (twice the lanes), their increments added to gates kept in double.
// Exponentials that share an argument are taken once: a = exp(V/20), b = exp(V/14), c = exp(V/6), d = exp(V/15), y = exp(V F/(20 RT)),
// e = exp((V-EK)/50), and where both branches of a rate are needed only on one side, the argument is selected instead of the result.
#include <math.h>

#include "solvers/electrophysiology/reaction/kernel.hpp"
#include "solvers/electrophysiology/reaction/ten_tusscher_2006/rows.hpp"
#include "solvers/electrophysiology/reaction/vector_math.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep::tt06 {

namespace {

constexpr float e_to(double x) { return float(__builtin_exp(x)); }

// exp(-x), x >= 0: below -80 mV m is faster than any step, and 1e-35 is as good as 0.
inline float decay(float x) { return vector_exp(x < 80.0f ? -x : -80.0f); }

// `count` lanes from `from` on: rates at the middle of the step, of the nearer limit outside of where tissue and the products of floats live.
template <int count>
inline void gates(const KernelBlock& block, int from, const float* CaSS_of) {
  constexpr float lowest = -130.0f, highest = 80.0f;   // mV
  const double* __restrict__ v_mid = static_cast<const double*>(__builtin_assume_aligned(block.v_rate + from, 64));
  const double* __restrict__ param = static_cast<const double*>(__builtin_assume_aligned(block.param + from, 64));
  double* __restrict__ state = static_cast<double*>(__builtin_assume_aligned(block.state + from, 64));
  const float* __restrict__ CaSS = CaSS_of + from;
  const float dt = float(block.dt), two_dt = 2.0f * dt;
#pragma omp simd
  for (int l = 0; l < count; ++l) {
    // m and h: exact exponential; the others: (2 tau - dt)/(2 tau + dt).
    // With inf = A/B and tau = N/W the latter is  x += (A - B x) 2 dt W / (B (2 N + dt W)); two gates share one division.
    const float mid = float(v_mid[l]), U = mid < lowest ? lowest : mid > highest ? highest : mid;
    const float m = float(state[row_m * block_nodes + l]), h = float(state[row_h * block_nodes + l]), j = float(state[row_j * block_nodes + l]);
    const float xr1 = float(state[row_xr1 * block_nodes + l]), xr2 = float(state[row_xr2 * block_nodes + l]), xs = float(state[row_xs * block_nodes + l]);
    const float r = float(state[row_r * block_nodes + l]), s = float(state[row_s * block_nodes + l]), d = float(state[row_d * block_nodes + l]);
    const float f = float(state[row_f * block_nodes + l]), f2 = float(state[row_f2 * block_nodes + l]), fcass = float(state[row_fcass * block_nodes + l]);
    const bool low = U < -40.0f;
    const float a = vector_exp(0.05f * U), a2 = a * a, a4 = a2 * a2;
    const float b = vector_exp(U * (1.0f / 14)), b2 = b * b, c = vector_exp(U * (1.0f / 6)), d15 = vector_exp(U * (1.0f / 15));

    const float m_q = 1.0f + vector_exp((-56.86f - U) * (1.0f / 9.03f)), m_q2 = m_q * m_q;               // minf = 1/m_q2
    const float m_P = 1.0f + a4 * e_to(7.0), m_Q = 1.0f + vector_exp((U - 50.0f) * (1.0f / 200));         // beta_m = 0.1/P + 0.1/Q
    const float m_B = a4 * (m_P + m_Q);
    const float h_p = 1.0f + vector_exp((U + 71.55f) * (1.0f / 7.43f)), h_p2 = h_p * h_p;                // hinf = jinf = 1/h_p2
    const float e_h = 1.0f + vector_exp(low ? (U + 80.0f) * (-1.0f / 6.8f) : (U + 10.66f) * (-1.0f / 11.1f));
    const float m_inv = 1.0f / (m_q2 * m_B), h_inv = 1.0f / (h_p2 * e_h);
    const float minf = m_B * m_inv, hinf = e_h * h_inv;
    const float rate_m = 10.0f * (a4 + e_to(-12.0)) * m_P * m_Q * m_q2 * m_inv;
    const float rate_h =
        low ? 0.057f * (e_h - 1.0f) + 2.7f * vector_exp(0.079f * U) + 310000.0f * vector_exp(0.3485f * U) : (0.77f / 0.13f) * h_p2 * h_inv;
    state[row_m * block_nodes + l] += double((minf - m) * (1.0f - decay(dt * rate_m)));
    state[row_h * block_nodes + l] += double((hinf - h) * (1.0f - decay(dt * rate_h)));

    const float j_X = 1.0f + vector_exp(0.311f * (U + 79.23f)), j_Y = 1.0f + vector_exp(low ? -0.1378f * (U + 40.14f) : -0.1f * (U + 32.0f));
    const float j_alpha = (-25428.0f * vector_exp(0.2444f * U) - 6.948e-6f * vector_exp(-0.04391f * U)) * (U + 37.78f);
    const float j_n = (low ? 0.02424f : 0.6f) * vector_exp(low ? -0.01052f * U : 0.057f * U) * j_X + (low ? j_alpha * j_Y : 0.0f);
    const float j_den = 2.0f * j_X * j_Y + dt * j_n;
    const float xr2_B = 1.0f + vector_exp((U + 88.0f) * (1.0f / 24)), xr2_W = (a + e_to(-3.0)) * (1.0f + e_to(-3.0) * a);
    const float xr2_den = xr2_B * (2.0f * 3.36f * a + dt * xr2_W);
    const float j_xr2 = two_dt / (j_den * xr2_den);
    state[row_j * block_nodes + l] += double((hinf - j) * j_n * xr2_den * j_xr2);
    state[row_xr2 * block_nodes + l] += double((1.0f - xr2_B * xr2) * xr2_W * j_den * j_xr2);

    const float xr1_B = b2 + e_to(-26.0 / 7), xr1_W = (a2 + e_to(-4.5)) * (1.0f + vector_exp((U + 30.0f) * (1.0f / 11.5f)));
    const float xr1_den = xr1_B * (2.0f * 2700.0f * a2 + dt * xr1_W);
    const float xs_B = b + e_to(-5.0 / 14), xs_W = (c + e_to(5.0 / 6)) * (1.0f + d15 * e_to(-35.0 / 15));
    const float xs_N = 1400.0f * __builtin_sqrtf(c * (c + e_to(5.0 / 6))) + 80.0f * xs_W;
    const float xs_den = xs_B * (2.0f * xs_N + dt * xs_W);
    const float xr1_xs = two_dt / (xr1_den * xs_den);
    state[row_xr1 * block_nodes + l] += double((b2 - xr1_B * xr1) * xr1_W * xs_den * xr1_xs);
    state[row_xs * block_nodes + l] += double((b - xs_B * xs) * xs_W * xr1_den * xr1_xs);

    const float r_B = c + e_to(20.0 / 6), r_tau = 9.5f * vector_exp((U + 40.0f) * (U + 40.0f) * (-1.0f / 1800)) + 0.8f;
    const float r_den = r_B * (2.0f * r_tau + dt);
    const bool endo = param[row_endo * block_nodes + l] > 0.5;  // the endocardial kinetics of s, else epi and mid
    const float s_shift = U + (endo ? 67.0f : 45.0f);
    const float s_bell = vector_exp(s_shift * s_shift * (endo ? -1.0f / 1000 : -1.0f / 320));
    const float s_B = 1.0f + a4 * (endo ? e_to(5.6) : e_to(4.0)), s_W = 1.0f + a4 * e_to(-4.0);
    const float s_N = endo ? (1000.0f * s_bell + 8.0f) * s_W : (85.0f * s_bell + 3.0f) * s_W + 5.0f;
    const float s_den = s_B * (2.0f * s_N + dt * s_W);
    const float r_s = two_dt / (r_den * s_den);
    state[row_r * block_nodes + l] += double((c - r_B * r) * s_den * r_s);
    state[row_s * block_nodes + l] += double((1.0f - s_B * s) * s_W * r_den * r_s);

    const float d_A = d15 * d15, d_B = d_A + e_to(-8.0 / 7.5);
    const float d_X = 1.0f + vector_exp((-35.0f - U) * (1.0f / 13)), d_Y = 1.0f + a4 * e_to(1.0), d_Z = a + e_to(2.5);
    const float d_W = d_X * d_Y * d_Z, d_N = (1.4f + 0.25f * d_X) * 1.4f * d_Z + a * d_X * d_Y;
    const float d_den = d_B * (2.0f * d_N + dt * d_W);
    const float ss = CaSS[l] * (1.0f / 0.05f), fcass_D = 1.0f + ss * ss;  // inf = 0.6/D + 0.4, tau = 80/D + 2
    const float fcass_den = 2.0f * (80.0f + 2.0f * fcass_D) + dt * fcass_D;
    const float d_fcass = two_dt / (d_den * fcass_den);
    state[row_d * block_nodes + l] += double((d_A - d_B * d) * d_W * fcass_den * d_fcass);
    state[row_fcass * block_nodes + l] += double((0.6f + 0.4f * fcass_D - fcass_D * fcass) * d_den * d_fcass);

    const float bump = (U + 27.0f) * (U + 27.0f), warm = 1.0f + a2 * e_to(3.0);
    const float f_Z = a2 + e_to(1.3), f_W = f_Z * warm, f_B = 1.0f + b2 * e_to(20.0 / 7);
    const float f_N = (1102.5f * vector_exp(bump * (-1.0f / 225)) + 20.0f) * f_W + 200.0f * a2 * warm + 180.0f * f_Z;
    const float f_den = f_B * (2.0f * f_N + dt * f_W);
    const float f2_Z = a2 + e_to(2.5), f2_W = f2_Z * warm, f2_B = 1.0f + b2 * e_to(5.0);
    const float f2_N = 562.0f * vector_exp(bump * (-1.0f / 240)) * f2_W + 31.0f * a2 * warm + 80.0f * f2_Z;
    const float f2_den = f2_B * (2.0f * f2_N + dt * f2_W);
    const float f_f2 = two_dt / (f_den * f2_den);
    state[row_f * block_nodes + l] += double((1.0f - f_B * f) * f_W * f2_den * f_f2);
    state[row_f2 * block_nodes + l] += double((0.67f + 0.33f * f2_B - f2_B * f2) * f2_W * f_den * f_f2);
  }
}

}  // namespace

extern void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block);

void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block) {
  constexpr double R = 8.314, T = 310.0, F = 96.485;
  constexpr double RTF = R * T / F, FRT = F / (R * T);
  constexpr double Ko = 5.4, Nao = 140.0, Cao = 2.0;
  constexpr double Vc = 16404.0, Vss = 54.68, Vsr = 1094.0, Cm = 185.0;
  constexpr double KpCa = 0.0005, KmK = 1.0, KmNa = 40.0, pKNa = 0.03;
  constexpr double KmNai = 87.5, KmCa = 1.38, ksat = 0.1, alpha_NaCa = 2.5;
  constexpr double k1p = 0.15, k2p = 0.045, k3 = 0.06, k4 = 0.005, EC = 1.5, max_sr = 2.5, min_sr = 1.0;
  constexpr double Kup = 0.00025, Vxfer = 0.0038;
  constexpr double Bufc = 0.2, Kbufc = 0.001, Bufsr = 10.0, Kbufsr = 0.3, Bufss = 0.4, Kbufss = 0.00025;

  const int lanes = block.lanes;
  const double dt = block.dt, two_dt = 2.0 * block.dt, i_stim = block.i_stim;
  alignas(64) float CaSS_before[block_nodes];
  const double* __restrict__ v_now = static_cast<const double*>(__builtin_assume_aligned(block.v, 64));
  const double* __restrict__ param = static_cast<const double*>(__builtin_assume_aligned(block.param, 64));
  double* __restrict__ state = static_cast<double*>(__builtin_assume_aligned(block.state, 64));
  double* __restrict__ out_i = static_cast<double*>(__builtin_assume_aligned(block.i_ion, 64));
  double* __restrict__ out_e = static_cast<double*>(__builtin_assume_aligned(block.e_na, 64));

  // Groups of one full vector, aligned: never a scalar remainder, whose exp() would round differently.
  for (int group = 0; group < lanes; group += lane_multiple)
#pragma omp simd
  for (int l = group; l < group + lane_multiple; ++l) {
    const double V = v_now[l];
    const double Cai = state[row_Cai * block_nodes + l], CaSR = state[row_CaSR * block_nodes + l],
           CaSS = state[row_CaSS * block_nodes + l], Nai = state[row_Nai * block_nodes + l], Ki = state[row_Ki * block_nodes + l];
    const double m = state[row_m * block_nodes + l], h = state[row_h * block_nodes + l], j = state[row_j * block_nodes + l];
    const double xr1 = state[row_xr1 * block_nodes + l], xr2 = state[row_xr2 * block_nodes + l], xs = state[row_xs * block_nodes + l];
    const double r = state[row_r * block_nodes + l], s = state[row_s * block_nodes + l];
    const double d = state[row_d * block_nodes + l], f = state[row_f * block_nodes + l], f2 = state[row_f2 * block_nodes + l],
                 fcass = state[row_fcass * block_nodes + l], Rp = state[row_R * block_nodes + l];

    CaSS_before[l] = float(CaSS);

    // Currents at the start of the step.
    const double ENa = RTF * (log(Nao) - vector_log(Nai));
    const double EK = RTF * (log(Ko) - vector_log(Ki));
    const double EKs = RTF * (log(Ko + pKNa * Nao) - vector_log(Ki + pKNa * Nai));
    const double ECa = 0.5 * RTF * (log(Cao) - vector_log(Cai));

    const double x = V - EK;
    const double e = vector_exp(0.02 * x), e2 = e * e, e3 = e2 * e, e5 = e2 * e3, e10 = e5 * e5, e25 = e10 * e10 * e5;
    const double z = 0.0002 * (x + 100.0);  // |z| < 0.06: the series is exact to 1e-13
    const double exp_z = 1.0 + z * (1.0 + z * (0.5 + z * (1.0 / 6 + z * (1.0 / 24 + z * (1.0 / 120 + z * (1.0 / 720))))));
    const double K1_a = 0.1 * (e25 + 1.0), K1_b = (3.0 * exp_z + e5 * exp(-1.0)) * e25 * (1.0 + e3 * exp(-12.0));

    const double y = vector_exp(0.05 * FRT * V), y2 = y * y, y4 = y2 * y2, y6 = y4 * y2, y7 = y6 * y, y13 = y7 * y6, y18 = y13 * y4 * y,
                 y20 = y18 * y2, y40 = y20 * y20;
    const double NaK_den = (Nai + KmNa) * (y20 + 0.1245 * y18 + 0.0353);
    const double K1_NaK = 1.0 / ((K1_a + K1_b) * NaK_den);
    const double IK1 = param[row_gK1 * block_nodes + l] * K1_a * NaK_den * K1_NaK * x;
    const double INaK = param[row_NaK * block_nodes + l] * (Ko / (Ko + KmK)) * Nai * y20 * (K1_a + K1_b) * K1_NaK;
    const double NaCa_den = y13 + ksat, pK_den = 1.0 + vector_exp((25.0 - V) * (1.0 / 5.98)), pCa_den = Cai + KpCa;
    const double NaCa_pK_pCa = 1.0 / (NaCa_den * pK_den * pCa_den);
    const double INaCa = param[row_NaCa * block_nodes + l] * (1.0 / ((KmNai * KmNai * KmNai + Nao * Nao * Nao) * (KmCa + Cao))) *
                         (y20 * (Nai * Nai * Nai) * Cao - (Nao * Nao * Nao) * alpha_NaCa * Cai) * pK_den * pCa_den * NaCa_pK_pCa;
    const double IpK = param[row_gpK * block_nodes + l] * x * NaCa_den * pCa_den * NaCa_pK_pCa;
    const double IpCa = param[row_gpCa * block_nodes + l] * Cai * NaCa_den * pK_den * NaCa_pK_pCa;
    const double u = 2.0 * FRT * (V - 15.0), E = y40 * exp(-30.0 * FRT);
    const bool flat = u * u < 1e-8;  // u/(exp(u)-1) by its series where the quotient is 0/0
    const double ghk = flat ? 1.0 - 0.5 * u + u * u * (1.0 / 12) : u / (flat ? 1.0 : E - 1.0);
    const double ICaL = param[row_gCaL * block_nodes + l] * d * f * f2 * fcass * 2.0 * F * ghk * (0.25 * CaSS * E - Cao);
    const double IKr = param[row_gKr * block_nodes + l] * xr1 * xr2 * x;
    const double IKs = param[row_gKs * block_nodes + l] * xs * xs * (V - EKs);
    const double Ito = param[row_gto * block_nodes + l] * r * s * x;
    const double INa = param[row_gNa * block_nodes + l] * m * m * m * h * j * (V - ENa);
    const double ICab = param[row_gbCa * block_nodes + l] * (V - ECa);
    const double INab = param[row_gbNa * block_nodes + l] * (V - ENa);
    out_i[l] = INa + IK1 + IKr + IKs + Ito + ICaL + INaK + INaCa + IpCa + IpK + ICab + INab;
    out_e[l] = ENa;

    // Calcium in three compartments with instantaneous buffers; sodium, potassium. Fluxes at the start of the step.
    // kcasr = casr_n / casr_d; the release channel opens with k1 = k1'/kcasr, its gate R' moves with k2 = k2' kcasr.
    const double casr_d = CaSR * CaSR + EC * EC, casr_n = min_sr * CaSR * CaSR + max_sr * EC * EC;
    const double k1_ss = k1p * casr_d * CaSS * CaSS, rate_R = k2p * casr_n * CaSS + k4 * casr_d;
    const double open_den = k3 * casr_n + k1_ss, R_den = 2.0 * casr_d + rate_R * dt;
    const double open_R = 1.0 / (open_den * R_den);
    const double Jrel = param[row_rel * block_nodes + l] * k1_ss * Rp * R_den * open_R * (CaSR - CaSS), Jleak = param[row_leak * block_nodes + l] * (CaSR - Cai);
    state[row_R * block_nodes + l] = Rp + (k4 * casr_d - rate_R * Rp) * two_dt * open_den * open_R;
    const double Cai_b = (Cai + Kbufc) * (Cai + Kbufc), CaSS_b = (CaSS + Kbufss) * (CaSS + Kbufss),
                 CaSR_b = (CaSR + Kbufsr) * (CaSR + Kbufsr);
    const double up_den = Cai * Cai + Kup * Kup, Cai_den = Cai_b + Bufc * Kbufc, CaSS_den = CaSS_b + Bufss * Kbufss,
                 CaSR_den = CaSR_b + Bufsr * Kbufsr;
    const double up_Cai = 1.0 / (up_den * Cai_den), SS_SR = 1.0 / (CaSS_den * CaSR_den);
    const double Jup = param[row_up * block_nodes + l] * (Cai * Cai) * Cai_den * up_Cai, Jxfer = Vxfer * (CaSS - Cai);
    state[row_Cai * block_nodes + l] =
        Cai + dt * Cai_b * up_den * up_Cai *
                  ((2.0 * INaCa - ICab - IpCa) * (Cm / (2.0 * Vc * F)) + (Jleak - Jup) * (Vsr / Vc) + Jxfer);
    state[row_CaSS * block_nodes + l] = CaSS + dt * CaSS_b * CaSR_den * SS_SR *
                                                   (Jrel * (Vsr / Vss) - ICaL * (Cm / (2.0 * Vss * F)) - Jxfer * (Vc / Vss));
    state[row_CaSR * block_nodes + l] = CaSR + dt * CaSR_b * CaSS_den * SS_SR * (Jup - Jrel - Jleak);
    state[row_Nai * block_nodes + l] = Nai - dt * (Cm / (Vc * F)) * (INa + INab + 3.0 * INaK + 3.0 * INaCa);
    state[row_Ki * block_nodes + l] = Ki - dt * (Cm / (Vc * F)) * (IK1 + Ito + IKr + IKs + IpK + i_stim - 2.0 * INaK);
  }
  int l = 0;
  for (; l + 2 * lane_multiple <= lanes; l += 2 * lane_multiple) gates<2 * lane_multiple>(block, l, CaSS_before);
  if (l < lanes) gates<lane_multiple>(block, l, CaSS_before);
}

}  // namespace ot::ep::tt06
