// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/triangle_finder.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/triangle.hpp"

namespace ot::imaging {

using core::Vec3;

TriangleFinder::TriangleFinder(const core::SurfaceMesh& s) : surface_(s) {
  OT_EXPECT(!s.triangles.empty());
  Vec3 high = Vec3::Constant(-1e300);
  low_ = -high;
  double edges = 0;
  for (const auto& t : s.triangles) {
    for (core::Index n : t) low_ = low_.cwiseMin(s.points[std::size_t(n)]), high = high.cwiseMax(s.points[std::size_t(n)]);
    edges += (s.points[std::size_t(t[1])] - s.points[std::size_t(t[0])]).norm();
  }
  cell_ = std::max(1.5 * edges / double(s.triangles.size()), 1e-9);
  // At most about 8 million cells, however long and thin the surface.
  const Vec3 extent = (high - low_).cwiseMax(cell_);
  cell_ = std::max(cell_, std::cbrt(extent.prod() / 8e6));
  for (int a = 0; a < 3; ++a) size_[std::size_t(a)] = int(extent[a] / cell_) + 1;
  auto each = [&](auto&& visit) {
    for (std::size_t t = 0; t < s.triangles.size(); ++t) {
      Vec3 lo = Vec3::Constant(1e300), hi = -lo;
      for (core::Index n : s.triangles[t]) lo = lo.cwiseMin(s.points[std::size_t(n)]), hi = hi.cwiseMax(s.points[std::size_t(n)]);
      int b[3], e[3];
      for (int a = 0; a < 3; ++a) {
        b[a] = std::clamp(int((lo[a] - low_[a]) / cell_), 0, size_[std::size_t(a)] - 1);
        e[a] = std::clamp(int((hi[a] - low_[a]) / cell_), 0, size_[std::size_t(a)] - 1);
      }
      for (int k = b[2]; k <= e[2]; ++k)
        for (int j = b[1]; j <= e[1]; ++j)
          for (int i = b[0]; i <= e[0]; ++i) visit((std::size_t(k) * std::size_t(size_[1]) + std::size_t(j)) * std::size_t(size_[0]) + std::size_t(i), t);
    }
  };
  start_.assign(std::size_t(size_[0]) * std::size_t(size_[1]) * std::size_t(size_[2]) + 1, 0);
  each([&](std::size_t c, std::size_t) { ++start_[c + 1]; });
  for (std::size_t c = 0; c + 1 < start_.size(); ++c) start_[c + 1] += start_[c];
  item_.resize(std::size_t(start_.back()));
  std::vector<std::int32_t> fill(start_.begin(), start_.end() - 1);
  each([&](std::size_t c, std::size_t t) { item_[std::size_t(fill[c]++)] = std::int32_t(t); });
}

TriangleFinder::Hit TriangleFinder::nearest(const Vec3& x, int only_patch) const {
  Hit best;
  int centre[3];
  double off = 0;  // distance from x to the grid's box
  for (int a = 0; a < 3; ++a) {
    const double q = (x[a] - low_[a]) / cell_;
    centre[a] = std::clamp(int(std::floor(q)), 0, size_[std::size_t(a)] - 1);
    const double c = std::clamp(q, 0.0, double(size_[std::size_t(a)]));
    off += (q - c) * (q - c) * cell_ * cell_;
  }
  off = std::sqrt(off);
  const int most = std::max({size_[0], size_[1], size_[2]});
  for (int r = 0; r <= most; ++r) {
    // Everything in shell r is at least (r - 1) cells away from the clamped point.
    if (best.triangle >= 0 && best.distance < (r - 1) * cell_ - 2 * off) break;
    for (int k = std::max(0, centre[2] - r); k <= std::min(size_[2] - 1, centre[2] + r); ++k)
      for (int j = std::max(0, centre[1] - r); j <= std::min(size_[1] - 1, centre[1] + r); ++j) {
        const bool rim = k == centre[2] - r || k == centre[2] + r || j == centre[1] - r || j == centre[1] + r;
        for (int i = centre[0] - r; i <= centre[0] + r; i += (rim || r == 0) ? 1 : 2 * r) {
          if (i < 0 || i >= size_[0]) continue;
          const std::size_t c = (std::size_t(k) * std::size_t(size_[1]) + std::size_t(j)) * std::size_t(size_[0]) + std::size_t(i);
          for (auto m = start_[c]; m < start_[c + 1]; ++m) {
            const int t = item_[std::size_t(m)];
            if (only_patch >= 0 && !surface_.patch.empty() && surface_.patch[std::size_t(t)] != only_patch) continue;
            const auto& n = surface_.triangles[std::size_t(t)];
            const Vec3 p = core::closest_on_triangle(x, surface_.points[std::size_t(n[0])], surface_.points[std::size_t(n[1])], surface_.points[std::size_t(n[2])]);
            const double d = (p - x).norm();
            if (d < best.distance || (d == best.distance && t < best.triangle)) best = {t, p, d};
          }
        }
      }
  }
  return best;
}

}  // namespace ot::imaging
