// SPDX-License-Identifier: GPL-3.0-or-later
// Lesions by radiofrequency: tissue within stops conducting. Placed by a point or along a line on the wall.
#pragma once
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind ablation();

}  // namespace ot::interventions
