// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/wall_clearance.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <unordered_map>

#include "solvers/core/contracts.hpp"

namespace ot::interventions {
namespace {

using core::Index;
using core::Vec3;

constexpr double facing = 0.3;   // least cosine between the ray and the wall of its own neighbourhood

// Triangles by the cells their boxes touch, half a cell wider so that a ray sampled at half cells misses none.
class TriangleGrid {
 public:
  // Of the triangles that count (none given: all).
  explicit TriangleGrid(const core::SurfaceMesh& s, const std::function<bool(Index)>& counts = {}) : s_(s) {
    double sum = 0;
    for (const auto& t : s.triangles) sum += (point(t, 1) - point(t, 0)).norm();
    cell_ = s.triangles.empty() ? 1.0 : std::max(2 * sum / double(s.triangles.size()), 1e-9);
    for (std::size_t t = 0; t < s.triangles.size(); ++t) {
      if (counts && !counts(Index(t))) continue;
      Vec3 lo = point(s.triangles[t], 0), hi = lo;
      for (std::size_t c = 1; c < 3; ++c) lo = lo.cwiseMin(point(s.triangles[t], c)), hi = hi.cwiseMax(point(s.triangles[t], c));
      lo.array() -= 0.5 * cell_, hi.array() += 0.5 * cell_;
      for (std::int64_t i = at(lo.x()); i <= at(hi.x()); ++i)
        for (std::int64_t j = at(lo.y()); j <= at(hi.y()); ++j)
          for (std::int64_t k = at(lo.z()); k <= at(hi.z()); ++k) cells_[key(i, j, k)].push_back(Index(t));
    }
  }
  // The nearest triangle that the ray meets from outside, without those that hold `self`.
  void meet(const Vec3& from, const Vec3& along, Index self, const std::function<bool(Index, Index)>& elsewhere, bool beside, double& nearest, Index& met) const {
    std::uint64_t before = ~std::uint64_t(0);
    for (double walked = 0; walked <= nearest + 0.5 * cell_; walked += 0.5 * cell_) {
      const Vec3 x = from + walked * along;
      const std::uint64_t here = key(at(x.x()), at(x.y()), at(x.z()));
      if (here == before) continue;
      before = here;
      const auto list = cells_.find(here);
      if (list == cells_.end()) continue;
      for (Index t : list->second) {
        const core::Triangle& n = s_.triangles[std::size_t(t)];
        if (n[0] == self || n[1] == self || n[2] == self) continue;
        double cosine = 0;
        const double d = crossing(from, along, n, cosine);
        if (d < nearest && ((!beside && cosine > facing) || elsewhere(self, t))) nearest = d, met = t;
      }
    }
  }

 private:
  const Vec3& point(const core::Triangle& t, std::size_t c) const { return s_.points[std::size_t(t[c])]; }
  std::int64_t at(double x) const { return std::int64_t(std::floor(x / cell_)); }
  static std::uint64_t key(std::int64_t i, std::int64_t j, std::int64_t k) {
    constexpr std::uint64_t low = (std::uint64_t(1) << 21) - 1;
    return (std::uint64_t(i) & low) << 42 | (std::uint64_t(j) & low) << 21 | (std::uint64_t(k) & low);
  }
  // Distance along the ray to where it meets the triangle's outer side; infinity: it does not.
  double crossing(const Vec3& from, const Vec3& along, const core::Triangle& t, double& cosine) const {
    const Vec3 a = point(t, 0), u = point(t, 1) - a, w = point(t, 2) - a, n = u.cross(w);
    const double slope = n.dot(along);
    if (!(slope < 0)) return std::numeric_limits<double>::infinity();
    cosine = -slope / n.norm();
    const double d = n.dot(a - from) / slope;
    if (!(d > 0)) return std::numeric_limits<double>::infinity();
    const Vec3 x = from + d * along - a;
    const double area2 = n.squaredNorm(), beta = x.cross(w).dot(n) / area2, gamma = u.cross(x).dot(n) / area2;
    return beta >= 0 && gamma >= 0 && beta + gamma <= 1 ? d : std::numeric_limits<double>::infinity();
  }

  const core::SurfaceMesh& s_;
  double cell_ = 1;
  std::unordered_map<std::uint64_t, std::vector<Index>> cells_;
};

}  // namespace

WallClearance find_clearance(const core::SurfaceMesh& lumen, const std::vector<Vec3>& direction, const std::vector<double>& reach_mm, const std::vector<double>& gap_mm,
                             const std::function<bool(Index, Index)>& elsewhere, const std::vector<WallBeside>& beside) {
  OT_EXPECT(direction.size() == lumen.points.size() && reach_mm.size() == lumen.points.size() && gap_mm.size() == lumen.points.size());
  WallClearance out;
  out.free_mm.assign(lumen.points.size(), std::numeric_limits<float>::infinity());
  out.met.assign(lumen.points.size(), -1);
  out.met_wall.assign(lumen.points.size(), -1);
  const TriangleGrid grid(lumen);
  std::vector<TriangleGrid> grids;
  for (const WallBeside& b : beside) grids.emplace_back(*b.wall, b.counts);
  const auto any = [](Index, Index) { return true; };
  for (std::size_t v = 0; v < lumen.points.size(); ++v) {
    if (!(direction[v].squaredNorm() > 0)) continue;
    const Vec3 one = gap_mm[v] * direction[v].unitOrthogonal(), two = direction[v].cross(one);
    double nearest = reach_mm[v];
    grid.meet(lumen.points[v], direction[v], Index(v), elsewhere, false, nearest, out.met[v]);
    for (const Vec3& aside : {one, Vec3(-one), two, Vec3(-two)}) grid.meet(lumen.points[v] + aside, direction[v], Index(v), elsewhere, true, nearest, out.met[v]);
    for (std::size_t b = 0; b < grids.size(); ++b) {
      Index met = -1;
      for (const Vec3& aside : {Vec3(Vec3::Zero()), one, Vec3(-one), two, Vec3(-two)}) grids[b].meet(lumen.points[v] + aside, direction[v], -1, any, true, nearest, met);
      if (met >= 0) out.met[v] = met, out.met_wall[v] = int(b);
    }
    if (out.met[v] >= 0) out.free_mm[v] = float(std::max(0.0, nearest - gap_mm[v]));
  }
  return out;
}

}  // namespace ot::interventions
