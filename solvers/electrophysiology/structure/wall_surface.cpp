// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/wall_surface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <queue>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

// Nearest point of a triangle, with barycentric coordinates (regions of Voronoi: Ericson 2005, section 5.1.5).
Vec3 nearest_on(const Vec3& p, const Vec3& a, const Vec3& b, const Vec3& c, Vec3& bary) {
  const Vec3 ab = b - a, ac = c - a, ap = p - a;
  const double d1 = ab.dot(ap), d2 = ac.dot(ap);
  if (d1 <= 0 && d2 <= 0) return bary = Vec3(1, 0, 0), a;
  const Vec3 bp = p - b;
  const double d3 = ab.dot(bp), d4 = ac.dot(bp);
  if (d3 >= 0 && d4 <= d3) return bary = Vec3(0, 1, 0), b;
  const double vc = d1 * d4 - d3 * d2;
  if (vc <= 0 && d1 >= 0 && d3 <= 0) {
    const double v = d1 / (d1 - d3);
    return bary = Vec3(1 - v, v, 0), a + v * ab;
  }
  const Vec3 cp = p - c;
  const double d5 = ab.dot(cp), d6 = ac.dot(cp);
  if (d6 >= 0 && d5 <= d6) return bary = Vec3(0, 0, 1), c;
  const double vb = d5 * d2 - d1 * d6;
  if (vb <= 0 && d2 >= 0 && d6 <= 0) {
    const double w = d2 / (d2 - d6);
    return bary = Vec3(1 - w, 0, w), a + w * ac;
  }
  const double va = d3 * d6 - d5 * d4;
  if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
    const double w = (d4 - d3) / ((d4 - d3) + (d5 - d6));
    return bary = Vec3(0, 1 - w, w), b + w * (c - b);
  }
  const double s = 1.0 / (va + vb + vc), v = vb * s, w = vc * s;
  bary = Vec3(1 - v - w, v, w);
  return a + ab * v + ac * w;
}

}  // namespace

core::Result<WallSurface> WallSurface::make(const core::TetMesh& mesh, const std::vector<std::string>& prefixes) {
  WallSurface s;
  std::vector<Index> vertex(mesh.nodes.size(), -1);
  for (const auto& f : mesh.boundary) {
    const auto it = mesh.patch_names.find(f.patch);
    if (it == mesh.patch_names.end()) continue;
    if (std::none_of(prefixes.begin(), prefixes.end(), [&](const std::string& p) { return it->second.rfind(p, 0) == 0; })) continue;
    core::Triangle t;
    for (int k = 0; k < 3; ++k) {
      Index& v = vertex[std::size_t(f.nodes[k])];
      if (v < 0) {
        v = Index(s.points_.size());
        s.points_.push_back(mesh.nodes[std::size_t(f.nodes[k])]);
        s.mesh_node_.push_back(f.nodes[k]);
      }
      t[k] = v;
    }
    s.triangles_.push_back(t);
  }
  if (s.triangles_.empty())
    return core::bad_input(fmt::format("The mesh has no surface named {} (nothing can be laid on it). Mesh the labels again or name the patch.", prefixes.empty() ? "" : prefixes.front()));
  s.index();
  return s;
}

WallSurface WallSurface::make(std::vector<Vec3> points, std::vector<core::Triangle> triangles) {
  WallSurface s;
  s.points_ = std::move(points);
  s.triangles_ = std::move(triangles);
  s.mesh_node_.resize(s.points_.size());
  for (std::size_t i = 0; i < s.mesh_node_.size(); ++i) s.mesh_node_[i] = Index(i);
  s.index();
  return s;
}

std::int64_t WallSurface::cell(const Vec3& x, int dx, int dy, int dz) const {
  const auto at = [&](int k, int d) { return std::int64_t(std::floor((x[k] - low_[k]) / grid_mm_)) + d + (1 << 20); };
  return (at(0, dx) << 42) | (at(1, dy) << 21) | at(2, dz);
}

void WallSurface::index() {
  OT_EXPECT(!triangles_.empty());
  for (std::size_t v = 0; v < mesh_node_.size(); ++v) vertex_of_[mesh_node_[v]] = Index(v);
  low_ = points_.front();
  for (const Vec3& p : points_) low_ = low_.cwiseMin(p);
  std::map<std::pair<Index, Index>, int> edge;
  double length = 0;
  std::size_t count = 0;
  normal_.reserve(triangles_.size());
  for (const auto& t : triangles_) {
    const Vec3 n = (points_[t[1]] - points_[t[0]]).cross(points_[t[2]] - points_[t[0]]);
    area_ += 0.5 * n.norm();
    normal_.push_back(n.norm() > 0 ? Vec3(n.normalized()) : Vec3(0, 0, 1));
    for (int k = 0; k < 3; ++k) {
      const Index a = t[k], b = t[(k + 1) % 3];
      ++edge[{std::min(a, b), std::max(a, b)}];
      length += (points_[a] - points_[b]).norm();
      ++count;
    }
  }
  mean_edge_ = length / double(count);
  grid_mm_ = std::max(2.0 * mean_edge_, 1e-6);
  std::map<std::pair<Index, Index>, Index> number;
  for (const auto& [e, uses] : edge) {
    number[e] = Index(edge_.size());
    edge_.push_back({e.first, e.second});
  }
  edges_of_.resize(triangles_.size());
  around_.resize(points_.size());
  sides_.resize(edge_.size());
  for (std::size_t t = 0; t < triangles_.size(); ++t)
    for (int k = 0; k < 3; ++k) {
      const Index a = triangles_[t][k], b = triangles_[t][(k + 1) % 3];
      edges_of_[t][k] = number[{std::min(a, b), std::max(a, b)}];
      around_[std::size_t(a)].push_back(Index(t));
      sides_[std::size_t(edges_of_[t][k])].push_back(Index(t));
    }
  open_.resize(triangles_.size());
  for (std::size_t t = 0; t < triangles_.size(); ++t) {
    Vec3 a = points_[triangles_[t][0]], b = a;
    for (int k = 0; k < 3; ++k) {
      const Index p = triangles_[t][k], q = triangles_[t][(k + 1) % 3];
      open_[t][k] = edge[{std::min(p, q), std::max(p, q)}] == 1;
      a = a.cwiseMin(points_[p]);
      b = b.cwiseMax(points_[p]);
    }
    const Vec3 cells = ((b - low_) / grid_mm_).array().floor() - ((a - low_) / grid_mm_).array().floor();
    for (int i = 0; i <= int(cells[0]); ++i)
      for (int j = 0; j <= int(cells[1]); ++j)
        for (int k = 0; k <= int(cells[2]); ++k) grid_[cell(a, i, j, k)].push_back(Index(t));
  }
}

