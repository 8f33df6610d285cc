// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/thumbnail.hpp"

#include <algorithm>
#include <cmath>

namespace ot::imaging {

using core::Vec3;

core::Result<Thumbnail> grey_picture(const std::vector<float>& small, int width, int height, bool hounsfield) {
  Thumbnail t;
  t.width = width, t.height = height;
  float low = -160, high = 440;
  if (!hounsfield) {
    std::vector<float> sorted;
    for (float x : small)
      if (std::isfinite(x)) sorted.push_back(x);
    if (sorted.empty()) return core::bad_input("There is nothing to show.");
    std::sort(sorted.begin(), sorted.end());
    low = sorted[sorted.size() / 50];
    high = sorted[sorted.size() - 1 - sorted.size() / 50];
  }
  for (float x : small) t.grey.push_back(std::isfinite(x) ? std::uint8_t(std::clamp(255.0 * (double(x) - low) / std::max(1e-6, double(high) - low), 0.0, 255.0)) : std::uint8_t(0));
  return t;
}

core::Result<Thumbnail> volume_thumbnail(const core::Volume& volume, int side) {
  const core::Grid& g = volume.grid;
  if (volume.values.empty() || side < 1) return core::bad_input("There is nothing to show.");
  Vec3 low = Vec3::Constant(1e300), high = -low;
  for (int c = 0; c < 8; ++c) {
    const Vec3 p = g.to_patient(Vec3(c & 1 ? g.size[0] - 0.5 : -0.5, c & 2 ? g.size[1] - 0.5 : -0.5, c & 4 ? g.size[2] - 0.5 : -0.5));
    low = low.cwiseMin(p), high = high.cwiseMax(p);
  }
  const double step = std::max(high.x() - low.x(), high.y() - low.y()) / side, z = 0.5 * (low.z() + high.z());
  const int width = std::clamp(int(std::lround((high.x() - low.x()) / step)), 1, side), height = std::clamp(int(std::lround((high.y() - low.y()) / step)), 1, side);
  const bool hounsfield = volume.quantity == "HU";
  const float outside = hounsfield ? -1000.0f : *std::min_element(volume.values.begin(), volume.values.end());
  std::vector<float> small(std::size_t(width) * std::size_t(height), outside);
  for (int j = 0; j < height; ++j)
    for (int i = 0; i < width; ++i) {
      const Vec3 q = g.to_index(Vec3(low.x() + (i + 0.5) * step, low.y() + (j + 0.5) * step, z));
      // A plane between two slices belongs to one of them.
      const int x = int(std::lround(q.x())), y = int(std::lround(q.y())), k = int(std::lround(q.z()));
      if (g.contains(x, y, k)) small[std::size_t(j) * std::size_t(width) + std::size_t(i)] = volume.at(x, y, k);
    }
  return grey_picture(small, width, height, hounsfield);
}

}  // namespace ot::imaging
