// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/tissue/wall_grid.hpp"

#include <cmath>

namespace ot::imaging::tissue {

WallGrid wall_grid(const core::LabelMap& labels, double margin_mm) {
  namespace l = core::labels;
  WallGrid out;
  const core::Grid& g = labels.grid;
  std::array<int, 3> low = g.size, high{-1, -1, -1};
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j) {
      const std::uint8_t* row = labels.values.data() + g.offset(0, j, k);
      for (int i = 0; i < g.size[0]; ++i)
        if (row[i] == l::lv_blood_pool || is_lv_wall(row[i])) {
          low = {std::min(low[0], i), std::min(low[1], j), std::min(low[2], k)};
          high = {std::max(high[0], i), std::max(high[1], j), std::max(high[2], k)};
        }
    }
  if (high[0] < 0) return out;
  for (int d = 0; d < 3; ++d) {
    const int margin = 1 + int(std::ceil(margin_mm / g.spacing[d]));
    low[std::size_t(d)] -= margin;
    high[std::size_t(d)] += margin;
  }
  out.grid = voxels::crop_grid(g, low, high);
  out.low = low;
  out.high = high;
  out.label = voxels::crop(g, labels.values, low, high);
  const std::size_t n = out.label.size();
  // Stray islands of a bad segmentation are left out: only the largest part of blood and wall together counts. Blood behind a papillary
  // muscle stays blood.
  voxels::Mask blood(n), both(n);
  for (std::size_t v = 0; v < n; ++v) {
    blood[v] = out.label[v] == l::lv_blood_pool;
    both[v] = blood[v] || is_lv_wall(out.label[v]);
  }
  both = voxels::largest_component(out.grid, both);
  for (std::size_t v = 0; v < n; ++v) blood[v] = blood[v] && both[v];
  const voxels::Mask full = voxels::fill_holes(out.grid, blood);   // a papillary muscle cut off from the wall belongs to the cavity
  out.part.assign(n, Part::outside);
  for (std::size_t v = 0; v < n; ++v) {
    const int label = out.label[v];
    if (full[v]) out.part[v] = Part::blood, ++out.blood;
    else if (both[v] && is_lv_wall(label)) out.part[v] = Part::wall, ++out.wall;
    else if (label == l::left_atrium || label == l::aorta) out.part[v] = Part::valve;
  }
  return out;
}

}  // namespace ot::imaging::tissue
