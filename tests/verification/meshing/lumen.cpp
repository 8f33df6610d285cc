// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <map>

#include "imaging/meshing/meshing.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;

namespace {

core::SurfaceMesh stenosed(double percent) {
  // Cosine stenosis of 16 mm in a 3 mm tube of 60 mm.
  return make_tube([](double s) { return Vec3(0, 0, 60 * s); },
                   [percent](double s) {
                     const double z = 60 * s - 30;
                     return 1.5 * (1 - (std::abs(z) < 8 ? percent / 100 * 0.5 * (1 + std::cos(pi * z / 8)) : 0));
                   },
                   150, 48);
}

// mm, negative inside: smooth enough near the surface.
core::Volume field_of(const core::Grid& g, const std::function<double(const Vec3&)>& f) {
  core::Volume v;
  v.grid = g;
  v.values.resize(g.voxels());
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) v.values[g.offset(i, j, k)] = float(f(g.to_patient(Vec3(i, j, k))));
  return v;
}

double segment_distance(const Vec3& x, const Vec3& a, const Vec3& b) {
  const double t = std::clamp((x - a).dot(b - a) / (b - a).squaredNorm(), 0.0, 1.0);
  return (x - a - t * (b - a)).norm();
}

}  // namespace

TEST_CASE("Tube: centreline radius within 2 %, length within 0.5 %, ends in the cap centres") {
  const Vec3 axis = Vec3(1, 2, 2) / 3;
  const auto tube = make_tube([&](double s) -> Vec3 { return Vec3(5, -3, 7) + 80 * s * axis; }, [](double) { return 6.0; }, 60, 48);
  const auto n = imaging::centerline(tube, {});
  REQUIRE(n);
  REQUIRE(n->branches.size() == 1);
  const auto& b = n->branches[0];
  for (double r : b.radius) CHECK(r == Approx(6.0).epsilon(0.02));
  CHECK(b.length() == Approx(80).epsilon(0.005));
  CHECK((b.points.front() - Vec3(5, -3, 7)).norm() < 0.05);
  CHECK((b.points.back() - (Vec3(5, -3, 7) + 80 * axis)).norm() < 0.05);
  CHECK(b.outlet_patch == 3);
  CHECK(n->inlet_patch == 2);
}

TEST_CASE("Torus arc of 200 degrees: centreline radius within 2 %, length within 1 %, centre within 0.1 mm of the circle") {
  const auto arc = make_tube([](double s) { return Vec3(30 * std::cos(s * 3.4907), 30 * std::sin(s * 3.4907), 0); }, [](double) { return 8.0; }, 120, 64);
  const auto n = imaging::centerline(arc, {});
  REQUIRE(n);
  const auto& b = n->branches[0];
  for (double r : b.radius) CHECK(r == Approx(8.0).epsilon(0.02));
  CHECK(b.length() == Approx(30 * 3.4907).epsilon(0.01));
  for (const Vec3& p : b.points) CHECK(p.norm() == Approx(30).margin(0.1));
}

TEST_CASE("Stenosis degree of 30, 50, 60 and 70 % on a 3 mm tube within 3 percentage points") {
  for (double percent : {30.0, 50.0, 60.0, 70.0}) {
    const auto n = imaging::centerline(stenosed(percent), {});
    REQUIRE(n);
    const auto found = core::find_stenoses(*n);
    REQUIRE(found.size() == 1);
    CHECK(found[0].diameter_percent == Approx(percent).margin(3.0));
    CHECK(found[0].throat_mm == Approx(30).margin(1.0));
  }
}

TEST_CASE("Y bifurcation from a field: three ends found, radii within 2 % away from the junction, two terminal branches") {
  core::Grid g;
  g.size = {110, 50, 150};
  g.spacing = Vec3::Constant(0.6);
  g.origin = Vec3(-33, -15, -45);
  const Vec3 o(0, 0, 0), down(0, 0, -38), left(-22, 0, 36), right(20, 0, 38);
  const auto field = field_of(g, [&](const Vec3& x) {
    return std::min({segment_distance(x, o, down) - 6.0, segment_distance(x, o, left) - 4.5, segment_distance(x, o, right) - 4.0});
  });
  imaging::LumenParams params;
  params.inlet_near = down;
  const auto lumen = imaging::lumen_from_field(field, params, {});
  REQUIRE(lumen);
  CHECK(lumen->surface.closed());
  CHECK(lumen->surface.patch_names.size() == 4);
  const auto& net = lumen->network;
  REQUIRE(net.branches.size() == 3);
  CHECK(net.branches[0].children.size() == 2);
  int terminal = 0;
  for (const auto& b : net.branches) {
    terminal += b.outlet_patch > 0;
    for (std::size_t i = 0; i < b.points.size(); ++i) {
      const Vec3& p = b.points[i];
      if (p.norm() < 16) continue;   // the junction itself has no single radius
      const double truth = p.z() < 0 ? 6.0 : p.x() < 0 ? 4.5 : 4.0;
      CHECK(b.radius[i] == Approx(truth).epsilon(0.02));
    }
  }
  CHECK(terminal == 2);
  CHECK(net.branches[0].points.front().z() < -28);
}

