// SPDX-License-Identifier: GPL-3.0-or-later
// Bypass grafts in the FAST network, against resistances in parallel.
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/grafts.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

using namespace ot;
using hemo::FlowProblem;

namespace {

core::VesselBranch straight(double radius, double length, const core::Vec3& from, const core::Vec3& along) {
  core::VesselBranch b;
  for (int k = 0; k <= 80; ++k) {
    b.arc.push_back(length * k / 80);
    b.points.push_back(from + along * (length * k / 80));
    b.radius.push_back(radius);
  }
  return b;
}

constexpr double host_radius = 1.5, length = 60;

FlowProblem tube() {
  auto network = std::make_shared<core::VesselNetwork>();
  network->inlet_patch = 1;
  network->branches = {straight(host_radius, length, {0, 0, 0}, {0, 0, 1})};
  network->branches[0].outlet_patch = 2;
  FlowProblem p;
  p.network = network;
  p.inlets = {{1, {{0.0, 1500.0}}, hemo::InletProfile::parabolic}};
  p.outlets = {{2, 8.0, 0, 0, 0}};
  return p;
}

// A straight graft beside it; 2 mm at either end lie inside the host.
hemo::Graft graft(double from, double to, double radius, double free_mm) {
  hemo::Graft g;
  g.from_mm = from, g.to_mm = to;
  g.line = straight(radius, free_mm + 4, {5, 0, from}, {0, 0, 1});
  g.free_from_mm = 2, g.free_to_mm = 2 + free_mm;
  return g;
}

double poiseuille(double radius, double mm) { return 8 * 0.0035 * mm / (M_PI * std::pow(radius, 4)); }

double value(const hemo::FlowResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  FAIL("no quantity " << key);
  return 0;
}

double drop_Pa(const hemo::FlowResult& r) { return value(r, "pressure_drop_mmhg") * 133.322387415; }
double flow_mm3_s(const hemo::FlowResult& r, const std::string& key) { return value(r, key) * 1000 / 60; }

}  // namespace

TEST_CASE("a graft beside a straight tube takes the share of two Poiseuille resistances in parallel, flow and pressure drop to 1e-9 in the plain network") {
  FlowProblem p = tube();
  for (const double radius : {0.8, 1.2, 1.5})
    for (const double free_mm : {35.0, 55.0}) {
      p.grafts = {graft(10, 50, radius, free_mm)};
      const auto r = hemo::run_network(p, {}, 0);
      REQUIRE(r);
      const double native = poiseuille(host_radius, 40), beside = poiseuille(radius, free_mm), share = native / (native + beside);
      CHECK(flow_mm3_s(*r, "graft_flow_ml_min") == Approx(1500 * share).epsilon(1e-9));
      CHECK(value(*r, "graft_flow_share") == Approx(share).epsilon(1e-9));
      CHECK(drop_Pa(*r) == Approx(1500 * (poiseuille(host_radius, 20) + native * beside / (native + beside))).epsilon(1e-9));
      CHECK(value(*r, "mass_balance_rel") < 1e-12);
      REQUIRE(r->pullback.size() == p.network->branches[0].points.size());   // the given points, each once
      for (const auto& point : r->pullback) CHECK(point.flow_mm3_s == Approx(point.arc_mm > 10 + 1e-9 && point.arc_mm < 50 + 1e-9 ? 1500 * (1 - share) : 1500).epsilon(1e-9));
      for (std::size_t k = 0; k < r->pullback.size(); ++k) CHECK(r->pullback[k].arc_mm == p.network->branches[0].arc[k]);
    }
}

