// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind ideal_lumen();

}  // namespace ot::interventions
