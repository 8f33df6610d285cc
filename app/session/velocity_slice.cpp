// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/velocity_slice.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>

namespace ot::session {
namespace {

using core::Vec3;

// Finds the tetrahedron of a point through boxes that list the tetrahedra they touch.
class Boxes {
 public:
  Boxes(const core::TetMesh& mesh, double edge) : mesh_(mesh), edge_(edge) {
    for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
      Vec3 lo = mesh.nodes[std::size_t(mesh.tets[t][0])], hi = lo;
      for (const auto n : mesh.tets[t]) lo = lo.cwiseMin(mesh.nodes[std::size_t(n)]), hi = hi.cwiseMax(mesh.nodes[std::size_t(n)]);
      const auto a = box(lo), b = box(hi);
      for (int i = a[0]; i <= b[0]; ++i)
        for (int j = a[1]; j <= b[1]; ++j)
          for (int k = a[2]; k <= b[2]; ++k) tets_[{i, j, k}].push_back(core::Index(t));
    }
  }
  bool find(const Vec3& x, core::Tet& nodes, std::array<double, 4>& w) const {
    const auto at = tets_.find(box(x));
    if (at == tets_.end()) return false;
    constexpr double slack = 1e-6;
    for (const auto t : at->second) {
      nodes = mesh_.tets[std::size_t(t)];
      const Vec3& a = mesh_.nodes[std::size_t(nodes[0])];
      Eigen::Matrix3d edges;
      for (int j = 0; j < 3; ++j) edges.col(j) = mesh_.nodes[std::size_t(nodes[std::size_t(j) + 1])] - a;
      const Vec3 s = edges.inverse() * (x - a);
      w = {1 - s.sum(), s[0], s[1], s[2]};
      if (*std::min_element(w.begin(), w.end()) >= -slack) return true;
    }
    return false;
  }

 private:
  std::array<int, 3> box(const Vec3& x) const { return {int(std::floor(x[0] / edge_)), int(std::floor(x[1] / edge_)), int(std::floor(x[2] / edge_))}; }
  const core::TetMesh& mesh_;
  double edge_;
  std::map<std::array<int, 3>, std::vector<core::Index>> tets_;
};

}  // namespace

VelocitySlice velocity_slice(const core::TetMesh& mesh, const core::VesselNetwork& network, const PullbackWay& way) {
  VelocitySlice out;
  constexpr int across = 25;              // points from wall to wall
  constexpr double reach = 1.15;          // radii: an oval lumen is wider than its mean
  std::vector<Vec3> centre, along;
  std::vector<double> radius;
  for (std::size_t i = 0; i < way.branches.size(); ++i) {
    const auto& branch = network.branches[std::size_t(way.branches[i])];
    double arc = 0;
    while (arc <= branch.length()) {
      centre.push_back(network.point_at(way.branches[i], arc));
      along.push_back(network.tangent_at(way.branches[i], arc));
      radius.push_back(network.radius_at(way.branches[i], arc));
      arc += std::max(0.05, 0.25 * radius.back());
    }
  }
  if (centre.size() < 2) return out;
  double sum = 0;
  for (const double r : radius) sum += r;
  out.radius_mm = sum / double(radius.size());
  const Boxes boxes(mesh, 0.5 * out.radius_mm);
  // The band lies in the plane in which the way bends most: its chord and its farthest point.
  Vec3 chord = (centre.back() - centre.front()).normalized(), out_of = Vec3(0, 0, 0);
  for (const Vec3& x : centre)
    if (const Vec3 off = (x - centre.front()) - (x - centre.front()).dot(chord) * chord; off.norm() > out_of.norm()) out_of = off;
  if (out_of.norm() < 0.1 * out.radius_mm) out_of = std::abs(chord.z()) < 0.9 ? Vec3(0, 0, 1) : Vec3(1, 0, 0);
  Vec3 side = out_of - out_of.dot(along.front()) * along.front();
  if (side.norm() < 1e-6) side = along.front().unitOrthogonal();
  side.normalize();
  std::vector<std::vector<core::Index>> index;
  for (std::size_t s = 0; s < centre.size(); ++s) {
    side -= side.dot(along[s]) * along[s];   // carried along, turned as little as possible
    if (side.norm() < 1e-6) side = along[s].unitOrthogonal();
    side.normalize();
    index.emplace_back(std::size_t(across), -1);
    for (int k = 0; k < across; ++k) {
      const Vec3 x = centre[s] + reach * radius[s] * (2.0 * k / (across - 1) - 1) * side;
      core::Tet nodes{};
      std::array<double, 4> w{};
      if (!boxes.find(x, nodes, w)) continue;
      index.back()[std::size_t(k)] = core::Index(out.band.points.size());
      if (s % 6 == 3 && k % 3 == 0) out.arrows.push_back(core::Index(out.band.points.size()));
      out.band.points.push_back(x);
      out.nodes.push_back(nodes);
      out.weights.push_back(w);
    }
  }
  for (std::size_t s = 0; s + 1 < index.size(); ++s)
    for (std::size_t k = 0; k + 1 < std::size_t(across); ++k) {
      const core::Index a = index[s][k], b = index[s][k + 1], c = index[s + 1][k], d = index[s + 1][k + 1];
      if (a >= 0 && b >= 0 && c >= 0) out.band.triangles.push_back({a, b, c});
      if (b >= 0 && d >= 0 && c >= 0) out.band.triangles.push_back({b, d, c});
    }
  return out;
}

