// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/centerline/sections.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "solvers/core/contracts.hpp"

namespace ot::imaging {

using core::Index;
using core::Vec3;

Slicer::Slicer(const core::SurfaceMesh& surface) : surface_(surface), across_(3 * surface.triangles.size(), -1) {
  std::unordered_map<std::uint64_t, Index> open;
  open.reserve(2 * surface.triangles.size());
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    for (std::size_t e = 0; e < 3; ++e) {
      const auto a = std::uint64_t(surface.triangles[t][e]), b = std::uint64_t(surface.triangles[t][(e + 1) % 3]);
      const std::uint64_t key = std::min(a, b) << 32 | std::max(a, b);
      const auto [it, fresh] = open.try_emplace(key, Index(3 * t + e));
      if (fresh) continue;
      across_[3 * t + e] = it->second / 3;
      across_[std::size_t(it->second)] = Index(t);
    }
  height_.resize(surface.points.size());
}

std::optional<Section> Slicer::cut(const Vec3& x, const Vec3& normal) const {
  const Vec3 n = normal.normalized();
  for (std::size_t p = 0; p < height_.size(); ++p) height_[p] = n.dot(surface_.points[p] - x);
  auto above = [&](Index p) { return height_[std::size_t(p)] >= 0; };
  auto crossed = [&](Index t, int e) {
    const auto& v = surface_.triangles[std::size_t(t)];
    return above(v[std::size_t(e)]) != above(v[std::size_t((e + 1) % 3)]);
  };
  seen_.assign(surface_.triangles.size(), 0);
  const Vec3 u = n.unitOrthogonal(), w = n.cross(u);
  std::optional<Section> best;
  double best_distance = 1e300;
  for (std::size_t s = 0; s < surface_.triangles.size(); ++s) {
    const auto& v = surface_.triangles[s];
    if (seen_[s] || (above(v[0]) == above(v[1]) && above(v[1]) == above(v[2]))) continue;
    Section loop;
    // Leave each triangle by the side that goes from above to below: a fixed sense around the loop.
    Index t = Index(s);
    bool closed = false;
    while (t >= 0 && !seen_[std::size_t(t)]) {
      seen_[std::size_t(t)] = 1;
      int exit = -1;
      const auto& tri = surface_.triangles[std::size_t(t)];
      for (int e = 0; e < 3; ++e)
        if (crossed(t, e) && above(tri[std::size_t(e)])) exit = e;
      const Index a = tri[std::size_t(exit)], b = tri[std::size_t((exit + 1) % 3)];
      const double ha = height_[std::size_t(a)], hb = height_[std::size_t(b)];
      loop.loop.push_back(surface_.points[std::size_t(a)] + ha / (ha - hb) * (surface_.points[std::size_t(b)] - surface_.points[std::size_t(a)]));
      loop.triangles.push_back(t);
      t = across(t, exit);
      closed = t == Index(s);
    }
    if (!closed || loop.loop.size() < 3) continue;
    double area = 0, cu = 0, cw = 0, nearest = 1e300;
    bool inside = false;
    for (std::size_t i = 0; i < loop.loop.size(); ++i) {
      const Vec3 p = loop.loop[i] - x, q = loop.loop[(i + 1) % loop.loop.size()] - x;
      const double pu = p.dot(u), pw = p.dot(w), qu = q.dot(u), qw = q.dot(w), c = pu * qw - qu * pw;
      area += 0.5 * c, cu += (pu + qu) * c / 6, cw += (pw + qw) * c / 6;
      const double eu = qu - pu, ew = qw - pw, len2 = eu * eu + ew * ew;
      const double f = len2 > 0 ? std::clamp(-(pu * eu + pw * ew) / len2, 0.0, 1.0) : 0.0;
      nearest = std::min(nearest, std::hypot(pu + f * eu, pw + f * ew));
      if ((pw > 0) != (qw > 0) && (qu - pu) * (0 - pw) / (qw - pw) + pu > 0) inside = !inside;
    }
    if (std::abs(area) < 1e-12) continue;
    loop.area = std::abs(area);
    loop.centroid = x + cu / area * u + cw / area * w;
    loop.inscribed = nearest;
    loop.contains_point = inside;
    const double distance = inside ? -1.0 / (1.0 + nearest) : nearest;
    if (distance < best_distance) best_distance = distance, best = std::move(loop);
  }
  return best;
}

}  // namespace ot::imaging
