// SPDX-License-Identifier: GPL-3.0-or-later
// Ten Tusscher-Panfilov 2006: human ventricular cell, epicardial, mid-myocardial and endocardial.
//
// Source: K.H.W.J. ten Tusscher, A.V. Panfilov, Am J Physiol Heart Circ Physiol 291 (2006) H1088-H1100 (equations of the appendix);
//   currents not changed there: ten Tusscher, Noble, Noble, Panfilov, Am J Physiol 286 (2004) H1573-H1589.
//   Constants checked against the public model description myokit/models c/tentusscher-2006.mmt.
// Model: Cm dV/dt = -(INa + IK1 + IKr + IKs + Ito + ICaL + INaK + INaCa + IpCa + IpK + ICab + INab) + stimulus + diffusion;
//   12 gates, R' of the release channel, Ca in cytosol, subspace and SR (buffers instantaneous), Na and K in the cytosol.
//   No late sodium current: ChannelScales::g_NaL has no effect.
//
// symbol     meaning                                          unit     in the block
// V          membrane potential                               mV       v, v_rate
// Cai        free calcium, cytosol                            mM       row_Cai
// CaSR       free calcium, sarcoplasmic reticulum             mM       row_CaSR
// CaSS       free calcium, dyadic subspace                    mM       row_CaSS
// Nai, Ki    sodium, potassium, cytosol                       mM       row_Nai, row_Ki
// m, h, j    INa: activation, fast and slow inactivation      1        row_m, row_h, row_j
// xr1, xr2   IKr: activation, inactivation                    1        row_xr1, row_xr2
// xs         IKs: activation                                  1        row_xs
// r, s       Ito: activation, inactivation                    1        row_r, row_s
// d, f, f2   ICaL: activation, slow and fast inactivation     1        row_d, row_f, row_f2
// fcass      ICaL: inactivation by subspace calcium           1        row_fcass
// R'         share of release channels that can open          1        row_R
// gNa        INa conductance           14.838                 mS/uF    row_gNa   x g_Na
// gCaL       ICaL permeability         0.0398                 L/F/s    row_gCaL  x g_CaL
// gKr        IKr conductance           0.153                  mS/uF    row_gKr   x g_Kr
// gKs        IKs conductance           0.392 (mid 0.098)      mS/uF    row_gKs   x g_Ks
// gK1        IK1 conductance           5.405                  mS/uF    row_gK1   x g_K1
// gto        Ito conductance           0.294 (endo 0.073)     mS/uF    row_gto   x g_to
// endo       1: endocardial kinetics of s                     1        row_endo
//
// Numerics: gates by Rush-Larsen with rates at mid-step, m and h with the exponential, the others with the rational
//   (2 tau - dt)/(2 tau + dt), third order in dt/tau; concentrations explicit Euler. Stable for dt <= 0.05 ms (tested).
// Fails: never; a state driven out of range shows as NaN or |V| > 200 mV, which the callers stop on.
// Threads: no shared state.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::tt06 {

const IonicFamily& family();
IonicModel model(CellType type);

}  // namespace ot::ep::tt06

namespace ot::ep {
std::vector<IonicModel> ten_tusscher_2006_models();   // the entry of the list of models
}
