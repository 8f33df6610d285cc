// SPDX-License-Identifier: GPL-3.0-or-later
// The standard torso fitted to a patient's skin, on skins whose shape is known.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/electrophysiology/body_fit.hpp"
#include "solvers/electrophysiology/torso.hpp"

using namespace ot;
using core::Vec3;

namespace {

const Vec3 heart_centre(10, -30, 40);

std::vector<ep::Electrode> standard() { return ep::standard_body({heart_centre, Vec3(0.6, -0.5, -0.6).normalized(), Vec3(-0.6, -0.7, 0)}); }

// Every 6 mm of height and 3 degrees, from 110 mm below the heart's centre to 110 mm above; radius(direction, height above the heart).
template <class Radius>
std::vector<Vec3> skin(const Vec3& axis, const Radius& radius) {
  std::vector<Vec3> out;
  for (int z = -110; z <= 110; z += 6)
    for (int k = 0; k < 120; ++k) {
      const double turn = 2 * M_PI * k / 120;
      if (const double r = radius(turn, z); r > 0) out.push_back(axis + Vec3(r * std::cos(turn), r * std::sin(turn), z));
    }
  return out;
}

double ellipse(double turn, double x, double y) { return 1 / std::hypot(std::cos(turn) / x, std::sin(turn) / y); }

}  // namespace

TEST_CASE("body fit: on a skin of 340 x 200 mm all electrodes stand within 1 mm of it at their standard heights, and breadth and depth are right to 1 mm") {
  const Vec3 axis(-12, -20, 40);
  const auto body = ep::fit_body(standard(), skin(axis, [](double turn, double) { return ellipse(turn, 170, 100); }));
  REQUIRE(body);
  CHECK(body->breadth_mm == Approx(340).margin(1));
  CHECK(body->depth_mm == Approx(200).margin(1));
  CHECK(body->chest_seen == 1);
  CHECK(body->around_seen == 1);
  const auto before = standard();
  const auto torso = ep::find_torso(body->electrodes);
  REQUIRE(torso);
  CHECK(torso->shape.size() == std::size_t(ep::skin_levels * ep::skin_directions));
  for (std::size_t k = 0; k < 10; ++k) {
    const auto& e = body->electrodes[k];
    CHECK(e.name == before[k].name);
    CHECK(e.position.z() == Approx(before[k].position.z()).margin(1e-6));
    CHECK((ep::on_skin(*torso, e.position) - e.position).norm() < 1e-6);
    const Vec3 d = e.position - axis;
    if (e.name[0] == 'V') CHECK(std::hypot(d.x(), d.y()) == Approx(ellipse(std::atan2(d.y(), d.x()), 170, 100)).margin(1));
  }
  // What lies beyond what was seen is named: arms 115 and 125 mm above, legs 200 mm below the heart.
  for (const char* name : {"RA", "RL", "LL"}) CHECK(std::count(body->beyond.begin(), body->beyond.end(), name) == 1);
  for (const char* name : {"V1", "V2", "V3", "V4", "V5", "V6"}) CHECK(std::count(body->beyond.begin(), body->beyond.end(), name) == 0);
}

TEST_CASE("body fit: the skin of the standard torso itself gives the standard electrodes back within 2 mm") {
  const auto before = standard();
  const auto torso = ep::find_torso(before);
  REQUIRE(torso);
  const Vec3 axis(torso->centre.x(), torso->centre.y(), heart_centre.z());
  const auto body = ep::fit_body(before, skin(axis, [&](double turn, double z) { return torso->radius(std::cos(turn), std::sin(turn), heart_centre.z() + z - torso->centre.z()); }));
  REQUIRE(body);
  for (std::size_t k = 0; k < 10; ++k) CHECK((body->electrodes[k].position - before[k].position).norm() < 2);
}

