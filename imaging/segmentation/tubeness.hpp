// SPDX-License-Identifier: GPL-3.0-or-later
// Multi-scale tube filter: how much the surroundings of a voxel look like a bright tube on a darker ground.
// Model: with the Hessian eigenvalues |l1| <= |l2| <= |l3| of the picture smoothed by sigma, a bright tube has l2 and l3 very negative and l1
// near zero; response sigma^2 |l2| (1 - (l1 / l2)^2), zero unless l2 and l3 are negative; the largest over the scales.
// Source: Sato et al., Med Image Anal 2:143 (1998); Frangi et al., MICCAI 1998, LNCS 1496:130 (which eigenvalues, normalisation by sigma^2).
// A tube of radius r and step c has its largest response c/e = 0.37 c at sigma = r / sqrt 2 (closed form of the smoothed disc); plates and
// blobs have none. Threads: the shared budget; same bits for every thread count.
#pragma once
#include <vector>

#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging {

// `where`: voxels asked about (others get 0). sigmas in mm, each at least 0.7 of the largest spacing (finer ones are not resolved by voxel differences).
// Cancelled: an empty vector.
std::vector<float> tubeness(const core::Grid& grid, const std::vector<float>& values, const voxels::Mask& where, const std::vector<double>& sigmas_mm,
                            const core::Progress& progress);

}  // namespace ot::imaging
