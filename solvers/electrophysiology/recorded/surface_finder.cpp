// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/recorded/surface_finder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <unordered_map>

#include "solvers/core/triangle.hpp"

namespace ot::ep {

using core::Index;
using core::Vec3;

SurfaceFinder::SurfaceFinder(const core::TetMesh& mesh, const std::string& prefix) : mesh_(mesh) {
  const auto values = mesh.patch_values(prefix);
  std::vector<char> on(mesh.nodes.size(), 0);
  Vec3 sum = Vec3::Zero();
  for (const auto& f : mesh.boundary) {
    if (!prefix.empty() && std::find(values.begin(), values.end(), f.patch) == values.end()) continue;
    const Vec3 &a = mesh.nodes[f.nodes[0]], &b = mesh.nodes[f.nodes[1]], &c = mesh.nodes[f.nodes[2]];
    const double s = 0.5 * (b - a).cross(c - a).norm();
    area_ += s;
    sum += s / 3 * (a + b + c);
    triangles_.push_back(f.nodes);
    for (Index n : f.nodes) on[std::size_t(n)] = 1;
  }
  if (triangles_.empty()) return;
  centroid_ = sum / std::max(area_, 1e-300);
  for (std::size_t n = 0; n < on.size(); ++n)
    if (on[n]) nodes_.push_back(Index(n));
  // Edges by node.
  std::vector<std::pair<Index, Index>> pairs;
  for (const auto& t : triangles_)
    for (int k = 0; k < 3; ++k) {
      pairs.emplace_back(t[std::size_t(k)], t[std::size_t((k + 1) % 3)]);
      pairs.emplace_back(t[std::size_t((k + 1) % 3)], t[std::size_t(k)]);
    }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  edge_begin_.assign(mesh.nodes.size() + 1, 0);
  for (const auto& e : pairs) ++edge_begin_[std::size_t(e.first) + 1];
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) edge_begin_[n + 1] += edge_begin_[n];
  for (const auto& e : pairs) edges_.emplace_back(e.second, (mesh.nodes[e.second] - mesh.nodes[e.first]).norm());
  // Grid with cells of about two edges.
  Vec3 low = mesh.nodes[nodes_.front()], high = low;
  for (Index n : nodes_) low = low.cwiseMin(mesh.nodes[n]), high = high.cwiseMax(mesh.nodes[n]);
  low_ = low;
  const Vec3 extent = high - low;
  cell_ = std::max(2 * std::sqrt(area_ / double(triangles_.size())), extent.maxCoeff() / 200);
  if (!(cell_ > 0)) cell_ = 1;
  for (int a = 0; a < 3; ++a) size_[std::size_t(a)] = std::max(1, int(extent[a] / cell_) + 1);
  std::vector<std::vector<std::int32_t>> cells(std::size_t(size_[0]) * std::size_t(size_[1]) * std::size_t(size_[2]));
  for (std::size_t t = 0; t < triangles_.size(); ++t) {
    Vec3 tl = mesh.nodes[triangles_[t][0]], th = tl;
    for (Index n : triangles_[t]) tl = tl.cwiseMin(mesh.nodes[n]), th = th.cwiseMax(mesh.nodes[n]);
    int from[3], to[3];
    for (int a = 0; a < 3; ++a) {
      from[a] = std::clamp(int((tl[a] - low_[a]) / cell_), 0, size_[std::size_t(a)] - 1);
      to[a] = std::clamp(int((th[a] - low_[a]) / cell_), 0, size_[std::size_t(a)] - 1);
    }
    for (int k = from[2]; k <= to[2]; ++k)
      for (int j = from[1]; j <= to[1]; ++j)
        for (int i = from[0]; i <= to[0]; ++i) cells[(std::size_t(k) * std::size_t(size_[1]) + std::size_t(j)) * std::size_t(size_[0]) + std::size_t(i)].push_back(std::int32_t(t));
  }
  begin_.push_back(0);
  for (const auto& c : cells) {
    items_.insert(items_.end(), c.begin(), c.end());
    begin_.push_back(std::int32_t(items_.size()));
  }
}

ClosestPoint SurfaceFinder::closest(const Vec3& p) const {
  ClosestPoint best;
  best.distance = std::numeric_limits<double>::infinity();
  if (triangles_.empty()) return best;
  int at[3];
  double outside = 0;   // from p to the grid's box
  for (int a = 0; a < 3; ++a) {
    const double q = (p[a] - low_[a]) / cell_;
    at[a] = std::clamp(int(std::floor(q)), 0, size_[std::size_t(a)] - 1);
    const double over = std::max({0.0, -q, q - size_[std::size_t(a)]});
    outside = std::max(outside, over * cell_);
  }
  const int most = *std::max_element(size_.begin(), size_.end());
  for (int ring = 0; ring <= most; ++ring) {
    // Everything in this ring is at least (ring - 1) cells away from p's cell along one axis.
    if (best.triangle >= 0 && double(ring - 1) * cell_ > best.distance) break;
    for (int k = at[2] - ring; k <= at[2] + ring; ++k) {
      if (k < 0 || k >= size_[2]) continue;
      for (int j = at[1] - ring; j <= at[1] + ring; ++j) {
        if (j < 0 || j >= size_[1]) continue;
        const bool shell = std::abs(k - at[2]) == ring || std::abs(j - at[1]) == ring;
        for (int i = at[0] - ring; i <= at[0] + ring; i += shell || ring == 0 ? 1 : 2 * ring) {
          if (i < 0 || i >= size_[0]) continue;
          const std::size_t cell = (std::size_t(k) * std::size_t(size_[1]) + std::size_t(j)) * std::size_t(size_[0]) + std::size_t(i);
          for (std::int32_t m = begin_[cell]; m < begin_[cell + 1]; ++m) {
            const auto& t = triangles_[std::size_t(items_[std::size_t(m)])];
            const Vec3 q = core::closest_on_triangle(p, mesh_.nodes[t[0]], mesh_.nodes[t[1]], mesh_.nodes[t[2]]);
            const double d = (q - p).norm();
            // Equal distances (an edge): the smaller number, so that the order of the cells does not matter.
            if (d < best.distance || (d == best.distance && items_[std::size_t(m)] < best.triangle)) best = {q, d, items_[std::size_t(m)]};
          }
        }
      }
    }
  }
  return best;
}

void SurfaceFinder::near_nodes(const Vec3& at, int triangle, double reach, std::vector<std::pair<double, Index>>& out) const {
  out.clear();
  using Entry = std::pair<double, Index>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  std::unordered_map<Index, double> best;
  const auto offer = [&](Index n, double d) {
    if (d > reach) return;
    const auto [it, fresh] = best.emplace(n, d);
    if (!fresh && it->second <= d) return;
    it->second = d;
    open.emplace(d, n);
  };
  for (Index n : triangles_[std::size_t(triangle)]) {
    offer(n, (mesh_.nodes[n] - at).norm());
    for (std::int32_t e = edge_begin_[std::size_t(n)]; e < edge_begin_[std::size_t(n) + 1]; ++e) offer(edges_[std::size_t(e)].first, (mesh_.nodes[edges_[std::size_t(e)].first] - at).norm());
  }
  while (!open.empty()) {
    const auto [d, n] = open.top();
    open.pop();
    if (d > best[n]) continue;
    out.emplace_back(d, n);
    for (std::int32_t e = edge_begin_[std::size_t(n)]; e < edge_begin_[std::size_t(n) + 1]; ++e) offer(edges_[std::size_t(e)].first, d + edges_[std::size_t(e)].second);
  }
}

}  // namespace ot::ep
