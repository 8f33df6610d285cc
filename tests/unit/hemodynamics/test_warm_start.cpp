// SPDX-License-Identifier: GPL-3.0-or-later
// Fields carried to another mesh, the preflight check, and the coronary bed against its equations.
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/field_transfer.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_start.hpp"
#include "solvers/hemodynamics/preflight.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;

namespace {

hemo::FlowProblem stenosed_at(double centre, int n = 4) {
  const test::Tube t = test::tube(1.5, 20, n, test::cosine_stenosis(1.5, 0.4, centre, 6));
  hemo::FlowProblem p;
  p.mesh = std::make_shared<core::TetMesh>(t.mesh);
  p.network = std::make_shared<core::VesselNetwork>(t.network);
  p.inlets = {{test::tube_inlet, {{0.0, 1200.0}}, hemo::InletProfile::parabolic}};
  p.outlets = {{test::tube_outlet, 5.0, 0, 0, 1000.0}};
  return p;
}

double value(const hemo::FlowResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  FAIL("no quantity " << key);
  return 0;
}

const hemo::PreflightItem& item(const std::vector<hemo::PreflightItem>& all, const std::string& key) {
  for (const auto& i : all)
    if (i.key == key) return i;
  FAIL("no item " << key);
  return all.front();
}

}  // namespace

TEST_CASE("linear velocity and pressure are carried to the nodes of another mesh of the same tube to 1e-5, and no node is missed inside") {
  const test::Tube from = test::tube(2.0, 12, 4, {}, 0.2), to = test::tube(1.9, 11.5, 5, {}, 0.2);
  const auto u = [](const core::Vec3& x) { return core::Vec3(1 + x[0] - 2 * x[2], 3 * x[1], 0.5 * x[2] + x[0]); };
  const auto p = [](const core::Vec3& x) { return 7 - x[0] + 2 * x[1] + 0.3 * x[2]; };
  std::vector<float> velocity, pressure;
  for (const core::Vec3& x : from.mesh.nodes) {
    for (int c = 0; c < 3; ++c) velocity.push_back(float(u(x)[c]));
    pressure.push_back(float(p(x)));
  }
  std::vector<core::Vec3> points;
  for (const core::Vec3& x : to.mesh.nodes) points.push_back(x + core::Vec3(0, 0, 0.2));
  const auto carried = hemo::carry_flow(from.mesh, velocity, pressure, points);
  CHECK(carried.outside == 0);
  double worst = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    worst = std::max(worst, std::abs(carried.pressure[i] - p(points[i])));
    for (int c = 0; c < 3; ++c) worst = std::max(worst, std::abs(carried.velocity[3 * i + std::size_t(c)] - u(points[i])[c]));
  }
  CHECK(worst < 1e-5 * 30);
  const auto beyond = hemo::carry_flow(from.mesh, velocity, pressure, {core::Vec3(0, 0, 15), core::Vec3(2.5, 0, 6)});
  CHECK(beyond.outside == 2);
  CHECK(beyond.velocity[2] == 0);
  CHECK(beyond.pressure[0] == Approx(p(core::Vec3(0, 0, 12))).margin(0.1));
}

TEST_CASE("a lesion moved by 0.05 mm: the flow carried over settles in fewer steps than a cold start, to its drop within 0.5 %") {
  const hemo::FlowProblem before = stenosed_at(8), after = stenosed_at(8.05);
  const auto first = hemo::run_navier_stokes(before);
  REQUIRE(first);
  hemo::FlowOptions how;
  how.warm_start = std::make_shared<hemo::FlowResult>(*first);
  how.warm_mesh = before.mesh;
  const auto warm = hemo::run_navier_stokes(after, {}, how), cold = hemo::run_navier_stokes(after);
  REQUIRE((warm && cold));
  INFO(warm->steps << " and " << cold->steps << " steps");
  CHECK(warm->steps < cold->steps);
  CHECK(value(*warm, "pressure_drop_mmhg") == Approx(value(*cold, "pressure_drop_mmhg")).epsilon(5e-3));
}

TEST_CASE("the start from the network passes its flow and has its outlet pressure within 1 Pa, and the run ends at the drop of a viscous start within 0.2 %") {
  hemo::FlowProblem p = stenosed_at(8);
  const hemo::FlowMesh m = hemo::make_flow_mesh(p);
  std::string note;
  std::vector<hemo::InflowProfile> profiles;
  profiles.emplace_back(m.mesh, m.inlets[0], p.inlets[0], p.fluid, true, 1.0, note);
  hemo::InletState inlet;
  hemo::inlet_state(m, profiles, 0, inlet);
  const auto start = hemo::network_start(m, p, inlet, {});
  REQUIRE(start);
  CHECK(start->outlet_flow[0] == Approx(1200).epsilon(1e-3));
  double outlet = 0;
  for (core::Index i : m.outlets[0].nodes) outlet += start->pressure[std::size_t(i)] / double(m.outlets[0].nodes.size());
  CHECK(outlet == Approx(1000.0 + 5 * 1200).margin(1));
  const auto network = hemo::run_navier_stokes(p);
  p.start = hemo::FlowStart::viscous;
  const auto viscous = hemo::run_navier_stokes(p);
  REQUIRE(network);
  REQUIRE(viscous);
  CHECK(value(*network, "pressure_drop_mmhg") == Approx(value(*viscous, "pressure_drop_mmhg")).epsilon(0.002));
}

