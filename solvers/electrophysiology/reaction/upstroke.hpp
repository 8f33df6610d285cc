// SPDX-License-Identifier: GPL-3.0-or-later
// The potential whose upward crossing is an activation of tissue: 0 mV, as in Niederer et al. 2011, for models whose upstroke in tissue goes well beyond it.
// Courtemanche 1998: -40 mV, about half of the upstroke. In a strand its spike ends at 0 mV: measured +0.5 mV (healthy) and -0.0 mV (remodelled by AF) for a beat 500 ms after another, so
// that a level of 0 mV took waves that pass for block. Below its plateau and notch (about -20 mV), so that a beat crosses it once.
#pragma once
#include <string>

namespace ot::ep {

inline double upstroke_mV(const std::string& family) { return family.rfind("courtemanche", 0) == 0 ? -40.0 : 0.0; }

}  // namespace ot::ep
