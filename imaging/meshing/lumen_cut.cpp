// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/lumen_cut.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "imaging/centerline/branches.hpp"
#include "imaging/centerline/sections.hpp"

namespace ot::imaging {

using core::Index;
using core::SurfaceMesh;
using core::Triangle;
using core::Vec3;

CutPlane place_cut(const SurfaceMesh& surface, const VesselEnd& end) {
  CutPlane plane;
  if (end.path.size() < 3 || end.radius_mm <= 0) return plane;
  const std::vector<double> s = arc_of(end.path);
  const double r = end.radius_mm;
  auto at = [&](double arc) {
    std::size_t i = 0;
    while (i + 2 < s.size() && s[i + 1] < arc) ++i;
    const double length = std::max(s[i + 1] - s[i], 1e-12);
    return Vec3(end.path[i] + std::clamp((arc - s[i]) / length, 0.0, 1.0) * (end.path[i + 1] - end.path[i]));
  };
  const double inner = std::min(2.5 * r, 0.8 * s.back()), start = std::min(1.5 * r, 0.5 * s.back()), outer = std::min(0.8 * r, 0.25 * s.back());
  Vec3 direction = at(outer) - at(inner);
  if (direction.norm() < 1e-9) return plane;
  direction.normalize();
  const Slicer slicer(surface);
  auto reference = slicer.cut(at(start), direction);
  if (!reference || reference->area <= 0) return plane;
  // The section's own centroids give a better direction than the voxel path.
  if (const auto deeper = slicer.cut(at(inner), direction); deeper && deeper->contains_point && reference->contains_point &&
                                                             deeper->area < 2 * reference->area) {
    const Vec3 d = reference->centroid - deeper->centroid;
    if (d.norm() > 0.3 * r && d.normalized().dot(direction) > 0.7) {
      direction = d.normalized();
      if (auto again = slicer.cut(reference->centroid, direction)) reference = again;
    }
  }
  // A plane along the vessel instead of across it shows by a section much larger than the depth allows.
  const double widest = end.side_branch ? 1.4 * r : 1.8 * r;
  if (!reference->contains_point || std::sqrt(reference->area / 3.14159265358979323846) > widest) return plane;
  Vec3 x = reference->centroid;
  plane.centre = x;
  plane.outward = direction;
  plane.radius = std::sqrt(reference->area / 3.14159265358979323846);
  plane.found = true;
  const double step = 0.1 * r;
  for (int i = 0; i < 40; ++i) {
    const auto next = slicer.cut(x + step * direction, direction);
    if (!next || !next->contains_point || next->area < 0.95 * reference->area || next->area > 1.4 * reference->area) break;
    x = next->centroid;
    plane.centre = x;
    plane.radius = std::sqrt(next->area / 3.14159265358979323846);
  }
  // Two steps back: 0.95 of the area of a hemispherical end is 0.22 radii into its rounding.
  plane.centre -= 2 * step * direction;
  plane.tip_distance = (end.path.front() - plane.centre).norm();
  return plane;
}

std::vector<Triangle> fill_polygon(const std::vector<Vec3>& polygon, const Vec3& normal) {
  const Vec3 u = normal.normalized().unitOrthogonal(), w = normal.normalized().cross(u);
  std::vector<Eigen::Vector2d> p;
  double area = 0;
  for (const Vec3& x : polygon) p.emplace_back((x - polygon[0]).dot(u), (x - polygon[0]).dot(w));
  auto cross = [](const Eigen::Vector2d& a, const Eigen::Vector2d& b) { return a.x() * b.y() - a.y() * b.x(); };
  for (std::size_t i = 0; i < p.size(); ++i) area += cross(p[i], p[(i + 1) % p.size()]);
  std::vector<Index> ring;
  for (std::size_t i = 0; i < p.size(); ++i) ring.push_back(Index(i));
  if (area < 0) std::reverse(ring.begin(), ring.end());
  std::vector<Triangle> out;
  auto doubled = [&](Index a, Index b, Index c) { return cross(p[std::size_t(b)] - p[std::size_t(a)], p[std::size_t(c)] - p[std::size_t(a)]); };
  while (ring.size() > 3) {
    // The ear with the best shape keeps the fill free of needles.
    std::size_t best = ring.size();
    double quality = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const Index a = ring[(i + ring.size() - 1) % ring.size()], b = ring[i], c = ring[(i + 1) % ring.size()];
      const double d = doubled(a, b, c);
      if (d <= 0) continue;
      const double longest = std::max({(p[std::size_t(a)] - p[std::size_t(b)]).squaredNorm(), (p[std::size_t(b)] - p[std::size_t(c)]).squaredNorm(),
                                       (p[std::size_t(c)] - p[std::size_t(a)]).squaredNorm()});
      const double q = d / (longest * longest);
      if (q <= quality) continue;
      bool free = true;
      for (Index m : ring)
        if (m != a && m != b && m != c && doubled(a, b, m) >= 0 && doubled(b, c, m) >= 0 && doubled(c, a, m) >= 0) {
          free = false;
          break;
        }
      if (free) quality = q, best = i;
    }
    if (best == ring.size()) return {};
    out.push_back({ring[(best + ring.size() - 1) % ring.size()], ring[best], ring[(best + 1) % ring.size()]});
    ring.erase(ring.begin() + std::ptrdiff_t(best));
  }
  out.push_back({ring[0], ring[1], ring[2]});
  return out;
}

