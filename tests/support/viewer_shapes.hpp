// SPDX-License-Identifier: GPL-3.0-or-later
// Synthetic shapes for the viewer's tests and demo: a cup-like wall of tetrahedra, a ball surface, a test volume.
#pragma once
#include <cmath>
#include <memory>
#include <numbers>

#include "solvers/core/mesh.hpp"
#include "solvers/core/volume.hpp"

namespace ot::test {

// Wall between two half-open ellipsoids about `center`, long axis towards `-axis z` (apex left, down and to the front):
// around x along x 2 layers of hexahedra, each cut into 6 tets. Patches: 1 endocardium_lv, 2 epicardium, 3 base.
inline core::TetMesh cup_mesh(int around = 48, int along = 30, int layers = 3, double outer_mm = 34, double wall_mm = 9, double long_mm = 48) {
  using core::Vec3;
  core::TetMesh m;
  // Columns of the rotation: cup axis points to the apex (left, anterior, feet), as the heart lies in the chest.
  const Vec3 apex = Vec3(0.62, -0.50, -0.60).normalized();
  const Vec3 u = apex.cross(Vec3(0, 0, 1)).normalized(), v = apex.cross(u);
  const double top = 0.15 * std::numbers::pi;  // the base is cut here (polar angle from the base pole measured on the cup)
  const auto id = [&](int i, int j, int k) {
    return core::Index((std::size_t(k) * std::size_t(along + 1) + std::size_t(j)) * std::size_t(around) + std::size_t(i % around));
  };
  // j = 0 is the base rim, j = along closes around the apex with a tiny hole instead of degenerate cells.
  for (int k = 0; k <= layers; ++k) {
    const double depth = wall_mm * (1.0 - double(k) / layers);
    for (int j = 0; j <= along; ++j) {
      const double polar = top + (std::numbers::pi * 0.985 - top) * j / along;
      for (int i = 0; i < around; ++i) {
        const double a = 2 * std::numbers::pi * i / around;
        const double r = (outer_mm - depth) * std::sin(polar), h = -(long_mm - depth) * std::cos(polar);
        m.nodes.push_back(r * std::cos(a) * u + r * std::sin(a) * v + h * apex);
      }
    }
  }
  for (int k = 0; k < layers; ++k) {
    for (int j = 0; j < along; ++j) {
      for (int i = 0; i < around; ++i) {
        const core::Index c[8] = {id(i, j, k), id(i + 1, j, k), id(i, j + 1, k), id(i + 1, j + 1, k),
                                  id(i, j, k + 1), id(i + 1, j, k + 1), id(i, j + 1, k + 1), id(i + 1, j + 1, k + 1)};
        static constexpr int kuhn[6][4] = {{0, 1, 3, 7}, {0, 3, 2, 7}, {0, 2, 6, 7}, {0, 6, 4, 7}, {0, 4, 5, 7}, {0, 5, 1, 7}};
        for (const auto& t : kuhn) {
          core::Tet tet{c[t[0]], c[t[1]], c[t[2]], c[t[3]]};
          if (core::tet_volume(m.nodes[tet[0]], m.nodes[tet[1]], m.nodes[tet[2]], m.nodes[tet[3]]) < 0) std::swap(tet[2], tet[3]);
          m.tets.push_back(tet);
          m.region.push_back(1);
        }
      }
    }
  }
  m.region_names = {{1, "lv_myocardium"}};
  m.patch_names = {{1, "endocardium_lv"}, {2, "epicardium"}, {3, "base"}};
  m.boundary = core::find_boundary(m.tets);
  const int sheet = around * (along + 1);
  for (auto& f : m.boundary) {
    bool inner = true, outer = true;
    for (const core::Index n : f.nodes) inner &= n / sheet == 0, outer &= n / sheet == layers;
    f.patch = inner ? 1 : outer ? 2 : 3;
  }
  return m;
}

inline std::shared_ptr<core::SurfaceMesh> ball_surface(const core::Vec3& center, const core::Vec3& radii, int around = 64, int along = 32) {
  auto s = std::make_shared<core::SurfaceMesh>();
  for (int j = 0; j <= along; ++j) {
    for (int i = 0; i < around; ++i) {
      const double p = std::numbers::pi * j / along, a = 2 * std::numbers::pi * i / around;
      s->points.push_back(center + radii.cwiseProduct(core::Vec3(std::sin(p) * std::cos(a), std::sin(p) * std::sin(a), std::cos(p))));
    }
  }
  for (int j = 0; j < along; ++j) {
    for (int i = 0; i < around; ++i) {
      const core::Index a = core::Index(j * around + i), b = core::Index(j * around + (i + 1) % around);
      const core::Index c = a + around, d = b + around;
      if (j > 0) s->triangles.push_back({a, c, b});
      if (j + 1 < along) s->triangles.push_back({b, c, d});
    }
  }
  return s;
}

// Two bright balls in a dimmer body: left chamber (300 HU, larger) and right chamber, with labels 1 and 3.
struct VolumeAndLabels { std::shared_ptr<core::Volume> volume; std::shared_ptr<core::LabelMap> labels; };
inline VolumeAndLabels two_chambers(const core::Grid& grid) {
  auto v = std::make_shared<core::Volume>();
  auto l = std::make_shared<core::LabelMap>();
  v->grid = l->grid = grid;
  v->values.resize(grid.voxels());
  l->values.resize(grid.voxels());
  l->labels = {{1, "lv_blood_pool", "LV blood pool", {90, 200, 140}, false}, {3, "rv_blood_pool", "RV blood pool", {80, 150, 255}, false}};
  for (int k = 0; k < grid.size[2]; ++k) {
    for (int j = 0; j < grid.size[1]; ++j) {
      for (int i = 0; i < grid.size[0]; ++i) {
        const core::Vec3 x = grid.to_patient(core::Vec3(i, j, k));
        float hu = -900;
        std::uint8_t label = 0;
        if (x.cwiseQuotient(core::Vec3(75, 60, 80)).norm() < 1) hu = 60;
        if ((x - core::Vec3(22, -10, -5)).norm() < 26) hu = 300, label = 1;
        if ((x - core::Vec3(-26, -18, 0)).norm() < 18) hu = 220, label = 3;
        v->values[grid.offset(i, j, k)] = hu;
        l->values[grid.offset(i, j, k)] = label;
      }
    }
  }
  return {v, l};
}

}  // namespace ot::test
