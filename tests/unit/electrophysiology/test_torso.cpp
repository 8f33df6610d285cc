// SPDX-License-Identifier: GPL-3.0-or-later
// The bounded torso against closed forms.
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/torso.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Vec3;

namespace {

ep::ConductorSurface ball(double radius, double inside, double outside) {
  ep::Torso t;
  t.half = Vec3::Constant(100);
  auto s = ep::torso_surface(t);
  for (auto& x : s.points) x = radius * x.normalized();
  s.inside = inside;
  s.outside = outside;
  return s;
}

Vec3 slope(const ep::LeadPotential& z, const Vec3& x) {
  Vec3 g;
  for (int k = 0; k < 3; ++k) {
    Vec3 h = Vec3::Zero();
    h[k] = 0.5;
    g[k] = z.at(x + h)[0] - z.at(x - h)[0];
  }
  return g;
}

}  // namespace

TEST_CASE("torso: a source anywhere within 0.65 radii of a ball shows at its skin within 2 percent of the Neumann function of the ball") {
  // Source: N = 2/d + (1/R) ln(2 R^2 / (R^2 - r.q + R d)), r on the ball (Frank 1952, J Appl Phys 23:1225, integrated).
  constexpr double radius = 150;
  const Vec3 skin = radius * Vec3(0.3, -1, 0.4).normalized();
  const ep::LeadPotential z({ball(radius, ep::torso_conductivity, 0)}, {skin});
  const auto exact = [&](const Vec3& q) {
    const double d = (skin - q).norm();
    return (2 / d + 1 / radius * std::log(2 * radius * radius / (radius * radius - skin.dot(q) + radius * d))) / (4 * M_PI * ep::torso_conductivity);
  };
  for (const Vec3& x : {Vec3(5, 10, 0), Vec3(40, -30, 20), Vec3(-60, 50, 10), Vec3(0, -90, 40)}) {
    Vec3 want;
    for (int k = 0; k < 3; ++k) {
      Vec3 h = Vec3::Zero();
      h[k] = 0.5;
      want[k] = exact(x + h) - exact(x - h);
    }
    CHECK((slope(z, x) - want).norm() < 0.02 * want.norm());
  }
}

TEST_CASE("torso: around a ball of blood forces across the wall are seen 1 + 2 k q, along it 1 - k q times as strong, within 3 percent (Brody 1956)") {
  // q = (radius / distance)^3, k = (blood - torso) / (blood + 2 torso): a conducting ball in a uniform field.
  const Vec3 skin(1500, 0, 0);
  const ep::LeadPotential with({ball(1500, ep::torso_conductivity, 0), ball(20, ep::blood_conductivity, ep::torso_conductivity)}, {skin}),
      without({ball(1500, ep::torso_conductivity, 0)}, {skin});
  const double k = (ep::blood_conductivity - ep::torso_conductivity) / (ep::blood_conductivity + 2 * ep::torso_conductivity);
  for (double r : {23.0, 26.0, 30.0}) {
    const double q = std::pow(20 / r, 3);
    CHECK(slope(with, Vec3(r, 0, 0)).x() / slope(without, Vec3(r, 0, 0)).x() == Approx(1 + 2 * k * q).epsilon(0.03));
    CHECK(slope(with, Vec3(0, r, 0)).x() / slope(without, Vec3(0, r, 0)).x() == Approx(1 - k * q).epsilon(0.03));
  }
}

TEST_CASE("torso: six body points give it back, electrodes lie on its skin, and turning body and heart together changes no lead by more than 2 percent") {
  const auto electrodes = ep::standard_body({Vec3(10, 20, 30), Vec3(0.6, -0.5, -0.6).normalized(), Vec3(-0.6, -0.7, 0)});
  const auto torso = ep::find_torso(electrodes);
  REQUIRE(torso);
  for (const auto& e : electrodes)
    if (e.name.rfind("body", 0) != 0) CHECK((ep::on_skin(*torso, e.position) - e.position).norm() < 1e-9);
  auto fewer = electrodes;
  fewer.pop_back();
  CHECK_FALSE(ep::find_torso(fewer));

  const auto mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart({.edge_mm = 6}));
  CHECK(ep::cavity_surface(*mesh, "endocardium_lv").has_value());
  CHECK_FALSE(ep::cavity_surface(*mesh, "no such surface"));
  ep::ElectroProblem p;
  p.mesh = mesh;
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(mesh->tets.size(), Vec3(0, 1, 0));
  p.fibres = fibres;
  p.electrodes = electrodes;
  std::vector<float> v;
  for (const auto& x : mesh->nodes) v.push_back(float(-85 + x.x() + 0.5 * x.z()));
  const auto before = ep::evaluate(ep::make_lead_field(p), v);
  const core::Mat3 turn = Eigen::AngleAxisd(0.7, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  auto turned = std::make_shared<core::TetMesh>(*mesh);
  for (auto& x : turned->nodes) x = turn * x + Vec3(100, -40, 7);
  auto frames = std::make_shared<ep::FibreField>(*fibres);
  for (auto& f : frames->f) f = turn * f;
  for (auto& s : frames->s) s = turn * s;
  ep::ElectroProblem q = p;
  q.mesh = turned;
  q.fibres = frames;
  for (auto& e : q.electrodes) e.position = turn * e.position + Vec3(100, -40, 7);
  const auto after = ep::evaluate(ep::make_lead_field(q), v);
  double largest = 0;
  for (double x : before) largest = std::max(largest, std::abs(x));
  // Blood is seen along fixed directions of space: its polyhedron turns, its shape stays within its own resolution.
  for (int l = 0; l < 12; ++l) CHECK(std::abs(after[std::size_t(l)] - before[std::size_t(l)]) < 0.02 * largest);
}

TEST_CASE("torso: a cancelled potential ends as cancelled, and on 1 and 2 threads it has the same bits") {
  const Vec3 skin(150, 0, 0);
  const std::vector<ep::ConductorSurface> surfaces{ball(150, ep::torso_conductivity, 0), ball(20, ep::blood_conductivity, ep::torso_conductivity)};
  auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto stopped = ep::LeadPotential::make(surfaces, {skin}, core::Progress({}, flag));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == core::ErrorCode::cancelled);
  const int before = core::thread_count();
  core::set_thread_count(1);
  const ep::LeadPotential one(surfaces, {skin});
  core::set_thread_count(2);
  const ep::LeadPotential two(surfaces, {skin});
  core::set_thread_count(before);
  for (const Vec3& x : {Vec3(25, 3, 0), Vec3(-40, 10, 60)}) CHECK(one.at(x) == two.at(x));
}
