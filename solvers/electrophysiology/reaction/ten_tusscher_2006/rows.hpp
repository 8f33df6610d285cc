// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of state and parameters of one block. No includes: also read by the kernels for other instruction sets.
#pragma once

namespace ot::ep::tt06 {

enum StateRow {
  row_Cai, row_CaSR, row_CaSS, row_Nai, row_Ki, row_m, row_h, row_j, row_xr1, row_xr2, row_xs, row_r, row_s, row_d, row_f,
  row_f2, row_fcass, row_R, state_rows
};
enum ParamRow {
  row_gNa, row_gCaL, row_gKr, row_gKs, row_gK1, row_gto, row_endo, row_NaK, row_NaCa, row_gpCa, row_gpK, row_gbNa, row_gbCa, row_up, row_rel, row_leak, param_rows
};

}  // namespace ot::ep::tt06
