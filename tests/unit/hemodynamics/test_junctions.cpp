// SPDX-License-Identifier: GPL-3.0-or-later
// Pressure changes at forks and anastomoses against momentum balances that can be written down.
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/hemodynamics/junctions.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

using namespace ot;
using hemo::collector_drops;
using hemo::JunctionArm;

namespace {

constexpr double rho = 1.06e-3;
JunctionArm arm(double degrees, double area, double flow, double momentum = 1.0) {
  return {core::Vec3(std::cos(degrees * M_PI / 180), std::sin(degrees * M_PI / 180), 0), area, flow, momentum};
}

// A parent of 1.5 mm that parts into two of 1.2 mm, turned by `degrees` to either side.
hemo::FlowProblem fork(double degrees) {
  auto n = std::make_shared<core::VesselNetwork>();
  n->inlet_patch = 1;
  const auto straight = [](double r, double turn, const core::Vec3& from) {
    core::VesselBranch b;
    const core::Vec3 along(std::cos(turn * M_PI / 180), std::sin(turn * M_PI / 180), 0);
    for (int k = 0; k <= 60; ++k) b.arc.push_back(0.5 * k), b.radius.push_back(r), b.points.push_back(from + along * (0.5 * k));
    return b;
  };
  n->branches = {straight(1.5, 0, {0, 0, 0}), straight(1.2, degrees, {30, 0, 0}), straight(1.2, -degrees, {30, 0, 0})};
  n->branches[0].children = {1, 2};
  hemo::FlowProblem p;
  for (int k : {1, 2}) n->branches[std::size_t(k)].parent = 0, n->branches[std::size_t(k)].outlet_patch = 1 + k;
  p.network = n;
  p.inlets = {{1, {{0.0, 2000.0}}, hemo::InletProfile::parabolic}};
  p.outlets = {{2, 8.0, 0, 0, 0}, {3, 8.0, 0, 0, 0}};
  return p;
}
double inlet_mmhg(const hemo::FlowProblem& p, double k_t) {
  const auto r = hemo::run_network(p, {}, k_t);
  REQUIRE(r);
  return r->pullback.front().pressure_Pa / 133.322387415;
}

}  // namespace

TEST_CASE("a junction without a turn and with one collector is Borda and Carnot's sudden expansion to 1e-12, with the momentum of the profile that arrives") {
  const double u = 300, v = 100;
  for (double b : {1.0, 4.0 / 3.0}) {
    const auto drop = collector_drops(rho, {arm(0, 2, 2 * u, b)}, {arm(0, 6, 6 * v)});
    CHECK(drop[0] == Approx(b * rho * v * (v - u)).epsilon(1e-12));   // a rise
  }
  CHECK(std::abs(collector_drops(rho, {arm(30, 3, 900)}, {arm(30, 3, 900)})[0]) < 1e-12);   // a vessel that goes on
}

TEST_CASE("two parallel streams that meet obey the momentum theorem to 1e-12") {
  const auto drop = collector_drops(rho, {arm(0, 2, 800), arm(0, 3, 300)}, {arm(0, 5, 1100)});
  const double in = rho * (800.0 * 800 / 2 + 300.0 * 300 / 3), out = rho * 1100.0 * 1100 / 5;
  CHECK(drop[0] * 5 == Approx(out - in).epsilon(1e-12));   // pressure on the common section less momentum
}

TEST_CASE("a stream turned by 60 degrees keeps the momentum of 45 (three quarters, Bassett 2001), both sides of a fork alike, and a branch without flow loses nothing") {
  const auto bend = collector_drops(rho, {arm(0, 4, 1000)}, {arm(60, 4, 1000)});
  CHECK(bend[0] == Approx(rho * 250 * 250 * (1 - std::cos(M_PI / 4))).epsilon(1e-12));
  const auto fork = collector_drops(rho, {arm(10, 7, 1400)}, {arm(50, 4, 700), arm(-30, 4, 700)});
  CHECK(fork[0] == Approx(fork[1]).epsilon(1e-12));
  // Equal shares, no lean: the streams bring 1.1 of the mean speed (eta = -0.2 (1 - 1/2), Mynard & Valen-Sendstad 2015).
  CHECK(fork[0] == Approx(rho * 175 * (175 - 1.1 * 200 * std::cos(30 * M_PI / 180))).epsilon(1e-9));
  CHECK(collector_drops(rho, {arm(0, 4, 1000)}, {arm(0, 4, 1000), arm(90, 4, 0)})[1] == 0);
}

TEST_CASE("at an end-to-side anastomosis the whole angle counts: what runs across the axis is lost (momentum along the main pipe, Idelchik ch. 7)") {
  auto graft = arm(45, 5, 1200), native = arm(0, 7, 300);
  graft.turned = hemo::turned_at_anastomosis;
  const double u = 1500.0 / 7, along = (1200.0 * 240 * std::cos(M_PI / 4) + 300.0 * 300 / 7) / 1500;
  CHECK(collector_drops(rho, {native, graft}, {arm(0, 7, 1500)})[0] == Approx(rho * u * (u - along)).epsilon(1e-12));
  auto taken = arm(45, 5, 1500);
  taken.turned = hemo::turned_at_anastomosis;
  CHECK(collector_drops(rho, {arm(0, 7, 1500)}, {taken})[0] == Approx(rho * 300 * (300 - u * std::cos(M_PI / 4))).epsilon(1e-12));
}

TEST_CASE("the marched network loses pressure at a fork that turns the blood, more at 60 degrees than at 20, the plain network none") {
  CHECK(inlet_mmhg(fork(60), 0) == Approx(inlet_mmhg(fork(20), 0)).epsilon(1e-12));
  const double gentle = inlet_mmhg(fork(20), hemo::marched_expansion_loss), sharp = inlet_mmhg(fork(60), hemo::marched_expansion_loss);
  // Both forks alike but for the turn: rho b U_j V_j (cos 15 - cos 45), U_j and V_j of the fork above, b = 4/3.
  const double uj = 1000 / (M_PI * 1.44), v = 1.1 * 2000 / (M_PI * 2.25);
  CHECK(sharp - gentle == Approx(4.0 / 3 * rho * uj * v * (std::cos(M_PI / 12) - std::cos(M_PI / 4)) / 133.322).epsilon(0.02));
}
