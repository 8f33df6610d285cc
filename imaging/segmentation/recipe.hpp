// SPDX-License-Identifier: GPL-3.0-or-later
// Automatic segmentation recipes, one button each. No per-case parameters: everything is derived from the scan.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// A valve or cut plane, LPS mm; normal points downstream (blood leaves through it).
struct Plane {
  std::string key;                    // "mitral", "aortic", "tricuspid", "pulmonary"
  core::Vec3 centre{0, 0, 0}, normal{0, 0, 1};
  double radius_mm = 0;
  bool fitted = false;                // found in the image; false = assumed
};

struct Segmentation {
  core::LabelMap labels;              // core::labels::heart() values
  std::vector<Plane> planes;
  std::vector<core::Quantity> quantities;   // volumes ml, thresholds HU, uncertain share per label
  std::vector<std::string> notes;     // what was assumed or doubtful, in words
};

struct Recipe {
  std::string key, name, summary, source;
  std::function<core::Result<Segmentation>(const core::Volume&, const core::Progress&)> run;
};

// Smooth signed distance (mm, negative inside, on the grid of `ct`) whose zero level is where the scan is half way between the blood of label
// `value` and what surrounds it locally: the lumen border below voxel size (level_set.cpp). Away from the border: distance to the label.
// Fails when the label is absent or has too few voxels, or when the grids differ.
core::Result<core::Volume> lumen_level_set(const core::Volume& ct, const core::LabelMap& labels, int value, const core::Progress& progress = {});

const std::vector<Recipe>& builtin_recipes();   // "cardiac_ct", "coronary_ct"
const Recipe* find_recipe(const std::string& key);

}  // namespace ot::imaging
