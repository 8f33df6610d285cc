// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of state and parameters of one block. No includes: also read by the kernels for other instruction sets.
#pragma once

namespace ot::ep::ms03 {

enum StateRow { row_h, state_rows };
enum ParamRow { row_inv_tau_in, param_rows };

}  // namespace ot::ep::ms03
