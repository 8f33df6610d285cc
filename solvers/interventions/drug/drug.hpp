// SPDX-License-Identifier: GPL-3.0-or-later
// A drug at a dose: plasma concentration, then block of each channel by its Hill curve.
#pragma once
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind drug();

}  // namespace ot::interventions
