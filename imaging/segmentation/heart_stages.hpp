// SPDX-License-Identifier: GPL-3.0-or-later
// The stages of the cardiac recipe, each on the cropped working grid.
#pragma once
#include "imaging/segmentation/heart_fit.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging {

struct HeartImage {
  core::Grid grid;                  // working grid around the heart
  std::vector<float> raw, smooth;   // scan values; smoothed by 0.75 mm
  double below_wall = 0;            // fat | wall
  double above_wall = 0;            // wall | blood
  double wall = 0;                  // median of the LV wall
  double blood = 0;                 // median of contrast blood
};

struct Chambers {
  std::vector<std::uint8_t> labels;     // core::labels of the blood pools, 0 elsewhere
  std::vector<float> margin;            // 0 .. 1, certainty of the cut
  HeartFit fit;                         // sharpened
};
// Blood pools: contrast voxels cut into chambers, papillary muscles and trabeculae closed.
core::Result<Chambers> find_chambers(const HeartImage& image, const ShapePrior& prior, const HeartFit& fit, const core::Progress& progress);

// Mitral, aortic, tricuspid and pulmonary planes from the surfaces where two pools touch.
std::vector<Plane> fit_valves(const core::Grid& grid, const std::vector<std::uint8_t>& labels, const HeartFit& fit);

struct Wall {
  voxels::Mask myocardium;          // scar included
  voxels::Mask scar;
  double scar_threshold = 0, remote_mean = 0, remote_sd = 0;
  double median_thickness_mm = 0;
  double replaced_share = 0;        // share of directions whose wall had to be taken from the neighbours
};
core::Result<Wall> find_wall(const HeartImage& image, const std::vector<std::uint8_t>& labels, const std::vector<Plane>& planes,
                             const HeartFit& fit, const core::Progress& progress);

}  // namespace ot::imaging
