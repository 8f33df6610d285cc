// SPDX-License-Identifier: GPL-3.0-or-later
// Tools that move borders by distance: smoothing without gaps, growing and shrinking, interpolation between slices.
#include <algorithm>
#include <cmath>
#include <set>

#include "imaging/edit/proposal.hpp"
#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging::tools {

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const Smooth& smooth, const core::Progress& progress) {
  if (!(smooth.size_mm > 0 && smooth.size_mm <= 10)) return core::wrong_usage("The size of smoothing lies between 0 and 10 mm.");
  if (std::find(smooth.labels.begin(), smooth.labels.end(), 0) != smooth.labels.end()) return core::wrong_usage("The background cannot be smoothed by itself. Choose labels, or none for all.");
  const auto& g = labels.grid;
  const VoxelBox own = box_of(labels, smooth.labels);
  Proposal out(own.grown(pad_voxels(g, 3 * smooth.size_mm), g.size));
  if (out.box.empty()) return core::bad_input("There is nothing to smooth (the label is empty). Choose a label that is in the image.");
  const core::Grid cut = box_grid(g, out.box);
  const auto now = voxels::crop(g, labels.values, out.box.low, out.box.high);
  std::array<bool, 256> chosen{}, present{};
  chosen.fill(smooth.labels.empty());
  for (int v : smooth.labels) chosen[std::size_t(v)] = true;
  for (auto v : now) present[v] = true;

  std::vector<std::uint8_t> winner(now);
  if (smooth.kind == SmoothKind::gaussian) {
    std::vector<float> best(now.size(), -1.f);
    int done = 0;
    const int all = int(std::count(present.begin(), present.end(), true));
    for (int value = 0; value < 256; ++value) {
      if (!present[std::size_t(value)]) continue;
      if (progress.cancelled()) return core::cancelled();
      progress.report(double(done++) / all, "smoothing");
      std::vector<float> share(now.size());
      for (std::size_t n = 0; n < now.size(); ++n) share[n] = now[n] == value;
      share = voxels::gaussian(cut, share, smooth.size_mm);
      // Equal shares: the present label stays, else the smaller number.
      for (std::size_t n = 0; n < now.size(); ++n)
        if (share[n] > best[n] || (share[n] == best[n] && now[n] == value)) {
          best[n] = share[n];
          winner[n] = std::uint8_t(value);
        }
    }
  } else {
    struct Step {
      int i, j, k;
    };
    std::vector<Step> ball;
    const int r = pad_voxels(g, smooth.size_mm);
    for (int k = -r; k <= r; ++k)
      for (int j = -r; j <= r; ++j)
        for (int i = -r; i <= r; ++i)
          if (core::Vec3(i * g.spacing[0], j * g.spacing[1], k * g.spacing[2]).norm() <= smooth.size_mm * (1 + 1e-9)) ball.push_back({i, j, k});
    // Only voxels within reach of a border can change.
    voxels::Mask border(now.size(), 0);
    for (int k = 0; k < cut.size[2]; ++k)
      for (int j = 0; j < cut.size[1]; ++j)
        for (int i = 0; i < cut.size[0]; ++i) {
          const std::size_t n = cut.offset(i, j, k);
          border[n] = (i > 0 && now[n - 1] != now[n]) || (j > 0 && now[cut.offset(i, j - 1, k)] != now[n]) || (k > 0 && now[cut.offset(i, j, k - 1)] != now[n]);
        }
    const auto reach = voxels::distance_to(cut, border);
    const double limit = smooth.size_mm + 2 * g.spacing.maxCoeff();
    core::parallel_chunks(cut.size[2], 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      std::array<int, 256> votes{};
      for (int k = int(b); k < int(e); ++k) {
        if (progress.cancelled()) return;
        for (int j = 0; j < cut.size[1]; ++j)
          for (int i = 0; i < cut.size[0]; ++i) {
            const std::size_t n = cut.offset(i, j, k);
            if (!(reach[n] <= limit)) continue;
            std::array<std::uint8_t, 16> seen{};
            int kinds = 0;
            for (const auto& s : ball) {
              if (!cut.contains(i + s.i, j + s.j, k + s.k)) continue;
              const std::uint8_t v = now[cut.offset(i + s.i, j + s.j, k + s.k)];
              if (votes[v]++ == 0 && kinds < 16) seen[std::size_t(kinds++)] = v;
            }
            int top = votes[now[n]];
            std::uint8_t best = now[n];
            for (int q = 0; q < kinds; ++q) {
              const std::uint8_t v = seen[std::size_t(q)];
              if (votes[v] > top || (votes[v] == top && best != now[n] && v < best)) {
                top = votes[v];
                best = v;
              }
            }
            winner[n] = best;
            votes.fill(0);
          }
      }
    });
    if (progress.cancelled()) return core::cancelled();
  }
  for (std::size_t n = 0; n < now.size(); ++n)
    if (winner[n] != now[n] && (chosen[now[n]] || chosen[winner[n]])) out.value[n] = winner[n];
  return out;
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const Resize& resize, const core::Progress& progress) {
  if (resize.label == 0) return core::wrong_usage("The background cannot be grown or shrunk. Choose a label.");
  if (!(std::abs(resize.by_mm) <= 50) || resize.by_mm == 0) return core::wrong_usage("A label grows or shrinks by up to 50 mm, and not by 0.");
  const auto& g = labels.grid;
  const VoxelBox own = box_of(labels, {resize.label});
  if (own.empty()) return core::bad_input("The label is empty (there is nothing to grow or shrink). Choose a label that is in the image.");
  const bool grow = resize.by_mm > 0;
  Proposal out(own.grown(grow ? pad_voxels(g, resize.by_mm) : 1, g.size));
  const core::Grid cut = box_grid(g, out.box);
  auto mask = mask_of(labels, out.box, resize.label);
  const auto own_mask = mask;
  if (!grow)
    for (auto& m : mask) m = !m;
  const auto distance = voxels::distance_to(cut, mask);
  if (progress.cancelled()) return core::cancelled();
  const double limit = std::abs(resize.by_mm) * (1 + 1e-6);
  for (std::size_t n = 0; n < mask.size(); ++n)
    if (!mask[n] && distance[n] <= limit) out.value[n] = std::int16_t(grow ? resize.label : resize.to);
  return out;
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const Interpolate& in, const core::Progress& progress) {
  if (in.label == 0) return core::wrong_usage("The background cannot be interpolated. Choose a label.");
  if (in.axis < 0 || in.axis > 2) return core::wrong_usage("The axis of slices is 0, 1 or 2.");
  const VoxelBox own = box_of(labels, {in.label});
  if (own.empty()) return core::bad_input("The label is empty (there are no slices to interpolate between). Draw it in two slices first.");
  Proposal out(own);
  const core::Grid cut = box_grid(labels.grid, own);
  const auto mask = mask_of(labels, own, in.label);
  const std::size_t a = std::size_t(in.axis), b = a == 0 ? 1 : 0, c = a == 2 ? 1 : 2;
  const std::array<std::size_t, 3> step{1, std::size_t(cut.size[0]), std::size_t(cut.size[0]) * std::size_t(cut.size[1])};
  // One pixel around, so that a slice filled to the edge has an outside.
  core::Grid flat;
  flat.size = {cut.size[b] + 2, cut.size[c] + 2, 1};
  flat.spacing = {cut.spacing[Eigen::Index(b)], cut.spacing[Eigen::Index(c)], 1};
  const auto at = [&](int s, int x, int y) { return std::size_t(s) * step[a] + std::size_t(x) * step[b] + std::size_t(y) * step[c]; };
  const auto holds = [&](int s) {
    for (int y = 0; y < cut.size[c]; ++y)
      for (int x = 0; x < cut.size[b]; ++x)
        if (mask[at(s, x, y)]) return true;
    return false;
  };
  const auto signed_distance = [&](int s) {
    voxels::Mask inside(flat.voxels(), 0), outside(flat.voxels(), 1);
    for (int y = 0; y < cut.size[c]; ++y)
      for (int x = 0; x < cut.size[b]; ++x)
        if (mask[at(s, x, y)]) {
          inside[flat.offset(x + 1, y + 1, 0)] = 1;
          outside[flat.offset(x + 1, y + 1, 0)] = 0;
        }
    const auto to_in = voxels::distance_to(flat, inside), to_out = voxels::distance_to(flat, outside);
    std::vector<float> d(flat.voxels());
    for (std::size_t n = 0; n < d.size(); ++n) d[n] = outside[n] ? to_in[n] : -to_out[n];
    return d;
  };
  const int first = in.from < 0 ? 0 : std::max(0, in.from - own.low[a]), last = in.to < 0 ? cut.size[a] - 1 : std::min(cut.size[a] - 1, in.to - own.low[a]);
  int before = -1;
  bool any = false;
  for (int s = first; s <= last; ++s) {
    if (progress.cancelled()) return core::cancelled();
    if (!holds(s)) continue;
    if (before >= 0 && s - before > 1) {
      const auto d0 = signed_distance(before), d1 = signed_distance(s);
      for (int m = before + 1; m < s; ++m) {
        const float t = float(m - before) / float(s - before);
        for (int y = 0; y < cut.size[c]; ++y)
          for (int x = 0; x < cut.size[b]; ++x) {
            const std::size_t n = flat.offset(x + 1, y + 1, 0);
            if ((1 - t) * d0[n] + t * d1[n] < 0) {
              out.value[at(m, x, y)] = std::int16_t(in.label);
              any = true;
            }
          }
      }
    }
    before = s;
  }
  if (!any) return core::bad_input("There is no gap to interpolate: the slices with this label follow each other, or do not overlap. Leave slices free between two drawn ones, or choose another direction.");
  return out;
}

}  // namespace ot::imaging::tools