core::Result<SurfaceMesh> cut_end(const SurfaceMesh& in, const CutPlane& plane, int cap) {
  const Vec3 n = plane.outward.normalized();
  const Slicer slicer(in);
  const auto section = slicer.cut(plane.centre, n);
  if (!section) return core::computation_failed("An end of the vessel could not be cut (the cut plane misses it). Give end points by hand.");
  std::vector<double> height(in.points.size());
  const double snap = 1e-6 * std::max(plane.radius, 1e-3);
  for (std::size_t p = 0; p < height.size(); ++p) {
    height[p] = n.dot(in.points[p] - plane.centre);
    if (std::abs(height[p]) < snap) height[p] = snap;   // beyond, as the slicer counts it
  }
  // Flood over the vertices beyond the plane, starting at the section loop.
  std::vector<std::vector<Index>> around(in.points.size());
  for (std::size_t t = 0; t < in.triangles.size(); ++t)
    for (Index v : in.triangles[t]) around[std::size_t(v)].push_back(Index(t));
  std::vector<char> beyond(in.points.size(), 0);
  std::vector<Index> stack;
  auto visit = [&](Index v) {
    if (!beyond[std::size_t(v)] && height[std::size_t(v)] > 0) beyond[std::size_t(v)] = 1, stack.push_back(v);
  };
  for (Index t : section->triangles)
    for (Index v : in.triangles[std::size_t(t)]) visit(v);
  std::size_t removed = 0;
  while (!stack.empty()) {
    const Index v = stack.back();
    stack.pop_back();
    ++removed;
    for (Index t : around[std::size_t(v)])
      for (Index o : in.triangles[std::size_t(t)]) visit(o);
  }
  double farthest = 0, rim = 0;
  for (std::size_t p = 0; p < beyond.size(); ++p)
    if (beyond[p]) farthest = std::max(farthest, (in.points[p] - plane.centre).norm());
  for (const Vec3& p : section->loop) rim = std::max(rim, (p - plane.centre).norm());
  if (double(removed) > plane.most_removed * double(in.points.size()) || farthest > plane.tip_distance + 2.5 * rim) {
    return core::computation_failed("An end of the vessel could not be cut (too much of the vessel lies beyond the cut). Give end points by hand.");
  }
  SurfaceMesh out;
  out.patch_names = in.patch_names;
  out.points = in.points;
  std::map<std::pair<Index, Index>, Index> cut;
  auto cut_point = [&](Index a, Index b) {   // a kept, b beyond
    const auto [it, fresh] = cut.try_emplace({a, b}, Index(out.points.size()));
    if (fresh) {
      const double ha = height[std::size_t(a)], hb = height[std::size_t(b)];
      out.points.push_back(in.points[std::size_t(a)] + ha / (ha - hb) * (in.points[std::size_t(b)] - in.points[std::size_t(a)]));
    }
    return it->second;
  };
  std::map<Index, Index> next;   // rim, in the sense of the cap
  auto put = [&](Index a, Index b, Index c, std::size_t from) {
    out.triangles.push_back({a, b, c});
    out.patch.push_back(in.patch.empty() ? 1 : in.patch[from]);
  };
  for (std::size_t t = 0; t < in.triangles.size(); ++t) {
    const Triangle& v = in.triangles[t];
    const int count = beyond[std::size_t(v[0])] + beyond[std::size_t(v[1])] + beyond[std::size_t(v[2])];
    if (count == 0) put(v[0], v[1], v[2], t);
    else if (count < 3) {
      std::size_t s = 0;   // the odd one out comes first
      while (beyond[std::size_t(v[s])] != (count == 1)) ++s;
      const Index a = v[s], b = v[(s + 1) % 3], c = v[(s + 2) % 3];
      if (count == 1) {
        const Index p = cut_point(b, a), q = cut_point(c, a);
        put(p, b, c, t), put(p, c, q, t);
        next[p] = q;
      } else {
        const Index p = cut_point(a, b), q = cut_point(a, c);
        put(a, p, q, t);
        next[q] = p;
      }
    }
  }
  while (!next.empty()) {
    std::vector<Index> ring{next.begin()->first};
    while (true) {
      const auto it = next.find(ring.back());
      if (it == next.end()) return core::computation_failed("An end of the vessel could not be capped (its rim is not closed). Smooth the surface more.");
      const Index to = it->second;
      next.erase(it);
      if (to == ring.front()) break;
      ring.push_back(to);
    }
    std::vector<Vec3> polygon;
    for (Index r : ring) polygon.push_back(out.points[std::size_t(r)]);
    const auto fill = fill_polygon(polygon, n);
    if (fill.empty()) return core::computation_failed("An end of the vessel could not be capped (its rim crosses itself). Smooth the surface more.");
    for (const Triangle& f : fill) {
      out.triangles.push_back({ring[std::size_t(f[0])], ring[std::size_t(f[1])], ring[std::size_t(f[2])]});
      out.patch.push_back(cap);
    }
  }
  std::vector<Index> id(out.points.size(), -1);
  std::vector<Vec3> points;
  for (Triangle& t : out.triangles)
    for (Index& v : t) {
      if (id[std::size_t(v)] < 0) id[std::size_t(v)] = Index(points.size()), points.push_back(out.points[std::size_t(v)]);
      v = id[std::size_t(v)];
    }
  out.points = std::move(points);
  return out;
}

}  // namespace ot::imaging
