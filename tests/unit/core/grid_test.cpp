// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "solvers/core/grid.hpp"
#include "solvers/core/volume.hpp"

using namespace ot::core;

TEST_CASE("index -> patient -> index is the identity to 1e-10 voxel on an oblique grid") {
  Grid grid;
  grid.size = {20, 30, 40};
  grid.spacing = {0.7, 0.8, 1.5};
  grid.origin = {-100, 22, 540};
  grid.direction = Eigen::AngleAxisd(0.4, Vec3(1, 2, -1).normalized()).toRotationMatrix();
  const Vec3 index(3.25, 17.5, 33.125);
  CHECK((grid.to_index(grid.to_patient(index)) - index).norm() < 1e-10);
}

TEST_CASE("orientation letters name the patient direction, in order of dominance, for every axis and sign") {
  CHECK(orientation_letters({-1, 0, 0}) == "R");
  CHECK(orientation_letters({1, 0, 0}) == "L");
  CHECK(orientation_letters({0, -1, 0}) == "A");
  CHECK(orientation_letters({0, 1, 0}) == "P");
  CHECK(orientation_letters({0, 0, -1}) == "F");
  CHECK(orientation_letters({0, 0, 1}) == "H");
  CHECK(orientation_letters({0.9, -0.4, 0.05}) == "LA");
  CHECK(orientation_letters({0.3, -0.9, 0.25}) == "ALH");
  CHECK(orientation_letters({0, 0, 0}).empty());
}

TEST_CASE("trilinear sampling reproduces a linear field to 1e-4 and answers outside with the given value") {
  Volume v;
  v.grid.size = {5, 6, 7};
  v.grid.spacing = {1.5, 1, 2};
  v.grid.origin = {10, 20, 30};
  for (int k = 0; k < 7; ++k)
    for (int j = 0; j < 6; ++j)
      for (int i = 0; i < 5; ++i) {
        const Vec3 x = v.grid.to_patient({double(i), double(j), double(k)});
        v.values.push_back(float(2 * x[0] - 3 * x[1] + 0.5 * x[2]));
      }
  const Vec3 x(12.3, 22.7, 35.1);
  CHECK(v.sample(x, 0) == Approx(2 * x[0] - 3 * x[1] + 0.5 * x[2]).margin(1e-4));
  CHECK(v.sample({0, 0, 0}, -1024) == -1024);
  CHECK(v.sample(v.grid.to_patient({4, 5, 6}), -1024) == Approx(v.at(4, 5, 6)));
}

TEST_CASE("Dice of two overlapping labels is 2|A and B| / (|A| + |B|)") {
  LabelMap a, b;
  a.grid.size = b.grid.size = {4, 1, 1};
  a.values = {1, 1, 0, 2};
  b.values = {0, 1, 1, 2};
  CHECK(dice(a, b, 1) == Approx(0.5));
  CHECK(dice(a, b, 2) == 1.0);
  CHECK(dice(a, b, 9) == 1.0);
}

TEST_CASE("the hash of a label map changes with one voxel, one key and the geometry") {
  LabelMap a;
  a.grid.size = {2, 2, 1};
  a.values = {0, 1, 1, 0};
  a.labels = labels::heart();
  const std::string hash = a.sha256();
  CHECK(hash.size() == 64);
  LabelMap b = a;
  CHECK(b.sha256() == hash);
  b.values[0] = 1;
  CHECK(b.sha256() != hash);
  b = a;
  b.grid.spacing[0] = 1.0001;
  CHECK(b.sha256() != hash);
}
