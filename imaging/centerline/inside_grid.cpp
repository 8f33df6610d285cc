// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/centerline/inside_grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

using core::Grid;
using core::Vec3;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

// One line of the exact squared distance transform (Felzenszwalb & Huttenlocher, Theory of Computing 8:415, 2012).
void transform_line(std::vector<double>& f, std::vector<double>& out, std::vector<int>& v, std::vector<double>& z, double h2) {
  const int n = int(f.size());
  int k = 0;
  v[0] = 0, z[0] = -1e300, z[1] = 1e300;
  for (int q = 1; q < n; ++q) {
    double s;
    do {
      const int p = v[std::size_t(k)];
      s = ((f[std::size_t(q)] / h2 + double(q) * q) - (f[std::size_t(p)] / h2 + double(p) * p)) / (2.0 * q - 2.0 * p);
    } while (s <= z[std::size_t(k)] && --k >= 0);
    ++k;
    v[std::size_t(k)] = q, z[std::size_t(k)] = s, z[std::size_t(k) + 1] = 1e300;
  }
  k = 0;
  for (int q = 0; q < n; ++q) {
    while (z[std::size_t(k) + 1] < q) ++k;
    const double d = q - v[std::size_t(k)];
    out[std::size_t(q)] = h2 * d * d + f[std::size_t(v[std::size_t(k)])];
  }
}

std::vector<float> depth_of(const Grid& g, const std::vector<char>& mask) {
  std::vector<float> d2(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) d2[i] = mask[i] ? 1e12f : 0.0f;
  const std::size_t stride[3] = {1, std::size_t(g.size[0]), std::size_t(g.size[0]) * std::size_t(g.size[1])};
  for (int a = 0; a < 3; ++a) {
    const int o1 = a == 0 ? 1 : 0, o2 = a == 2 ? 1 : 2, n = g.size[std::size_t(a)];
    core::parallel_chunks(g.size[std::size_t(o2)], 4, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      // One voxel beyond each end of the line counts as outside.
      const std::size_t m = std::size_t(n) + 2;
      std::vector<double> f(m), out(m), z(m + 1);
      std::vector<int> v(m);
      for (std::ptrdiff_t y = b; y < e; ++y)
        for (int x = 0; x < g.size[std::size_t(o1)]; ++x) {
          float* p = d2.data() + std::size_t(x) * stride[o1] + std::size_t(y) * stride[o2];
          f.front() = f.back() = 0;
          for (int i = 0; i < n; ++i) f[std::size_t(i) + 1] = p[std::size_t(i) * stride[a]];
          transform_line(f, out, v, z, g.spacing[a] * g.spacing[a]);
          for (int i = 0; i < n; ++i) p[std::size_t(i) * stride[a]] = float(out[std::size_t(i) + 1]);
        }
    });
  }
  const float half = 0.5f * float(g.spacing.minCoeff());
  for (std::size_t i = 0; i < d2.size(); ++i) d2[i] = mask[i] ? std::max(std::sqrt(d2[i]) - half, 0.2f * half) : 0.0f;
  return d2;
}

template <class Visit>
void neighbours(const Grid& g, std::int64_t voxel, Visit&& visit) {
  const std::int64_t nx = g.size[0], ny = g.size[1];
  const int i = int(voxel % nx), j = int(voxel / nx % ny), k = int(voxel / (nx * ny));
  for (int dk = -1; dk <= 1; ++dk)
    for (int dj = -1; dj <= 1; ++dj)
      for (int di = -1; di <= 1; ++di)
        if ((di || dj || dk) && g.contains(i + di, j + dj, k + dk)) {
          visit(voxel + di + nx * (dj + ny * dk), Vec3(di * g.spacing[0], dj * g.spacing[1], dk * g.spacing[2]).norm());
        }
}

}  // namespace

Vec3 InsideGrid::point(std::int64_t v) const {
  const std::int64_t nx = grid.size[0], ny = grid.size[1];
  return grid.to_patient(Vec3(double(v % nx), double(v / nx % ny), double(v / (nx * ny))));
}

