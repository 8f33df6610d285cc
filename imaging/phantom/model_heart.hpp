// SPDX-License-Identifier: GPL-3.0-or-later
// The model heart of the thorax phantom without ribs, infarct or noise: the shape prior of the cardiac recipe.
#pragma once
#include "solvers/core/volume.hpp"

namespace ot::imaging {

namespace model_labels {
inline constexpr int svc = 20, ivc = 21, pulmonary_vein = 22;  // blood that belongs to no heart label
}

// core::labels values plus model_labels, 0 elsewhere; no lung or bone. Grid: identity direction, `spacing` mm.
core::LabelMap model_heart(double spacing);

}  // namespace ot::imaging
