// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/tissue/segments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "imaging/tissue/wall_grid.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {
constexpr double nan_d = std::numeric_limits<double>::quiet_NaN();
}

std::vector<std::uint8_t> aha_segments(const core::LabelMap& labels, const core::LvFrame& frame) {
  const core::Grid& g = labels.grid;
  std::vector<std::uint8_t> out(labels.values.size(), 0);
  core::parallel_chunks(std::ptrdiff_t(g.size[1]) * g.size[2], 64, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t row = b; row < e; ++row) {
      const int j = int(row % g.size[1]), k = int(row / g.size[1]);
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t v = g.offset(i, j, k);
        if (tissue::is_lv_wall(labels.values[v])) out[v] = std::uint8_t(core::aha_segment(frame, g.to_patient(core::Vec3(i, j, k))));
      }
    }
  });
  return out;
}

VentricularPoint ventricular_point(const HeartLandmarks& landmarks, const WallMap* wall, const core::Vec3& x) {
  VentricularPoint out;
  const Landmark* tip = landmarks.find(landmark_keys::apex_epi);
  const double deepest = std::max(1.0, tip ? core::lv_depth(landmarks.frame, tip->at) : 1.0);
  const double depth = core::lv_depth(landmarks.frame, x);
  out.apicobasal = std::clamp(1.0 - depth / deepest, 0.0, 1.0);
  out.angle_deg = core::lv_angle_deg(landmarks.frame, x);
  out.segment = core::aha_segment(depth, out.angle_deg);
  out.transmural = wall ? wall->transmural_at(x) : nan_d;
  out.thickness_mm = wall ? wall->thickness_at(x) : nan_d;
  return out;
}

std::vector<VentricularPoint> ventricular_points(const HeartLandmarks& landmarks, const WallMap* wall, const std::vector<core::Vec3>& points) {
  std::vector<VentricularPoint> out(points.size());
  core::parallel_chunks(std::ptrdiff_t(points.size()), 1024, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t n = b; n < e; ++n) out[std::size_t(n)] = ventricular_point(landmarks, wall, points[std::size_t(n)]);
  });
  return out;
}

std::array<SegmentRow, 17> measure_segments(const core::LabelMap& labels, const core::Volume* image, const core::LvFrame& frame, const WallMap& wall) {
  namespace l = core::labels;
  OT_EXPECT(!image || image->values.size() == labels.values.size());
  std::array<SegmentRow, 17> rows{};
  std::array<std::vector<float>, 17> thick;
  std::array<double, 17> count{}, sum{}, square{}, scar{}, border{}, fat{};
  const core::Grid& g = labels.grid;
  for (int k = 0; k < wall.grid.size[2]; ++k)
    for (int j = 0; j < wall.grid.size[1]; ++j)
      for (int i = 0; i < wall.grid.size[0]; ++i) {
        const std::size_t v = g.offset(i + wall.low[0], j + wall.low[1], k + wall.low[2]);
        const int label = labels.values[v];
        if (!tissue::is_lv_wall(label)) continue;
        const std::size_t s = std::size_t(core::aha_segment(frame, wall.grid.to_patient(core::Vec3(i, j, k))) - 1);
        ++count[s];
        scar[s] += label == l::scar;
        border[s] += label == l::border_zone;
        fat[s] += label == l::myocardial_fat;
        if (image) {
          const double value = double(image->values[v]);
          sum[s] += value;
          square[s] += value * value;
        }
        const float mm = wall.thickness_mm[wall.grid.offset(i, j, k)];
        if (!std::isnan(mm)) thick[s].push_back(mm);
      }
  for (std::size_t s = 0; s < 17; ++s) {
    SegmentRow& r = rows[s];
    r.volume_ml = count[s] * g.voxel_volume() / 1000.0;
    r.thickness_mm = r.thinnest_mm = r.intensity = r.intensity_sd = r.scar_percent = r.border_percent = r.fat_percent = r.thinning_percent = nan_d;
    if (count[s] == 0) continue;
    r.scar_percent = 100 * scar[s] / count[s];
    r.border_percent = 100 * border[s] / count[s];
    r.fat_percent = 100 * fat[s] / count[s];
    if (image) {
      r.intensity = sum[s] / count[s];
      r.intensity_sd = std::sqrt(std::max(0.0, square[s] / count[s] - r.intensity * r.intensity));
    }
    if (thick[s].empty()) continue;
    double total = 0;
    for (const float mm : thick[s]) total += double(mm);
    r.thickness_mm = total / double(thick[s].size());
    const auto low = thick[s].begin() + std::ptrdiff_t(0.05 * double(thick[s].size() - 1));
    std::nth_element(thick[s].begin(), low, thick[s].end());
    r.thinnest_mm = double(*low);
  }
  for (std::size_t s = 0; s < 17; ++s) {
    double total = 0;
    int others = 0;
    for (std::size_t q = 0; q < 16; ++q)   // the apex is thin in every heart
      if (q != s && !std::isnan(rows[q].thickness_mm)) total += rows[q].thickness_mm, ++others;
    if (others && !std::isnan(rows[s].thickness_mm)) rows[s].thinning_percent = std::max(0.0, 100 * (1 - rows[s].thickness_mm * others / total));
  }
  return rows;
}

}  // namespace ot::imaging
