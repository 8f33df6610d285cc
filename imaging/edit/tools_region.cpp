// SPDX-License-Identifier: GPL-3.0-or-later
// Tools that look at connected regions and intensities: growing, islands, holes, border refinement.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "imaging/edit/proposal.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging::tools {
namespace {
using core::Vec3;

constexpr double sample_mm = 3.0;        // ball around a seed whose intensities say what the tissue looks like
constexpr double deviations = 2.5;       // of a normal distribution 98.8 % lie inside
constexpr double least_deviation = 10;   // HU: noise of a quiet CT; keeps a flat sample from giving an empty window

struct Index {
  int i, j, k;
};

core::Result<std::vector<Index>> voxels_of(const core::Grid& g, const std::vector<Vec3>& points) {
  std::vector<Index> out;
  for (const auto& p : points) {
    const Vec3 x = g.to_index(p);
    const Index at{int(std::lround(x[0])), int(std::lround(x[1])), int(std::lround(x[2]))};
    if (!x.allFinite() || !g.contains(at.i, at.j, at.k))
      return core::bad_input(fmt::format("The point ({:.1f}, {:.1f}, {:.1f}) mm lies outside the image. Choose points inside.", p[0], p[1], p[2]));
    out.push_back(at);
  }
  return out;
}

// Median +- deviations * 1.4826 MAD of the balls around the seeds.
std::array<double, 2> window_around(const core::Volume& volume, const std::vector<Index>& seeds) {
  const auto& g = volume.grid;
  std::vector<float> sample;
  for (const auto& s : seeds) {
    const int reach = pad_voxels(g, sample_mm);
    for (int k = std::max(0, s.k - reach); k <= std::min(g.size[2] - 1, s.k + reach); ++k)
      for (int j = std::max(0, s.j - reach); j <= std::min(g.size[1] - 1, s.j + reach); ++j)
        for (int i = std::max(0, s.i - reach); i <= std::min(g.size[0] - 1, s.i + reach); ++i)
          if (Vec3((i - s.i) * g.spacing[0], (j - s.j) * g.spacing[1], (k - s.k) * g.spacing[2]).norm() <= sample_mm) sample.push_back(volume.at(i, j, k));
  }
  const auto median = [](std::vector<float>& v) {
    std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
    return double(v[v.size() / 2]);
  };
  const double middle = median(sample);
  for (auto& x : sample) x = float(std::abs(x - middle));
  const double deviation = std::max(least_deviation, 1.4826 * median(sample));
  return {middle - deviations * deviation, middle + deviations * deviation};
}

}  // namespace

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume* volume, const GrowRegion& grow, const EditScope& scope, const core::Progress& progress) {
  if (grow.seeds.empty()) return core::wrong_usage("Growing needs at least one seed point.");
  if (grow.label == 0) return core::wrong_usage("Background cannot be grown. Choose a label.");
  if (!(grow.most_mm > 0 && grow.most_mm <= 1000) || !(grow.most_ml > 0) || !(grow.neck_mm >= 0 && grow.neck_mm <= 50))
    return core::wrong_usage("The limits of growing must be positive (distance up to 1000 mm, neck up to 50 mm).");
  const auto& g = labels.grid;
  const auto seeds = voxels_of(g, grow.seeds);
  if (!seeds) return core::pass(seeds);
  const auto window = grow.window ? *grow.window : window_around(*volume, *seeds);
  if (!(window[0] <= window[1])) return core::wrong_usage("The lower end of the window lies above the upper end.");
  VoxelBox box;
  for (const auto& s : *seeds) box.add(s.i, s.j, s.k);
  for (std::size_t a = 0; a < 3; ++a) {
    const int reach = int(std::ceil(grow.most_mm / g.spacing[Eigen::Index(a)]));
    box.low[a] = std::max(0, box.low[a] - reach);
    box.high[a] = std::min(g.size[a] - 1, box.high[a] + reach);
  }
  progress.report(0.1, "growing from seeds");
  const core::Grid cut = box_grid(g, box);
  std::vector<std::uint8_t> near(box.voxels(), 0), mask(box.voxels(), 0);
  for (const auto& s : *seeds) near[index_in(box, s.i, s.j, s.k)] = 1;
  const auto away = voxels::distance_to(cut, near);
  if (progress.cancelled()) return core::cancelled();
  std::array<bool, 256> open{};   // labels the region may run over
  open.fill(scope.only_over.empty());
  for (int v : scope.only_over)
    if (v >= 0 && v < 256) open[std::size_t(v)] = true;
  for (int v : scope.protect)
    if (v >= 0 && v < 256) open[std::size_t(v)] = false;
  open[std::size_t(grow.label)] = true;
  std::size_t n = 0;
  for (int k = box.low[2]; k <= box.high[2]; ++k)
    for (int j = box.low[1]; j <= box.high[1]; ++j)
      for (int i = box.low[0]; i <= box.high[0]; ++i, ++n) {
        const std::size_t at = g.offset(i, j, k);
        mask[n] = away[n] <= grow.most_mm && open[labels.values[at]] && volume->values[at] >= window[0] && volume->values[at] <= window[1];
      }
  progress.report(0.4, "growing from seeds");
  const double half_neck = 0.5 * grow.neck_mm;
  const auto core_mask = half_neck > 0 ? voxels::erode(cut, mask, half_neck) : mask;
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(cut, core_mask, sizes);
  if (progress.cancelled()) return core::cancelled();
  std::vector<std::uint8_t> chosen(sizes.size(), 0);
  // A seed beside the core (eroded away, or on a noisy voxel) counts for the nearest core within the neck or two voxels.
  const double reach = std::max(grow.neck_mm, 2.0 * g.spacing.maxCoeff());
  for (const auto& s : *seeds) {
    const int r = pad_voxels(g, reach);
    double best = reach * (1 + 1e-9);
    int found = 0;
    for (int k = std::max(box.low[2], s.k - r); k <= std::min(box.high[2], s.k + r); ++k)
      for (int j = std::max(box.low[1], s.j - r); j <= std::min(box.high[1], s.j + r); ++j)
        for (int i = std::max(box.low[0], s.i - r); i <= std::min(box.high[0], s.i + r); ++i) {
          const int c = part[index_in(box, i, j, k)];
          const double d = Vec3((i - s.i) * g.spacing[0], (j - s.j) * g.spacing[1], (k - s.k) * g.spacing[2]).norm();
          if (c > 0 && d < best) {
            best = d;
            found = c;
          }
        }
    if (found > 0) chosen[std::size_t(found)] = 1;
  }
  std::vector<std::uint8_t> region(mask.size(), 0);
  bool any = false;
  for (std::size_t v = 0; v < mask.size(); ++v) {
    region[v] = part[v] > 0 && chosen[std::size_t(part[v])];
    any = any || region[v];
  }
  if (!any)
    return core::bad_input(fmt::format("Nothing could be grown: no tissue between {:.0f} and {:.0f} touches the seeds. Widen the window or place the seeds elsewhere.", window[0], window[1]));
  if (half_neck > 0) {
    const auto back = voxels::distance_to(cut, region);
    for (std::size_t v = 0; v < mask.size(); ++v) region[v] = mask[v] && back[v] <= half_neck * (1 + 1e-6);
  }
  const double ml = double(std::count(region.begin(), region.end(), 1)) * g.voxel_volume() / 1000;
  if (ml > grow.most_ml)
    return core::bad_input(fmt::format("The region leaked: it grew to {:.0f} ml, the limit is {:.0f} ml. Narrow the window ({:.0f} to {:.0f}), widen the neck limit, or protect the neighbours.", ml, grow.most_ml, window[0], window[1]));
  Proposal out(box);
  for (std::size_t v = 0; v < region.size(); ++v)
    if (region[v]) out.value[v] = std::int16_t(grow.label);
  progress.report(1, "growing from seeds");
  return out;
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const Islands& islands, const core::Progress& progress) {
  if (islands.label == 0) return core::wrong_usage("Islands of the background cannot be chosen. Choose a label.");
  Proposal out(box_of(labels, {islands.label}));
  if (out.box.empty()) return core::bad_input("The label is empty (it has no parts). Choose a label that is in the image.");
  const core::Grid cut = box_grid(labels.grid, out.box);
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(cut, mask_of(labels, out.box, islands.label), sizes);
  if (progress.cancelled()) return core::cancelled();
  std::size_t largest = 1;
  for (std::size_t n = 2; n < sizes.size(); ++n)
    if (sizes[n] > sizes[largest]) largest = n;
  std::vector<std::uint8_t> keep(sizes.size(), 0);
  switch (islands.rule) {
    case IslandRule::keep_largest: keep[largest] = 1; break;
    case IslandRule::split:
      if (islands.to == islands.label || islands.to == 0) return core::wrong_usage("Splitting needs another label for the smaller parts.");
      keep[largest] = 1;
      break;
    case IslandRule::remove_small:
      if (!(islands.smaller_than_ml > 0)) return core::wrong_usage("The size of parts to remove must be more than 0 ml.");
      for (std::size_t n = 1; n < sizes.size(); ++n) keep[n] = double(sizes[n]) * labels.grid.voxel_volume() / 1000 >= islands.smaller_than_ml;
      break;
    case IslandRule::keep_at: {
      const auto at = voxels_of(labels.grid, {islands.point});
      if (!at) return core::pass(at);
      const Index x = at->front();
      const auto& b = out.box;
      const bool in = x.i >= b.low[0] && x.j >= b.low[1] && x.k >= b.low[2] && x.i <= b.high[0] && x.j <= b.high[1] && x.k <= b.high[2];
      const int chosen = in ? part[out.at(x.i, x.j, x.k)] : 0;
      if (chosen == 0) return core::bad_input("The point does not lie in the label (no part can be kept). Click on the part to keep.");
      keep[std::size_t(chosen)] = 1;
      break;
    }
  }
  for (std::size_t v = 0; v < part.size(); ++v)
    if (part[v] > 0 && !keep[std::size_t(part[v])]) out.value[v] = std::int16_t(islands.to);
  return out;
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const FillHoles& fill, const core::Progress& progress) {
  if (fill.label == 0) return core::wrong_usage("Holes in the background cannot be filled. Choose a label.");
  if (fill.axis && (*fill.axis < 0 || *fill.axis > 2)) return core::wrong_usage("The axis of slices is 0, 1 or 2.");
  const VoxelBox own = box_of(labels, {fill.label});
  if (own.empty()) return core::bad_input("The label is empty (it has no holes). Choose a label that is in the image.");
  Proposal out(own.grown(1, labels.grid.size));   // one voxel around, so that the outside is connected
  const core::Grid cut = box_grid(labels.grid, out.box);
  const auto mask = mask_of(labels, out.box, fill.label);
  std::vector<std::uint8_t> full = mask;
  if (!fill.axis) {
    full = voxels::fill_holes(cut, mask);
  } else {
    const std::size_t a = std::size_t(*fill.axis), b = a == 0 ? 1 : 0, c = a == 2 ? 1 : 2;
    const std::array<std::size_t, 3> step{1, std::size_t(cut.size[0]), std::size_t(cut.size[0]) * std::size_t(cut.size[1])};
    core::Grid flat = cut;
    flat.size = {cut.size[b], cut.size[c], 1};
    for (int s = 0; s < cut.size[a]; ++s) {
      if (progress.cancelled()) return core::cancelled();
      // Padded by one pixel: a slice at the edge of the image must not count as closed there.
      core::Grid padded = flat;
      padded.size = {flat.size[0] + 2, flat.size[1] + 2, 1};
      voxels::Mask slice(padded.voxels(), 0);
      const auto at = [&](int x, int y) { return std::size_t(s) * step[a] + std::size_t(x) * step[b] + std::size_t(y) * step[c]; };
      for (int y = 0; y < flat.size[1]; ++y)
        for (int x = 0; x < flat.size[0]; ++x) slice[padded.offset(x + 1, y + 1, 0)] = mask[at(x, y)];
      // fill_holes works in three dimensions: one slice has its border above and below, so the background is labelled here.
      voxels::Mask back(slice.size());
      for (std::size_t v = 0; v < slice.size(); ++v) back[v] = !slice[v];
      std::vector<std::size_t> sizes;
      const auto part = voxels::components(padded, back, sizes);
      for (int y = 0; y < flat.size[1]; ++y)
        for (int x = 0; x < flat.size[0]; ++x) {
          const int p = part[padded.offset(x + 1, y + 1, 0)];
          if (p > 0 && p != part[0]) full[at(x, y)] = 1;
        }
    }
  }
  std::size_t n = 0;
  for (int k = out.box.low[2]; k <= out.box.high[2]; ++k)
    for (int j = out.box.low[1]; j <= out.box.high[1]; ++j)
      for (int i = out.box.low[0]; i <= out.box.high[0]; ++i, ++n)
        if (full[n] && !mask[n] && labels.at(i, j, k) == 0) out.value[n] = std::int16_t(fill.label);
  return out;
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume* volume, const Refine& refine, const core::Progress& progress) {
  if (refine.label == 0) return core::wrong_usage("The background has no border to refine. Choose a label.");
  if (!(refine.most_mm > 0 && refine.most_mm <= 20)) return core::wrong_usage("The border may move by at most 20 mm.");
  const VoxelBox own = box_of(labels, {refine.label});
  if (own.empty()) return core::bad_input("The label is empty (there is no border to refine). Choose a label that is in the image.");
  Proposal out(own.grown(pad_voxels(labels.grid, 6.0), labels.grid.size));   // lumen_level_set looks 5 mm around
  core::Volume part;
  part.grid = box_grid(labels.grid, out.box);
  part.quantity = volume->quantity;
  core::LabelMap cut;
  cut.grid = part.grid;
  cut.labels = labels.labels;
  part.values = voxels::crop(labels.grid, volume->values, out.box.low, out.box.high);
  cut.values = voxels::crop(labels.grid, labels.values, out.box.low, out.box.high);
  voxels::Mask in(cut.values.size()), not_in(cut.values.size());
  for (std::size_t v = 0; v < in.size(); ++v) {
    in[v] = cut.values[v] == refine.label;
    not_in[v] = !in[v];
  }
  const auto outside = voxels::distance_to(part.grid, in), inside = voxels::distance_to(part.grid, not_in);
  if (progress.cancelled()) return core::cancelled();
  // One pass looks about 1 mm to either side of the border: passes go on from the border found, up to most_mm from the first one.
  const int passes = std::max(1, int(std::ceil(refine.most_mm)));
  for (int n = 0; n < passes; ++n) {
    auto level = lumen_level_set(part, cut, refine.label, progress.part(double(n) / passes, double(n + 1) / passes));
    if (!level) return core::pass(level);
    std::size_t moved = 0;
    for (std::size_t v = 0; v < in.size(); ++v) {
      const bool now = cut.values[v] == refine.label;
      bool wanted = level->values[v] < 0;
      if (wanted && !in[v] && outside[v] > refine.most_mm) wanted = false;
      if (!wanted && in[v] && inside[v] > refine.most_mm) wanted = true;
      if (wanted == now) continue;
      cut.values[v] = std::uint8_t(wanted ? refine.label : 0);
      ++moved;
    }
    if (moved == 0) break;
  }
  for (std::size_t v = 0; v < in.size(); ++v) {
    const bool now = cut.values[v] == refine.label;
    if (now != bool(in[v])) out.value[v] = std::int16_t(now ? refine.label : 0);
  }
  return out;
}

}  // namespace ot::imaging::tools
