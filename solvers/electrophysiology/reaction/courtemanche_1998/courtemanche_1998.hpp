// SPDX-License-Identifier: GPL-3.0-or-later
// Courtemanche-Ramirez-Nattel 1998: human atrial cell, healthy and with the remodelling of persistent atrial fibrillation.
//
// Source: M. Courtemanche, R.J. Ramirez, S. Nattel, Am J Physiol 275 (1998) H301-H321, equations 1-75; digits of constants and the
//   sign in tau_ui as in the authors' code (CellML exposure 0e03bbe0, checked against myokit/models c/courtemanche-1998.mmt).
// Remodelling: Ito -50 %, ICaL -70 %, IKur -50 % (Courtemanche, Ramirez, Nattel 1999, Cardiovasc Res 42:477) and IK1 +100 %
//   (persistent AF, as used in Krogh-Madsen et al. 2012, PLoS Comput Biol 8:e1002390); EP-FACTS section 5. IKs is left as it is.
// Model: Cm dV/dt = -(INa + IK1 + Ito + IKur + IKr + IKs + ICaL + INaK + INaCa + IbCa + IbNa + IpCa) + stimulus + diffusion.
//
// symbol      meaning                                     value       unit    in the block
// V           membrane potential                                      mV      v, v_rate
// Nai, Ki     sodium, potassium, cytosol                              mM      row_Nai, row_Ki
// Cai         free calcium, cytosol                                   mM      row_Cai
// CaUp, CaRel calcium of the uptake and release stores                mM      row_CaUp, row_CaRel
// m, h, j     INa                                                     1       row_m, row_h, row_j
// oa, oi      Ito                                                     1       row_oa, row_oi
// ua, ui      IKur                                                    1       row_ua, row_ui
// xr, xs      IKr, IKs                                                1       row_xr, row_xs
// d, f, fCa   ICaL                                                    1       row_d, row_f, row_fCa
// u, v, w     release: activation, two inactivations                  1       row_u, row_v, row_w
// gNa         INa conductance                             7.8         mS/uF   row_gNa   x g_Na
// gK1         IK1 conductance                             0.09        mS/uF   row_gK1   x g_K1
// gto         Ito conductance                             0.1652      mS/uF   row_gto   x g_to
// gKur        factor on the published gKur(V)             1           1       row_Kur   x g_Kur
// gKr         IKr conductance                             0.029411765 mS/uF   row_gKr   x g_Kr
// gKs         IKs conductance                             0.12941176  mS/uF   row_gKs   x g_Ks
// gCaL        ICaL conductance                            0.12375     mS/uF   row_gCaL  x g_CaL
// INaK_max    sodium pump                                 0.59933874  A/F     row_NaK = g_NaK
// INaCa_max   sodium-calcium exchanger                    1600        A/F     row_NaCa = g_NaCa
// IpCa_max    calcium pump                                0.275       A/F     row_pCa   x g_pCa
// gbNa, gbCa  background conductances    0.0006744375, 0.001131       mS/uF   row_gbNa, row_gbCa  x g_bNa, g_bCa
// Iup_max     uptake into the store                       0.005       mM/ms   row_up = J_up
// krel        release rate                                30          1/ms    row_rel = J_rel
// leak        back from the store                 Iup_max/15 mM       1/ms    row_leak = J_leak
//
// Numerics: gates with rates at mid-step, m and h by the exponential, the others by (2 tau - dt)/(2 tau + dt), third order in
//   dt/tau; concentrations explicit Euler. 0/0 of the rate functions by their series.
// Fails: never; a state driven out of range shows as NaN or |V| > 200 mV, which the callers stop on. Threads: no shared state.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::crn98 {

const IonicFamily& family();      // "courtemanche_1998"
const IonicFamily& family_af();   // "courtemanche_1998_af": the same equations, remodelled conductances
IonicModel model();
IonicModel model_af();

}  // namespace ot::ep::crn98

namespace ot::ep {
std::vector<IonicModel> courtemanche_1998_models();   // the entry of the list of models
}