std::int64_t InsideGrid::nearest_inside(const Vec3& x, double reach) const {
  const Vec3 q = grid.to_index(x);
  int lo[3], hi[3];
  for (int a = 0; a < 3; ++a) {
    lo[a] = std::max(0, int(std::floor(q[a] - reach / grid.spacing[a])));
    hi[a] = std::min(grid.size[std::size_t(a)] - 1, int(std::ceil(q[a] + reach / grid.spacing[a])));
  }
  std::int64_t best = -1;
  double nearest = reach;
  for (int k = lo[2]; k <= hi[2]; ++k)
    for (int j = lo[1]; j <= hi[1]; ++j)
      for (int i = lo[0]; i <= hi[0]; ++i) {
        const std::size_t o = grid.offset(i, j, k);
        if (depth[o] <= 0) continue;
        const double d = (Vec3(i, j, k) - q).cwiseProduct(grid.spacing).norm();
        if (d < nearest) nearest = d, best = std::int64_t(o);
      }
  return best;
}

InsideGrid rasterise(const core::SurfaceMesh& s, double h) {
  Vec3 lo = Vec3::Constant(1e300), hi = -lo;
  for (const Vec3& p : s.points) lo = lo.cwiseMin(p), hi = hi.cwiseMax(p);
  InsideGrid out;
  Grid& g = out.grid;
  g.spacing = Vec3::Constant(h);
  // An odd offset keeps voxel centres off the planes and vertices of regular surfaces.
  g.origin = lo - Vec3(2.0317, 2.0713, 2.0931) * h;
  for (int a = 0; a < 3; ++a) g.size[std::size_t(a)] = int((hi[a] - lo[a]) / h) + 5;
  // Crossings of each grid line with the surface; the edge test takes the nodes in index order, so that two triangles that share
  // an edge never disagree about a line through it.
  std::vector<std::vector<float>> crossing(std::size_t(g.size[1]) * std::size_t(g.size[2]));
  auto side = [&](core::Index a, core::Index b, double y, double z) {
    const bool swap = a > b;
    if (swap) std::swap(a, b);
    const Vec3 &p = s.points[std::size_t(a)], &q = s.points[std::size_t(b)];
    const double v = (q.y() - p.y()) * (z - p.z()) - (q.z() - p.z()) * (y - p.y());
    return (v >= 0) != swap;
  };
  for (const auto& t : s.triangles) {
    const Vec3 &a = s.points[std::size_t(t[0])], &b = s.points[std::size_t(t[1])], &c = s.points[std::size_t(t[2])];
    const int j0 = std::max(0, int(std::ceil((std::min({a.y(), b.y(), c.y()}) - g.origin.y()) / h)));
    const int j1 = std::min(g.size[1] - 1, int(std::floor((std::max({a.y(), b.y(), c.y()}) - g.origin.y()) / h)));
    const int k0 = std::max(0, int(std::ceil((std::min({a.z(), b.z(), c.z()}) - g.origin.z()) / h)));
    const int k1 = std::min(g.size[2] - 1, int(std::floor((std::max({a.z(), b.z(), c.z()}) - g.origin.z()) / h)));
    for (int k = k0; k <= k1; ++k)
      for (int j = j0; j <= j1; ++j) {
        const double y = g.origin.y() + j * h, z = g.origin.z() + k * h;
        const bool s0 = side(t[0], t[1], y, z), s1 = side(t[1], t[2], y, z), s2 = side(t[2], t[0], y, z);
        if (s0 != s1 || s1 != s2) continue;
        const Vec3 n = (b - a).cross(c - a);
        if (std::abs(n.x()) < 1e-300) continue;
        const double x = a.x() - (n.y() * (y - a.y()) + n.z() * (z - a.z())) / n.x();
        crossing[std::size_t(k) * std::size_t(g.size[1]) + std::size_t(j)].push_back(float((x - g.origin.x()) / h));
      }
  }
  std::vector<char> mask(g.voxels(), 0);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j) {
      auto& c = crossing[std::size_t(k) * std::size_t(g.size[1]) + std::size_t(j)];
      std::sort(c.begin(), c.end());
      for (std::size_t m = 0; m + 1 < c.size(); m += 2)
        for (int i = std::max(0, int(std::ceil(c[m]))); i <= std::min(g.size[0] - 1, int(std::floor(c[m + 1]))); ++i) mask[g.offset(i, j, k)] = 1;
    }
  out.depth = depth_of(g, mask);
  return out;
}

