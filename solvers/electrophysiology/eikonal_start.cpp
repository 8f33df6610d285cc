// SPDX-License-Identifier: GPL-3.0-or-later
// Start of the eikonal solver: travel times along straight rays around each source.
#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>

#include "solvers/electrophysiology/eikonal_state.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

// Radius of the ball: a front is resolved once its radius is several edges in the metric, i.e. several times the slowest
// traversal of an edge. Not a distance that regular lattices repeat, so that no frame decides which nodes are inside.
constexpr double ball_in_slow_edges = 4.0707;
constexpr int most_cells_on_a_ray = 400;

}  // namespace

Vec3 Eikonal::position_of(const EikonalSource& source) const { return mesh_->nodes[std::size_t(source.node)] + source.offset; }

// The other usable cell at the face a-b-c, or nt.
std::size_t Eikonal::across(std::size_t cell, const std::array<Index, 3>& face) const {
  for (auto k = around_begin_[face[0]]; k < around_begin_[face[0] + 1]; ++k) {
    const std::size_t c = around_[k] / 4;
    if (c == cell) continue;
    const auto& n = cells_[c].node;
    const auto has = [&](Index x) { return n[0] == x || n[1] == x || n[2] == x || n[3] == x; };
    if (has(face[1]) && has(face[2])) return c;
  }
  return cells_.size();
}

// From node m to the point `to`, straight, with the length of `along`: time over the cells crossed; never when the ray leaves the usable tissue. Exact in the
// piecewise constant medium, so it is the time of a real path and can only be later than the front.
double Eikonal::ray_time(Index m, const Vec3& to, const Vec3& along, const std::function<bool(std::size_t)>& usable) const {
  constexpr double never = std::numeric_limits<double>::infinity();
  const Vec3 from = mesh_->nodes[std::size_t(node_of_rank_[std::size_t(m)])];
  const Vec3 d = to - from;
  const auto place = [&](Index n) -> const Vec3& { return mesh_->nodes[std::size_t(node_of_rank_[std::size_t(n)])]; };
  const auto crossing_time = [&](std::size_t c) {   // of the whole ray with this cell's metric
    const Index tet = tet_of_cell_[c];
    const Vec3 &f = fibres_->f[std::size_t(tet)], &s = fibres_->s[std::size_t(tet)];
    const Vec3 v = velocity_.cwiseProduct(factor_[kind_[c]]);
    const double a = f.dot(along) / v[0], b = s.dot(along) / v[1], e = f.cross(s).dot(along) / v[2];
    return std::sqrt(a * a + b * b + e * e);
  };
  // The cell around m that the ray enters: the one whose least weight is largest.
  std::size_t cell = cells_.size();
  std::array<double, 3> weight{};
  std::array<Index, 3> face{};
  double best = -1e-9;
  for (auto k = around_begin_[m]; k < around_begin_[m + 1]; ++k) {
    const std::size_t c = around_[k] / 4;
    if (!usable(c)) continue;
    std::array<Index, 3> o;
    int at = 0;
    for (int i = 0; i < 4; ++i)
      if (i != int(around_[k] & 3)) o[std::size_t(at++)] = cells_[c].node[std::size_t(i)];
    const Vec3 e0 = place(o[0]) - from, e1 = place(o[1]) - from, e2 = place(o[2]) - from;
    const Vec3 c12 = e1.cross(e2), c20 = e2.cross(e0), c01 = e0.cross(e1);
    const double det = e0.dot(c12);
    const std::array<double, 3> w{d.dot(c12) / det, d.dot(c20) / det, d.dot(c01) / det};
    const double sum = std::abs(w[0]) + std::abs(w[1]) + std::abs(w[2]);
    const double least = std::min({w[0], w[1], w[2]}) / sum;
    if (!(least > best)) continue;
    best = least;
    cell = c;
    weight = w;
    face = o;
  }
  if (cell == cells_.size()) return never;
  double t = 1.0 / (weight[0] + weight[1] + weight[2]);
  if (!(t > 0) || t >= 1.0) return crossing_time(cell);
  double time = t * crossing_time(cell);
  for (int step = 0; step < most_cells_on_a_ray; ++step) {
    const std::size_t next = across(cell, face);
    if (next == cells_.size() || !usable(next)) return never;
    // Far corner of the next cell and the face through which the ray leaves it.
    const auto& n = cells_[next].node;
    int far = 0;
    for (int i = 0; i < 4; ++i)
      if (n[std::size_t(i)] != face[0] && n[std::size_t(i)] != face[1] && n[std::size_t(i)] != face[2]) far = i;
    const Index apex = n[std::size_t(far)];
    const Vec3 &xa = place(apex), &x0 = place(face[0]), &x1 = place(face[1]), &x2 = place(face[2]);
    double leave = 1.0;
    int through = -1;
    const std::array<std::array<const Vec3*, 3>, 3> side{{{&x1, &x2, &x0}, {&x2, &x0, &x1}, {&x0, &x1, &x2}}};
    for (int i = 0; i < 3; ++i) {   // side i holds the apex and all corners of the entry face but corner i
      const Vec3 normal = (*side[std::size_t(i)][0] - xa).cross(*side[std::size_t(i)][1] - xa);
      const double inside = normal.dot(*side[std::size_t(i)][2] - xa);
      const double speed = normal.dot(d);
      if (!(speed * inside < 0)) continue;
      const double at = normal.dot(xa - from) / speed;
      if (at < leave) {
        leave = std::max(at, t);
        through = i;
      }
    }
    time += (leave - t) * crossing_time(next);
    if (through < 0) return time;
    t = leave;
    face[std::size_t(through)] = apex;
    cell = next;
  }
  return never;
}

