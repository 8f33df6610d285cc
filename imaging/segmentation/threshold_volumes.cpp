// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/threshold_volumes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ot::imaging {
namespace {

namespace l = core::labels;

constexpr int bins = 2048;
constexpr double shell_mm = 4.0;      // a blurred border is at most as wide; farther than that the recipe itself would have to decide
constexpr int most_shell = 6;         // voxels, for very fine scans
constexpr std::array<int, 7> pools = {l::lv_blood_pool, l::rv_blood_pool, l::left_atrium, l::right_atrium, l::aorta, l::pulmonary_artery, l::descending_aorta};

}  // namespace

double ThresholdVolumes::volume_ml(int label, double threshold) const {
  const auto now = now_ml_.find(label);
  if (now == now_ml_.end()) return 0;
  // What lies between both, a bin counted by the share of it that does.
  const bool raised = threshold > threshold_;
  const auto& ml = raised ? loses_ml_.at(label) : gains_ml_.at(label);
  const double from = (std::min(threshold, threshold_) - low_) / step_, to = (std::max(threshold, threshold_) - low_) / step_;
  double sum = 0;
  for (int b = std::max(0, int(std::floor(from))); b <= std::min(bins - 1, int(std::floor(to))); ++b) sum += ml[std::size_t(b)] * std::max(0.0, std::min(to, b + 1.0) - std::max(from, double(b)));
  return now->second + (raised ? -sum : sum);
}

core::Result<ThresholdVolumes> threshold_volumes(const core::Volume& image, const core::LabelMap& labels, double threshold, const core::Progress& progress) {
  const core::Grid& g = image.grid;
  if (!labels.grid.same_as(g)) return core::bad_input("The labels lie on another grid than the image (volumes would be those of other voxels). Take the labels of this image.");
  ThresholdVolumes out;
  out.threshold_ = threshold;
  std::array<std::uint8_t, 256> pool{};
  for (int p : pools) pool[std::size_t(p)] = 1;
  const double ml = g.voxel_volume() / 1000;
  float low = 0, high = 0;
  bool any = false;
  for (std::size_t i = 0; i < labels.values.size(); ++i) {
    const int v = labels.values[i];
    if (!pool[std::size_t(v)]) continue;
    out.now_ml_[v] += ml;
    if (!any) low = high = image.values[i], any = true;
    low = std::min(low, image.values[i]), high = std::max(high, image.values[i]);
  }
  low = std::min(low, float(threshold - std::abs(high - threshold)));   // darker than the pools hold, as far below the threshold as they reach above it
  out.low_ = low, out.step_ = std::max(1e-6, (double(high) - low) / bins);
  for (const auto& [label, volume] : out.now_ml_) out.loses_ml_[label].assign(bins, 0), out.gains_ml_[label].assign(bins, 0);
  const auto bin = [&](float x) { return std::size_t(std::clamp((double(x) - low) / out.step_, 0.0, bins - 1.0)); };
  for (std::size_t i = 0; i < labels.values.size(); ++i)
    if (const int v = labels.values[i]; pool[std::size_t(v)] && image.values[i] > threshold) out.loses_ml_[v][bin(image.values[i])] += ml;
  // Layer by layer outwards; a layer takes the pools of the layer before it.
  const int shell = std::clamp(int(std::lround(shell_mm / g.spacing.mean())), 1, most_shell);
  std::vector<std::uint8_t> owner = labels.values;
  std::vector<std::pair<std::size_t, std::uint8_t>> layer;
  const std::array<std::ptrdiff_t, 3> jump = {1, g.size[0], std::ptrdiff_t(g.size[0]) * g.size[1]};
  for (int n = 0; n < shell; ++n) {
    layer.clear();
    for (int k = 0; k < g.size[2]; ++k) {
      if (k % 8 == 0 && progress.cancelled()) return core::cancelled();
      for (int j = 0; j < g.size[1]; ++j)
        for (int i = 0; i < g.size[0]; ++i) {
          const std::size_t o = g.offset(i, j, k);
          const int v = owner[o];
          if ((v != 0 && v != l::lv_myocardium && v != l::scar && v != l::rv_wall) || !(image.values[o] <= threshold)) continue;
          const std::array<int, 3> at = {i, j, k};
          for (std::size_t d = 0; d < 6; ++d) {
            const int x = at[d / 2] + (d % 2 ? 1 : -1);
            if (x < 0 || x >= g.size[d / 2]) continue;
            const std::uint8_t next = owner[std::size_t(std::ptrdiff_t(o) + (d % 2 ? jump[d / 2] : -jump[d / 2]))];
            if (!pool[next]) continue;
            layer.emplace_back(o, next);
            break;
          }
        }
    }
    for (const auto& [o, label] : layer) owner[o] = label, out.gains_ml_[label][bin(image.values[o])] += ml;
    progress.report(double(n + 1) / shell, "volumes by threshold");
  }
  return out;
}

}  // namespace ot::imaging
