// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ellipsoid_heart.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <tuple>

namespace ot::test {
namespace {

using core::Index;
using core::Vec3;
using Distance = std::function<double(const Vec3&)>;   // < 0 inside, about mm near the surface

// First-order distance to an axis-aligned ellipsoid: f/|grad f| with f = |x/a|^2 - 1, kept finite at the centre.
double ellipsoid(const Vec3& x, const Vec3& centre, const Vec3& half) {
  const Vec3 y = (x - centre).cwiseQuotient(half);
  const double r = y.norm();
  const double g = std::max(y.cwiseQuotient(half).norm(), 1e-3 / half.maxCoeff());
  return r * (r - 1.0) / g;
}

struct Shape {
  Vec3 lv_half{33, 33, 86}, lv_cavity_half{23, 23, 76}, rv_centre{-26, 0, 0}, rv_half{37, 38, 74};
  double rv_wall = 4, base_z = 14;
  bool rv = true;

  double lv_out(const Vec3& x) const { return ellipsoid(x, Vec3::Zero(), lv_half); }
  double lv_in(const Vec3& x) const { return ellipsoid(x, Vec3::Zero(), lv_cavity_half); }
  double rv_out(const Vec3& x) const { return ellipsoid(x, rv_centre, rv_half); }
  double rv_in(const Vec3& x) const { return ellipsoid(x, rv_centre, rv_half - Vec3::Constant(rv_wall)); }
  double rv_cavity(const Vec3& x) const { return std::max(rv_in(x), -lv_out(x)); }
  double epicardium(const Vec3& x) const { return rv ? std::min(lv_out(x), rv_out(x)) : lv_out(x); }
  double base(const Vec3& x) const { return x.z() - base_z; }
  double wall(const Vec3& x) const {
    double d = std::max({epicardium(x), -lv_in(x), base(x)});
    return rv ? std::max(d, -rv_cavity(x)) : d;
  }
};

Vec3 gradient(const Distance& d, const Vec3& x) {
  const double h = 1e-4;
  Vec3 g;
  for (int k = 0; k < 3; ++k) {
    Vec3 a = x, b = x;
    a[k] -= h;
    b[k] += h;
    g[k] = (d(b) - d(a)) / (2 * h);
  }
  return g;
}

// Smallest ratio of volume to cubed longest edge, relative to the regular tetrahedron (1 = regular).
double shape_quality(const std::vector<Vec3>& x, const core::Tet& t) {
  const double v = core::tet_volume(x[t[0]], x[t[1]], x[t[2]], x[t[3]]);
  double longest = 0;
  for (int a = 0; a < 4; ++a)
    for (int b = a + 1; b < 4; ++b) longest = std::max(longest, (x[t[a]] - x[t[b]]).squaredNorm());
  return v * 6.0 * std::sqrt(2.0) / std::pow(longest, 1.5);
}

// Body-centred cubic lattice: corners and centres of cubes of side a; four tets around each pair of neighbouring centres.
core::TetMesh carve(const Distance& wall, const Vec3& low, const Vec3& high, double a) {
  core::TetMesh mesh;
  const int nx = int(std::ceil((high.x() - low.x()) / a)) + 2, ny = int(std::ceil((high.y() - low.y()) / a)) + 2,
            nz = int(std::ceil((high.z() - low.z()) / a)) + 2;
  std::map<std::tuple<int, int, int>, Index> number;   // doubled lattice coordinates
  auto place = [&](const std::array<int, 3>& p) -> Vec3 { return low + 0.5 * a * Vec3(p[0] - 2, p[1] - 2, p[2] - 2); };
  auto node = [&](const std::array<int, 3>& p) {
    auto [it, fresh] = number.try_emplace({p[2], p[1], p[0]}, Index(mesh.nodes.size()));
    if (fresh) mesh.nodes.push_back(place(p));
    return it->second;
  };
  for (int k = 0; k < nz; ++k)
    for (int j = 0; j < ny; ++j)
      for (int i = 0; i < nx; ++i)
        for (int axis = 0; axis < 3; ++axis) {
          const std::array<int, 3> c0{2 * i + 1, 2 * j + 1, 2 * k + 1};
          std::array<int, 3> c1 = c0;
          c1[axis] += 2;
          const int u = (axis + 1) % 3, v = (axis + 2) % 3;
          const std::array<std::array<int, 2>, 4> ring{{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}};
          for (int r = 0; r < 4; ++r) {
            std::array<int, 3> p = c0, q = c0;
            p[axis] += 1;
            q[axis] += 1;
            p[u] += ring[r][0];
            p[v] += ring[r][1];
            q[u] += ring[(r + 1) % 4][0];
            q[v] += ring[(r + 1) % 4][1];
            if (wall(0.25 * (place(c0) + place(c1) + place(p) + place(q))) >= 0) continue;
            core::Tet t{node(c0), node(c1), node(p), node(q)};
            if (core::tet_volume(mesh.nodes[t[0]], mesh.nodes[t[1]], mesh.nodes[t[2]], mesh.nodes[t[3]]) < 0)
              std::swap(t[2], t[3]);
            mesh.tets.push_back(t);
          }
        }
  return mesh;
}

// Pulls boundary nodes onto wall = 0 step by step; a step that spoils a tet is halved, then given up.
void fit_boundary(core::TetMesh& mesh, const Distance& wall, double edge) {
  std::vector<std::vector<Index>> around(mesh.nodes.size());
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    for (Index n : mesh.tets[t]) around[n].push_back(Index(t));
  std::vector<char> outer(mesh.nodes.size(), 0);
  for (const auto& f : core::find_boundary(mesh.tets))
    for (Index n : f.nodes) outer[n] = 1;
  double floor = 0.15;   // worst shape a move may leave, relaxed in the last rounds
  auto try_move = [&](std::size_t n, const Vec3& step) {
    const Vec3 old = mesh.nodes[n];
    double before = 1;
    for (Index t : around[n]) before = std::min(before, shape_quality(mesh.nodes, mesh.tets[t]));
    for (double part : {1.0, 0.5, 0.25}) {
      mesh.nodes[n] = old + part * step;
      double after = 1;
      for (Index t : around[n]) after = std::min(after, shape_quality(mesh.nodes, mesh.tets[t]));
      if (after > floor || after >= before) return;
    }
    mesh.nodes[n] = old;
  };
  for (int round = 0; round < 10; ++round) {
    if (round == 7) floor = 0.07;
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
      if (outer[n]) {
        const double d = wall(mesh.nodes[n]);
        const Vec3 g = gradient(wall, mesh.nodes[n]);
        const double length = g.norm();
        if (length < 0.2) continue;
        try_move(n, std::clamp(-d / length, -0.3 * edge, 0.3 * edge) * g / length);
      } else {   // inner nodes drift towards the middle of their neighbours
        Vec3 mean = Vec3::Zero();
        for (Index t : around[n])
          for (Index m : mesh.tets[t]) mean += mesh.nodes[m];
        mean /= 4.0 * double(around[n].size());
        try_move(n, 0.3 * (mean - mesh.nodes[n]));
      }
    }
  }
}

// Keeps the tets that hang together through faces with the first one of the largest part.
void keep_largest_part(core::TetMesh& mesh) {
  std::vector<Index> root(mesh.nodes.size());
  for (std::size_t n = 0; n < root.size(); ++n) root[n] = Index(n);
  std::function<Index(Index)> find = [&](Index n) {
    while (root[n] != n) n = root[n] = root[root[n]];
    return n;
  };
  for (const auto& t : mesh.tets)
    for (int k = 1; k < 4; ++k) root[find(t[k])] = find(t[0]);
  std::map<Index, std::size_t> count;
  for (const auto& t : mesh.tets) ++count[find(t[0])];
  Index best = -1;
  for (const auto& [r, c] : count)
    if (best < 0 || c > count[best]) best = r;
  std::erase_if(mesh.tets, [&](const core::Tet& t) { return find(t[0]) != best; });
}

}  // namespace

