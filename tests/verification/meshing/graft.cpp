// SPDX-License-Identifier: GPL-3.0-or-later
// A lumen with a graft joined to it: shape, caps and mesh against what is known of two tubes.
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/meshing/graft.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;

namespace {

constexpr double host = 1.5, arch = 12, middle = 20;   // mm

// Half a circle of 12 mm radius over a straight vessel along z, from its axis to its axis.
core::VesselBranch half_circle(double radius) {
  core::VesselBranch line;
  constexpr int steps = 80;
  for (int k = 0; k <= steps; ++k) {
    const double a = M_PI * k / steps;
    line.points.emplace_back(arch * std::sin(a), 0, middle - arch * std::cos(a));
    line.arc.push_back(arch * a), line.radius.push_back(radius);
  }
  return line;
}

// Volume that a tube which meets the vessel's axis at a right angle shares with it, at one end.
double shared(double radius) {
  double sum = 0;
  constexpr int n = 400;
  for (int i = 0; i < n; ++i) {
    const double y = radius * (2 * (i + 0.5) / n - 1);
    sum += 2 * std::sqrt(radius * radius - y * y) * std::sqrt(host * host - y * y) * 2 * radius / n;
  }
  return sum;
}

int cap_triangles(const core::SurfaceMesh& s) {
  int n = 0;
  for (int p : s.patch) n += p != test::tube_wall;
  return n;
}

}  // namespace

TEST_CASE("a vessel of 3 mm united with an arch of 2 mm has the volume of both less what they share, within 1 %, untouched caps, and a mesh ready to simulate on") {
  const test::Tube tube = test::tube(host, 40, 6);
  const auto line = half_circle(1.0);
  const auto united = imaging::unite_tubes(tube.surface, {line}, {});
  INFO((united ? "" : united.error().message));
  REQUIRE(united);
  CHECK(united->closed());
  const double expected = M_PI * host * host * 40 + M_PI * (M_PI * arch) - 2 * shared(1.0);
  CHECK(united->volume() == Approx(expected).epsilon(0.01));
  CHECK(cap_triangles(*united) == cap_triangles(tube.surface));
  core::VesselNetwork lines = tube.network;
  lines.branches.push_back(line);
  const auto mesh = imaging::lumen_tets_along(*united, lines, 0.5, {});
  INFO((mesh ? "" : mesh.error().message));
  REQUIRE(mesh);
  CHECK(core::check_simulation_ready(*mesh));
  double volume = 0;
  for (const core::Tet& t : mesh->tets)
    volume += core::tet_volume(mesh->nodes[std::size_t(t[0])], mesh->nodes[std::size_t(t[1])], mesh->nodes[std::size_t(t[2])], mesh->nodes[std::size_t(t[3])]);
  CHECK(volume == Approx(expected).epsilon(0.02));
  const auto again = imaging::unite_tubes(tube.surface, {line}, {});
  REQUIRE(again);
  CHECK(again->points == united->points);   // the same bits
}

TEST_CASE("a graft that comes out through the opposite wall, touches the vessel on its way or runs through its end is refused in words") {
  const test::Tube tube = test::tube(host, 40, 6);
  auto through = half_circle(1.0);
  for (auto& p : through.points) p.x() -= 2.4;   // its ends stand out on the other side
  const auto out = imaging::unite_tubes(tube.surface, {through}, {});
  REQUIRE_FALSE(out);
  CHECK(out.error().message.find("opposite wall") != std::string::npos);
  auto end = half_circle(1.0);
  for (auto& p : end.points) p.z() -= 8.2;       // its first mouth lies in the inlet
  const auto cap = imaging::unite_tubes(tube.surface, {end}, {});
  REQUIRE_FALSE(cap);
  CHECK(cap.error().message.find("end of the vessel") != std::string::npos);
}
