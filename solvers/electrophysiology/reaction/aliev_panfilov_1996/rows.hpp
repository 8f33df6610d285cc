// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of state and parameters of one block. No includes: also read by the kernels for other instruction sets.
#pragma once

namespace ot::ep::ap96 {

enum StateRow { row_v, state_rows };
enum ParamRow { row_drive, param_rows };

}  // namespace ot::ep::ap96
