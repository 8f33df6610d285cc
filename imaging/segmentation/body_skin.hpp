// SPDX-License-Identifier: GPL-3.0-or-later
// The skin of the trunk as far as a CT shows it: points where half-lines from the middle of the body leave it for the air outside.
// Model:    body as in the recipe chest_ct (couch, blankets and leads taken off, inner gas filled); the border lies where the values cross the
//           threshold gas | tissue. A half-line counts only when at least 10 mm of air follow within the scan (4 mm up to its end), so skin beyond the field of view, the
//           rim of a round field and an arm that lies on the chest give no points. Arms apart from the trunk are left out.
// In/out:   CT, any grid; LPS mm. Every 6 mm of height and 3 degrees, so at most 120 points a level.
// Fails:    bad_input when no body surrounded by air is found; cancelled. Threads: same bits for every count.
#pragma once
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

core::Result<std::vector<core::Vec3>> find_skin(const core::Volume& ct, const core::Progress& progress = {});

}  // namespace ot::imaging