TEST_CASE("two grafts that overlap obey Kirchhoff's laws: equal pressure drops round both loops to 1e-9") {
  FlowProblem p = tube();
  p.grafts = {graft(10, 40, 1.0, 35), graft(30, 55, 1.3, 30)};
  const auto r = hemo::run_network(p, {}, 0);
  REQUIRE(r);
  const double a = flow_mm3_s(*r, "graft_flow_ml_min"), b = flow_mm3_s(*r, "graft_2_flow_ml_min"), host = poiseuille(host_radius, 1);
  CHECK(a * poiseuille(1.0, 35) == Approx(host * (20 * (1500 - a) + 10 * (1500 - a - b))).epsilon(1e-9));
  CHECK(b * poiseuille(1.3, 30) == Approx(host * (10 * (1500 - a - b) + 15 * (1500 - b))).epsilon(1e-9));
  CHECK(hemo::led_past(p, {a, b}, 0, 35) == a + b);
  CHECK(hemo::led_past(p, {a, b}, 0, 20) == a);
  CHECK(hemo::led_past(p, {a, b}, 0, 57) == 0);
}

TEST_CASE("the marched network splits developed flow between a vessel and a straight graft as Poiseuille's resistances do, within 2 %") {
  FlowProblem p = tube();
  p.inlets[0].flow = {{0.0, 300.0}};
  p.grafts = {graft(10, 50, 1.2, 45)};
  const auto r = hemo::run_network(p);
  REQUIRE(r);
  const double native = poiseuille(host_radius, 40), beside = poiseuille(1.2, 45), share = native / (native + beside);
  CHECK(value(*r, "graft_flow_share") == Approx(share).epsilon(0.02));
  CHECK(value(*r, "mass_balance_rel") < 1e-9);
}

TEST_CASE("a graft of 3 mm past a lesion of 70 % carries most of the flow and more than halves its pressure drop, and the flow found at a pressure gives that pressure to 1e-5") {
  FlowProblem p = tube();
  auto narrow = std::make_shared<core::VesselNetwork>(*p.network);
  for (std::size_t k = 0; k < narrow->branches[0].radius.size(); ++k)
    if (const double d = narrow->branches[0].arc[k] - 30; std::abs(d) < 4) narrow->branches[0].radius[k] *= 1 - 0.35 * (1 + std::cos(M_PI * d / 4));
  p.network = narrow;
  p.inlets[0].flow = {{0.0, 1000.0}};
  const auto before = hemo::run_network(p);
  p.grafts = {graft(12, 48, 1.5, 45)};
  const auto after = hemo::run_network(p);
  REQUIRE((before && after));
  CHECK(value(*after, "graft_flow_share") > 0.5);
  CHECK(drop_Pa(*after) < 0.5 * drop_Pa(*before));
  const auto flow = hemo::flow_for_inlet_pressure(p, 12400);
  REQUIRE(flow);
  p.inlets[0].flow = {{0.0, *flow}};
  const auto at = hemo::run_network(p);
  REQUIRE(at);
  CHECK(at->pullback.front().pressure_Pa == Approx(12400).epsilon(1e-5));
}

TEST_CASE("grafts are part of a flow problem's hash, and one that joins nothing is refused") {
  FlowProblem p = tube();
  const std::string none = p.sha256();
  p.grafts = {graft(10, 50, 1, 45)};
  CHECK(p.sha256() != none);
  p.grafts[0].from_mm = 55;
  CHECK_FALSE(hemo::run_network(p));   // upstream
  p.grafts[0] = graft(10, 60, 1, 45);
  CHECK_FALSE(hemo::run_network(p));   // at the outlet
  p.grafts[0] = graft(10, 50, 1, 45);
  p.grafts[0].line.radius[3] = 0;
  const auto refused = hemo::run_network(p);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no blood can pass") != std::string::npos);
}

TEST_CASE("a graft carries a pulsatile flow as well: the mean of the plain network over a cycle is that of parallel resistances to 1e-6") {
  FlowProblem p = tube();
  p.grafts = {graft(10, 50, 1.2, 45)};
  p.steady = false, p.dt_s = 0.01, p.cycle_s = 0.8, p.cycles = 2;
  p.inlets[0].flow = {{0.0, 1000.0}, {0.3, 2000.0}, {0.8, 1000.0}};
  const auto r = hemo::run_network(p, {}, 0);
  REQUIRE(r);
  const double native = poiseuille(host_radius, 40), beside = poiseuille(1.2, 45);
  CHECK(value(*r, "graft_flow_share") == Approx(native / (native + beside)).epsilon(1e-6));
}
