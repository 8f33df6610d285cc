// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/mesh_report.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>

#include "imaging/meshing/mesh_parts.hpp"
#include "imaging/meshing/tet_improve.hpp"

namespace ot::imaging {

using core::Index;
using core::Vec3;

namespace {

void shape_of(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d, WorstElement& e) {
  const Vec3 u = b - a, v = c - a, w = d - a;
  const double six = u.dot(v.cross(w)), volume = std::abs(six) / 6;
  const double area[4] = {0.5 * (c - b).cross(d - b).norm(), 0.5 * v.cross(w).norm(), 0.5 * u.cross(w).norm(), 0.5 * u.cross(v).norm()};
  const double faces = area[0] + area[1] + area[2] + area[3], largest = *std::max_element(area, area + 4);
  e.longest_edge_mm = std::max({u.norm(), v.norm(), w.norm(), (c - b).norm(), (d - b).norm(), (d - c).norm()});
  e.volume_mm3 = six / 6;
  e.dihedral_deg = smallest_dihedral(a, b, c, d);
  if (!(volume > 0) || !(faces > 0)) return;
  const Vec3 centre = (u.squaredNorm() * v.cross(w) + v.squaredNorm() * w.cross(u) + w.squaredNorm() * u.cross(v)) / (2 * six);
  e.radius_ratio = 3 * (3 * volume / faces) / centre.norm();
  e.aspect = e.longest_edge_mm / (3 * volume / largest);
}

}  // namespace

MeshReport report_mesh(const core::TetMesh& m, std::size_t worst) {
  MeshReport out;
  out.quality = core::measure_quality(m);
  out.radius_ratio_histogram.assign(20, 0);
  std::vector<double> ratio, angle;
  ratio.reserve(m.tets.size()), angle.reserve(m.tets.size());
  for (const auto& t : m.tets) {
    WorstElement e;
    shape_of(m.nodes[std::size_t(t[0])], m.nodes[std::size_t(t[1])], m.nodes[std::size_t(t[2])], m.nodes[std::size_t(t[3])], e);
    ratio.push_back(e.radius_ratio), angle.push_back(e.dihedral_deg);
    out.max_aspect = std::max(out.max_aspect, e.aspect);
    ++out.radius_ratio_histogram[std::size_t(std::clamp(int(e.radius_ratio * 20), 0, 19))];
  }
  std::vector<Index> order(m.tets.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = Index(i);
  const std::size_t n = std::min(worst, order.size());
  std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(n), order.end(), [&](Index a, Index b) {
    return angle[std::size_t(a)] != angle[std::size_t(b)] ? angle[std::size_t(a)] < angle[std::size_t(b)] : a < b;
  });
  for (std::size_t i = 0; i < n; ++i) {
    WorstElement e;
    e.tet = order[i];
    const auto& t = m.tets[std::size_t(e.tet)];
    const Vec3 &a = m.nodes[std::size_t(t[0])], &b = m.nodes[std::size_t(t[1])], &c = m.nodes[std::size_t(t[2])], &d = m.nodes[std::size_t(t[3])];
    e.centre = 0.25 * (a + b + c + d);
    shape_of(a, b, c, d, e);
    if (std::size_t(e.tet) < m.region.size())
      if (const auto it = m.region_names.find(m.region[std::size_t(e.tet)]); it != m.region_names.end()) e.region = it->second;
    out.worst.push_back(std::move(e));
  }
  if (!ratio.empty()) {
    out.min_radius_ratio = *std::min_element(ratio.begin(), ratio.end());
    std::nth_element(ratio.begin(), ratio.begin() + std::ptrdiff_t(ratio.size() / 2), ratio.end());
    out.median_radius_ratio = ratio[ratio.size() / 2];
  }
  const auto boundary = m.boundary.empty() ? core::find_boundary(m.tets) : m.boundary;
  std::vector<std::uint64_t> edges;
  std::map<Index, std::vector<std::pair<Index, Index>>> fan;
  for (const auto& f : boundary)
    for (std::size_t s = 0; s < 3; ++s) {
      const auto a = std::uint64_t(f.nodes[s]), b = std::uint64_t(f.nodes[(s + 1) % 3]);
      edges.push_back(std::min(a, b) << 32 | std::max(a, b));
      fan[f.nodes[s]].emplace_back(f.nodes[(s + 1) % 3], f.nodes[(s + 2) % 3]);
    }
  std::sort(edges.begin(), edges.end());
  for (std::size_t i = 0; i < edges.size();) {
    std::size_t e = i;
    while (e < edges.size() && edges[e] == edges[i]) ++e;
    out.pinched_edges += e - i > 2;
    i = e;
  }
  // Around a manifold node the opposite edges form one closed loop.
  for (const auto& [node, opposite] : fan) {
    std::map<Index, Index> next(opposite.begin(), opposite.end());
    std::size_t steps = 0;
    Index at = opposite.front().first;
    do {
      const auto it = next.find(at);
      if (it == next.end()) break;
      at = it->second;
      ++steps;
    } while (at != opposite.front().first && steps <= opposite.size());
    out.pinched_nodes += steps != opposite.size();
  }
  return out;
}

}  // namespace ot::imaging
