// SPDX-License-Identifier: GPL-3.0-or-later
// A narrowing of a vessel with a cosine profile: for teaching and for testing.
#pragma once
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind stenosis();

}  // namespace ot::interventions