Index WallSurface::vertex_of(Index node) const {
  const auto it = vertex_of_.find(node);
  return it == vertex_of_.end() ? -1 : it->second;
}

Index WallSurface::nearest_vertex(Index triangle, const Vec3& x) const {
  const auto& t = triangles_[std::size_t(triangle)];
  int best = 0;
  for (int k = 1; k < 3; ++k)
    if ((points_[t[k]] - x).squaredNorm() < (points_[t[best]] - x).squaredNorm()) best = k;
  return t[best];
}

WallSurface::Foot WallSurface::nearest(const Vec3& x, double radius, const Vec3& facing) const {
  Foot foot;
  foot.distance = radius;
  const int reach = int(std::ceil(radius / grid_mm_));
  const bool any = facing.squaredNorm() == 0;
  for (int i = -reach; i <= reach; ++i)
    for (int j = -reach; j <= reach; ++j)
      for (int k = -reach; k <= reach; ++k) {
        const auto it = grid_.find(cell(x, i, j, k));
        if (it == grid_.end()) continue;
        for (const Index t : it->second) {
          if (!any && normal_[t].dot(facing) <= 0.2) continue;
          const auto& v = triangles_[t];
          Vec3 bary;
          const Vec3 p = nearest_on(x, points_[v[0]], points_[v[1]], points_[v[2]], bary);
          const double d = (p - x).norm();
          // Ties (a shared edge) go to the lower triangle, so that the answer does not depend on the grid.
          if (d > foot.distance + 1e-12 || (foot.triangle >= 0 && d > foot.distance - 1e-12 && t >= foot.triangle)) continue;
          foot.distance = std::min(d, foot.distance);
          foot.point = p;
          foot.triangle = t;
          foot.on_border = false;
          for (int e = 0; e < 3; ++e)
            if (open_[t][e] && bary[(e + 2) % 3] < 1e-9) foot.on_border = true;
        }
      }
  return foot;
}

WallSurface::Ways WallSurface::ways_from(const std::vector<Index>& starts) const {
  constexpr Index on_edge = 5;   // points on an edge, evenly spaced: 3 leave 3.6 % on an irregular sheet
  const Index nv = Index(points_.size());
  const std::size_t n = points_.size() + std::size_t(on_edge) * edge_.size();
  Ways w;
  w.distance.assign(n, std::numeric_limits<double>::infinity());
  w.before.assign(n, -1);
  w.place = points_;
  w.place.reserve(n);
  w.vertex.resize(n);
  for (Index v = 0; v < nv; ++v) w.vertex[std::size_t(v)] = v;
  for (std::size_t e = 0; e < edge_.size(); ++e)
    for (Index k = 0; k < on_edge; ++k) {
      const double share = double(k + 1) / (on_edge + 1);
      w.vertex[w.place.size()] = edge_[e][share > 0.5];
      w.place.push_back((1 - share) * points_[std::size_t(edge_[e][0])] + share * points_[std::size_t(edge_[e][1])]);
    }
  using Entry = std::pair<double, Index>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  for (const Index start : starts) {
    w.distance[std::size_t(start)] = 0;
    queue.push({0.0, start});
  }
  while (!queue.empty()) {
    const auto [d, v] = queue.top();
    queue.pop();
    if (d > w.distance[std::size_t(v)]) continue;
    const auto reach = [&, d = d, v = v](Index to) {
      const double through = d + (w.place[std::size_t(to)] - w.place[std::size_t(v)]).norm();
      if (through < w.distance[std::size_t(to)]) {
        w.distance[std::size_t(to)] = through;
        w.before[std::size_t(to)] = v;
        queue.push({through, to});
      }
    };
    for (const Index t : v < nv ? around_[std::size_t(v)] : sides_[std::size_t((v - nv) / on_edge)]) {
      for (const Index to : triangles_[std::size_t(t)]) reach(to);
      for (const Index e : edges_of_[std::size_t(t)])
        for (Index k = 0; k < on_edge; ++k) reach(nv + on_edge * e + k);
    }
  }
  return w;
}

}  // namespace ot::ep
