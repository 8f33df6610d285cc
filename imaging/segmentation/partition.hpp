// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts one connected blood pool into chambers by cuts of least area.
// Model: Potts energy, sum over voxels of the cost of their label plus the area of the cuts, an area counting less where the
// contrast dips (valve leaflets, thin septa); its convex relaxation, rounded.
// Source: Pock, Chambolle, Cremers, Bischof, "A convex relaxation approach for computing minimal partitions", CVPR 2009,
// doi 10.1109/CVPR.2009.5206604; steps tau = sigma = 1/sqrt(12) (Chambolle and Pock 2011, doi 10.1007/s10851-010-0251-1).
#pragma once
#include <vector>

#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging {

struct Partition {
  std::vector<std::int32_t> voxel;   // voxel number of every member of the domain
  std::vector<std::uint8_t> label;   // index into the cost columns
  std::vector<float> margin;         // share of the winning label minus that of the second, 0 .. 1
};

// cost[n * labels + l]: cost of label l at domain voxel n, in voxel faces; weight[n] in (0, 1]: price of cutting there;
// start[n]: first guess.
core::Result<Partition> cut_blood(const core::Grid& grid, const voxels::Mask& domain, int labels, const std::vector<float>& cost,
                                  const std::vector<float>& weight, const std::vector<std::uint8_t>& start, int iterations, const core::Progress& progress);

}  // namespace ot::imaging
