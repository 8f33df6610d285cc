// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <set>

#include "imaging/meshing/mesh_report.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/core/parallel.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;

namespace {

imaging::MeshRequest request(std::vector<int> labels, double edge) {
  imaging::MeshRequest r;
  r.edge_mm = edge;
  for (int l : labels) r.parts.push_back({l, "", 0});
  return r;
}

double region_volume(const core::TetMesh& m, int region) {
  double v = 0;
  for (std::size_t t = 0; t < m.tets.size(); ++t)
    if (m.region[t] == region) {
      const auto& n = m.tets[t];
      v += core::tet_volume(m.nodes[std::size_t(n[0])], m.nodes[std::size_t(n[1])], m.nodes[std::size_t(n[2])], m.nodes[std::size_t(n[3])]);
    }
  return v;
}

}  // namespace

TEST_CASE("Labels to tets: four labels of a heart at 2 and 3 mm: none inverted, dihedral >= 8, median >= 40, volumes within 2 %, 95 % of border nodes within half a voxel") {
  const auto l = voxelise(cube(60, 1.5), toy_heart);
  const std::vector<int> labels{1, 2, 3, 9};
  for (double edge : {2.0, 3.0}) {
    const auto m = imaging::tet_mesh_from_labels(l, request(labels, edge), {});
    REQUIRE(m);
    CHECK(m->quality.inverted == 0);
    CHECK(m->quality.min_dihedral_deg >= 8);
    CHECK(m->quality.median_dihedral_deg >= 40);
    CHECK(m->quality.parts == 1);
    CHECK(imaging::report_mesh(m->mesh).pinched_edges == 0);
    std::vector<std::set<int>> of(m->mesh.nodes.size());
    for (std::size_t t = 0; t < m->mesh.tets.size(); ++t)
      for (int n : m->mesh.tets[t]) of[std::size_t(n)].insert(m->mesh.region[t]);
    for (const auto& f : m->mesh.boundary)
      for (int n : f.nodes) of[std::size_t(n)].insert(0);
    for (std::size_t p = 0; p < labels.size(); ++p) {
      CHECK(region_volume(m->mesh, int(p) + 1) == Approx(double(l.count(labels[p])) * 3.375).epsilon(0.02));
      std::vector<Vec3> border;
      for (std::size_t n = 0; n < of.size(); ++n)
        if (of[n].count(int(p) + 1) && of[n].size() > 1) border.push_back(m->mesh.nodes[n]);
      CHECK(share_within(l, [&](int v) { return v == labels[p]; }, border, 0.75) >= 0.95);
    }
  }
}

TEST_CASE("Labels to tets: an RV wall of 3 mm at 1.5 mm edge stays whole, alone and beside its blood") {
  const auto l = voxelise(cube(24, 1.0), [](const Vec3& x) { const double d = x.norm(); return d < 15 ? 3 : d < 18 ? 8 : 0; });
  for (const auto& labels : {std::vector<int>{8}, std::vector<int>{3, 8}}) {
    const auto m = imaging::tet_mesh_from_labels(l, request(labels, 1.5), {});
    REQUIRE(m);
    CHECK(m->quality.parts == 1);
    CHECK(m->quality.min_dihedral_deg >= 8);
    CHECK(region_volume(m->mesh, int(labels.size())) == Approx(double(l.count(8))).epsilon(0.02));
    CHECK(imaging::report_mesh(m->mesh).pinched_edges == 0);
  }
}

TEST_CASE("Labels to tets: bitwise the same twice and for 1 and 2 threads, a spot and a label get the finer edges that were asked for") {
  const auto l = voxelise(cube(30, 1.0), [](const Vec3& x) { const double d = x.norm(); return d < 12 ? 1 : d < 20 ? 2 : 0; });
  auto r = request({1, 2}, 3.0);
  r.parts[0].edge_mm = 1.5;
  core::set_thread_count(1);
  const auto a = imaging::tet_mesh_from_labels(l, r, {});
  core::set_thread_count(2);
  const auto b = imaging::tet_mesh_from_labels(l, r, {});
  core::set_thread_count(core::hardware_threads());
  REQUIRE((a && b));
  CHECK(a->mesh.sha256() == b->mesh.sha256());
  std::array<double, 3> volume{}, count{};
  for (std::size_t t = 0; t < a->mesh.tets.size(); ++t) count[std::size_t(a->mesh.region[t])] += 1;
  for (int k : {1, 2}) volume[std::size_t(k)] = region_volume(a->mesh, k);
  CHECK(volume[1] / count[1] < 0.35 * volume[2] / count[2]);
  auto spot = request({1, 2}, 3.0);
  spot.spots = {{Vec3(20, 0, 0), 6, 0.8}};
  const auto c = imaging::tet_mesh_from_labels(l, spot, {});
  REQUIRE(c);
  int near = 0, far = 0;
  for (const Vec3& x : c->mesh.nodes) near += (x - Vec3(20, 0, 0)).norm() < 5, far += (x + Vec3(20, 0, 0)).norm() < 5;
  CHECK(near > 8 * far);
}

TEST_CASE("Labels to surfaces: every label keeps its volume within 2 % and is closed, on a mirrored grid and with a wall one voxel thick") {
  for (const auto& g : {cube(24, 1.0), mirrored(cube(24, 1.0))}) {
    const auto l = voxelise(g, [](const Vec3& x) { const double d = x.norm(); return d < 15 ? 1 : d < 16 ? 2 : d < 20 ? 3 : 0; });
    const auto s = imaging::surfaces_from_labels(l, {1, 2, 3}, 0, {});
    REQUIRE(s);
    REQUIRE(s->size() == 3);
    for (const auto& one : *s) {
      CHECK(one.surface.closed());
      CHECK(one.volume_mm3 == Approx(double(l.count(one.label))).epsilon(0.02));
    }
  }
}

TEST_CASE("Labels to tets refuses in words: no label, a label twice, an absent label, an impossible edge, and stops when cancelled") {
  const auto l = voxelise(cube(20, 2.0), [](const Vec3& x) { return x.norm() < 12 ? 2 : 0; });
  CHECK_FALSE(imaging::tet_mesh_from_labels(l, request({}, 2), {}));
  CHECK_FALSE(imaging::tet_mesh_from_labels(l, request({2, 2}, 2), {}));
  CHECK_FALSE(imaging::tet_mesh_from_labels(l, request({2, 9}, 2), {}));
  CHECK_FALSE(imaging::tet_mesh_from_labels(l, request({2}, 0), {}));
  auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto stopped = imaging::tet_mesh_from_labels(l, request({2}, 2), core::Progress(nullptr, flag));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == core::ErrorCode::cancelled);
}
