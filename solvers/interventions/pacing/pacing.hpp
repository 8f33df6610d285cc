// SPDX-License-Identifier: GPL-3.0-or-later
// A pacing site: a patch of wall stimulated at a given time.
#pragma once
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind pacing();

}  // namespace ot::interventions
