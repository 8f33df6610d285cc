// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a label has any voxel. Threads: pure.
#pragma once
#include <algorithm>

#include "solvers/core/volume.hpp"

namespace ot::core {

// Stops at the first voxel: no pass over a whole scan for a yes, unlike count() > 0.
inline bool has_label(const LabelMap& labels, int value) { return std::find(labels.values.begin(), labels.values.end(), static_cast<std::uint8_t>(value)) != labels.values.end(); }

}  // namespace ot::core
