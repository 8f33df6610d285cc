// SPDX-License-Identifier: GPL-3.0-or-later
// Voxel operations of the recipes: smoothing, exact distances, morphology, components, Otsu thresholds.
// All give the same bits for every thread count. Masks are bytes, 0 or 1.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/grid.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging::voxels {

using Mask = std::vector<std::uint8_t>;

// Gaussian, truncated at 3 sigma, edges repeated; sigma in mm, grid spacing respected.
std::vector<float> gaussian(const core::Grid& grid, const std::vector<float>& values, double sigma_mm);
// Exact Euclidean distance (mm) of every voxel to the nearest voxel with mask != 0 (Felzenszwalb and Huttenlocher, Theory of Computing
// 8:415, 2012, doi 10.4086/toc.2012.v008a019). Without any such voxel: a very large number.
std::vector<float> distance_to(const core::Grid& grid, const Mask& mask);
Mask dilate(const core::Grid& grid, const Mask& mask, double radius_mm);
Mask erode(const core::Grid& grid, const Mask& mask, double radius_mm);
Mask close(const core::Grid& grid, const Mask& mask, double radius_mm);
Mask open(const core::Grid& grid, const Mask& mask, double radius_mm);
// 6-connected components numbered from 1 in order of their first voxel; sizes[0] is the background.
std::vector<std::int32_t> components(const core::Grid& grid, const Mask& mask, std::vector<std::size_t>& sizes);
Mask largest_component(const core::Grid& grid, const Mask& mask);
// Fills holes that do not reach the border of the grid.
Mask fill_holes(const core::Grid& grid, const Mask& mask);
// Thresholds between `classes` (2 to 4) classes by Otsu's criterion (IEEE Trans SMC 9:62, 1979) on a 256-bin histogram of the given values,
// cut at their 0.1 and 99.9 percentiles.
std::vector<double> otsu(std::vector<float> values, int classes);
// The part of `grid` between the two corners (inclusive voxel numbers, clamped).
core::Grid crop_grid(const core::Grid& grid, std::array<int, 3>& low, std::array<int, 3>& high);
template <class T>
std::vector<T> crop(const core::Grid& grid, const std::vector<T>& values, const std::array<int, 3>& low, const std::array<int, 3>& high) {
  std::vector<T> out;
  for (int k = low[2]; k <= high[2]; ++k)
    for (int j = low[1]; j <= high[1]; ++j) {
      const auto row = values.begin() + std::ptrdiff_t(grid.offset(low[0], j, k));
      out.insert(out.end(), row, row + (high[0] - low[0] + 1));
    }
  return out;
}

}  // namespace ot::imaging::voxels