core::Mat3 heart_pose() {
  // Apex direction 50 degrees to the left of the front and 35 degrees down: a normal (semi-vertical) heart.
  const double left = 50 * M_PI / 180, down = 35 * M_PI / 180;
  const Vec3 apex(std::cos(down) * std::sin(left), -std::cos(down) * std::cos(left), -std::sin(down));
  Vec3 rv(-0.62, -0.78, 0.0);
  rv = (rv - rv.dot(apex) * apex).normalized();
  core::Mat3 r;
  r.col(2) = -apex;
  r.col(0) = -rv;
  r.col(1) = r.col(2).cross(r.col(0));
  return r;
}

core::TetMesh ellipsoid_heart(const EllipsoidHeart& shape) {
  Shape s;
  s.lv_half *= shape.shrink;
  s.lv_cavity_half *= shape.shrink;
  s.rv_centre *= shape.shrink;
  s.rv_half *= shape.shrink;
  s.rv_wall *= shape.shrink;
  s.base_z *= shape.shrink;
  s.rv = shape.right_ventricle;
  const Distance wall = [&s](const Vec3& x) { return s.wall(x); };
  const double a = 1.10 * shape.edge_mm;
  Vec3 low = -s.lv_half, high = s.lv_half;
  if (s.rv) {
    low = low.cwiseMin(s.rv_centre - s.rv_half);
    high = high.cwiseMax(s.rv_centre + s.rv_half);
  }
  high.z() = s.base_z;
  core::TetMesh mesh = carve(wall, low, high, a);
  keep_largest_part(mesh);
  core::compact(mesh);
  fit_boundary(mesh, wall, shape.edge_mm);

  mesh.region_names = {{2, "lv_myocardium"}};
  if (s.rv) mesh.region_names[8] = "rv_wall";
  if (shape.scar) mesh.region_names[9] = "scar";
  const Vec3 scar_centre = shape.shrink * Vec3(4, -26, -38);
  mesh.region.reserve(mesh.tets.size());
  for (const auto& t : mesh.tets) {
    const Vec3 c = 0.25 * (mesh.nodes[t[0]] + mesh.nodes[t[1]] + mesh.nodes[t[2]] + mesh.nodes[t[3]]);
    const bool lv = !s.rv || s.lv_out(c) < 0;
    const bool scar = shape.scar && lv && (c - scar_centre).norm() < 15 * shape.shrink;
    mesh.region.push_back(scar ? 9 : lv ? 2 : 8);
  }
  mesh.patch_names = {{1, "endocardium_lv"}, {3, "epicardium"}, {4, "base"}};
  if (s.rv) mesh.patch_names[2] = "endocardium_rv";
  mesh.boundary = core::find_boundary(mesh.tets);
  for (auto& f : mesh.boundary) {
    const Vec3 c = (mesh.nodes[f.nodes[0]] + mesh.nodes[f.nodes[1]] + mesh.nodes[f.nodes[2]]) / 3.0;
    const Vec3 n = (mesh.nodes[f.nodes[1]] - mesh.nodes[f.nodes[0]])
                       .cross(mesh.nodes[f.nodes[2]] - mesh.nodes[f.nodes[0]]).normalized();
    // nearest surface; the base only where the face looks up
    std::vector<std::pair<double, int>> near{{std::abs(s.lv_in(c)), 1}, {std::abs(s.epicardium(c)), 3}};
    if (s.rv) near.push_back({std::abs(s.rv_cavity(c)), 2});
    if (n.z() > 0.6) near.push_back({std::abs(s.base(c)), 4});
    f.patch = std::min_element(near.begin(), near.end())->second;
  }
  if (shape.pose == HeartPose::patient_lps) {
    const core::Mat3 r = heart_pose();
    for (auto& x : mesh.nodes) x = r * x;
  }
  return mesh;
}

core::TetMesh ellipsoid_heart(double edge_mm) {
  EllipsoidHeart shape;
  shape.edge_mm = edge_mm;
  return ellipsoid_heart(shape);
}

core::TetMesh ball_mesh(double radius_mm, double edge_mm) {
  const Distance wall = [&](const Vec3& x) { return x.norm() - radius_mm; };
  core::TetMesh mesh = carve(wall, Vec3::Constant(-radius_mm), Vec3::Constant(radius_mm), 1.10 * edge_mm);
  core::compact(mesh);
  fit_boundary(mesh, wall, edge_mm);
  mesh.region.assign(mesh.tets.size(), 1);
  mesh.region_names = {{1, "ball"}};
  mesh.patch_names = {{1, "surface"}};
  mesh.boundary = core::find_boundary(mesh.tets);
  for (auto& f : mesh.boundary) f.patch = 1;
  return mesh;
}

}  // namespace ot::test