TEST_CASE("Pipe tetrahedra: caps flat, patches complete, volume and cap area within 3 %, dihedral >= 8 degrees, same bits twice") {
  const auto tube = make_tube([](double s) { return Vec3(0, 0, 40 * s); }, [](double) { return 5.0; }, 40, 48);
  const auto m = imaging::lumen_tets(tube, 1.5, {});
  REQUIRE(m);
  const auto q = core::measure_quality(*m);
  CHECK(q.inverted == 0);
  CHECK(q.parts == 1);
  CHECK(q.min_dihedral_deg >= 8);
  CHECK(q.median_dihedral_deg >= 40);
  CHECK(q.mean_edge_mm == Approx(1.5).epsilon(0.15));
  CHECK(m->volume() == Approx(pi * 25 * 40).epsilon(0.03));
  std::map<int, double> area;
  for (const auto& f : m->boundary) {
    const Vec3 &a = m->nodes[std::size_t(f.nodes[0])], &b = m->nodes[std::size_t(f.nodes[1])], &c = m->nodes[std::size_t(f.nodes[2])];
    const Vec3 n = 0.5 * (b - a).cross(c - a);
    area[f.patch] += n.norm();
    if (f.patch == 2) {
      for (const Vec3& x : {a, b, c}) CHECK(std::abs(x.z()) < 1e-6);
      CHECK(n.z() < 0);
    }
    if (f.patch == 3)
      for (const Vec3& x : {a, b, c}) CHECK(std::abs(x.z() - 40) < 1e-6);
  }
  CHECK(area[1] == Approx(2 * pi * 5 * 40).epsilon(0.03));
  CHECK(area[2] == Approx(pi * 25).epsilon(0.03));
  CHECK(area[3] == Approx(pi * 25).epsilon(0.03));
  const auto again = imaging::lumen_tets(tube, 1.5, {});
  REQUIRE(again);
  CHECK(again->sha256() == m->sha256());
}

TEST_CASE("A 60 % stenosis gets at least 12 nodes within 0.3 mm of its throat although the largest edge is the healthy radius") {
  const auto m = imaging::lumen_tets(stenosed(60), 1.5, {});
  REQUIRE(m);
  int throat = 0;
  for (const Vec3& x : m->nodes) throat += std::abs(x.z() - 30) < 0.3;
  CHECK(throat >= 12);
  CHECK(core::measure_quality(*m).min_dihedral_deg >= 8);
}

TEST_CASE("A lumen stretched by 40 % over a few millimetres, as by a stent, is still meshed with its patches") {
  auto tube = stenosed(50);
  for (Vec3& x : tube.points)
    if (std::abs(x.z() - 30) < 7) {
      const double r = std::hypot(x.x(), x.y());
      if (r > 1e-9 && r < 1.5) x.head<2>() *= 1.5 / r;
    }
  const auto m = imaging::lumen_tets(tube, 0.6, {});
  REQUIRE(m);
  CHECK(m->volume() == Approx(pi * 2.25 * 60).epsilon(0.06));
  CHECK(m->patch_values("outlet").size() == 1);
}

TEST_CASE("Lumen from a labelled vessel: 1 inlet at the parent, 1 outlet, radius within 4 % at 0.5 mm voxels") {
  core::Grid g;
  g.size = {100, 60, 60};
  g.spacing = Vec3::Constant(0.5);
  // Vessel along x, leaving an aorta at low x.
  const auto l = voxelise(g, [](const Vec3& x) {
    if (x.x() < 8) return int(core::labels::aorta);
    return std::hypot(x.y() - 15, x.z() - 15) < 3 && x.x() < 44 ? int(core::labels::coronary) : 0;
  });
  const auto lumen = imaging::lumen_from_labels(l, core::labels::coronary, {}, {});
  REQUIRE(lumen);
  REQUIRE(lumen->network.branches.size() == 1);
  const auto& b = lumen->network.branches[0];
  CHECK(b.points.front().x() < 12);
  CHECK(b.points.back().x() > 39);
  for (double r : b.radius) CHECK(r == Approx(3).epsilon(0.04));
  CHECK(lumen->surface.closed());
}

TEST_CASE("A round vessel given as a fine surface keeps its volume: within 0.1 % as a lumen of coarser triangles, 0.2 % as tetrahedra of any edge (straight and bent, radius 2 mm)") {
  const auto bend = [](double s) { return Vec3(15 * std::cos(1.5 * s), 0, 15 * std::sin(1.5 * s)); };
  const auto straight = [](double s) { return Vec3(0, 0, 40 * s); };
  for (const bool bent : {false, true}) {
    const auto given = bent ? make_tube(bend, [](double) { return 2.0; }, 60, 96) : make_tube(straight, [](double) { return 2.0; }, 80, 96);
    const auto lumen = imaging::lumen_from_surface(given, 2, {}, {});
    REQUIRE(lumen);
    INFO((bent ? "bent" : "straight") << ", given " << given.volume() << " mm3");
    CHECK(lumen->surface.volume() == Approx(given.volume()).epsilon(0.001));
    for (const double edge : {0.5, 0.8}) {
      const auto m = imaging::lumen_tets(lumen->surface, edge, {});
      REQUIRE(m);
      INFO("edge " << edge);
      CHECK(m->volume() == Approx(given.volume()).epsilon(0.002));
      CHECK(core::measure_quality(*m).min_dihedral_deg >= 8);
    }
  }
}