SlicePicture draw_slice(const VelocitySlice& slice, const std::vector<float>& velocity, double fastest, double longest) {
  SlicePicture out{slice.band, {}};
  std::vector<Vec3> u(slice.nodes.size(), Vec3(0, 0, 0));
  for (std::size_t i = 0; i < u.size(); ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      const std::size_t n = 3 * std::size_t(slice.nodes[i][j]);
      u[i] += slice.weights[i][j] * Vec3(double(velocity[n]), double(velocity[n + 1]), double(velocity[n + 2]));
    }
  for (const Vec3& v : u) out.speed_m_s.push_back(float(1e-3 * v.norm()));
  const double thick = 0.02 * slice.radius_mm;
  for (const auto at : slice.arrows) {
    const Vec3& v = u[std::size_t(at)];
    const double length = fastest > 0 ? std::min(1.5, v.norm() / fastest) * longest : 0;
    if (length < 4 * thick) continue;
    const Vec3 along = v.normalized(), from = slice.band.points[std::size_t(at)], x = along.unitOrthogonal(), y = along.cross(x);
    // A shaft and a cone of four sides.
    const auto base = core::Index(out.surface.points.size());
    const double head = std::min(0.4 * length, 6 * thick);
    const std::array<std::pair<double, double>, 3> rings{{{0, thick}, {length - head, thick}, {length - head, 3 * thick}}};
    for (const auto& [where, r] : rings)
      for (int k = 0; k < 4; ++k) out.surface.points.push_back(from + where * along + r * (k % 2 ? (k == 1 ? y : Vec3(-y)) : (k == 0 ? x : Vec3(-x))));
    out.surface.points.push_back(from + length * along);
    for (std::size_t k = 0; k < 13; ++k) out.speed_m_s.push_back(float(1e-3 * v.norm()));
    for (core::Index r = 0; r < 2; ++r)
      for (core::Index k = 0; k < 4; ++k) {
        const core::Index a = base + 4 * r + k, b = base + 4 * r + (k + 1) % 4;
        out.surface.triangles.push_back({a, b, a + 4});
        out.surface.triangles.push_back({b, b + 4, a + 4});
      }
    for (core::Index k = 0; k < 4; ++k) out.surface.triangles.push_back({base + 8 + k, base + 8 + (k + 1) % 4, base + 12});
  }
  return out;
}

}  // namespace ot::session