TEST_CASE("asked for an inlet pressure, one steady run meets it within 0.2 % from inflows 40 % too low and too high, at one drop within 1 %") {
  double drop[2];
  for (int k = 0; k < 2; ++k) {
    hemo::FlowProblem p = stenosed_at(8);
    p.inlets[0].flow = {{0.0, k == 0 ? 720.0 : 1680.0}};
    hemo::FlowOptions how;
    how.inlet_pressure_Pa = 7400;
    const auto r = hemo::run_navier_stokes(p, {}, how);
    REQUIRE(r);
    CHECK(value(*r, "inlet_pressure_mmhg") * 133.322387415 == Approx(7400).epsilon(0.002));
    drop[k] = value(*r, "pressure_drop_mmhg");
  }
  CHECK(drop[0] == Approx(drop[1]).epsilon(0.01));
}

TEST_CASE("coronary bed: 800 steps a beat follow its two equations (Kim 2010) to 1e-4 of the peak, twice the steps are four times closer") {
  hemo::CoronaryBed bed;
  bed.ca = 0.011, bed.cim = 0.089, bed.ra_micro = 1.1, bed.rv = 0.34, bed.cycle_s = 0.8;
  const auto squeeze = [](double t) { return 6000 * std::pow(std::sin(M_PI * t / 0.8), 2); };
  for (int k = 0; k < 4000; ++k) bed.pim.emplace_back(0.8 * k / 4000, squeeze(0.8 * k / 4000));
  const auto flow = [](double t) { return 1500 - 700 * std::cos(2 * M_PI * t / 0.8); };
  const hemo::Outlet o = hemo::coronary_outlet(2, 0.67, bed, 400);
  const auto error = [&](int steps) {
    const double dt = 0.8 / steps;
    hemo::Windkessel w(o, false);
    w.start(flow(0), 1500, dt);
    double worst = 0, peak = 0;
    // Classical Runge-Kutta at a fortieth of the step, after one beat from the same mean.
    double p1 = 400 + 1.44 * 1500, x = 400 + 0.34 * 1500 - 3000, t = 0;
    const auto rate = [&](double at, double a, double b) {
      const double p2 = b + squeeze(at), through = (a - p2) / bed.ra_micro;
      return std::pair{(flow(at) - through) / bed.ca, (through - (p2 - 400) / bed.rv) / bed.cim};
    };
    for (int k = 0; k < 3 * steps; ++k) {
      for (int j = 0; j < 40; ++j, t += dt / 40) {
        const double h = dt / 40;
        const auto a = rate(t, p1, x), b = rate(t + h / 2, p1 + h / 2 * a.first, x + h / 2 * a.second), c = rate(t + h / 2, p1 + h / 2 * b.first, x + h / 2 * b.second), d = rate(t + h, p1 + h * c.first, x + h * c.second);
        p1 += h / 6 * (a.first + 2 * b.first + 2 * c.first + d.first), x += h / 6 * (a.second + 2 * b.second + 2 * c.second + d.second);
      }
      const double q = flow(t), line = w.history(dt) + w.impedance(dt) * q;
      w.advance(q, dt);
      CHECK(line == Approx(w.pressure(q)).epsilon(1e-10));
      if (k < steps) continue;
      worst = std::max(worst, std::abs(w.pressure(q) - 0.67 * q - p1)), peak = std::max(peak, p1);
    }
    return worst / peak;
  };
  const double coarse = error(200), fine = error(400);
  INFO(coarse << " " << fine);
  CHECK(error(800) < 1e-4);
  CHECK(coarse / fine > 3.5);
}

TEST_CASE("preflight: a sound case is all good, wrong units, a cap without a condition and a coarse throat are named") {
  hemo::FlowProblem p = stenosed_at(8, 8);
  using Level = hemo::PreflightItem::Level;
  for (const auto& i : hemo::preflight(p, true)) {
    INFO(i.sentence);
    CHECK(i.level == Level::good);
  }
  p.inlets[0].flow = {{0.0, 1.2}};   // mL/s taken for mm3/s
  CHECK(item(hemo::preflight(p, true), "inlet_speed").level == Level::warning);
  p.inlets[0].flow = {{0.0, 1200.0}};
  p.outlets[0].rp = 5000;
  CHECK(item(hemo::preflight(p, true), "pressure").level == Level::warning);
  p.outlets.clear();
  CHECK(hemo::preflight(p, true).back().level == Level::refused);
  const hemo::FlowProblem coarse = stenosed_at(8, 3);
  CHECK(item(hemo::preflight(coarse, true), "cells_per_throat").level == Level::warning);
}

TEST_CASE("preflight says how long: 1000 beats in steps of 1e-6 s are a warning in days, two beats are not, and 17 mmHg is a pressure of some vessel but of no artery") {
  hemo::FlowProblem p = stenosed_at(8, 3);
  using Level = hemo::PreflightItem::Level;
  p.steady = false, p.cycle_s = 0.8, p.dt_s = 0.004, p.cycles = 2;
  CHECK(item(hemo::preflight(p, true), "effort").level == Level::good);
  p.dt_s = 1e-6, p.cycles = 1000;
  const auto effort = item(hemo::preflight(p, true), "effort");
  CHECK(effort.level == Level::warning);
  CHECK(effort.value > 1e6);   // 8e8 steps
  CHECK_THAT(effort.sentence, Catch::Contains("days"));
  p.steady = true;
  const double flow = p.inlets[0].flow.front().second;
  p.outlets[0].rp = 17 * 133.322 / flow, p.outlets[0].rd = 0, p.outlets[0].c = 0, p.outlets[0].pd = 0;
  CHECK(item(hemo::preflight(p, false), "pressure").level == Level::good);
  CHECK(item(hemo::preflight(p, false, hemo::VesselKind::artery), "pressure").level == Level::warning);
}
