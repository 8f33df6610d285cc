// SPDX-License-Identifier: GPL-3.0-or-later
// The stages of the cardiac recipe, each on the cropped working grid.
#pragma once
#include "imaging/segmentation/heart_fit.hpp"
#include "imaging/segmentation/hints.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging {

struct HeartImage {
  core::Grid grid;                  // working grid around the heart
  std::vector<float> raw, smooth;   // scan values; smoothed by 0.75 mm
  double below_wall = 0;            // fat | wall
  double above_wall = 0;            // wall | blood
  double above_wall_vessel = 0;     // the same for the aorta: what motion smears into the LV wall says nothing of it
  double wall = 0;                  // median of the LV wall
  double gas = 0;                   // gas | tissue; in a rescaled scan where gas and fat meet
  double blood = 0;                 // median of contrast blood in the left heart
  // Right heart: the same as the left unless its blood is clearly fainter (contrast timing).
  bool right_filled = true;         // false: its blood cannot be told from wall
  double right_blood = 0, right_above_wall = 0;
};

// Threshold wall | blood and the blood's usual value at a point of the model (mm).
struct Level {
  double above_wall = 0, blood = 0;
};
Level level_at(const HeartImage& image, const ShapePrior& prior, const core::Vec3& model_mm);

struct Chambers {
  std::vector<std::uint8_t> labels;     // core::labels of the blood pools, 0 elsewhere
  std::vector<float> margin;            // 0 .. 1, certainty of the cut
  HeartFit fit;                         // sharpened
};
// Blood pools: contrast voxels cut into chambers, papillary muscles and trabeculae closed.
core::Result<Chambers> find_chambers(const HeartImage& image, const ShapePrior& prior, const HeartFit& fit, Hints& hints, const core::Progress& progress);

// RV, right atrium and pulmonary artery where they hold no contrast (unfilled_right.cpp): labels, 0 elsewhere; never in the LV wall or left-heart blood.
core::Result<std::vector<std::uint8_t>> assume_right_heart(const HeartImage& image, const ShapePrior& prior, const Chambers& found, const voxels::Mask& lv_wall, const core::Progress& progress);

// Mitral, aortic, tricuspid and pulmonary planes: clicked ones, else from the surfaces where two pools touch, else the model's.
std::vector<Plane> fit_valves(const core::Grid& grid, const std::vector<std::uint8_t>& labels, const HeartFit& fit, const Hints& hints);

struct Wall {
  voxels::Mask myocardium;          // scar included
  voxels::Mask scar;
  voxels::Mask guessed;             // in directions whose outer border was taken from the neighbours
  double scar_threshold = 0, remote_mean = 0, remote_sd = 0;
  double median_thickness_mm = 0;
  double edge_blur_mm = 0;          // of the inner border: where it has fallen to a standard deviation beyond half height
  double corrected_mm = 0;          // by which the outer border was moved out where gas lies beyond
  double replaced_share = 0;        // share of directions whose wall had to be taken from the neighbours
};
core::Result<Wall> find_wall(const HeartImage& image, const std::vector<std::uint8_t>& labels, const std::vector<Plane>& planes,
                             const HeartFit& fit, const Hints& hints, const core::Progress& progress);

}  // namespace ot::imaging
