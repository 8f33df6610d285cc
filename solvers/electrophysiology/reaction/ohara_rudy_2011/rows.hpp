// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of state and parameters of one block, shared with CiPAORdv1.0. No includes: also read by the kernels for other instruction sets.
#pragma once

namespace ot::ep::ord {

enum StateRow {
  row_Nai, row_Nass, row_Ki, row_Kss, row_Cai, row_Cass, row_CaNSR, row_CaJSR, row_m, row_hf, row_hs, row_j, row_hsp, row_jp,
  row_mL, row_hL, row_hLp, row_a, row_iF, row_iS, row_ap, row_iFp, row_iSp, row_d, row_ff, row_fs, row_fcaf, row_fcas, row_jca,
  row_ffp, row_fcafp, row_nca, row_xs1, row_xs2, row_xk1, row_Jrelnp, row_Jrelp, row_CaMKt, shared_rows,
  // O'Hara-Rudy 2011
  row_xrf = shared_rows, row_xrs, state_rows,
  // CiPAORdv1.0: Markov states of hERG, and the integral of the net current
  row_IC1 = shared_rows, row_IC2, row_C1, row_C2, row_O, row_IO, row_IObound, row_Obound, row_Cbound, row_qNet, cipa_state_rows
};
enum ParamRow {
  row_gNa, row_gNaL, row_gto, row_PCa, row_gKr, row_gKs, row_gK1, row_gNaCa, row_PNaK, row_gKb, row_PNab, row_PCab, row_gpCa,
  row_up, row_rel, row_leak, row_cmdn, row_epi, param_rows,
  row_bind = param_rows, row_Ku, row_Kt, row_Vhalf, cipa_param_rows   // binding rate at this concentration, 1/ms
};

}  // namespace ot::ep::ord
