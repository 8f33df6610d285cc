// SPDX-License-Identifier: GPL-3.0-or-later
// Stages of the recipe "t1_brain" (t1_brain.cpp), on the working grid: axes to the patient's left, back and head.
#pragma once
#include <array>
#include <vector>

#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging::brain {

// Smooth multiplicative shading, > 0, with which the image is to be divided (N4, brain_bias.cpp). Runs on a grid shrunk to 4 mm, one thread,
// so that the bits do not depend on the number of threads.
core::Result<std::vector<float>> shading(const core::Grid& grid, const std::vector<float>& values, const voxels::Mask& mask, const core::Progress& progress);

// Inside of the skull's inner surface up to sulcal CSF, by a deformable surface (brain_surface.cpp). Empty when it collapses.
core::Result<voxels::Mask> surface_mask(const core::Grid& grid, const std::vector<float>& values, const core::Progress& progress);

struct Tissues {
  std::vector<std::uint8_t> label;    // 0 outside, core::labels csf, grey, white; brain = class not decided
  std::array<double, 3> mean{}, sd{}; // csf, grey, white
  std::vector<float> margin;          // probability of the winner minus that of the second
  bool separated = false;
};
// Three classes with Gaussian intensities and a neighbourhood prior (brain_tissue.cpp).
core::Result<Tissues> classify(const core::Grid& grid, const std::vector<float>& values, const voxels::Mask& mask, const core::Progress& progress);

}  // namespace ot::imaging::brain
