// SPDX-License-Identifier: GPL-3.0-or-later
// Automatic segmentation recipes, one button each. No per-case parameters: everything is derived from the scan.
#pragma once
#include <functional>
#include <memory>
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

// What can be said about an image before any recipe runs, from its header and a coarse sample of its voxels (choose.cpp).
struct ImageTraits {
  bool ct = false;                    // in HU, or rescaled but with the large dark share of air and lung that only CT shows beside bone
  bool certain = false;               // the header says so; otherwise guessed from the intensities
  bool contrast = false;              // CT: a homogeneous pool of more than 40 ml far brighter than soft tissue (filled heart or great vessel)
  bool lungs = false;                 // CT: more than 300 ml of gas of lung density
  int phases = 1;                     // time frames of the same grid
  core::Vec3 extent{0, 0, 0};         // mm along the grid's own axes
  double finest_mm = 0, coarsest_mm = 0;
};
ImageTraits image_traits(const core::Volume& image, int phases = 1);

// Whether a recipe is for an image: score 0 .. 1 for those that are possible, the highest is recommended; a sentence either way.
struct Fit {
  bool possible = true;
  double score = 0;
  std::string reason;
};

using Phases = std::vector<std::shared_ptr<const core::Volume>>;   // one volume per time frame, all on the same grid

// Labels of a moving organ: one map per time frame, in the order of the frames.
struct PhasedSegmentation {
  std::vector<core::LabelMap> labels;
  int end_diastole = 0, end_systole = 0;       // frame numbers
  std::vector<core::Quantity> quantities;
  std::vector<std::string> notes;
};

struct Recipe {
  std::string key, name, summary, source;
  std::function<core::Result<Segmentation>(const core::Volume&, const core::Progress&)> run;
  std::string use_for = {};           // what image it is for, in words
  std::function<Fit(const ImageTraits&)> fit = {};
  // For recipes that need motion (mr_cine); `run` then works on one frame alone or refuses. Empty for the others.
  std::function<core::Result<PhasedSegmentation>(const Phases&, const core::Progress&)> run_phases = {};
};

// Smooth signed distance (mm, negative inside, on the grid of `ct`) whose zero level is where the scan is half way between the blood of label
// `value` and what surrounds it locally: the lumen border below voxel size (level_set.cpp). Away from the border: distance to the label.
// Fails when the label is absent or has too few voxels, or when the grids differ.
core::Result<core::Volume> lumen_level_set(const core::Volume& ct, const core::LabelMap& labels, int value, const core::Progress& progress = {});

const std::vector<Recipe>& builtin_recipes();   // "cardiac_ct", "coronary_ct", "contrast_vessels", "chest_ct", "mr_cine", "t1_brain"
const Recipe* find_recipe(const std::string& key);
// One entry per built-in recipe, in their order.
std::vector<Fit> recipe_fits(const ImageTraits& traits);
// The recipe of the highest score; null when none fits.
const Recipe* recommended_recipe(const ImageTraits& traits);

}  // namespace ot::imaging
