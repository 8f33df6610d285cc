// SPDX-License-Identifier: GPL-3.0-or-later
// Lumen border below voxel size.
// Model: a vessel edge blurred by a Gaussian of width s runs from background G to blood B as G + (B - G) Phi(-d / s); d is read off the scan
// with B the median of the label's core and G a local mean outside. So a thin vessel keeps its diameter where a threshold for wide ones
// would lose it (half-maximum rule, own derivation).
// On a cylinder of radius r the blurred edge lies lower, at 1/2 - s / (2 r sqrt(2 pi)) to first order in s / r; r is taken from the label.
// Neglects: different tissue on both sides within 1 mm, calcium.
#include <algorithm>
#include <cmath>

#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using voxels::Mask;

constexpr double smoothing_mm = 0.2;   // before reading the edge: a little under half a coronary voxel
constexpr double near_mm = 0.75, far_mm = 1.5;  // of the label's border: scan decides / label decides

}  // namespace

core::Result<core::Volume> lumen_level_set(const core::Volume& ct, const core::LabelMap& labels, int value, const core::Progress& progress) {
  if (!ct.grid.same_as(labels.grid)) return core::wrong_usage("The scan and its labels lie on different grids (the border would be shifted). Resample the labels first.");
  const core::Grid& full = ct.grid;
  std::array<int, 3> low{full.size[0], full.size[1], full.size[2]}, high{-1, -1, -1};
  std::size_t count = 0;
  for (int k = 0; k < full.size[2]; ++k)
    for (int j = 0; j < full.size[1]; ++j)
      for (int i = 0; i < full.size[0]; ++i)
        if (labels.at(i, j, k) == value) {
          low = {std::min(low[0], i), std::min(low[1], j), std::min(low[2], k)};
          high = {std::max(high[0], i), std::max(high[1], j), std::max(high[2], k)};
          ++count;
        }
  if (count < 50) return core::bad_input("The vessel label is empty or nearly so (there is no border to find). Segment the vessel first.");
  for (std::size_t d = 0; d < 3; ++d) {
    const int pad = int(std::ceil(5.0 / full.spacing[Eigen::Index(d)]));
    low[d] -= pad;
    high[d] += pad;
  }
  const core::Grid g = voxels::crop_grid(full, low, high);
  const auto own = voxels::crop(full, labels.values, low, high);
  const auto scan = voxels::gaussian(g, voxels::crop(full, ct.values, low, high), smoothing_mm);
  if (progress.cancelled()) return core::cancelled();
  Mask in(own.size()), out(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) in[i] = own[i] == value, out[i] = !in[i];
  const auto outside = voxels::distance_to(g, in), inside = voxels::distance_to(g, out);
  if (progress.cancelled()) return core::cancelled();
  const float half = float(0.5 * g.spacing.mean());
  std::vector<float> core_values;
  double quantile = 0.5;
  for (double depth : {1.0, 0.6, 0.0}) {
    core_values.clear();
    quantile = depth > 0 ? 0.5 : 0.9;  // without a core, only the brightest voxels are all blood
    for (std::size_t i = 0; i < own.size(); ++i)
      if (in[i] && inside[i] - half >= depth) core_values.push_back(scan[i]);
    if (core_values.size() >= 50) break;
  }
  const auto middle = std::size_t(quantile * double(core_values.size() - 1));
  std::nth_element(core_values.begin(), core_values.begin() + std::ptrdiff_t(middle), core_values.end());
  const double blood = core_values[middle];
  // Local surroundings: shell 0.8 to 3 mm outside, without other labels' blood.
  std::vector<float> weight(own.size()), sum(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    const bool shell = outside[i] > 0.8 && outside[i] < 3.0 && (own[i] == 0 || own[i] == core::labels::lv_myocardium) && scan[i] < 0.7 * blood;
    weight[i] = shell;
    sum[i] = shell ? scan[i] : 0;
  }
  double mean = 0, shells = 0;
  for (std::size_t i = 0; i < own.size(); ++i) mean += sum[i], shells += weight[i];
  mean = shells > 0 ? mean / shells : 0.0;
  weight = voxels::gaussian(g, weight, 1.2);
  sum = voxels::gaussian(g, sum, 1.2);
  if (progress.cancelled()) return core::cancelled();

  core::Volume level;
  level.grid = full;
  level.quantity = "mm";
  level.description = "signed distance to the lumen border";
  level.values.assign(full.voxels(), 100.0f);  // beyond the crop: far outside
  const double blur = std::sqrt(smoothing_mm * smoothing_mm + g.spacing.mean() * g.spacing.mean() / 12.0);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t o = g.offset(i, j, k);
        const double s = in[o] ? half - inside[o] : outside[o] - half;
        double d = s;
        if (std::abs(s) < far_mm && (in[o] || own[o] == 0 || own[o] == core::labels::lv_myocardium)) {
          const double ground = weight[o] > 1e-3 ? double(sum[o]) / double(weight[o]) : mean;
          double radius = half;
          for (int z = std::max(0, k - 2); z <= std::min(g.size[2] - 1, k + 2); ++z)
            for (int y = std::max(0, j - 2); y <= std::min(g.size[1] - 1, j + 2); ++y)
              for (int x = std::max(0, i - 2); x <= std::min(g.size[0] - 1, i + 2); ++x) radius = std::max(radius, double(inside[g.offset(x, y, z)]));
          const double round = 0.1995 * std::min(1.0, blur / radius);
          const double p = std::clamp((scan[o] - ground) / std::max(1.0, blood - ground) + round, 0.02, 0.98);
          const double edge = -0.5876 * blur * std::log(p / (1 - p));  // logistic stand-in for the normal quantile, within 0.03 blur for |d| < blur
          const double t = std::clamp((std::abs(s) - near_mm) / (far_mm - near_mm), 0.0, 1.0);
          d = (1 - t) * edge + t * s;
        }
        level.values[full.offset(low[0] + i, low[1] + j, low[2] + k)] = float(d);
      }
  return level;
}

}  // namespace ot::imaging
