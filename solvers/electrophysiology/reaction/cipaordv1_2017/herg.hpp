// SPDX-License-Identifier: GPL-3.0-or-later
// The hERG channel of Li et al. 2017 with drug binding: six gating states, three bound ones.
//   C1 - C2 - O over IC1 - IC2 - IO, column by column connected; O - Obound - Cbound (trapped) - IObound - IO.
// Source: Li et al. 2017, Circ Arrhythm Electrophysiol 10:e004628; constants at 37 C: FDA/CiPA AP_simulation/models/newordherg_pars.txt.
// Numerics: rates frozen over the step, y' = A(V) y by the two-stage, L-stable, stiffly accurate SDIRK of order 2 (Alexander 1977):
//   gating rates reach 230/ms at +40 mV, so explicit forms fail. One elimination (C1, IC1, C2, IC2, Cb, Ob, IOb, O, IO: the graph
//   fills in only at four places) serves both stages. The sum of all states is kept to rounding.
#pragma once
#include "solvers/electrophysiology/reaction/rudy_parts.hpp"

namespace ot::ep::cipa {
namespace {

struct HergStates {
  double IC1, IC2, C1, C2, O, IO, IOb, Ob, Cb;
};

// bind = Kmax Ku C^n / (C^n + halfmax), 1/ms.
OT_INLINE void advance_herg(HergStates& s, double V, double dt, double bind, double Ku, double Kt, double Vhalf) {
  // Q10 factors from 20 to 37 C: exp((37 - 20) ln(q) / 10).
  const double gam = 0.29289321881345254 * dt;   // 1 - 1/sqrt(2)
  const double k1 = gam * (0.0264 * exp(1.7 * log(4.843))) * exp_small(4.631e-5 * V);
  const double k2 = gam * (4.986e-6 * exp(1.7 * log(4.23))) * exp(-0.004226 * V);
  const double k3 = gam * (0.001214 * exp(1.7 * log(4.962))) * exp(0.008516 * V);
  const double k4 = gam * (1.854e-5 * exp(1.7 * log(3.769))) * exp(-0.04641 * V);
  const double k11 = gam * (0.0007868 * exp(1.7 * log(4.942))) * (1.0 + 1.535e-8 * V);
  const double k21 = gam * (5.455e-6 * exp(1.7 * log(4.156))) * exp(-0.1688 * V);
  const double k31 = gam * (0.005509 * exp(1.7 * log(4.22))) * (1.0 + 7.771e-9 * V);
  const double k41 = gam * (0.001416 * exp(1.7 * log(1.459))) * exp(-0.02877 * V);
  const double k51 = gam * (0.4492 * exp(1.7 * log(5.0))) * exp(0.008595 * V);
  const double k52 = gam * (0.3181 * exp(1.7 * log(4.663))) * (1.0 + 3.613e-8 * V);
  const double k53 = gam * (0.149 * exp(1.7 * log(2.412))) * exp(0.004668 * V);
  const double k61 = gam * (0.01241 * exp(1.7 * log(5.568))) * exp(0.1725 * V);
  const double k62 = gam * (0.3226 * exp(1.7 * log(5.0))) * exp_small(-6.575e-4 * V);
  const double k63 = gam * (0.008978 * exp(1.7 * log(5.682))) * exp(-0.02215 * V);
  const double r1 = gam * bind, ku = gam * Ku, kt = gam * Kt;
  const double r2 = ku * k53 / k63, r3 = kt / (1.0 + exp((Vhalf - V) * (1.0 / 6.789)));

  // Eliminate: i* = 1/pivot, the others are shares handed on.
  const double i1 = 1.0 / (1.0 + k1 + k51), p = k1 * i1, q = k51 * i1;                                  // C1 -> C2, IC1
  const double f1 = k61 * p, f2 = k2 * q;                                                               // IC1 <-> C2 through C1
  const double i2 = 1.0 / (1.0 + k11 + k61 - k61 * q), sh = k11 * i2, t = f1 * i2;                      // IC1 -> IC2, C2
  const double c2i = k52 + f2 * sh, i2c = k62 + k21 * t;
  const double i3 = 1.0 / (1.0 + k2 + k31 + k52 - k2 * p - f2 * t), uu = c2i * i3, w = k31 * i3;        // C2 -> IC2, O
  const double g1 = i2c * w, g2 = k41 * uu;
  const double i4 = 1.0 / (1.0 + k21 + k3 + k62 - k21 * sh - i2c * uu), e = k3 * i4, f = g1 * i4;       // IC2 -> IO, O
  const double i5 = 1.0 / (1.0 + 2.0 * r3), xb = r3 * i5, yb = kt * xb;                                 // Cb -> Ob, IOb
  const double i6 = 1.0 / (1.0 + ku + kt - yb), a6 = ku * i6, b6 = yb * i6;                             // Ob -> O, IOb
  const double h1 = r1 * b6, h2 = yb * a6;
  const double i7 = 1.0 / (1.0 + r2 + kt - yb - yb * b6), a7 = r2 * i7, b7 = h2 * i7;                   // IOb -> IO, O
  const double oi = k53 + g2 * e + h1 * a7, io = k63 + k4 * f + r1 * b7;
  const double i8 = 1.0 / (1.0 + k41 + k53 + r1 - k41 * w - g2 * f - r1 * a6 - h1 * b7), a8 = oi * i8;  // O -> IO
  const double i9 = 1.0 / (1.0 + k4 + k63 + r1 - k4 * e - r1 * a7 - io * a8);

  const auto solve = [=](HergStates b) __attribute__((always_inline)) {
    b.C2 += p * b.C1;
    b.IC1 += q * b.C1;
    b.IC2 += sh * b.IC1;
    b.C2 += t * b.IC1;
    b.IC2 += uu * b.C2;
    b.O += w * b.C2;
    b.IO += e * b.IC2;
    b.O += f * b.IC2;
    b.Ob += xb * b.Cb;
    b.IOb += xb * b.Cb;
    b.O += a6 * b.Ob;
    b.IOb += b6 * b.Ob;
    b.IO += a7 * b.IOb;
    b.O += b7 * b.IOb;
    b.IO = (b.IO + a8 * b.O) * i9;
    b.O = (b.O + io * b.IO) * i8;
    b.IOb = (b.IOb + r1 * b.IO + h1 * b.O) * i7;
    b.Ob = (b.Ob + r1 * b.O + yb * b.IOb) * i6;
    b.Cb = (b.Cb + kt * (b.Ob + b.IOb)) * i5;
    b.IC2 = (b.IC2 + k4 * b.IO + g2 * b.O) * i4;
    b.C2 = (b.C2 + i2c * b.IC2 + k41 * b.O) * i3;
    b.IC1 = (b.IC1 + k21 * b.IC2 + f2 * b.C2) * i2;
    b.C1 = (b.C1 + k2 * b.C2 + k61 * b.IC1) * i1;
    return b;
  };
  const HergStates y1 = solve(s);
  // Second stage: y + (1 - gamma) dt A y1 with gamma dt A y1 = y1 - y, hence y + c (y1 - y), c = (1 - gamma)/gamma = 1 + sqrt(2).
  constexpr double c = 2.414213562373095;
  s = solve({s.IC1 + c * (y1.IC1 - s.IC1), s.IC2 + c * (y1.IC2 - s.IC2), s.C1 + c * (y1.C1 - s.C1), s.C2 + c * (y1.C2 - s.C2), s.O + c * (y1.O - s.O),
             s.IO + c * (y1.IO - s.IO), s.IOb + c * (y1.IOb - s.IOb), s.Ob + c * (y1.Ob - s.Ob), s.Cb + c * (y1.Cb - s.Cb)});
}

}  // namespace
}  // namespace ot::ep::cipa
