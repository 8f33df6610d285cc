// SPDX-License-Identifier: GPL-3.0-or-later
// How found heart labels are compared with a reference: one convention for tests, `verify` and a person's own reference.
#pragma once
#include <functional>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct LabelScore {
  int label = 0;
  double dice = 1;
  double found_ml = 0, reference_ml = 0;     // of what is scored
  double surface_mm = 0;                     // mean distance between both surfaces, both ways; NaN when one is empty
};

// Scores every label of the reference on the reference's grid; `found` is read at the same patient points (nearest voxel), wherever its
// voxels lie. `ignore` (same grid as the reference) != 0 is left out.
// Convention (issue 3): the wall includes its scar; the aorta counts only within the axial range of its reference, three voxels more each
// way; pulmonary artery, left atrium (its veins) and labels 16 to 19 count only within 10 mm of their reference, whose ends are arbitrary cuts.
// `map`: from reference points to points of `found` (default: the same).
core::Result<std::vector<LabelScore>> score_labels(const core::LabelMap& found, const core::LabelMap& reference, const core::LabelMap* ignore = nullptr,
                                                   const std::function<core::Vec3(const core::Vec3&)>& map = {});

}  // namespace ot::imaging