// From the true place of a source to its node.
double Eikonal::start_delay(const EikonalSource& source, const std::vector<std::uint8_t>& conducting) const {
  if (source.offset.isZero(0)) return 0;
  const Index n = rank_of_node_[std::size_t(source.node)];
  double least = std::numeric_limits<double>::infinity();
  for (auto k = around_begin_[n]; k < around_begin_[n + 1]; ++k) {
    const std::size_t c = around_[k] / 4;
    if (!conducting.empty() && !conducting[std::size_t(tet_of_cell_[c])]) continue;
    least = std::min(least, source.offset.dot(metric(tet_of_cell_[c], factor_[kind_[c]]) * source.offset));
  }
  return std::sqrt(least);
}

std::vector<EikonalSource> sources_at(const core::TetMesh& mesh, const Vec3& x, double start_ms) {
  Index nearest = 0;
  for (std::size_t n = 1; n < mesh.nodes.size(); ++n)
    if ((mesh.nodes[n] - x).squaredNorm() < (mesh.nodes[std::size_t(nearest)] - x).squaredNorm()) nearest = Index(n);
  if ((mesh.nodes[std::size_t(nearest)] - x).norm() > 1e-9)
    for (const core::Tet& t : mesh.tets) {
      const Vec3 &a = mesh.nodes[std::size_t(t[0])], &b = mesh.nodes[std::size_t(t[1])], &c = mesh.nodes[std::size_t(t[2])],
                 &d = mesh.nodes[std::size_t(t[3])];
      const double slack = -1e-9 * core::tet_volume(a, b, c, d);
      if (core::tet_volume(x, b, c, d) < slack || core::tet_volume(a, x, c, d) < slack || core::tet_volume(a, b, x, d) < slack ||
          core::tet_volume(a, b, c, x) < slack)
        continue;
      std::vector<EikonalSource> out;
      for (Index n : t) out.push_back({n, start_ms, x - mesh.nodes[std::size_t(n)]});
      return out;
    }
  return {{nearest, start_ms}};
}

// The set of sources is given its start times first; a ball does not spread across other sources that start no later, so
// that the inside of a stimulated volume costs nothing, nor where another ball has been earlier.
void Eikonal::start_ball(const EikonalSource& source, std::int32_t number, const std::vector<std::uint8_t>& conducting, State& state) const {
  const Index first = rank_of_node_[std::size_t(source.node)];
  const Vec3 x0 = position_of(source);
  auto conducts = [&](std::size_t c) { return conducting.empty() || conducting[std::size_t(tet_of_cell_[c])]; };
  int kind = -1;
  Index lowest = 0;   // conducting tet of the source with the lowest number: the same in every frame
  for (auto k = around_begin_[first]; k < around_begin_[first + 1]; ++k) {
    const std::size_t c = around_[k] / 4;
    if (!conducts(c) || (kind >= 0 && tet_of_cell_[c] > lowest)) continue;
    kind = kind_[c];
    lowest = tet_of_cell_[c];
  }
  if (kind < 0) return;
  const Vec3 factor = factor_[std::size_t(kind)];
  const std::function<bool(std::size_t)> usable = [&](std::size_t c) { return conducts(c) && factor_[kind_[c]] == factor; };
  // Mean metric of the conducting tets around a node that share the speed factor of the source.
  auto mean_metric = [&](Index n) -> const core::Mat3& {
    auto [it, fresh] = state.metric.try_emplace({n, kind});
    if (fresh) {
      it->second.setZero();
      int count = 0;
      for (auto k = around_begin_[n]; k < around_begin_[n + 1]; ++k)
        if (usable(around_[k] / 4)) {
          it->second += metric(tet_of_cell_[around_[k] / 4], factor);
          ++count;
        }
      it->second /= std::max(count, 1);
    }
    return it->second;
  };
  const core::Mat3 m0 = mean_metric(first);
  // Rays aim a little beside the source, at no special place of a tet, so that none runs along edges of a regular lattice.
  const core::Tet& tet = mesh_->tets[std::size_t(lowest)];
  Vec3 aside = Vec3::Zero();
  constexpr double uneven[4] = {0.31, 0.17, 0.29, 0.23};
  for (int i = 0; i < 4; ++i) aside += uneven[i] * (mesh_->nodes[std::size_t(tet[std::size_t(i)])] - x0);
  const Vec3 aim = x0 + 1e-4 * aside;
  const double radius = ball_in_slow_edges * mean_edge_ / velocity_.cwiseProduct(factor).minCoeff();
  ++state.stamp;
  state.seen[first] = state.stamp;
  std::vector<Index> reached{first};
  for (std::size_t i = 0; i < reached.size(); ++i) {   // only through tissue of one speed: no start time crosses a wall
    const Index n = reached[i];
    for (auto k = around_begin_[n]; k < around_begin_[n + 1]; ++k) {
      if (!usable(around_[k] / 4)) continue;
      for (Index m : cells_[around_[k] / 4].node) {
        if (state.seen[m] == state.stamp) continue;
        state.seen[m] = state.stamp;
        const Vec3 d = mesh_->nodes[std::size_t(node_of_rank_[m])] - x0;
        const Vec3 a = m0 * d;
        const double plain = std::sqrt(d.dot(a));
        if (plain > radius || state.start[m] <= source.start_ms) continue;
        const Vec3 b = mean_metric(m) * d;
        const double here = std::sqrt(d.dot(b));
        if (source.start_ms + 0.5 * (plain + here) >= state.t[m]) continue;
        reached.push_back(m);
        const double t = source.start_ms + ray_time(m, aim, d, usable);
        if (t < state.t[m]) {
          state.lower(m, t, no_parent);
          state.source[m] = number;
          state.slowness[m] = 0.5 * (a / plain + b / here);
        }
      }
    }
  }
}

}  // namespace ot::ep
