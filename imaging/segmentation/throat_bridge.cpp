// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/throat_bridge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <queue>

#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

constexpr double fine_mm = 0.5, broad_mm = 1.5;   // a lumen of 0.75 mm keeps 0.06 of the step from fat to blood between the two in a gap of 4 mm; 20 HU of noise give 0.01
constexpr double least_ridge = 0.05;              // of that step
constexpr double longest_mm = 6;                  // a lesion's narrowest part; longer gaps are occlusions
constexpr double look_mm = 4;                     // of a piece about its tip, for its direction
constexpr double least_lean_mm = 1.0;             // the middle of that part lies half of it behind a tip, and at the place itself along a vessel
constexpr double least_cosine = 0.6;              // between vessel and bridge
constexpr double least_piece_mm = 3;              // of a piece that is worth joining

struct Box {
  std::array<int, 3> lo, hi;
};

}  // namespace

core::Result<std::vector<std::size_t>> bridge_throats(const core::Grid& full, const std::vector<float>& values, double step, const std::vector<std::int32_t>& part, std::vector<char>& kept,
                                                      const core::Progress& progress) {
  std::vector<std::size_t> out;
  if (!(step > 0)) return out;
  // Pieces by size, and the box of those in play.
  std::vector<Box> box(kept.size(), Box{{full.size[0], full.size[1], full.size[2]}, {-1, -1, -1}});
  std::size_t at = 0;
  for (int k = 0; k < full.size[2]; ++k)
    for (int j = 0; j < full.size[1]; ++j)
      for (int i = 0; i < full.size[0]; ++i, ++at) {
        const auto p = std::size_t(part[at]);
        if (p == 0) continue;
        Box& b = box[p];
        const int x[3] = {i, j, k};
        for (std::size_t d = 0; d < 3; ++d) b.lo[d] = std::min(b.lo[d], x[d]), b.hi[d] = std::max(b.hi[d], x[d]);
      }
  std::vector<char> candidate(kept.size(), 0);
  std::array<int, 3> lo{full.size[0], full.size[1], full.size[2]}, hi{-1, -1, -1};
  bool any = false;
  for (std::size_t p = 1; p < kept.size(); ++p) {
    const Vec3 extent = Vec3(box[p].hi[0] - box[p].lo[0] + 1, box[p].hi[1] - box[p].lo[1] + 1, box[p].hi[2] - box[p].lo[2] + 1).cwiseProduct(full.spacing);
    candidate[p] = !kept[p] && extent.norm() >= least_piece_mm;
    any = any || kept[p];
    if (!kept[p]) continue;
    for (std::size_t d = 0; d < 3; ++d) lo[d] = std::min(lo[d], box[p].lo[d]), hi[d] = std::max(hi[d], box[p].hi[d]);
  }
  if (!any) return out;
  // One bridge lengthens the tree: the region is looked at again until nothing is added.
  for (int round = 0; round < 8; ++round) {
    std::array<int, 3> from = lo, to = hi;
    for (std::size_t d = 0; d < 3; ++d) {
      const int pad = int(std::ceil((longest_mm + look_mm + 3 * broad_mm) / full.spacing[Eigen::Index(d)]));
      from[d] -= pad, to[d] += pad;
    }
    const core::Grid g = voxels::crop_grid(full, from, to);
    const auto scan = voxels::crop(full, values, from, to);
    const auto pieces = voxels::crop(full, part, from, to);
    auto ridge = voxels::gaussian(g, scan, fine_mm);
    if (progress.cancelled()) return core::cancelled();
    {
      const auto broad = voxels::gaussian(g, scan, broad_mm);
      for (std::size_t v = 0; v < ridge.size(); ++v) ridge[v] = float((ridge[v] - broad[v]) / step);
    }
    if (progress.cancelled()) return core::cancelled();
    struct Front {
      float cost;
      std::size_t voxel;
      bool operator>(const Front& o) const { return cost != o.cost ? cost > o.cost : voxel > o.voxel; }
    };
    std::priority_queue<Front, std::vector<Front>, std::greater<>> front;
    std::vector<float> cost(g.voxels(), std::numeric_limits<float>::max()), length(g.voxels(), 0.0f);
    std::vector<std::int64_t> before(g.voxels(), -1);
    for (std::size_t v = 0; v < pieces.size(); ++v)
      if (pieces[v] && kept[std::size_t(pieces[v])]) cost[v] = 0, front.push({0, v});
    const auto place = [&](std::size_t v) {
      const std::size_t nx = std::size_t(g.size[0]), ny = std::size_t(g.size[1]);
      return std::array<int, 3>{int(v % nx), int(v / nx % ny), int(v / (nx * ny))};
    };
    // From the middle of a piece's part near a place to that place.
    const auto lean = [&](std::size_t v, auto&& belongs) {
      const auto c = place(v);
      Vec3 sum = Vec3::Zero();
      double n = 0;
      int reach[3];
      for (int d = 0; d < 3; ++d) reach[d] = int(std::ceil(look_mm / g.spacing[d]));
      for (int k = std::max(0, c[2] - reach[2]); k <= std::min(g.size[2] - 1, c[2] + reach[2]); ++k)
        for (int j = std::max(0, c[1] - reach[1]); j <= std::min(g.size[1] - 1, c[1] + reach[1]); ++j)
          for (int i = std::max(0, c[0] - reach[0]); i <= std::min(g.size[0] - 1, c[0] + reach[0]); ++i) {
            const Vec3 d = Vec3(i - c[0], j - c[1], k - c[2]).cwiseProduct(g.spacing);
            if (d.norm() > look_mm || !belongs(pieces[g.offset(i, j, k)])) continue;
            sum += d, n += 1;
          }
      return n > 0 ? Vec3(-sum / n) : Vec3(Vec3::Zero());
    };
    std::size_t joined = 0;
    std::vector<char> refused(kept.size(), 0);
    while (!front.empty()) {
      const Front now = front.top();
      front.pop();
      if (now.cost > cost[now.voxel]) continue;
      const auto p = std::size_t(pieces[now.voxel]);
      if (p && !kept[p]) {
        if (!candidate[p] || refused[p]) continue;   // a way does not lead through a piece
        std::vector<std::size_t> way;
        std::int64_t v = before[now.voxel];
        for (; v >= 0 && !(pieces[std::size_t(v)] && kept[std::size_t(pieces[std::size_t(v)])]); v = before[std::size_t(v)]) way.push_back(std::size_t(v));
        if (v < 0) continue;
        const auto a = place(std::size_t(v)), b = place(now.voxel);
        const Vec3 along = Vec3(b[0] - a[0], b[1] - a[1], b[2] - a[2]).cwiseProduct(g.spacing).normalized();
        const Vec3 mine = lean(std::size_t(v), [&](std::int32_t q) { return q && kept[std::size_t(q)]; }), theirs = lean(now.voxel, [&](std::int32_t q) { return std::size_t(q) == p; });
        const bool runs_on = mine.norm() >= least_lean_mm && theirs.norm() >= 0.7 * least_lean_mm && mine.normalized().dot(along) >= least_cosine && theirs.normalized().dot(-along) >= least_cosine;
        if (!runs_on) {
          refused[p] = 1;
          continue;
        }
        for (const std::size_t w : way) {
          const auto c = place(w);
          out.push_back(full.offset(from[0] + c[0], from[1] + c[1], from[2] + c[2]));
        }
        joined = p;
        break;
      }
      if (length[now.voxel] > longest_mm) continue;
      const auto c = place(now.voxel);
      for (int dk = -1; dk <= 1; ++dk)
        for (int dj = -1; dj <= 1; ++dj)
          for (int di = -1; di <= 1; ++di) {
            const int i = c[0] + di, j = c[1] + dj, k = c[2] + dk;
            if (!(di || dj || dk) || !g.contains(i, j, k)) continue;
            const std::size_t o = g.offset(i, j, k);
            const bool piece = pieces[o] != 0;
            if (!piece && ridge[o] < least_ridge) continue;
            const float mm = float(Vec3(di * g.spacing[0], dj * g.spacing[1], dk * g.spacing[2]).norm());
            const float r = piece ? 1.0f : ridge[o];
            const float next = now.cost + mm / (r * r);
            if (next >= cost[o]) continue;
            cost[o] = next;
            length[o] = length[now.voxel] + mm;
            before[o] = std::int64_t(now.voxel);
            front.push({next, o});
          }
    }
    if (progress.cancelled()) return core::cancelled();
    if (joined == 0) break;
    kept[joined] = 1;
    for (std::size_t d = 0; d < 3; ++d) lo[d] = std::min(lo[d], box[joined].lo[d]), hi[d] = std::max(hi[d], box[joined].hi[d]);
  }
  return out;
}

}  // namespace ot::imaging
