// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/vessel_network.hpp"

using namespace ot::core;

namespace {
// Tapering tube, 4.0 -> 3.0 mm diameter over 60 mm, with a cosine narrowing of `percent` diameter, 12 mm long, at 30 mm.
VesselNetwork tube(double percent) {
  VesselNetwork network;
  VesselBranch b;
  for (int i = 0; i <= 120; ++i) {
    const double z = 0.5 * i, reference = 2.0 - 0.5 * z / 60;
    const double u = std::abs(z - 30) < 6 ? 0.5 * (1 + std::cos(M_PI * (z - 30) / 6)) : 0;
    b.points.push_back({0, 0, z});
    b.arc.push_back(z);
    b.radius.push_back(reference * (1 - u * percent / 100));
  }
  network.branches.push_back(b);
  return network;
}
}  // namespace

TEST_CASE("a 60 % diameter stenosis in a tapering tube is measured within 1 percentage point at the right place") {
  const auto found = find_stenoses(tube(60));
  REQUIRE(found.size() == 1);
  CHECK(found[0].diameter_percent == Approx(60).margin(1));
  CHECK(found[0].area_percent == Approx(84).margin(1));
  CHECK(found[0].throat_mm == Approx(30).margin(0.5));
  CHECK(found[0].reference_diameter_mm == Approx(3.5).margin(0.05));
  CHECK(found[0].start_mm > 23);
  CHECK(found[0].end_mm < 37);
}

TEST_CASE("a tapering tube without a narrowing has no stenosis") { CHECK(find_stenoses(tube(0)).empty()); }

TEST_CASE("the nearest centreline point is exact on a straight branch") {
  const auto network = tube(0);
  int branch = -1;
  double arc = 0, distance = 0;
  REQUIRE(network.locate({3, 4, 17.3}, branch, arc, distance));
  CHECK(branch == 0);
  CHECK(arc == Approx(17.3));
  CHECK(distance == Approx(5));
  CHECK(network.point_at(0, 17.3).isApprox(Vec3(0, 0, 17.3)));
  CHECK(!VesselNetwork{}.locate({0, 0, 0}, branch, arc, distance));
}
