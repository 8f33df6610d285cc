// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of state and parameters of one block. No includes: also read by the kernels for other instruction sets.
#pragma once

namespace ot::ep::crn98 {

enum StateRow {
  row_Nai, row_Ki, row_Cai, row_CaUp, row_CaRel, row_m, row_h, row_j, row_oa, row_oi, row_ua, row_ui, row_xr, row_xs, row_d,
  row_f, row_fCa, row_u, row_v, row_w, state_rows
};
enum ParamRow {
  row_gNa, row_gK1, row_gto, row_Kur, row_gKr, row_gKs, row_gCaL, row_NaK, row_NaCa, row_pCa, row_gbNa, row_gbCa, row_up, row_rel,
  row_leak, param_rows
};

}  // namespace ot::ep::crn98
