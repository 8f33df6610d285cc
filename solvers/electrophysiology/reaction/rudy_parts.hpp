// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces that the O'Hara-Rudy family of kernels shares: gates, constant-field fluxes, exchanger, sodium pump, geometry, buffers.
// Model and source: O'Hara, Virag, Varro, Rudy 2011, PLoS Comput Biol 7:e1002061, supplement pages 5-18 (constants as there);
//   the pump with the two corrections of myokit/models c/ohara-2011.mmt (H+ in mM; b1 b4 b3 in the first state's sum), both without
//   visible effect.
// Everything has internal linkage: each kernel is compiled once per instruction set and must not share code with another.
// Units: mV, ms, mM, uA/uF.
// Numerics: a gate moves by x_inf + (x - x_inf) P(dt/tau) with P the (1,2) Pade form of exp(-z): third order, P -> 0 for large z.
#pragma once
#include <math.h>

#define OT_INLINE static inline __attribute__((always_inline))

namespace ot::ep {
namespace {

constexpr double R = 8314.0, T = 310.0, F = 96485.0;
constexpr double RTF = R * T / F, FRT = F / (R * T);
constexpr double Nao = 140.0, Cao = 1.8;
constexpr double PKNa = 0.01833;

// Geometry of one cell, 0.01 cm long, radius 0.0011 cm; volumes in uL, area in cm2.
constexpr double vcell = 1000 * 3.14 * 0.0011 * 0.0011 * 0.01;
constexpr double Acap = 2 * (2 * 3.14 * 0.0011 * 0.0011 + 2 * 3.14 * 0.0011 * 0.01);
constexpr double vmyo = 0.68 * vcell, vnsr = 0.0552 * vcell, vjsr = 0.0048 * vcell, vss = 0.02 * vcell;
constexpr double to_myo = Acap / (F * vmyo), to_ss = Acap / (F * vss);   // uA/uF -> mM/ms of a univalent ion

OT_INLINE double square(double x) { return x * x; }
OT_INLINE double cube(double x) { return x * x * x; }
OT_INLINE double fourth(double x) { return square(x * x); }

// CaMKII, supplement page 16: bound, active, and the share of phosphorylated channels.
struct Kinase {
  double bound, active, share;
};
OT_INLINE Kinase kinase(double CaMKt, double Cass) {
  constexpr double KmCaMK = 0.15, CaMKo = 0.05, KmCaM = 0.0015;
  const double bound = CaMKo * (1.0 - CaMKt) * Cass / (Cass + KmCaM), active = bound + CaMKt;
  return {bound, active, active / (active + KmCaMK)};
}

// x_inf given, z = dt/tau.
OT_INLINE double relax(double x, double inf, double z) { return inf + (x - inf) * (1.0 - (1.0 / 3) * z) / (1.0 + z * (2.0 / 3 + z * (1.0 / 6))); }

// The same with x_inf = 1/B and tau = N/W, one division.
OT_INLINE double gate(double x, double B, double N, double W, double dt) {
  const double z = dt * W, num = N * (N - (1.0 / 3) * z), den = N * N + z * ((2.0 / 3) * N + (1.0 / 6) * z);
  return (den + (x * B - 1.0) * num) / (B * den);
}

// u / (exp(u) - 1) with e = exp(u), by its series where the quotient is 0/0.
OT_INLINE double constant_field(double u, double e) {
  const bool flat = u * u < 1e-8;
  return flat ? 1.0 - 0.5 * u + u * u * (1.0 / 12) : u / (flat ? 1.0 : e - 1.0);
}

// exp for arguments below 0.15 in size, to 2e-8.
OT_INLINE double exp_small(double x) { return 1.0 + x * (1.0 + x * (1.0 / 2 + x * (1.0 / 6 + x * (1.0 / 24 + x * (1.0 / 120))))); }

// Exchanger current per conductance and share of the compartment (Kang and Hilgemann 2004), supplement page 12.
// hna = exp(0.5224 V F/RT), hca_inv = exp(-0.167 V F/RT).
OT_INLINE double exchanger(double Na, double Ca, double hna, double hca_inv) {
  constexpr double kna1 = 15.0, kna2 = 5.0, kna3 = 88.12, kasymm = 12.5, wna = 6.0e4, wca = 6.0e4, wnaca = 5.0e3;
  constexpr double kcaon = 1.5e6, kcaoff = 5.0e3, KmCaAct = 150.0e-6;
  constexpr double h10 = kasymm + 1.0 + Nao / kna1 * (1.0 + Nao / kna2), h11 = Nao * Nao / (h10 * kna1 * kna2), k1 = Cao * kcaon / h10;
  const double h3 = 1.0 / (1.0 + Na * (1.0 / kna3) * (1.0 + hna)), h2 = Na * hna * (1.0 / kna3) * h3;
  const double h6 = 1.0 / (1.0 + Na * (1.0 / kna1) * (1.0 + Na * (1.0 / kna2))), h5 = Na * Na * (1.0 / (kna1 * kna2)) * h6;
  const double q = 1.0 / (hna + Nao / kna3 * (hna + 1.0)), h8 = Nao / kna3 * q, h9 = hna * q;
  const double k2 = kcaoff, k3p = h9 * wca, k3pp = h8 * wnaca, k3 = k3p + k3pp;
  const double k4p = h3 * wca * hca_inv, k4pp = h2 * wnaca, k4 = k4p + k4pp, k5 = kcaoff;
  const double k6 = h6 * Ca * kcaon, k7 = h5 * h2 * wna, k8 = h8 * h11 * wna;
  const double x1 = k2 * k4 * (k7 + k6) + k5 * k7 * (k2 + k3), x2 = k1 * k7 * (k4 + k5) + k4 * k6 * (k1 + k8);
  const double x3 = k1 * k3 * (k7 + k6) + k8 * k6 * (k2 + k3), x4 = k2 * k8 * (k4 + k5) + k3 * k5 * (k1 + k8);
  const double JncxNa = 3.0 * (x4 * k7 - x1 * k8) + x3 * k4pp - x2 * k3pp, JncxCa = x2 * k2 - x1 * k1;
  return Ca * Ca * (JncxNa + 2.0 * JncxCa) / ((Ca * Ca + KmCaAct * KmCaAct) * (x1 + x2 + x3 + x4));
}

// Turnover of the sodium pump (Smith and Crampin 2004), supplement page 14; INaK = PNaK times it.
OT_INLINE double pump(double Nai, double Ki, double Ko, double u) {
  constexpr double k1p = 949.5, k1m = 182.4, k2p = 687.2, k2m = 39.4, k3p = 1899.0, k3m = 79300.0, k4p = 639.0, k4m = 40.0;
  constexpr double Knai0 = 9.073, Knao0 = 27.78, delta = -0.155, Kki = 0.5, Kko = 0.3582;
  constexpr double MgADP = 0.05, MgATP = 9.8, Kmgatp = 1.698e-7, H = 1.0e-4, eP = 4.2, Khp = 1.698e-7, Knap = 224.0, Kxkur = 292.0;
  constexpr double a2 = k2p, b1 = k1m * MgADP, a4 = k4p * (MgATP / Kmgatp) / (1.0 + MgATP / Kmgatp);
  const double x = Nai * (1.0 / Knai0) * exp((-delta / 3) * u), y = (Nao / Knao0) * exp(((delta - 1.0) / 3) * u);
  const double k = Ki * (1.0 / Kki), ko = Ko * (1.0 / Kko);
  const double in = 1.0 / (cube(1.0 + x) + square(1.0 + k) - 1.0), out = 1.0 / (cube(1.0 + y) + square(1.0 + ko) - 1.0);
  const double a1 = k1p * cube(x) * in, b4 = k4m * square(k) * in, a3 = k3p * square(ko) * out, b2 = k2m * cube(y) * out;
  const double b3 = k3m * H * eP / (1.0 + MgATP / Kmgatp) / (1.0 + H / Khp + Nai * (1.0 / Knap) + Ki * (1.0 / Kxkur));
  const double x1 = a4 * a1 * a2 + b1 * b4 * b3 + a2 * b4 * b3 + b3 * a1 * a2, x2 = b2 * b1 * b4 + a1 * a2 * a3 + a3 * b1 * b4 + a2 * a3 * b4;
  const double x3 = a2 * a3 * a4 + b3 * b2 * b1 + b2 * b1 * a4 + a3 * a4 * b1, x4 = b4 * b3 * b2 + a3 * a4 * a1 + b2 * a4 * a1 + b3 * b2 * a1;
  return (a1 * a2 * a3 * a4 - b1 * b2 * b3 * b4) / (x1 + x2 + x3 + x4);
}

// Instantaneous buffers, supplement page 18: share of the flux that stays free.
OT_INLINE double buffered_cytosol(double Cai, double cmdnmax) {
  constexpr double kmcmdn = 0.00238, trpnmax = 0.07, kmtrpn = 0.0005;
  const double a = square(kmcmdn + Cai), b = square(kmtrpn + Cai);
  return a * b / (a * b + cmdnmax * kmcmdn * b + trpnmax * kmtrpn * a);
}
OT_INLINE double buffered_subspace(double Cass) {
  constexpr double BSRmax = 0.047, KmBSR = 0.00087, BSLmax = 1.124, KmBSL = 0.0087;
  const double a = square(KmBSR + Cass), b = square(KmBSL + Cass);
  return a * b / (a * b + BSRmax * KmBSR * b + BSLmax * KmBSL * a);
}
OT_INLINE double buffered_jsr(double CaJSR) {
  constexpr double csqnmax = 10.0, kmcsqn = 0.8;
  const double a = square(kmcsqn + CaJSR);
  return a / (a + csqnmax * kmcsqn);
}

// Voltage-dependent factors of the transient outward current, supplement page 8.
struct OutwardGates {
  double a, iF, iS, ap, iFp, iSp;
};
OT_INLINE OutwardGates advance_outward(const OutwardGates& g, double U, double dt, bool epi) {
  const double e29 = exp((U - 18.4099) * (-1.0 / 29.3814)), ea = exp((U - 14.34) * (-1.0 / 14.82));
  // 1/ta = [1/(1.2089 (1 + e29)) + 3.5 e'/(1 + e')] / 1.0515 with e' = exp(-(U + 100)/29.3814) shared with e29.
  const double e29b = e29 * exp((-100.0 - 18.4099) / 29.3814);
  const double p1 = 1.2089 * (1.0 + e29), p2 = 1.0 + e29b;
  const double taN = 1.0515 * p1 * p2, taW = p2 + 3.5 * e29b * p1;
  OutwardGates n;
  n.a = gate(g.a, 1.0 + ea, taN, taW, dt);
  n.ap = gate(g.ap, 1.0 + ea * exp(10.0 / 14.82), taN, taW, dt);
  const double Bi = 1.0 + exp((U + 43.94) * (1.0 / 5.711));
  const double q5 = 1.0 + (epi ? exp((U + 70.0) * (1.0 / 5.0)) : 0.0);
  const double delta_epi = epi ? (q5 - 0.95) / q5 : 1.0;
  const double sF = 0.3933 * exp((U + 100.0) * (-1.0 / 100)) + 0.08004 * exp((U + 50.0) * (1.0 / 16.59));
  const double sS = 0.001416 * exp((U + 96.52) * (-1.0 / 59.05)) + 1.78e-8 * exp((U + 114.1) * (1.0 / 8.079));
  const double steep = (U - 12.23) * (-1.0 / 0.2154);   // beyond e^300 the term it divides has vanished
  const double develop = 1.354 + 1.0e-4 / (exp((U - 167.4) * (1.0 / 15.89)) + exp(steep > 300.0 ? 300.0 : steep));
  const double q20 = 1.0 + exp((U + 70.0) * (1.0 / 20.0));
  const double phos = develop * (q20 - 0.5) / q20;
  const double NF = (4.562 * sF + 1.0) * delta_epi, NS = (23.62 * sS + 1.0) * delta_epi;
  n.iF = gate(g.iF, Bi, NF, sF, dt);
  n.iS = gate(g.iS, Bi, NS, sS, dt);
  n.iFp = gate(g.iFp, Bi, NF * phos, sF, dt);
  n.iSp = gate(g.iSp, Bi, NS * phos, sS, dt);
  return n;
}

// Voltage-dependent gates of the L-type current but d's steady state and jca, supplement page 9.
struct CalciumGates {
  double d, ff, fs, fcaf, fcas, ffp, fcafp;
};
OT_INLINE CalciumGates advance_calcium(const CalciumGates& g, double U, double dt, double d_B, double d_A, double f_B) {
  const double sd = exp(-0.05 * (U + 6.0)) + exp(0.09 * (U + 14.0));
  CalciumGates n;
  // dss = d_A / d_B: gate() with x/d_A would divide by zero, so the general form.
  {
    const double N = 0.6 * sd + 1.0, z = dt * sd, num = N * (N - (1.0 / 3) * z), den = N * N + z * ((2.0 / 3) * N + (1.0 / 6) * z);
    n.d = (d_A * den + (g.d * d_B - d_A) * num) / (d_B * den);
  }
  const double e10 = exp((U + 20.0) * (1.0 / 10)), s_ff = 0.0045 * (1.0 + e10 * e10), N_ff = 7.0 * s_ff + e10;   // both times e10
  n.ff = gate(g.ff, f_B, N_ff, s_ff, dt);
  n.ffp = gate(g.ffp, f_B, 2.5 * N_ff, s_ff, dt);
  const double s_fs = 3.5e-5 * (exp((U + 5.0) * (-1.0 / 4)) + exp((U + 5.0) * (1.0 / 6)));
  n.fs = gate(g.fs, f_B, 1000.0 * s_fs + 1.0, s_fs, dt);
  const double e7 = exp((U - 4.0) * (1.0 / 7)), s_caf = 0.04 * (1.0 + e7 * e7), N_caf = 7.0 * s_caf + e7;
  n.fcaf = gate(g.fcaf, f_B, N_caf, s_caf, dt);
  n.fcafp = gate(g.fcafp, f_B, 2.5 * N_caf, s_caf, dt);
  const double s_cas = 0.00012 * (exp(U * (-1.0 / 3)) + e7 * exp(4.0 / 7));
  n.fcas = gate(g.fcas, f_B, 100.0 * s_cas + 1.0, s_cas, dt);
  return n;
}

}  // namespace
}  // namespace ot::ep
