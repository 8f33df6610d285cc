// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes with known truth: tubes around a curve, voxelised solids, a toy heart.
#pragma once
#include <Eigen/Geometry>
#include <cmath>
#include <functional>

#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/volume.hpp"

namespace ot::test {

using core::Vec3;
inline constexpr double pi = 3.14159265358979323846;

// Closed tube, circular sections: wall 1, inlet 2 at s = 0, outlet 3 at s = 1.
inline core::SurfaceMesh make_tube(const std::function<Vec3(double)>& centre, const std::function<double(double)>& radius, int rings, int around) {
  core::SurfaceMesh m;
  m.patch_names = {{1, "wall"}, {2, "inlet"}, {3, "outlet 1"}};
  Vec3 side = Vec3::Zero();
  for (int i = 0; i <= rings; ++i) {
    const double s = double(i) / rings, h = 1e-4;
    const Vec3 t = (centre(s + h) - centre(s - h)).normalized();
    if (i == 0) side = t.unitOrthogonal();
    side = (side - side.dot(t) * t).normalized();
    const Vec3 up = t.cross(side);
    for (int j = 0; j < around; ++j)
      m.points.push_back(centre(s) + radius(s) * (std::cos(2 * pi * j / around) * side + std::sin(2 * pi * j / around) * up));
  }
  auto put = [&](int a, int b, int c, int patch) { m.triangles.push_back({a, b, c}), m.patch.push_back(patch); };
  for (int i = 0; i < rings; ++i)
    for (int j = 0; j < around; ++j) {
      const int a = i * around + j, b = i * around + (j + 1) % around, c = a + around, d = b + around;
      put(a, b, d, 1), put(a, d, c, 1);
    }
  const int first = int(m.points.size());
  m.points.push_back(centre(0)), m.points.push_back(centre(1));
  for (int j = 0; j < around; ++j) {
    put(first, (j + 1) % around, j, 2);
    put(first + 1, rings * around + j, rings * around + (j + 1) % around, 3);
  }
  return m;
}

inline core::LabelMap voxelise(const core::Grid& grid, const std::function<int(const Vec3&)>& label) {
  core::LabelMap l;
  l.grid = grid;
  l.labels = core::labels::heart();
  l.values.resize(grid.voxels());
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) l.values[grid.offset(i, j, k)] = std::uint8_t(label(grid.to_patient(Vec3(i, j, k))));
  return l;
}

inline core::Grid cube(double half_mm, double spacing) {
  core::Grid g;
  const int n = int(2 * half_mm / spacing) + 1;
  g.size = {n, n, n};
  g.spacing = Vec3::Constant(spacing);
  g.origin = Vec3::Constant(-half_mm + 0.13);
  return g;
}
// The same region of space with i running from left to right: the direction matrix has determinant -1.
inline core::Grid mirrored(core::Grid g) {
  g.origin = g.to_patient(Vec3(g.size[0] - 1, 0, 0));
  g.direction.col(0) *= -1;
  return g;
}

// Two ellipsoidal ventricles, apex down (-z), base at z = 10; atria above; an infarct in the free wall.
inline int toy_heart(const Vec3& x) {
  namespace l = core::labels;
  auto in = [&](const Vec3& c, const Vec3& r) { return (x - c).cwiseQuotient(r).squaredNorm() < 1; };
  const bool lv = in({0, 0, 0}, {17, 17, 36}), epi = in({0, 0, 0}, {26, 26, 44}), rv = in({-20, -8, 2}, {26, 22, 34});
  if (x.z() > 12) return in({8, 6, 22}, {22, 20, 16}) ? l::left_atrium : in({-28, -6, 22}, {18, 18, 16}) ? l::right_atrium : 0;
  if (lv) return l::lv_blood_pool;
  if (epi) return (x - Vec3(22, 3, -8)).norm() < 9 ? l::scar : l::lv_myocardium;
  return rv ? l::rv_blood_pool : 0;
}
inline std::vector<imaging::Plane> toy_planes() {
  return {{"mitral", {0, 0, 10}, {0, 0, -1}, 15, true}, {"tricuspid", {-28, -8, 10}, {0, 0, -1}, 16, true}};
}

// Share of points within `limit` mm of a face between voxels of the set and others.
inline double share_within(const core::LabelMap& l, const std::function<bool(int)>& in, const std::vector<Vec3>& points, double limit) {
  const core::Grid& g = l.grid;
  auto member = [&](int i, int j, int k) { return g.contains(i, j, k) && in(l.at(i, j, k)); };
  std::size_t good = 0;
  for (const Vec3& x : points) {
    const Vec3 q = g.to_index(x);
    double best = 1e300;
    const int c[3] = {int(std::lround(q[0])), int(std::lround(q[1])), int(std::lround(q[2]))};
    for (int k = c[2] - 2; k <= c[2] + 2; ++k)
      for (int j = c[1] - 2; j <= c[1] + 2; ++j)
        for (int i = c[0] - 2; i <= c[0] + 2; ++i)
          for (int a = 0; a < 3; ++a) {
            const int n[3] = {i + (a == 0), j + (a == 1), k + (a == 2)};
            if (member(i, j, k) == member(n[0], n[1], n[2])) continue;
            Vec3 d = (q - Vec3(i, j, k)).cwiseAbs();
            Vec3 r;
            for (int b = 0; b < 3; ++b) r[b] = b == a ? std::abs(q[b] - (b == 0 ? i : b == 1 ? j : k) - 0.5) : std::max(0.0, d[b] - 0.5);
            best = std::min(best, r.cwiseProduct(g.spacing).norm());
          }
    good += best <= limit;
  }
  return double(good) / double(points.size());
}

}  // namespace ot::test
