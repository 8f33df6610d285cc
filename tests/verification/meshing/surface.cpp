// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "imaging/meshing/meshing.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;

TEST_CASE("Surface of a labelled ball keeps its voxel volume within 0.5 % and 95 % of it lies within half a voxel of the label boundary") {
  const core::LabelMap l = voxelise(cube(28, 1.5), [](const Vec3& x) { return x.norm() < 20 ? 6 : 0; });
  for (double smoothing : {0.0, 1.0, 2.0}) {
    const auto s = imaging::surface_from_labels(l, {6}, smoothing, {});
    REQUIRE(s);
    CHECK(s->closed());
    CHECK(s->volume() == Approx(double(l.count(6)) * 3.375).epsilon(0.005));
    CHECK(share_within(l, [](int v) { return v == 6; }, s->points, 0.75) >= 0.95);
  }
}

TEST_CASE("Surface of a wall two voxels thick keeps its volume within 2 % and both sides") {
  const core::LabelMap l = voxelise(cube(28, 1.0), [](const Vec3& x) { return x.norm() < 20 && x.norm() >= 18 ? 2 : 0; });
  const auto s = imaging::surface_from_labels(l, {2}, 0.5, {});
  REQUIRE(s);
  CHECK(s->closed());
  CHECK(s->volume() == Approx(double(l.count(2))).epsilon(0.02));
  CHECK(s->area() == Approx(4 * pi * (400 + 324)).epsilon(0.06));
}

TEST_CASE("Surface normals point outward in LPS for a mirrored direction matrix, and the surface is the same within 0.01 mm3") {
  const core::Grid g = cube(26, 1.5);
  auto ball = [](const Vec3& x) { return (x - Vec3(2, -3, 1)).cwiseQuotient(Vec3(18, 12, 9)).norm() < 1 ? 1 : 0; };
  const auto a = imaging::surface_from_labels(voxelise(g, ball), {1}, 1.0, {});
  const auto b = imaging::surface_from_labels(voxelise(mirrored(g), ball), {1}, 1.0, {});
  REQUIRE((a && b));
  CHECK(a->volume() > 0);
  CHECK(b->volume() == Approx(a->volume()).margin(0.01));
  CHECK(b->area() == Approx(a->area()).epsilon(1e-4));
}

TEST_CASE("A label that touches the image border on all sides still gives a closed surface with the volume of its voxels within 2 %") {
  const core::LabelMap l = voxelise(cube(10, 1.0), [](const Vec3&) { return 6; });
  const auto s = imaging::surface_from_labels(l, {6}, 0.5, {});
  REQUIRE(s);
  CHECK(s->closed());
  CHECK(s->volume() == Approx(double(l.count(6))).epsilon(0.02));
}
