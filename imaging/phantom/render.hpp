// SPDX-License-Identifier: GPL-3.0-or-later
// Analytic tissue -> CT volume with partial volume and noise, and the true label map.
#pragma once
#include <functional>
#include <vector>

#include "imaging/phantom/phantom.hpp"

namespace ot::imaging {

struct Tissue {
  float hu = 0;
  std::uint8_t label = 0;
};

// `tissue_at` returns an index into `tissues` for any LPS point and is called from several threads.
// Model: a voxel whose 26 neighbours share its tissue is pure; any other is the mean over 3 x 3 x 3 points, its label the one with
// the largest share (ties: smallest label). Noise: Gaussian, a function of (seed, voxel number) only.
core::Result<Phantom> render_phantom(const core::Grid& grid, const std::vector<Tissue>& tissues,
                                     const std::function<int(const core::Vec3&)>& tissue_at, double noise_hu, std::uint64_t seed,
                                     const core::Progress& progress);

// Standard normal number that depends on (seed, counter) only.
double counter_normal(std::uint64_t seed, std::uint64_t counter);

}  // namespace ot::imaging
