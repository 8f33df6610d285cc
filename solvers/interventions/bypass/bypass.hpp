// SPDX-License-Identifier: GPL-3.0-or-later
// Bypass graft: a second way for the blood, from a healthy place upstream of a lesion to one beyond it.
#pragma once
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind bypass();

}  // namespace ot::interventions
