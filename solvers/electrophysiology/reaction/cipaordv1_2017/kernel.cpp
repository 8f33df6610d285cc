// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per instruction set with fast-math: nothing but this function may live here, so that no other code inherits it.
#include "solvers/electrophysiology/reaction/ohara_rudy_2011/membrane.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep::cipa {

extern void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block);

void OT_JOIN(step, OT_KERNEL_SET)(const KernelBlock& block) { ord::step_block<true>(block); }

}  // namespace ot::ep::cipa
