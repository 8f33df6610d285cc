// SPDX-License-Identifier: GPL-3.0-or-later
// Stewart et al. 2009: human Purkinje fibre cell, spontaneously active.
//
// Source: P. Stewart, O.V. Aslanidi, D. Noble, P.J. Noble, M.R. Boyett, H. Zhang, Phil Trans R Soc A 367 (2009) 2225-2255, appendix;
//   built on ten Tusscher-Panfilov 2006. Constants checked against the public description myokit/models c/stewart-2009.mmt.
// Model: Cm dV/dt = -(IK1 + Ito + Isus + If + INa + ICaL + IKs + IKr + INaCa + INaK + IpCa + IpK + IbNa + IbCa) + stimulus + diffusion.
//   Without stimulus the cell fires about every 1.4 s; as published the potassium balance leaves out the stimulus.
//
// symbol      meaning                                     value     unit     in the block
// V           membrane potential                                    mV       v, v_rate
// Cai, CaSR, CaSS  free calcium: cytosol, store, subspace           mM       row_Cai, row_CaSR, row_CaSS
// Nai, Ki     sodium, potassium, cytosol                            mM       row_Nai, row_Ki
// m, h, j     INa                                                   1        row_m, row_h, row_j
// xr1, xr2, xs  IKr, IKs                                            1        row_xr1, row_xr2, row_xs
// r, s        Ito                                                   1        row_r, row_s
// d, f, f2, fcass  ICaL                                             1        row_d, row_f, row_f2, row_fcass
// y           If                                                    1        row_y
// R'          share of release channels that can open               1        row_R
// gNa         INa conductance                             130.5744  mS/uF    row_gNa   x g_Na
// gCaL        ICaL permeability                           0.0398    L/F/s    row_gCaL  x g_CaL
// gKr         IKr conductance                             0.0918    mS/uF    row_gKr   x g_Kr
// gKs         IKs conductance                             0.2352    mS/uF    row_gKs   x g_Ks
// gK1         IK1 conductance                             0.065     mS/uF    row_gK1   x g_K1
// gto         Ito conductance                             0.08184   mS/uF    row_gto   x g_to
//
// Numerics: as ten_tusscher_2006.hpp. Fails: never; see there. Threads: no shared state.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::stewart09 {

const IonicFamily& family();
IonicModel model();

}  // namespace ot::ep::stewart09

namespace ot::ep {
std::vector<IonicModel> stewart_2009_models();   // the entry of the list of models
}
