// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/segmentation/cine_shape.hpp"

using namespace ot;
using core::Vec3;

TEST_CASE("Planes of a cone 16 mm apart are filled in by shape: every area within 5 % of the cone's, planes that were there unchanged, no stairs") {
  core::LabelMap stack;
  stack.labels = core::labels::heart();
  stack.grid.size = {64, 64, 5};
  stack.grid.spacing = Vec3(1.5, 1.5, 16);
  stack.values.assign(stack.grid.voxels(), 0);
  const auto radius = [](double z) { return 34 - 0.35 * z; };   // at z = 0 .. 64
  for (int k = 0; k < 5; ++k)
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i)
        if (std::hypot(1.5 * i - 48, 1.5 * j - 48) < radius(16.0 * k)) stack.values[stack.grid.offset(i, j, k)] = 1;
  CHECK(imaging::is_sparse_stack(stack.grid));
  const auto fine = imaging::between_planes(stack, 2.0);
  REQUIRE(fine.grid.size[2] == 4 * 8 + 1 + 8);
  CHECK((fine.grid.to_patient(Vec3(0, 0, 4)) - stack.grid.to_patient(Vec3(0, 0, 0))).norm() < 1e-9);
  for (int k = 0; k < 5; ++k)
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i) REQUIRE(fine.at(i, j, 4 + 8 * k) == stack.at(i, j, k));
  double area_before = 0;
  for (int n = 4; n <= 36; ++n) {
    double area = 0;
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i) area += 2.25 * (fine.at(i, j, n) == 1);
    const double r = radius(2.0 * (n - 4));
    CHECK(area == Approx(3.14159265 * r * r).epsilon(0.05));
    if (n > 4) CHECK(area <= area_before + 1e-9);
    area_before = area;
  }
  // Without a neighbour the shape tapers off: nothing a whole plane distance beyond the ends.
  CHECK(fine.volume_ml(1) < 1.25 * stack.volume_ml(1));
}