TEST_CASE("body fit: a breast of 25 mm height and 90 mm width shows in the surface to 4 mm, turning body and points together turns it, and six points alone are the plain torso") {
  const auto bump = [](double turn, double z) { return ellipse(turn, 165, 115) + 25 * std::exp(-std::pow(std::remainder(turn + 1.0, 2 * M_PI) / 0.35, 2) - std::pow(z / 40, 2)); };
  const Vec3 axis(-15, -5, 40);
  const auto body = ep::fit_body(standard(), skin(axis, bump));
  REQUIRE(body);
  const auto torso = ep::find_torso(body->electrodes);
  REQUIRE(torso);
  for (double turn : {-1.0, -0.7, -1.5, 0.0, 1.0, 2.0})
    for (double z : {0.0, 30.0, -60.0}) {
      const Vec3 at = axis + Vec3(bump(turn, z) * std::cos(turn), bump(turn, z) * std::sin(turn), z);
      CHECK((ep::on_skin(*torso, at) - at).norm() < 4);
    }
  const core::Mat3 turn = Eigen::AngleAxisd(0.7, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  auto turned = body->electrodes;
  for (auto& e : turned) e.position = turn * e.position + Vec3(5, 6, 7);
  const auto other = ep::find_torso(turned);
  REQUIRE(other);
  for (std::size_t k = 0; k < torso->shape.size(); ++k) CHECK(other->shape[k] == Approx(torso->shape[k]).epsilon(1e-9));
  std::erase_if(turned, [](const ep::Electrode& e) { return e.name == "skin 03 07"; });
  REQUIRE(ep::find_torso(turned));
  CHECK(ep::find_torso(turned)->shape.empty());   // a shape with a hole is none
}

TEST_CASE("body fit: skin missing in front or on half of the way round is refused with both shares, skin missing at the back alone is bridged") {
  const Vec3 axis(-15, -5, 40);
  const auto round = [](double turn, double) { return ellipse(turn, 165, 115); };
  const auto front = ep::fit_body(standard(), skin(axis, [&](double turn, double z) { return turn > 1.3 * M_PI && turn < 1.7 * M_PI ? -1 : round(turn, z); }));
  REQUIRE_FALSE(front);
  CHECK(front.error().message.find("% of the skin under the chest leads") != std::string::npos);
  CHECK_FALSE(ep::fit_body(standard(), skin(axis, [&](double turn, double z) { return turn < M_PI ? -1 : round(turn, z); })));
  CHECK_FALSE(ep::fit_body(standard(), {}));
  const auto back = ep::fit_body(standard(), skin(axis, [&](double turn, double z) { return turn > 0.35 * M_PI && turn < 0.65 * M_PI && std::abs(turn - M_PI / 2) > 0.06 ? -1 : round(turn, z); }));
  REQUIRE(back);
  CHECK(back->around_seen > 0.8);
  CHECK(back->around_seen < 1);
}

TEST_CASE("torso with a shape: a ball made of it shows a source within 0.6 radii at its skin within 3 percent of the Neumann function of the ball") {
  // Source: N = 2/d + (1/R) ln(2 R^2 / (R^2 - r.q + R d)), r on the ball (Frank 1952, J Appl Phys 23:1225, integrated).
  constexpr double radius = 150;
  ep::Torso t;
  t.half = Vec3(170, 120, radius);   // a plain shape that is far from the ball
  t.shape.resize(std::size_t(ep::skin_levels * ep::skin_directions));
  for (int l = 0; l < ep::skin_levels; ++l)
    for (int d = 0; d < ep::skin_directions; ++d) {
      const double turn = 2 * M_PI * d / ep::skin_directions, z = t.level_mm(l);
      t.shape[std::size_t(l * ep::skin_directions + d)] = std::sqrt(radius * radius - z * z) / t.plain_radius(std::cos(turn), std::sin(turn), z);
    }
  const Vec3 skin = ep::on_skin(t, Vec3(0.3, -1, 0.4) * 100);
  CHECK(skin.norm() == Approx(radius).epsilon(0.01));
  const ep::LeadPotential z({ep::torso_surface(t)}, {skin});
  const auto exact = [&](const Vec3& q) {
    const double d = (skin - q).norm();
    return (2 / d + 1 / radius * std::log(2 * radius * radius / (radius * radius - skin.dot(q) + radius * d))) / (4 * M_PI * ep::torso_conductivity);
  };
  for (const Vec3& x : {Vec3(5, 10, 0), Vec3(40, -30, 20), Vec3(-60, 50, 10), Vec3(0, -80, 30)}) {
    Vec3 want, got;
    for (int k = 0; k < 3; ++k) {
      Vec3 h = Vec3::Zero();
      h[k] = 0.5;
      want[k] = exact(x + h) - exact(x - h);
      got[k] = z.at(x + h)[0] - z.at(x - h)[0];
    }
    CHECK((got - want).norm() < 0.03 * want.norm());
  }
}
