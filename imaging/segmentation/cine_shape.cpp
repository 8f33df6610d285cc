// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/cine_shape.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::imaging {

bool is_sparse_stack(const core::Grid& g) { return g.size[2] > 1 && g.spacing[2] > 4.0 * std::max(g.spacing[0], g.spacing[1]); }

core::LabelMap between_planes(const core::LabelMap& stack, double target_mm) {
  OT_EXPECT(target_mm > 0);
  const core::Grid& g = stack.grid;
  const int parts = std::max(1, int(std::lround(g.spacing[2] / target_mm)));
  core::LabelMap out;
  out.labels = stack.labels;
  out.grid = g;
  out.grid.spacing[2] = g.spacing[2] / parts;
  const int before = parts / 2;   // new planes before the first and after the last
  out.grid.size[2] = (g.size[2] - 1) * parts + 1 + 2 * before;
  out.grid.origin = g.to_patient(core::Vec3(0, 0, -double(before) / parts));
  out.values.assign(out.grid.voxels(), 0);
  core::Grid flat = g;
  flat.size[2] = 1;
  const std::size_t per = flat.voxels();
  std::array<bool, 256> used{};
  for (auto v : stack.values) used[v] = true;
  std::vector<float> best(out.grid.voxels(), 0.0f);   // least signed distance so far; 0 = background's border
  for (int value = 1; value < 256; ++value) {
    if (!used[std::size_t(value)]) continue;
    // Signed distance in every plane, negative inside. A plane without the label: as far outside as its neighbour's outline is wide, so that
    // the label closes half way.
    // Distances between pixel centres come in steps; smoothed by one pixel they run on between the steps, and planes between are not a pixel
    // too small. The planes of the stack itself keep their own pixels.
    std::vector<std::vector<float>> distance(std::size_t(g.size[2]));
    std::vector<float> deepest(std::size_t(g.size[2]), 0.0f);
    for (int k = 0; k < g.size[2]; ++k) {
      voxels::Mask in(per), outside(per);
      bool any = false;
      for (std::size_t i = 0; i < per; ++i) in[i] = stack.values[per * std::size_t(k) + i] == value, outside[i] = !in[i], any = any || in[i];
      if (!any) continue;
      const auto to_in = voxels::distance_to(flat, in), to_out = voxels::distance_to(flat, outside);
      // Distances are between pixel centres: the outline runs half a pixel from both.
      const float half = 0.5f * float(std::min(g.spacing[0], g.spacing[1]));
      auto& d = distance[std::size_t(k)];
      d.resize(per);
      for (std::size_t i = 0; i < per; ++i) d[i] = in[i] ? half - to_out[i] : to_in[i] - half, deepest[std::size_t(k)] = std::min(deepest[std::size_t(k)], d[i]);
      d = voxels::gaussian(flat, d, std::min(g.spacing[0], g.spacing[1]));
    }
    const auto at = [&](int k, std::size_t i, int other) {
      if (k >= 0 && k < g.size[2] && !distance[std::size_t(k)].empty()) return distance[std::size_t(k)][i];
      // Absent here: the neighbour's shape pushed outwards by its own depth.
      return distance[std::size_t(other)][i] - 2.0f * deepest[std::size_t(other)];
    };
    for (int n = 0; n < out.grid.size[2]; ++n) {
      const int shifted = n - before;
      const int low = shifted >= 0 ? shifted / parts : -1;
      const double f = double(shifted - low * parts) / parts;
      const bool has_low = low >= 0 && low < g.size[2] && !distance[std::size_t(low)].empty();
      const bool has_high = low + 1 >= 0 && low + 1 < g.size[2] && !distance[std::size_t(low + 1)].empty();
      if (!has_low && !has_high) continue;
      for (std::size_t i = 0; i < per; ++i) {
        const double a = at(low, i, low + 1), b = f > 0 ? at(low + 1, i, has_low ? low : low + 1) : a;
        float d = float((1 - f) * a + f * b);
        if (f == 0 && has_low) {
          const bool in = stack.values[per * std::size_t(low) + i] == value;
          d = in ? std::min(d, -1e-6f) : 1.0f;
        }
        const std::size_t o = per * std::size_t(n) + i;
        if (d < 0 && d < best[o]) best[o] = d, out.values[o] = std::uint8_t(value);
      }
    }
  }
  return out;
}

}  // namespace ot::imaging