InsideGrid inside_of_mask(const Grid& grid, const std::vector<char>& mask) {
  OT_EXPECT(mask.size() == grid.voxels());
  std::vector<std::int32_t> part(mask.size(), -1);
  std::vector<std::size_t> count;
  std::vector<std::int64_t> stack;
  for (std::size_t s = 0; s < mask.size(); ++s) {
    if (!mask[s] || part[s] >= 0) continue;
    const std::int32_t id = std::int32_t(count.size());
    count.push_back(0);
    part[s] = id, stack.push_back(std::int64_t(s));
    while (!stack.empty()) {
      const std::int64_t v = stack.back();
      stack.pop_back();
      ++count.back();
      neighbours(grid, v, [&](std::int64_t o, double) {
        if (mask[std::size_t(o)] && part[std::size_t(o)] < 0) part[std::size_t(o)] = id, stack.push_back(o);
      });
    }
  }
  InsideGrid out;
  out.grid = grid;
  std::vector<char> keep(mask.size(), 0);
  if (!count.empty()) {
    const std::int32_t largest = std::int32_t(std::max_element(count.begin(), count.end()) - count.begin());
    for (std::size_t v = 0; v < mask.size(); ++v) keep[v] = part[v] == largest;
  }
  out.depth = depth_of(grid, keep);
  return out;
}

PathTree paths_from(const InsideGrid& inside, std::int64_t source, PathCost kind, const core::Progress& progress) {
  OT_EXPECT(source >= 0 && inside.depth[std::size_t(source)] > 0);
  PathTree tree;
  tree.cost.assign(inside.depth.size(), infinite);
  tree.parent.assign(inside.depth.size(), -1);
  using Item = std::pair<float, std::int32_t>;
  std::priority_queue<Item, std::vector<Item>, std::greater<Item>> queue;
  tree.cost[std::size_t(source)] = 0;
  queue.emplace(0.0f, std::int32_t(source));
  long popped = 0;
  while (!queue.empty()) {
    const auto [c, v] = queue.top();
    queue.pop();
    if (c > tree.cost[std::size_t(v)]) continue;
    if ((++popped & 0xffff) == 0 && progress.cancelled()) return {};
    neighbours(inside.grid, v, [&](std::int64_t o, double length) {
      const float d = inside.depth[std::size_t(o)];
      if (d <= 0) return;
      const double mid = 0.5 * (double(d) + inside.depth[std::size_t(v)]);
      const float next = c + float(kind == PathCost::length ? length : length / (mid * mid));
      if (next < tree.cost[std::size_t(o)]) {
        tree.cost[std::size_t(o)] = next;
        tree.parent[std::size_t(o)] = v;
        queue.emplace(next, std::int32_t(o));
      }
    });
  }
  return tree;
}

namespace {

VesselEnd measure_end(const InsideGrid& inside, const std::vector<std::int64_t>& path) {
  VesselEnd end;
  for (std::int64_t p : path) end.path.push_back(inside.point(p));
  double walked = 0;
  const double least = inside.grid.spacing.maxCoeff();
  for (std::size_t p = 0; p < path.size() && walked <= 3.0 * std::max(end.radius_mm, least); ++p) {
    end.radius_mm = std::max(end.radius_mm, double(inside.depth[std::size_t(path[p])]));
    if (p + 1 < path.size()) walked += (end.path[p + 1] - end.path[p]).norm();
  }
  // A voxel centre on the axis of a vessel two voxels wide is half a voxel off it: without this its sections look too wide to be cuts.
  end.radius_mm += 0.5 * inside.grid.spacing.minCoeff();
  return end;
}

}  // namespace

