// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/interventions/geometry/wall_line.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Vec3;
using interventions::WallSurface;

namespace {

constexpr double radius = 20, edge = 1.5;

const core::TetMesh& ball() {
  static const core::TetMesh mesh = test::ball_mesh(radius, edge);
  return mesh;
}

Vec3 on_ball(double polar_deg, double azimuth_deg) {
  const double p = polar_deg * M_PI / 180, a = azimuth_deg * M_PI / 180;
  return radius * Vec3(std::sin(p) * std::cos(a), std::sin(p) * std::sin(a), std::cos(p));
}

}  // namespace

TEST_CASE("a ring carried over a ball of 20 mm by a quarter of it lies on the ball about the new place with its shape, within 0.5 mm") {
  const WallSurface wall(ball());
  std::vector<Vec3> ring;
  for (int i = 0; i < 12; ++i) ring.push_back(on_ball(20, 30.0 * i));
  const Vec3 from = on_ball(0, 0), to = on_ball(90, 0);
  const auto carried = interventions::carried_on_wall(wall, ring, from, to);
  REQUIRE(carried.size() == ring.size());
  for (std::size_t i = 0; i < ring.size(); ++i) {
    CHECK(carried[i].norm() == Approx(radius).margin(0.1));
    CHECK((carried[i] - to).norm() == Approx((ring[i] - from).norm()).margin(0.5));
    const std::size_t next = (i + 1) % ring.size();
    CHECK((carried[next] - carried[i]).norm() == Approx((ring[next] - ring[i]).norm()).margin(0.5));
  }
}

TEST_CASE("a place carried on the outside of a ventricle stays outside, and one on the inside stays inside") {
  const auto mesh = test::ellipsoid_heart(3.0);
  const WallSurface wall(mesh);
  const auto on_patch = [&](const Vec3& x, const std::string& name) {
    double nearest = 1e300;
    std::string found;
    for (const auto& f : mesh.boundary) {
      const Vec3 c = (mesh.nodes[std::size_t(f.nodes[0])] + mesh.nodes[std::size_t(f.nodes[1])] + mesh.nodes[std::size_t(f.nodes[2])]) / 3;
      if ((c - x).norm() < nearest) nearest = (c - x).norm(), found = mesh.patch_names.at(f.patch);
    }
    INFO(found);
    return found == name;
  };
  for (const std::string patch : {"epicardium", "endocardium_lv"}) {
    std::vector<Vec3> places;
    for (const auto& f : mesh.boundary)
      if (mesh.patch_names.at(f.patch) == patch) places.push_back((mesh.nodes[std::size_t(f.nodes[0])] + mesh.nodes[std::size_t(f.nodes[1])] + mesh.nodes[std::size_t(f.nodes[2])]) / 3);
    REQUIRE(places.size() > 100);
    // From one face to another some 10 mm off, with a companion 8 to 12 mm away.
    int tried = 0, kept = 0;
    for (std::size_t i = 0; i < places.size(); i += places.size() / 40) {
      const Vec3 from = places[i];
      const auto near = [&](double lo, double hi, const Vec3& about) {
        for (const Vec3& x : places)
          if ((x - about).norm() > lo && (x - about).norm() < hi) return x;
        return about;
      };
      const Vec3 to = near(9, 11, from), companion = near(4, 6, from);
      const auto carried = interventions::carried_on_wall(wall, {from, companion}, from, to);
      tried += 2;
      kept += on_patch(carried[0], patch) + on_patch(carried[1], patch);
    }
    INFO(patch << ": " << kept << " of " << tried);
    CHECK(kept >= tried - tried / 20);   // all but 5 %: at the rim of the base the wall ends
  }
}

TEST_CASE("a step of 1 mm along a wall is 1 mm long within 0.05 and stays on it, across it there is none") {
  const WallSurface wall(ball());
  const Vec3 x = on_ball(60, 10);
  const Vec3 stepped = interventions::step_on_wall(wall, x, Vec3(0, 0, 1), 1.0);
  CHECK((stepped - x).norm() == Approx(1).margin(0.05));
  CHECK(stepped.z() > x.z());
  CHECK(stepped.norm() == Approx(radius).margin(0.1));
  CHECK(interventions::step_on_wall(wall, x, x.normalized(), 1.0) == x);
}

TEST_CASE("a hand-drawn line of 0.2 mm steps is thinned to 3 mm, keeps both ends, and a ring does not meet its own start") {
  std::vector<Vec3> line;
  for (int i = 0; i <= 100; ++i) line.push_back({0.2 * i, 0, 0});
  const auto thin = interventions::thinned_line(line, 3, false);
  REQUIRE(thin.size() == 8);   // 0, 3, ... 18, and the end at 20
  CHECK(thin.front() == line.front());
  CHECK(thin.back() == line.back());
  for (std::size_t i = 0; i + 2 < thin.size(); ++i) CHECK((thin[i + 1] - thin[i]).norm() == Approx(3).margin(0.21));
  line.resize(97);   // ends at 19.2: nearer than half a spacing to the last, which moves there
  const auto shorter = interventions::thinned_line(line, 3, false);
  REQUIRE(shorter.size() == 7);
  CHECK(shorter.back() == line.back());
  std::vector<Vec3> ring;
  for (int i = 0; i <= 360; ++i) ring.push_back(10 * Vec3(std::cos(i * M_PI / 180), std::sin(i * M_PI / 180), 0));
  const auto closed = interventions::thinned_line(ring, 3, true);
  CHECK((closed.back() - closed.front()).norm() >= 1.5);
  CHECK((closed.back() - closed.front()).norm() <= 4.6);
  CHECK(interventions::thinned_line({Vec3(1, 2, 3)}, 3, false).size() == 1);
}
