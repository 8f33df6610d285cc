// SPDX-License-Identifier: GPL-3.0-or-later
// A right heart without contrast looks like muscle: only its outside (fat, lung) and the left heart beside it can be seen. The model heart is
// laid in and moved out to what is seen: soft tissue within `reach` of a chamber joins it, less the chamber's own wall beneath fat or lung and
// the wall between it and left-heart blood. Where neither is near (liver, diaphragm) the reach ends it.
#include <algorithm>
#include <array>

#include "imaging/segmentation/heart_stages.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
using voxels::Mask;
namespace l = core::labels;

constexpr double reach = 5.0;        // mm: what a fitted model heart usually misses a chamber's surface by (assumed; its valve planes on the real CT lie within 8)
struct Chamber {
  int label;
  double wall_mm;                    // RV free wall 2 to 5 mm, atrium and artery 1 to 2 (anatomy)
};
constexpr std::array<Chamber, 3> chambers = {{{l::rv_blood_pool, 3.0}, {l::right_atrium, 2.0}, {l::pulmonary_artery, 1.5}}};
constexpr double left_wall_mm = 2.0; // between left-heart blood and a right chamber: atrial septum, aortic wall
constexpr double smooth_mm = 3.0;    // thinner tongues between fat and muscle are no chamber

}  // namespace

core::Result<std::vector<std::uint8_t>> assume_right_heart(const HeartImage& image, const ShapePrior& prior, const Chambers& found, const Mask& lv_wall, const core::Progress& progress) {
  const core::Grid& g = image.grid;
  Mask dark(g.voxels()), left(g.voxels());
  for (std::size_t o = 0; o < dark.size(); ++o) {
    dark[o] = image.smooth[o] <= image.below_wall;
    left[o] = found.labels[o] == l::lv_blood_pool || found.labels[o] == l::left_atrium || found.labels[o] == l::aorta || found.labels[o] == l::descending_aorta || found.labels[o] == l::pulmonary_veins;
  }
  const auto from_dark = voxels::distance_to(g, dark), from_left = voxels::distance_to(g, left);
  if (progress.cancelled()) return core::cancelled();
  std::vector<std::uint8_t> out(g.voxels(), 0);
  const Unfit unfit(found.fit);
  core::parallel_chunks(std::ptrdiff_t(g.size[2]) * g.size[1], 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t row = b; row < e; ++row) {
      const int j = int(row % g.size[1]), k = int(row / g.size[1]);
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t o = g.offset(i, j, k);
        if (dark[o] || left[o] || lv_wall[o]) continue;
        const Vec3 m = unfit(g.to_patient(Vec3(i, j, k)));
        const Chamber* nearest = nullptr;
        double best = reach;
        for (const Chamber& c : chambers)
          if (const double d = unfit.scale * double(prior.at(c.label, m)); d < best) best = d, nearest = &c;
        if (!nearest) continue;
        if (best < 0 || (from_dark[o] > nearest->wall_mm && from_left[o] > left_wall_mm)) out[o] = std::uint8_t(nearest->label);
      }
    }
  });
  if (progress.cancelled()) return core::cancelled();
  for (const Chamber& c : chambers) {
    Mask pool(out.size());
    for (std::size_t o = 0; o < pool.size(); ++o) pool[o] = out[o] == c.label;
    const Mask kept = voxels::largest_component(g, voxels::open(g, pool, smooth_mm));
    for (std::size_t o = 0; o < pool.size(); ++o)
      if (pool[o] && !kept[o]) out[o] = 0;
    if (progress.cancelled()) return core::cancelled();
  }
  return out;
}

}  // namespace ot::imaging
