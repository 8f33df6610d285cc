// SPDX-License-Identifier: GPL-3.0-or-later
// The equations of O'Hara-Rudy 2011 over one block of nodes, with its own IKr or the dynamic hERG model of CiPAORdv1.0.
// Symbols and sources: ohara_rudy_2011.hpp, cipaordv1_2017.hpp. Internal linkage for the reason given in rudy_parts.hpp.
#pragma once
#include "solvers/electrophysiology/reaction/cipaordv1_2017/herg.hpp"
#include "solvers/electrophysiology/reaction/kernel.hpp"
#include "solvers/electrophysiology/reaction/ohara_rudy_2011/rows.hpp"
#include "solvers/electrophysiology/reaction/rudy_parts.hpp"

namespace ot::ep::ord {
namespace {

template <bool dynamic_herg>
OT_INLINE void step_block(const KernelBlock& block) {
  constexpr double Ko = 5.4;
  constexpr double aCaMK = 0.05, bCaMK = 0.00068;

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
                   CaNSR = y(row_CaNSR), CaJSR = y(row_CaJSR), CaMKt = y(row_CaMKt);

      const Kinase camk = kinase(CaMKt, Cass);
      const double f = camk.share, g = 1.0 - f;

      // Currents.
      const double logKi = log(Ki), logNai = log(Nai);
      const double ENa = RTF * (log(Nao) - logNai), EK = RTF * (log(Ko) - logKi), EKs = RTF * (log(Ko + PKNa * Nao) - log(Ki + PKNa * Nai));
      const double u = V * FRT, evf = exp(u), evf2 = evf * evf;
      const double m = y(row_m), hf = y(row_hf);
      const double h = 0.99 * hf + 0.01 * y(row_hs), hp = 0.99 * hf + 0.01 * y(row_hsp);
      const double INa = par(row_gNa) * (V - ENa) * cube(m) * (g * h * y(row_j) + f * hp * y(row_jp));
      const double INaL = par(row_gNaL) * (V - ENa) * y(row_mL) * (g * y(row_hL) + f * y(row_hLp));
      const double AiF = 1.0 / (1.0 + exp((V - 213.6) * (1.0 / 151.2))), AiS = 1.0 - AiF;
      const double Ito = par(row_gto) * (V - EK) * (g * y(row_a) * (AiF * y(row_iF) + AiS * y(row_iS)) + f * y(row_ap) * (AiF * y(row_iFp) + AiS * y(row_iSp)));

      const double ghk1 = constant_field(u, evf), ghk2 = constant_field(2.0 * u, evf2);
      const double PhiCaL = 2.0 * F * ghk2 * (Cass * evf2 - 0.341 * Cao);
      const double PhiCaNa = 0.75 * F * ghk1 * (Nass * evf - Nao), PhiCaK = 0.75 * F * ghk1 * (Kss * evf - Ko);
      const double Afcaf = 0.3 + 0.6 / (1.0 + exp((V - 10.0) * (1.0 / 10))), Afcas = 1.0 - Afcaf;
      const double fs = y(row_fs), fcas = y(row_fcas), jca = y(row_jca), nca = y(row_nca);
      const double open = y(row_d) * (g * ((0.6 * y(row_ff) + 0.4 * fs) * (1.0 - nca) + jca * (Afcaf * y(row_fcaf) + Afcas * fcas) * nca) +
                                      1.1 * f * ((0.6 * y(row_ffp) + 0.4 * fs) * (1.0 - nca) + jca * (Afcaf * y(row_fcafp) + Afcas * fcas) * nca));
      const double PCa = par(row_PCa) * open;
      const double ICaL = PCa * PhiCaL, ICaNa = 0.00125 * PCa * PhiCaNa, ICaK = 3.574e-4 * PCa * PhiCaK;

      double conducting_kr;   // share of open IKr channels
      if constexpr (dynamic_herg) {
        conducting_kr = y(row_O);
      } else {
        const double Axrf = 1.0 / (1.0 + exp((V + 54.81) * (1.0 / 38.21)));
        conducting_kr = (Axrf * y(row_xrf) + (1.0 - Axrf) * y(row_xrs)) / ((1.0 + exp((V + 55.0) * (1.0 / 75))) * (1.0 + exp((V - 10.0) * (1.0 / 30))));
      }
      const double IKr = par(row_gKr) * conducting_kr * (V - EK);
      const double KsCa = 1.0 + 0.6 / (1.0 + exp(1.4 * (log(3.8e-5) - log(Cai))));
      const double IKs = par(row_gKs) * KsCa * y(row_xs1) * y(row_xs2) * (V - EKs);
      const double IK1 = par(row_gK1) * sqrt(Ko) * y(row_xk1) * (V - EK) / (1.0 + exp((V + 105.8 - 2.6 * Ko) * (1.0 / 9.493)));

      const double hna = exp(0.5224 * u), hca_inv = exp(-0.167 * u);
      const double INaCa_i = 0.8 * par(row_gNaCa) * exchanger(Nai, Cai, hna, hca_inv);
      const double INaCa_ss = 0.2 * par(row_gNaCa) * exchanger(Nass, Cass, hna, hca_inv);
      const double INaK = par(row_PNaK) * pump(Nai, Ki, Ko, u);
      const double IKb = par(row_gKb) * (V - EK) / (1.0 + exp((14.48 - V) * (1.0 / 18.34)));
      const double INab = par(row_PNab) * F * ghk1 * (Nai * evf - Nao);
      const double ICab = par(row_PCab) * 2.0 * F * ghk2 * (Cai * evf2 - 0.341 * Cao);
      const double IpCa = par(row_gpCa) * Cai / (0.0005 + Cai);
      out_i[l] = INa + INaL + Ito + ICaL + ICaNa + ICaK + IKr + IKs + IK1 + INaCa_i + INaCa_ss + INaK + INab + IKb + IpCa + ICab;
      out_e[l] = ENa;

      // Fluxes, supplement pages 16-17.
      const double JdiffNa = (Nass - Nai) * (1.0 / 2), JdiffK = (Kss - Ki) * (1.0 / 2), Jdiff = (Cass - Cai) * (1.0 / 0.2);
      const double Jrel = par(row_rel) * (g * y(row_Jrelnp) + f * y(row_Jrelp));
      const double uptake = 0.004375 * Cai * (g / (Cai + 0.00092) + 2.75 * f / (Cai + 0.00092 - 0.00017));
      const double Jup = par(row_up) * uptake - par(row_leak) * 0.0039375 * CaNSR * (1.0 / 15), Jtr = (CaNSR - CaJSR) * (1.0 / 100);
      const double half8 = square(fourth(CaJSR)), Jrel_inf = (par(row_epi) < -0.5 ? 1.7 : 1.0) * (-0.5 * 4.75 * ICaL) * half8 / (half8 + square(fourth(1.5)));
      // tau_rel = 4.75 CaJSR/(CaJSR + 0.0123), at least 0.001 ms: mid-myocardial cells empty the junctional SR, where that floor acts.
      const double stored = CaJSR > 2.6e-6 ? CaJSR : 2.6e-6, z_rel = dt * (stored + 0.0123) / stored * (1.0 / 4.75);
      set(row_Jrelnp, relax(x(row_Jrelnp), Jrel_inf, z_rel));
      set(row_Jrelp, relax(x(row_Jrelp), 1.25 * Jrel_inf, z_rel * (1.0 / 1.25)));
      set(row_CaMKt, x(row_CaMKt) + dt * (aCaMK * camk.bound * camk.active - bCaMK * CaMKt));

      // Concentrations, supplement page 18.
      set(row_Nai, x(row_Nai) + dt * (-(INa + INaL + 3.0 * INaCa_i + 3.0 * INaK + INab) * to_myo + JdiffNa * (vss / vmyo)));
      set(row_Nass, x(row_Nass) + dt * (-(ICaNa + 3.0 * INaCa_ss) * to_ss - JdiffNa));
      set(row_Ki, x(row_Ki) + dt * (-(Ito + IKr + IKs + IK1 + IKb + i_stim - 2.0 * INaK) * to_myo + JdiffK * (vss / vmyo)));
      set(row_Kss, x(row_Kss) + dt * (-ICaK * to_ss - JdiffK));
      set(row_Cai, x(row_Cai) + dt * buffered_cytosol(Cai, par(row_cmdn)) *
                                    (-(IpCa + ICab - 2.0 * INaCa_i) * (0.5 * to_myo) - Jup * (vnsr / vmyo) + Jdiff * (vss / vmyo)));
      set(row_Cass, x(row_Cass) + dt * buffered_subspace(Cass) * (-(ICaL - 2.0 * INaCa_ss) * (0.5 * to_ss) + Jrel * (vjsr / vss) - Jdiff));
      set(row_CaNSR, x(row_CaNSR) + dt * (Jup - Jtr * (vjsr / vnsr)));
      set(row_CaJSR, x(row_CaJSR) + dt * buffered_jsr(CaJSR) * (Jtr - Jrel));

      // Gates.
      const double rate_m = 6.765 * exp((U + 11.64) * (1.0 / 34.77)) + 8.552 * exp((U + 77.42) * (-1.0 / 5.955)), fade = exp(-dt * rate_m);
      const double mss = 1.0 / (1.0 + exp((U + 39.57) * (-1.0 / 9.871))), mLss = 1.0 / (1.0 + exp((U + 42.85) * (-1.0 / 5.264)));
      set(row_m, mss + (x(row_m) - mss) * fade);
      set(row_mL, mLss + (x(row_mL) - mLss) * fade);
      const double e_h = exp((U + 82.90) * (1.0 / 6.086)), h_B = 1.0 + e_h;
      const double s_hf = 1.432e-5 * exp((U + 1.196) * (-1.0 / 6.285)) + 6.149 * exp((U + 0.5096) * (1.0 / 20.27));
      const double s_hs = 0.009794 * exp((U + 17.95) * (-1.0 / 28.05)) + 0.3343 * exp((U + 5.730) * (1.0 / 56.66));
      const double s_j = 0.02136 * exp((U + 100.6) * (-1.0 / 8.281)) + 0.3052 * exp((U + 0.9941) * (1.0 / 38.45)), N_j = 2.038 * s_j + 1.0;
      set(row_hf, gate(x(row_hf), h_B, 1.0, s_hf, dt));
      set(row_hs, gate(x(row_hs), h_B, 1.0, s_hs, dt));
      set(row_hsp, gate(x(row_hsp), 1.0 + e_h * exp(6.2 / 6.086), 3.0, s_hs, dt));
      set(row_j, gate(x(row_j), h_B, N_j, s_j, dt));
      set(row_jp, gate(x(row_jp), h_B, 1.46 * N_j, s_j, dt));
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
      const CalciumGates c = advance_calcium({x(row_d), x(row_ff), x(row_fs), x(row_fcaf), x(row_fcas), x(row_ffp), x(row_fcafp)}, U, dt,
                                             1.0 + exp((U + 3.940) * (-1.0 / 4.230)), 1.0, f_B);
      set(row_d, c.d);
      set(row_ff, c.ff);
      set(row_fs, c.fs);
      set(row_fcaf, c.fcaf);
      set(row_fcas, c.fcas);
      set(row_ffp, c.ffp);
      set(row_fcafp, c.fcafp);
      set(row_jca, gate(x(row_jca), f_B, 75.0, 1.0, dt));
      const double bound = 1000.0 * fourth(Cass);   // k2n = 1000/ms, Kmn = 0.002 mM, off rate jca per ms
      set(row_nca, relax(x(row_nca), bound / (bound + jca * fourth(Cass + 0.002)), dt * jca));
      const double xs_B = 1.0 + exp((U + 11.60) * (-1.0 / 8.932));
      const double s_xs1 = 2.326e-4 * exp((U + 48.28) * (1.0 / 17.80)) + 0.001292 * exp((U + 210.0) * (-1.0 / 230));
      const double s_xs2 = 0.01 * exp((U - 50.0) * (1.0 / 20)) + 0.0193 * exp((U + 66.54) * (-1.0 / 31));
      set(row_xs1, gate(x(row_xs1), xs_B, 817.3 * s_xs1 + 1.0, s_xs1, dt));
      set(row_xs2, gate(x(row_xs2), xs_B, 1.0, s_xs2, dt));
      const double xk1_B = 1.0 + exp((U + 2.5538 * Ko + 144.59) * (-1.0 / (1.5692 * Ko + 3.8115)));
      set(row_xk1, gate(x(row_xk1), xk1_B, 122.2, exp((U + 127.2) * (-1.0 / 20.36)) + exp((U + 236.8) * (1.0 / 69.33)), dt));
      if constexpr (dynamic_herg) {
        cipa::HergStates s{x(row_IC1), x(row_IC2), x(row_C1), x(row_C2), x(row_O), x(row_IO), x(row_IObound), x(row_Obound), x(row_Cbound)};
        cipa::advance_herg(s, U, dt, par(row_bind), par(row_Ku), par(row_Kt), par(row_Vhalf));
        set(row_IC1, s.IC1);
        set(row_IC2, s.IC2);
        set(row_C1, s.C1);
        set(row_C2, s.C2);
        set(row_O, s.O);
        set(row_IO, s.IO);
        set(row_IObound, s.IOb);
        set(row_Obound, s.Ob);
        set(row_Cbound, s.Cb);
        set(row_qNet, x(row_qNet) + dt * (INaL + ICaL + Ito + IKr + IKs + IK1));
      } else {
        const double xr_B = 1.0 + exp((U + 8.337) * (-1.0 / 6.789));
        const double s_f = 0.3652 * exp((U - 31.66) * (1.0 / 3.869)) + 4.123e-5 * exp((U - 47.78) * (-1.0 / 20.38));
        const double s_s = 0.06629 * exp((U - 34.70) * (1.0 / 7.355)) + 1.128e-5 * exp((U - 29.74) * (-1.0 / 25.94));
        set(row_xrf, gate(x(row_xrf), xr_B, 12.98 * s_f + 1.0, s_f, dt));
        set(row_xrs, gate(x(row_xrs), xr_B, 1.865 * s_s + 1.0, s_s, dt));
      }
    }
}

}  // namespace
}  // namespace ot::ep::ord
