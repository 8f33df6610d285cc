// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "imaging/meshing/meshing.hpp"
#include "solvers/core/parallel.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;

namespace {

std::map<std::string, double> patch_areas(const core::TetMesh& m) {
  std::map<std::string, double> area;
  for (const auto& f : m.boundary) {
    const Vec3 &a = m.nodes[std::size_t(f.nodes[0])], &b = m.nodes[std::size_t(f.nodes[1])], &c = m.nodes[std::size_t(f.nodes[2])];
    area[m.patch_names.at(f.patch)] += 0.5 * (b - a).cross(c - a).norm();
  }
  return area;
}

double quantity(const imaging::HeartMesh& m, const std::string& key) {
  for (const auto& q : m.quantities)
    if (q.key == key) return q.value;
  throw std::runtime_error("no quantity " + key);
}

}  // namespace

TEST_CASE("Heart mesh: no inverted tets, smallest dihedral >= 8 degrees, median >= 40, four patches and two valve rings, three regions, closed boundary") {
  const core::LabelMap l = voxelise(cube(60, 1.5), toy_heart);
  for (double edge : {1.5, 2.0, 4.0}) {
    const auto m = imaging::biventricular_mesh(l, toy_planes(), {edge, 3.0}, {});
    REQUIRE(m);
    CHECK(m->quality.inverted == 0);
    CHECK(m->quality.parts == 1);
    CHECK(m->quality.min_dihedral_deg >= 8.0);
    CHECK(m->quality.median_dihedral_deg >= 40.0);
    if (edge <= 2.0) CHECK(m->quality.mean_edge_mm == Approx(edge).epsilon(0.1));
    CHECK(core::check_simulation_ready(m->mesh));
    const auto area = patch_areas(m->mesh);
    for (const char* patch : {"endocardium_lv", "endocardium_rv", "epicardium", "base", "base_mitral", "base_tricuspid"}) CHECK(area.count(patch) == 1);
    CHECK(m->mesh.patch_names.size() == 6);
    std::set<int> regions(m->mesh.region.begin(), m->mesh.region.end());
    CHECK(regions.size() == 3);
    std::map<std::pair<int, int>, int> edges;
    for (const auto& f : m->mesh.boundary)
      for (std::size_t s = 0; s < 3; ++s) ++edges[std::minmax(f.nodes[s], f.nodes[(s + 1) % 3])];
    CHECK(std::all_of(edges.begin(), edges.end(), [](const auto& e) { return e.second == 2; }));
    CHECK(std::any_of(m->notes.begin(), m->notes.end(), [](const std::string& n) { return n.find("assumed") != std::string::npos; }));
  }
}

TEST_CASE("Heart mesh: the rings of mitral and tricuspid valve lie all around their orifice, within 0.6 mm of their plane, all of their faces within 4.5 mm of their ventricle's blood") {
  const core::LabelMap l = voxelise(cube(60, 1.5), toy_heart);
  const auto m = imaging::biventricular_mesh(l, toy_planes(), {1.5, 3.0}, {});
  REQUIRE(m);
  const core::TetMesh& mesh = m->mesh;
  // The orifices as points of the two bloods in the plane z = 10, half a mm apart.
  std::map<std::string, std::vector<Vec3>> orifice;
  for (double x = -60; x <= 60; x += 0.5)
    for (double y = -60; y <= 60; y += 0.5) {
      const int v = toy_heart(Vec3(x, y, 10));
      if (v == core::labels::lv_blood_pool) orifice["base_mitral"].push_back(Vec3(x, y, 10));
      if (v == core::labels::rv_blood_pool) orifice["base_tricuspid"].push_back(Vec3(x, y, 10));
    }
  std::map<std::string, std::set<int>> sector;   // 10 degrees each
  double farthest = 0, off_plane = 0;   // a ring is 4 mm wide, and centroids of faces and the orifice's points are 0.5 mm apart at most
  for (const auto& f : mesh.boundary) {
    const std::string name = mesh.patch_names.at(f.patch);
    if (name != "base_mitral" && name != "base_tricuspid") continue;
    const Vec3 x = (mesh.nodes[std::size_t(f.nodes[0])] + mesh.nodes[std::size_t(f.nodes[1])] + mesh.nodes[std::size_t(f.nodes[2])]) / 3;
    off_plane = std::max(off_plane, std::abs(x.z() - 10));
    double near = 1e9;
    for (const Vec3& p : orifice[name]) near = std::min(near, (p - x).norm());
    farthest = std::max(farthest, near);
    const Vec3 q = name == "base_mitral" ? x : Vec3(x - Vec3(-20, -8, 0));
    sector[name].insert(int(std::floor(std::atan2(q.y(), q.x()) * 18 / pi)));
  }
  CHECK(off_plane < 0.6);
  CHECK(farthest < 4.5);
  CHECK(sector["base_mitral"].size() == 36);      // all around
  CHECK(sector["base_tricuspid"].size() >= 18);   // seen from the middle of its ellipse
}

