// SPDX-License-Identifier: GPL-3.0-or-later
// Aliev-Panfilov 1996: two dimensionless variables, restitution of the action potential's duration; for re-entry studies.
//
// Source: R.R. Aliev, A.V. Panfilov, Chaos, Solitons & Fractals 7 (1996) 293-301, equations 1-3 and their parameters.
// Model: du/dT = -k u (u - a)(u - 1) - u v + stimulus;  dv/dT = (eps0 + mu1 v/(u + mu2)) (-v - k u (u - a - 1)).
//   V = 100 u - 80 mV, t = 12.9 T ms, both as published. g_Na multiplies k in the first equation only (the cubic current).
//
// symbol      meaning                                value   unit   in the block
// u           scaled membrane potential                      1      (V + 80)/100
// v           recovery                                       1      row_v
// k           strength of the cubic current          8       1      row_drive = g_Na
// a           threshold                              0.15    1
// eps0        recovery rate                          0.002   1
// mu1, mu2    its dependence on u and v              0.2, 0.3 1
//
// Numerics: v by the midpoint rule with V at mid-step: second order. Threads: no shared state.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::ap96 {

const IonicFamily& family();
IonicModel model();

}  // namespace ot::ep::ap96

namespace ot::ep {
std::vector<IonicModel> aliev_panfilov_1996_models();   // the entry of the list of models
}
