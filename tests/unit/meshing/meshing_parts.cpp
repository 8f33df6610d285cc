// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "imaging/centerline/sections.hpp"
#include "imaging/meshing/lumen_cut.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/stuffing.hpp"
#include "imaging/meshing/tet_improve.hpp"
#include "imaging/meshing/triangle_finder.hpp"
#include "solvers/core/triangle.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;

TEST_CASE("Smallest dihedral angle of the regular tetrahedron is 70.53 degrees, of the cube corner 54.74, an inverted one gives -1") {
  CHECK(imaging::smallest_dihedral({1, 1, 1}, {-1, 1, -1}, {1, -1, -1}, {-1, -1, 1}) == Approx(70.5288).margin(1e-3));
  CHECK(imaging::smallest_dihedral({0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}) == Approx(54.7356).margin(1e-3));
  CHECK(imaging::smallest_dihedral({0, 0, 0}, {0, 1, 0}, {1, 0, 0}, {0, 0, 1}) == -1.0);
}

TEST_CASE("Isosurface stuffing of 12 random half spaces and balls keeps dihedrals over 8 degrees and the volume within 1.5 %") {
  std::uint32_t state = 12345;
  auto random = [&] { return double(state = state * 1664525u + 1013904223u) / 4294967296.0 - 0.5; };
  for (int trial = 0; trial < 12; ++trial) {
    const Vec3 n = Vec3(random(), random(), random()).normalized(), c(random(), random(), random());
    const double off = 3 * random();
    const auto raw = imaging::stuff([&](const Vec3& x) { return std::max((x - c).norm() - 10, n.dot(x) - off); }, Vec3::Constant(-11), Vec3::Constant(11), 0.9, {});
    REQUIRE(raw);
    double least = 180, volume = 0;
    for (const auto& t : raw->tets) {
      const auto& x = raw->nodes;
      least = std::min(least, imaging::smallest_dihedral(x[std::size_t(t[0])], x[std::size_t(t[1])], x[std::size_t(t[2])], x[std::size_t(t[3])]));
      volume += core::tet_volume(x[std::size_t(t[0])], x[std::size_t(t[1])], x[std::size_t(t[2])], x[std::size_t(t[3])]);
    }
    const double below = 10 + off - n.dot(c);   // height of the ball's cap under the plane
    const double truth = pi * below * below * (30 - below) / 3;
    CHECK(least > 8.0);
    CHECK(volume == Approx(truth).epsilon(0.015));
  }
}

TEST_CASE("A plane across a tube of radius 4 gives one loop with its area within 1 % and its centre within 0.01 mm") {
  const auto tube = make_tube([](double s) { return Vec3(1, 2, 20 * s); }, [](double) { return 4.0; }, 12, 64);
  const imaging::Slicer slicer(tube);
  const auto s = slicer.cut({2, 2, 9}, Vec3::UnitZ());
  REQUIRE(s);
  CHECK(s->area == Approx(16 * pi).epsilon(0.01));
  CHECK((s->centroid - Vec3(1, 2, 9)).norm() < 0.01);
  CHECK(s->contains_point);
  CHECK(s->inscribed == Approx(3).epsilon(0.01));
  CHECK_FALSE(slicer.cut({0, 0, 50}, Vec3::UnitZ()));
}

TEST_CASE("Cutting an end leaves a closed surface with a flat cap of the section's area") {
  auto tube = make_tube([](double s) { return Vec3(0, 0, 20 * s); }, [](double) { return 4.0; }, 12, 64);
  imaging::CutPlane plane;
  plane.centre = Vec3(0, 0, 15);
  plane.radius = 4;
  const auto cut = imaging::cut_end(tube, plane, 7);
  REQUIRE(cut);
  CHECK(cut->closed());
  CHECK(cut->volume() == Approx(16 * pi * 15).epsilon(0.01));
  double area = 0;
  for (std::size_t t = 0; t < cut->triangles.size(); ++t) {
    if (cut->patch[t] != 7) continue;
    const auto& v = cut->triangles[t];
    area += 0.5 * (cut->points[std::size_t(v[1])] - cut->points[std::size_t(v[0])]).cross(cut->points[std::size_t(v[2])] - cut->points[std::size_t(v[0])]).z();
  }
  CHECK(area == Approx(16 * pi).epsilon(0.01));
}

TEST_CASE("A concave polygon of 7 mm2 is filled exactly") {
  const std::vector<Vec3> l = {{0, 0, 0}, {4, 0, 0}, {4, 1, 0}, {1, 1, 0}, {1, 4, 0}, {0, 4, 0}};
  double area = 0;
  for (const auto& t : imaging::fill_polygon(l, Vec3::UnitZ())) area += 0.5 * (l[std::size_t(t[1])] - l[std::size_t(t[0])]).cross(l[std::size_t(t[2])] - l[std::size_t(t[0])]).z();
  CHECK(area == Approx(7));
}

TEST_CASE("Nearest triangle agrees with brute force on 300 points inside and outside a tube") {
  const auto tube = make_tube([](double s) { return Vec3(5 * s * s, 0, 20 * s); }, [](double s) { return 2.0 + s; }, 20, 24);
  const imaging::TriangleFinder finder(tube);
  std::uint32_t state = 7;
  auto random = [&] { return double(state = state * 1664525u + 1013904223u) / 4294967296.0; };
  for (int i = 0; i < 300; ++i) {
    const Vec3 x(30 * random() - 12, 24 * random() - 12, 40 * random() - 10);
    double best = 1e300;
    for (const auto& t : tube.triangles)
      best = std::min(best, (x - core::closest_on_triangle(x, tube.points[std::size_t(t[0])], tube.points[std::size_t(t[1])], tube.points[std::size_t(t[2])])).norm());
    CHECK(finder.nearest(x).distance == Approx(best).margin(1e-9));
  }
}

TEST_CASE("Decimation to a quarter keeps the surface closed and its volume within 1 %") {
  const auto s = imaging::surface_from_labels(voxelise(cube(20, 1.0), [](const Vec3& x) { return x.norm() < 14 ? 1 : 0; }), {1}, 1.0, {});
  REQUIRE(s);
  const auto d = imaging::decimate(*s, s->triangles.size() / 4);
  REQUIRE(d);
  CHECK(d->triangles.size() <= s->triangles.size() / 4 + 8);
  CHECK(d->closed());
  CHECK(d->volume() == Approx(s->volume()).epsilon(0.01));
}