TEST_CASE("Heart mesh: LV wall and scar volumes within 4 % of the labels below the base plane, endocardium area within 5 % of the ellipsoid") {
  const core::LabelMap l = voxelise(cube(60, 1.5), toy_heart);
  const auto m = imaging::biventricular_mesh(l, toy_planes(), {1.5, 3.0}, {});
  REQUIRE(m);
  double wall = 0, scar = 0;
  for (int k = 0; k < l.grid.size[2]; ++k)
    for (int j = 0; j < l.grid.size[1]; ++j)
      for (int i = 0; i < l.grid.size[0]; ++i)
        if (l.grid.to_patient(Vec3(i, j, k)).z() < 10) {
          wall += l.at(i, j, k) == core::labels::lv_myocardium;
          scar += l.at(i, j, k) == core::labels::scar;
        }
  CHECK(quantity(*m, "mesh_lv_myocardium_ml") == Approx(wall * 3.375e-3).epsilon(0.04));
  CHECK(quantity(*m, "mesh_scar_ml") == Approx(scar * 3.375e-3).epsilon(0.08));
  CHECK(quantity(*m, "mesh_cut_ml") > 0.5);
  // LV endocardium: spheroid with radii 17 and 36 below z = 10, area by quadrature.
  double area = 0;
  const int n = 20000;
  for (int i = 0; i < n; ++i) {
    const double z = -36 + 46.0 * (i + 0.5) / n, r = 17 * std::sqrt(1 - z * z / 1296), slope = -17 * z / (1296 * std::sqrt(1 - z * z / 1296));
    area += 2 * pi * r * std::sqrt(1 + slope * slope) * 46.0 / n;
  }
  CHECK(patch_areas(m->mesh)["endocardium_lv"] == Approx(area).epsilon(0.05));
  // Surface within half a voxel (95 %) of the label boundary.
  std::set<int> nodes;
  for (const auto& f : m->mesh.boundary)
    if (m->mesh.patch_names.at(f.patch) == "endocardium_lv") nodes.insert(f.nodes.begin(), f.nodes.end());
  std::vector<Vec3> points;
  for (int p : nodes)
    if (m->mesh.nodes[std::size_t(p)].z() < 8) points.push_back(m->mesh.nodes[std::size_t(p)]);
  CHECK(share_within(l, [](int v) { return v == core::labels::lv_blood_pool; }, points, 0.75) >= 0.95);
}

TEST_CASE("Heart mesh is bitwise the same twice and for 1 and 2 threads, and changes with the labels") {
  const core::LabelMap l = voxelise(cube(60, 2.0), toy_heart);
  const imaging::HeartMeshParams params{2.2, 3.0};
  core::set_thread_count(1);
  const auto a = imaging::biventricular_mesh(l, toy_planes(), params, {});
  core::set_thread_count(2);
  const auto b = imaging::biventricular_mesh(l, toy_planes(), params, {});
  const auto c = imaging::biventricular_mesh(l, toy_planes(), params, {});
  core::set_thread_count(core::hardware_threads());
  REQUIRE((a && b && c));
  CHECK(a->mesh.sha256() == b->mesh.sha256());
  CHECK(b->mesh.sha256() == c->mesh.sha256());
  core::LabelMap corrupt = voxelise(l.grid, [](const Vec3& x) {
    return (x - Vec3(0, 22, -10)).norm() < 6 && toy_heart(x) == core::labels::lv_myocardium ? 0 : toy_heart(x);
  });
  const auto d = imaging::biventricular_mesh(corrupt, toy_planes(), params, {});
  REQUIRE(d);
  CHECK(d->mesh.sha256() != a->mesh.sha256());
  CHECK(quantity(*d, "mesh_lv_myocardium_ml") < quantity(*a, "mesh_lv_myocardium_ml") - 0.2);
}

TEST_CASE("Heart mesh of a mirrored grid (determinant -1) has the same volumes within 1 % and patch areas within 2 %") {
  const core::Grid g = cube(60, 2.0);
  const auto a = imaging::biventricular_mesh(voxelise(g, toy_heart), toy_planes(), {2.0, 3.0}, {});
  const auto b = imaging::biventricular_mesh(voxelise(mirrored(g), toy_heart), toy_planes(), {2.0, 3.0}, {});
  REQUIRE((a && b));
  CHECK(b->quality.volume_ml == Approx(a->quality.volume_ml).epsilon(0.01));
  const auto pa = patch_areas(a->mesh), pb = patch_areas(b->mesh);
  for (const auto& [name, area] : pa) CHECK(pb.at(name) == Approx(area).epsilon(0.02));
}

TEST_CASE("Without valve planes one base plane is fitted across the LV long axis and said so") {
  const auto m = imaging::biventricular_mesh(voxelise(cube(60, 2.0), toy_heart), {}, {2.0, 3.0}, {});
  REQUIRE(m);
  REQUIRE(m->cut_planes.size() == 1);
  CHECK(std::abs(m->cut_planes[0].normal.z()) > 0.97);
  CHECK(m->cut_planes[0].centre.z() == Approx(10).margin(6));
  CHECK_FALSE(m->cut_planes[0].fitted);
  CHECK(m->notes.front().find("No mitral valve plane") == 0);
}