std::vector<VesselEnd> find_ends(const InsideGrid& inside, std::int64_t source, const core::Progress& progress) {
  const PathTree length = paths_from(inside, source, PathCost::length, progress);
  const PathTree central = paths_from(inside, source, PathCost::central, progress);
  std::vector<VesselEnd> ends;
  if (length.cost.empty() || central.cost.empty()) return ends;
  const Grid& g = inside.grid;
  std::vector<std::int32_t> order;
  for (std::size_t v = 0; v < length.cost.size(); ++v)
    if (length.cost[v] < infinite) order.push_back(std::int32_t(v));
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return length.cost[std::size_t(a)] != length.cost[std::size_t(b)] ? length.cost[std::size_t(a)] > length.cost[std::size_t(b)] : a < b;
  });
  std::vector<char> covered(inside.depth.size(), 0), on_tree(inside.depth.size(), 0);
  auto cover = [&](std::int64_t v) {
    const double r = 1.3 * inside.depth[std::size_t(v)] + 2.0 * g.spacing.maxCoeff();
    const std::int64_t nx = g.size[0], ny = g.size[1];
    const int c[3] = {int(v % nx), int(v / nx % ny), int(v / (nx * ny))};
    int n[3];
    for (int a = 0; a < 3; ++a) n[a] = int(r / g.spacing[a]);
    for (int k = -n[2]; k <= n[2]; ++k)
      for (int j = -n[1]; j <= n[1]; ++j)
        for (int i = -n[0]; i <= n[0]; ++i)
          if (g.contains(c[0] + i, c[1] + j, c[2] + k) && Vec3(i, j, k).cwiseProduct(g.spacing).squaredNorm() <= r * r)
            covered[g.offset(c[0] + i, c[1] + j, c[2] + k)] = 1;
  };
  for (std::int32_t tip : order) {
    if (covered[std::size_t(tip)]) continue;
    if (progress.cancelled()) return {};
    std::vector<std::int64_t> path;
    std::int64_t v = tip;
    while (v >= 0 && !on_tree[std::size_t(v)]) path.push_back(v), v = central.parent[std::size_t(v)];
    const std::int64_t join = v >= 0 ? v : source;
    const bool first = ends.empty();
    VesselEnd end = measure_end(inside, path);
    bool accepted = first;
    if (!first) {
      // Only what sticks out of the parent's ball counts: a branch is at least as long there as it is wide.
      const Vec3 centre = inside.point(join);
      const double ball = 1.2 * inside.depth[std::size_t(join)];
      std::vector<std::int64_t> outside = path;
      while (!outside.empty() && (inside.point(outside.back()) - centre).norm() < ball) outside.pop_back();
      double length_outside = 0, widest = 0;
      for (std::size_t p = 0; p < outside.size(); ++p) {
        widest = std::max(widest, double(inside.depth[std::size_t(outside[p])]));
        if (p > 0) length_outside += (inside.point(outside[p]) - inside.point(outside[p - 1])).norm();
      }
      accepted = outside.size() >= 4 && length_outside >= 2.0 * widest;
      if (accepted) end = measure_end(inside, outside), end.side_branch = true;
    }
    if (accepted) {
      for (std::int64_t p : path) on_tree[std::size_t(p)] = 1;
      if (first) {   // the source is an end too
        std::vector<std::int64_t> back(path.rbegin(), path.rend());
        ends.push_back(measure_end(inside, back));
      }
      ends.push_back(std::move(end));
    }
    for (std::int64_t p : path) cover(p);
  }
  return ends;
}

}  // namespace ot::imaging
