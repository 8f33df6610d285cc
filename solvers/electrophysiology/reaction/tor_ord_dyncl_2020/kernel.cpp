// SPDX-License-Identifier: GPL-3.0-or-later
// ToR-ORd with dynamic chloride over one block of nodes; equations and symbols: tor_ord_dyncl_2020.hpp.
// Compiled once per instruction set with fast-math: nothing but this function may live here, so that no other code inherits it.
#include "solvers/electrophysiology/reaction/kernel.hpp"
#include "solvers/electrophysiology/reaction/rudy_parts.hpp"
#include "solvers/electrophysiology/reaction/tor_ord_dyncl_2020/rows.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep::torord {

extern void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block);

void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block) {
  constexpr double Ko = 5.0, Clo = 150.0;
  constexpr double aCaMK = 0.05, bCaMK = 0.00068;
  // Debye-Hueckel: A = 1.82e6 (74 T)^-1.5; strength outside in M.
  const double A = 1.82e6 / ((74.0 * T) * sqrt(74.0 * T));
  constexpr double Io = 0.5e-3 * (Nao + Ko + Clo + 4.0 * Cao);
  const double yo = exp(-A * (sqrt(Io) / (1.0 + sqrt(Io)) - 0.3 * Io)), yo4 = fourth(yo);

  const int lanes = block.lanes;
  const double dt = block.dt, i_stim = block.i_stim;
  const double* v_now = static_cast<const double*>(__builtin_assume_aligned(block.v, 64));
  const double* v_mid = static_cast<const double*>(__builtin_assume_aligned(block.v_rate, 64));
  const double* param = static_cast<const double*>(__builtin_assume_aligned(block.param, 64));
  double* state = static_cast<double*>(__builtin_assume_aligned(block.state, 64));
  const double* at = static_cast<const double*>(__builtin_assume_aligned(block.state_at ? block.state_at : block.state, 64));
  double* out_i = static_cast<double*>(__builtin_assume_aligned(block.i_ion, 64));
  double* out_e = static_cast<double*>(__builtin_assume_aligned(block.e_na, 64));

  for (int group = 0; group < lanes; group += lane_multiple)
#pragma omp simd
    for (int l = group; l < group + lane_multiple; ++l) {
      const auto y = [=](int row) __attribute__((always_inline)) { return at[row * block_nodes + l]; };       // where rates are taken
      const auto x = [=](int row) __attribute__((always_inline)) { return state[row * block_nodes + l]; };    // what advances
      const auto set = [=](int row, double value) __attribute__((always_inline)) { state[row * block_nodes + l] = value; };
      const auto par = [=](int row) __attribute__((always_inline)) { return param[row * block_nodes + l]; };
      const double V = v_now[l], U = v_mid[l];
      const bool epi = par(row_epi) > 0.5;
      const double Nai = y(row_Nai), Nass = y(row_Nass), Ki = y(row_Ki), Kss = y(row_Kss), Cai = y(row_Cai), Cass = y(row_Cass),
                   CaNSR = y(row_CaNSR), CaJSR = y(row_CaJSR), Cli = y(row_Cli), Clss = y(row_Clss), CaMKt = y(row_CaMKt);
      const Kinase camk = kinase(CaMKt, Cass);
      const double f = camk.share, g = 1.0 - f;

      const double ENa = RTF * (log(Nao) - log(Nai)), EK = RTF * (log(Ko) - log(Ki));
      const double EKs = RTF * (log(Ko + PKNa * Nao) - log(Ki + PKNa * Nai));
      const double ECl = RTF * (log(Cli) - log(Clo)), EClss = RTF * (log(Clss) - log(Clo));
      const double u = V * FRT, evf = exp(u), evf2 = evf * evf;
      const double INa = par(row_gNa) * (V - ENa) * cube(y(row_m)) * (g * y(row_h) * y(row_j) + f * y(row_hp) * y(row_jp));
      const double INaL = par(row_gNaL) * (V - ENa) * y(row_mL) * (g * y(row_hL) + f * y(row_hLp));
      const double AiF = 1.0 / (1.0 + exp((V - 213.6) * (1.0 / 151.2))), AiS = 1.0 - AiF;
      const double Ito = par(row_gto) * (V - EK) * (g * y(row_a) * (AiF * y(row_iF) + AiS * y(row_iS)) + f * y(row_ap) * (AiF * y(row_iFp) + AiS * y(row_iSp)));

      // L-type current: 80 % in the subspace; activity coefficients from the ionic strength, divalent = univalent^4.
      const double Ii = 0.5e-3 * (Nai + Ki + Cli + 4.0 * Cai), Iss = 0.5e-3 * (Nass + Kss + Clss + 4.0 * Cass);
      const double ri = sqrt(Ii), rss = sqrt(Iss);
      const double yi = exp(-A * (ri / (1.0 + ri) - 0.3 * Ii)), yss = exp(-A * (rss / (1.0 + rss) - 0.3 * Iss));
      const double ghk1 = F * constant_field(u, evf), ghk2 = 2.0 * F * constant_field(2.0 * u, evf2);
      const double yi4 = fourth(yi), Cao_y = yo4 * Cao;
      const double PhiCa_i = ghk2 * (yi4 * Cai * evf2 - Cao_y), PhiCa_ss = ghk2 * (fourth(yss) * Cass * evf2 - Cao_y);
      const double PhiNa_i = ghk1 * (yi * Nai * evf - yo * Nao), PhiNa_ss = ghk1 * (yss * Nass * evf - yo * Nao);
      const double PhiK_i = ghk1 * (yi * Ki * evf - yo * Ko), PhiK_ss = ghk1 * (yss * Kss * evf - yo * Ko);
      const double Afcaf = 0.3 + 0.6 / (1.0 + exp((V - 10.0) * (1.0 / 10))), Afcas = 1.0 - Afcaf;
      const double fs = y(row_fs), fcas = y(row_fcas), jca = y(row_jca), nca_i = y(row_ncai), nca_ss = y(row_ncass);
      const double by_V = g * (0.6 * y(row_ff) + 0.4 * fs) + 1.1 * f * (0.6 * y(row_ffp) + 0.4 * fs);
      const double by_Ca = jca * (g * (Afcaf * y(row_fcaf) + Afcas * fcas) + 1.1 * f * (Afcaf * y(row_fcafp) + Afcas * fcas));
      const double P = par(row_PCa) * y(row_d), P_i = 0.2 * P * (by_V * (1.0 - nca_i) + by_Ca * nca_i), P_ss = 0.8 * P * (by_V * (1.0 - nca_ss) + by_Ca * nca_ss);
      const double ICaL_i = P_i * PhiCa_i, ICaNa_i = 0.00125 * P_i * PhiNa_i, ICaK_i = 3.574e-4 * P_i * PhiK_i;
      const double ICaL_ss = P_ss * PhiCa_ss, ICaNa_ss = 0.00125 * P_ss * PhiNa_ss, ICaK_ss = 3.574e-4 * P_ss * PhiK_ss;

      const double IKr = par(row_gKr) * y(row_O) * (V - EK);
      const double KsCa = 1.0 + 0.6 / (1.0 + exp(1.4 * (log(3.8e-5) - log(Cai))));
      const double IKs = par(row_gKs) * KsCa * y(row_xs1) * y(row_xs2) * (V - EKs);
      const double w = V - EK;
      const double aK1 = 4.094 / (1.0 + exp(0.1217 * (w - 49.934)));
      const double bK1 = (15.72 * exp(0.0674 * (w - 3.257)) + exp(0.0618 * (w - 594.31))) / (1.0 + exp(-0.1629 * (w + 14.207)));
      const double IK1 = par(row_gK1) * aK1 / (aK1 + bK1) * w;
      const double hna = exp(0.5224 * u), hca_inv = exp(-0.167 * u);
      const double INaCa_i = 0.65 * par(row_gNaCa) * exchanger(Nai, Cai, hna, hca_inv);
      const double INaCa_ss = 0.35 * par(row_gNaCa) * exchanger(Nass, Cass, hna, hca_inv);
      const double INaK = par(row_PNaK) * pump(Nai, Ki, Ko, u);
      const double IKb = par(row_gKb) * w / (1.0 + exp((10.8968 - V) * (1.0 / 23.9871)));
      const double INab = par(row_PNab) * ghk1 * (Nai * evf - Nao);
      const double ICab = par(row_PCab) * ghk2 * (yi4 * Cai * evf2 - Cao_y);
      const double IpCa = par(row_gpCa) * Cai / (0.0005 + Cai);
      const double IClCa = par(row_gClCa) * Cass / (Cass + 0.1) * (V - EClss);
      const double IClb = par(row_gClb) * (V - ECl);
      out_i[l] = INa + INaL + Ito + ICaL_i + ICaNa_i + ICaK_i + ICaL_ss + ICaNa_ss + ICaK_ss + IKr + IKs + IK1 + INaCa_i + INaCa_ss + INaK + INab + IKb +
                 IpCa + ICab + IClCa + IClb;
      out_e[l] = ENa;

      const double JdiffNa = (Nass - Nai) * (1.0 / 2), JdiffK = (Kss - Ki) * (1.0 / 2), Jdiff = (Cass - Cai) * (1.0 / 0.2), JdiffCl = (Clss - Cli) * (1.0 / 2);
      const double Jrel = 1.5378 * par(row_rel) * (g * y(row_Jrelnp) + f * y(row_Jrelp));
      const double uptake = 0.005425 * Cai * (g / (Cai + 0.00092) + 2.75 * f / (Cai + 0.00092 - 0.00017));
      const double Jup = par(row_up) * uptake - par(row_leak) * 0.0048825 * CaNSR * (1.0 / 15), Jtr = (CaNSR - CaJSR) * (1.0 / 60);
      const double half8 = square(fourth(CaJSR)), Jrel_inf = (par(row_epi) < -0.5 ? 1.7 : 1.0) * (-0.5 * 4.75 * ICaL_ss) * half8 / (half8 + square(fourth(1.7)));
      // tau_rel = 4.75 CaJSR/(CaJSR + 0.0123), at least 0.001 ms.
      const double stored = CaJSR > 2.6e-6 ? CaJSR : 2.6e-6, z_rel = dt * (stored + 0.0123) / stored * (1.0 / 4.75);
      set(row_Jrelnp, relax(x(row_Jrelnp), Jrel_inf, z_rel));
      set(row_Jrelp, relax(x(row_Jrelp), 1.25 * Jrel_inf, z_rel * (1.0 / 1.25)));
      set(row_CaMKt, x(row_CaMKt) + dt * (aCaMK * camk.bound * camk.active - bCaMK * CaMKt));

      set(row_Nai, x(row_Nai) + dt * (-(INa + INaL + 3.0 * INaCa_i + ICaNa_i + 3.0 * INaK + INab) * to_myo + JdiffNa * (vss / vmyo)));
      set(row_Nass, x(row_Nass) + dt * (-(ICaNa_ss + 3.0 * INaCa_ss) * to_ss - JdiffNa));
      set(row_Ki, x(row_Ki) + dt * (-(Ito + IKr + IKs + IK1 + IKb + i_stim - 2.0 * INaK + ICaK_i) * to_myo + JdiffK * (vss / vmyo)));
      set(row_Kss, x(row_Kss) + dt * (-ICaK_ss * to_ss - JdiffK));
      set(row_Cli, x(row_Cli) + dt * (IClb * to_myo + JdiffCl * (vss / vmyo)));
      set(row_Clss, x(row_Clss) + dt * (IClCa * to_ss - JdiffCl));
      set(row_Cai, x(row_Cai) + dt * buffered_cytosol(Cai, par(row_cmdn)) *
                                    (-(ICaL_i + IpCa + ICab - 2.0 * INaCa_i) * (0.5 * to_myo) - Jup * (vnsr / vmyo) + Jdiff * (vss / vmyo)));
      set(row_Cass, x(row_Cass) + dt * buffered_subspace(Cass) * (-(ICaL_ss - 2.0 * INaCa_ss) * (0.5 * to_ss) + Jrel * (vjsr / vss) - Jdiff));
      set(row_CaNSR, x(row_CaNSR) + dt * (Jup - Jtr * (vjsr / vnsr)));
      set(row_CaJSR, x(row_CaJSR) + dt * buffered_jsr(CaJSR) * (Jtr - Jrel));

      // Gates. INa as in ten Tusscher-Panfilov 2006 but for tau_m (Grandi 2010).
      const double tau_m = 0.1292 * exp(-square((U + 45.79) * (1.0 / 15.54))) + 0.06487 * exp(-square((U - 4.823) * (1.0 / 51.12)));
      const double fade = exp(-dt / tau_m);
      const double mss = 1.0 / square(1.0 + exp((U + 56.86) * (-1.0 / 9.03))), mLss = 1.0 / (1.0 + exp((U + 42.85) * (-1.0 / 5.264)));
      set(row_m, mss + (x(row_m) - mss) * fade);
      set(row_mL, mLss + (x(row_mL) - mLss) * fade);
      const bool low = U < -40.0;
      const double e_h = exp((U + 71.55) * (1.0 / 7.43)), h_B = square(1.0 + e_h), hp_B = square(1.0 + e_h * exp(6.0 / 7.43));
      const double U_low = low ? U : -40.0;   // the other branch never sees an argument of its own side
      const double rate_h = low ? 0.057 * exp((U_low + 80.0) * (-1.0 / 6.8)) + 2.7 * exp(0.079 * U_low) + 3.1e5 * exp(0.3485 * U_low)
                                : 0.77 / (0.13 * (1.0 + exp((U + 10.66) * (-1.0 / 11.1))));
      const double rate_j = low ? (-25428.0 * exp(0.2444 * U_low) - 6.948e-6 * exp(-0.04391 * U_low)) * (U_low + 37.78) / (1.0 + exp(0.311 * (U_low + 79.23))) +
                                      0.02424 * exp(-0.01052 * U_low) / (1.0 + exp(-0.1378 * (U_low + 40.14)))
                                : 0.6 * exp(0.057 * U) / (1.0 + exp(-0.1 * (U + 32.0)));
      const double fade_h = exp(-dt * rate_h), hss = 1.0 / h_B, hpss = 1.0 / hp_B;
      set(row_h, hss + (x(row_h) - hss) * fade_h);
      set(row_hp, hpss + (x(row_hp) - hpss) * fade_h);
      set(row_j, gate(x(row_j), h_B, 1.0, rate_j, dt));
      set(row_jp, gate(x(row_jp), h_B, 1.46, rate_j, dt));
      const double e_hL = exp((U + 87.61) * (1.0 / 7.488));
      set(row_hL, gate(x(row_hL), 1.0 + e_hL, 200.0, 1.0, dt));
      set(row_hLp, gate(x(row_hLp), 1.0 + e_hL * exp(6.2 / 7.488), 600.0, 1.0, dt));
      const OutwardGates o = advance_outward({x(row_a), x(row_iF), x(row_iS), x(row_ap), x(row_iFp), x(row_iSp)}, U, dt, epi);
      set(row_a, o.a);
      set(row_iF, o.iF);
      set(row_iS, o.iS);
      set(row_ap, o.ap);
      set(row_iFp, o.iFp);
      set(row_iSp, o.iSp);
      const double f_B = 1.0 + exp((U + 19.58) * (1.0 / 3.696));
      const double d_mid = 1.0763 * exp(-1.007 * exp(-0.0829 * (low ? -40.0 : U)));
      const double dss = low ? 0.0 : U < 31.4978 ? d_mid : 1.0;
      const CalciumGates c = advance_calcium({x(row_d), x(row_ff), x(row_fs), x(row_fcaf), x(row_fcas), x(row_ffp), x(row_fcafp)}, U, dt, 1.0, dss, f_B);
      set(row_d, c.d);
      set(row_ff, c.ff);
      set(row_fs, c.fs);
      set(row_fcaf, c.fcaf);
      set(row_fcas, c.fcas);
      set(row_ffp, c.ffp);
      set(row_fcafp, c.fcafp);
      set(row_jca, gate(x(row_jca), 1.0 + exp((U + 18.08) * (1.0 / 2.7916)), 72.5, 1.0, dt));
      const double bound_i = 500.0 * fourth(Cai), bound_ss = 500.0 * fourth(Cass);   // k2n = 500/ms, Kmn = 0.002 mM, off rate jca per ms
      set(row_ncai, relax(x(row_ncai), bound_i / (bound_i + jca * fourth(Cai + 0.002)), dt * jca));
      set(row_ncass, relax(x(row_ncass), bound_ss / (bound_ss + jca * fourth(Cass + 0.002)), dt * jca));
      const double xs_B = 1.0 + exp((U + 11.60) * (-1.0 / 8.932));
      const double s_xs1 = 2.326e-4 * exp((U + 48.28) * (1.0 / 17.80)) + 0.001292 * exp((U + 210.0) * (-1.0 / 230));
      const double s_xs2 = 0.01 * exp((U - 50.0) * (1.0 / 20)) + 0.0193 * exp((U + 66.54) * (-1.0 / 31));
      set(row_xs1, gate(x(row_xs1), xs_B, 817.3 * s_xs1 + 1.0, s_xs1, dt));
      set(row_xs2, gate(x(row_xs2), xs_B, 1.0, s_xs2, dt));

      // IKr: C3 - C2 - C1 - O with I reached from C1 and O (Lu 2001); two-stage L-stable SDIRK as in cipaordv1_2017/herg.hpp.
      const double uu = U * FRT, gam = 0.29289321881345254 * dt;
      const double al = gam * 0.1161 * exp(0.299 * uu), be = gam * 0.2442 * exp(-1.604 * uu), al1 = gam * 0.154375, be1 = gam * 0.1911;
      const double al2 = gam * 0.0578 * exp(0.971 * uu), be2 = gam * 0.000349 * exp(-1.062 * uu);
      const double ali = gam * 0.2533 * exp(0.5953 * uu), bei = gam * 0.06525 * exp(-0.8209 * uu), ci = gam * 5.2e-5 * exp(1.525 * uu);
      const double ic = gam * (0.000349 * 0.06525 * 5.2e-5 / (0.0578 * 0.2533)) * exp((-1.062 - 0.8209 + 1.525 - 0.971 - 0.5953) * uu);
      const double j3 = 1.0 / (1.0 + al), p3 = al * j3;                                          // C3 -> C2
      const double j2 = 1.0 / (1.0 + be + al1 - be * p3), p2 = al1 * j2;                         // C2 -> C1
      const double j1 = 1.0 / (1.0 + be1 + al2 + ci - be1 * p2), pO = al2 * j1, pI = ci * j1;    // C1 -> O, I
      const double oi = ali + be2 * pI, io = bei + ic * pO;
      const double jO = 1.0 / (1.0 + be2 + ali - be2 * pO), qO = oi * jO;                        // O -> I
      const double jI = 1.0 / (1.0 + ic + bei - ic * pI - io * qO);
      double z3 = x(row_C3), z2 = x(row_C2), z1 = x(row_C1), zO = x(row_O), zI = x(row_I);
      const double o3 = z3, o2 = z2, o1 = z1, oO = zO, oI = zI;
      for (int stage = 0; stage < 2; ++stage) {
        if (stage) {
          constexpr double s2 = 2.414213562373095;   // (1 - gamma)/gamma
          z3 = o3 + s2 * (z3 - o3);
          z2 = o2 + s2 * (z2 - o2);
          z1 = o1 + s2 * (z1 - o1);
          zO = oO + s2 * (zO - oO);
          zI = oI + s2 * (zI - oI);
        }
        z2 += p3 * z3;
        z1 += p2 * z2;
        zO += pO * z1;
        zI += pI * z1;
        zI = (zI + qO * zO) * jI;
        zO = (zO + io * zI) * jO;
        z1 = (z1 + be2 * zO + ic * zI) * j1;
        z2 = (z2 + be1 * z1) * j2;
        z3 = (z3 + be * z2) * j3;
      }
      set(row_C3, z3);
      set(row_C2, z2);
      set(row_C1, z1);
      set(row_O, zO);
      set(row_I, zI);
    }
}

}  // namespace ot::ep::torord
