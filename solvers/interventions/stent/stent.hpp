// SPDX-License-Identifier: GPL-3.0-or-later
// A stent: the lumen on a stretch of the centreline widened to the device, with smooth transitions.
#pragma once
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind stent();
twin::InterventionKind tapered_stent();

}  // namespace ot::interventions
