// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/window_presets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ot::viewer {

namespace {
constexpr auto own = "this program's choice, to be adapted by drag";

WindowLevel percentiles(std::vector<float>& sample, double low, double high) {
  if (sample.empty()) return {1, 0};
  const auto at = [&](double part) {
    const auto nth = sample.begin() + std::ptrdiff_t(part * double(sample.size() - 1));
    std::nth_element(sample.begin(), nth, sample.end());
    return double(*nth);
  };
  const double lo = at(low), hi = at(high);
  return {std::max(1e-3, hi - lo), 0.5 * (lo + hi)};
}
}  // namespace

WindowLevel centre_percentile_window(const core::Volume& volume) {
  const auto& g = volume.grid;
  std::vector<float> sample;
  const int stride = std::max(1, int(std::cbrt(double(volume.values.size()) / 8 / 200000.0)));
  for (int k = g.size[2] / 4; k < std::max(g.size[2] / 4 + 1, g.size[2] * 3 / 4); k += stride)
    for (int j = g.size[1] / 4; j < std::max(g.size[1] / 4 + 1, g.size[1] * 3 / 4); j += stride)
      for (int i = g.size[0] / 4; i < std::max(g.size[0] / 4 + 1, g.size[0] * 3 / 4); i += stride)
        if (const float v = volume.at(i, j, k); std::isfinite(v)) sample.push_back(v);
  return percentiles(sample, 0.02, 0.98);
}

std::optional<WindowLevel> null_myocardium_window(const core::Volume& volume, const core::LabelMap& labels) {
  using namespace core::labels;
  std::vector<float> wall;
  const auto& g = labels.grid;
  const std::size_t total = std::max<std::size_t>(1, labels.count(lv_myocardium));
  const std::size_t stride = std::max<std::size_t>(1, total / 200000);
  std::size_t nth = 0;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        if (labels.at(i, j, k) != lv_myocardium || nth++ % stride) continue;
        const float v = volume.sample(g.to_patient(core::Vec3(i, j, k)), std::numeric_limits<float>::quiet_NaN());
        if (std::isfinite(v)) wall.push_back(v);
      }
  if (wall.size() < 20) return std::nullopt;
  std::sort(wall.begin(), wall.end());
  // Median, and one SD as the distance of the 16th percentile from it (the dim side knows nothing of a scar); what lies 2.5 SD above is
  // scar, blood at the rim or noise and is dropped. Three rounds settle it for scars of up to a third of the wall.
  double remote = 0, sd = 1e-6;
  for (int round = 0; round < 3 && wall.size() >= 20; ++round) {
    const auto at = [&](double p) { return double(wall[std::size_t(p * double(wall.size() - 1))]); };
    remote = at(0.5);
    sd = std::max(1e-6, remote - at(0.1587));
    wall.erase(std::upper_bound(wall.begin(), wall.end(), float(remote + 2.5 * sd)), wall.end());
  }
  const double black = remote, white = remote + 5 * sd;
  return WindowLevel{std::max(1e-3, white - black), 0.5 * (black + white)};
}

std::vector<WindowPreset> window_presets(const core::Volume& volume, const core::LabelMap* labels) {
  if (volume.quantity == "HU") {
    return {{"cta_coronary", "CTA coronary", own, {800, 300}, 1},
            {"cta_chambers", "CTA chambers", "MITK \"Heart\" 600/200", {600, 200}, 2},
            {"calcium_stent", "Calcium, stent", own, {1500, 400}, 3},
            {"mediastinum", "Mediastinum", "usual soft-tissue window 350/50", {350, 50}, 4},
            {"lung", "Lung", "OHIF 1500/-600", {1500, -600}, 5},
            {"fat", "Pericardial fat", "EAT range -190..-30 HU inside 200/-100", {200, -100}, 6},
            {"late_iodine", "Late iodine", own, {250, 120}, 7},
            {"bone", "Bone", "3D Slicer 1000/400", {1000, 400}, 8}};
  }
  std::vector<WindowPreset> out{{"percentile", "2-98 %", "2nd to 98th percentile of all values", percentile_window(volume), 1},
                                {"heart_percentile", "2-98 %, centre", "2nd to 98th percentile of the middle half of the image", centre_percentile_window(volume), 2}};
  if (labels && labels->grid.voxels() > 0) {
    if (const auto wl = null_myocardium_window(volume, *labels))
      out.push_back({"null_myocardium", "Null myocardium", "median of the LV myocardium black, 5 SD above it white", *wl, 3});
  }
  return out;
}

}  // namespace ot::viewer
