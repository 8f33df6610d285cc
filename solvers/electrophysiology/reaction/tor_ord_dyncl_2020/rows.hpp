// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of state and parameters of one block. No includes: also read by the kernels for other instruction sets.
#pragma once

namespace ot::ep::torord {

enum StateRow {
  row_Nai, row_Nass, row_Ki, row_Kss, row_Cai, row_Cass, row_CaNSR, row_CaJSR, row_Cli, row_Clss, row_m, row_h, row_j, row_hp, row_jp,
  row_mL, row_hL, row_hLp, row_a, row_iF, row_iS, row_ap, row_iFp, row_iSp, row_d, row_ff, row_fs, row_fcaf, row_fcas, row_jca,
  row_ffp, row_fcafp, row_ncai, row_ncass, row_C3, row_C2, row_C1, row_O, row_I, row_xs1, row_xs2, row_Jrelnp, row_Jrelp, row_CaMKt,
  state_rows
};
enum ParamRow {
  row_gNa, row_gNaL, row_gto, row_PCa, row_gKr, row_gKs, row_gK1, row_gNaCa, row_PNaK, row_gKb, row_PNab, row_PCab, row_gpCa,
  row_gClCa, row_gClb, row_up, row_rel, row_leak, row_cmdn, row_epi, param_rows
};

}  // namespace ot::ep::torord
