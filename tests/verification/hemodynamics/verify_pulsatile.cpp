// SPDX-License-Identifier: GPL-3.0-or-later
// Pulsatile flow: Windkessel outlet against its ODE, and Womersley's solution.
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <fstream>
#include <sstream>

#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;

TEST_CASE("tube with RCR: outlet pressure within 0.2 % of its peak of the ODE driven by the inflow, mass balance <= 1e-5") {
  const test::Tube t = test::tube(3.0, 12.0, 4);
  hemo::FlowProblem p;
  p.mesh = std::make_shared<core::TetMesh>(t.mesh);
  p.steady = false;
  p.cycle_s = 0.9;
  p.cycles = 2;
  p.dt_s = 0.9 / 200;
  p.inlets = {{test::tube_inlet, {}, hemo::InletProfile::parabolic}};
  for (int k = 0; k < 300; ++k) p.inlets[0].flow.emplace_back(0.9 * k / 300, 3000 + 2000 * std::sin(2 * M_PI * k / 300.0));
  // Common carotid of Boileau et al. 2015 (physiology_and_models.json).
  const hemo::Outlet o{test::tube_outlet, 0.24875, 0.17529, 1.8697, 500.0};
  p.outlets = {o};
  const auto r = hemo::run_navier_stokes(p);
  REQUIRE(r);
  const auto q = [&](double s) { return hemo::flow_at(p.inlets[0], s, 0.9); };
  const auto& series = r->series[3];
  REQUIRE(series.name == "outlet 1 pressure");
  double pc = o.rd * hemo::mean_flow(p.inlets[0], 0.9), worst = 0, peak = 0, time = 0;
  for (int n = 0; n < 200 * 2000; ++n) {  // to the periodic state, in which the run starts
    const double h = 0.9 / 2000, s = h * (n % 2000);
    const auto f = [&](double x, double y) { return (q(x) - y / o.rd) / o.c; };
    const double k1 = f(s, pc), k2 = f(s + h / 2, pc + h / 2 * k1), k3 = f(s + h / 2, pc + h / 2 * k2), k4 = f(s + h, pc + h * k3);
    pc += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  for (std::size_t n = 0; n < series.t.size(); ++n) {
    const double h = (series.t[n] - time) / 10;  // fourth-order Runge-Kutta
    for (int k = 0; k < 10; ++k) {
      const double s = time + k * h;
      const auto f = [&](double x, double y) { return (q(x) - y / o.rd) / o.c; };
      const double k1 = f(s, pc), k2 = f(s + h / 2, pc + h / 2 * k1), k3 = f(s + h / 2, pc + h / 2 * k2), k4 = f(s + h, pc + h * k3);
      pc += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    time = series.t[n];
    worst = std::max(worst, std::abs(series.values[n] - (o.pd + o.rp * q(time) + pc)));
    peak = std::max(peak, o.pd + o.rp * q(time) + pc);
  }
  double mass = 1;
  for (const auto& x : r->quantities)
    if (x.key == "mass_balance_rel") mass = x.value;
  WARN("worst outlet pressure error " << 100 * worst / peak << " % of the peak, mass balance " << mass << ", " << r->steps << " steps in " << r->wall_s << " s");
  CHECK(worst / peak < 0.002);
  CHECK(mass <= 1e-5);
}

TEST_CASE("Womersley alpha 4.5 at R/h 12: velocity L2 <= 1 % and wall shear L2 <= 1 % of the peak at the end of a period (womersley_alpha4.5 tables)") {
  // The shared case: R 3 mm, T 0.74002 s, mu 0.004, -dp/dz = 60 + 120 cos wt Pa/m.
  std::ifstream table(test::shared_file("reference/hemodynamics/womersley/womersley_alpha4.5_flow_wss.csv"));
  std::string line;
  std::getline(table, line);
  hemo::FlowProblem p;
  p.cycle_s = 0.7400196028455956;
  p.inlets = {{test::tube_inlet, {}, hemo::InletProfile::womersley}};
  double peak_shear = 0, end_shear = 0;
  while (std::getline(table, line)) {
    double s, q, w;
    char comma;
    std::istringstream(line) >> s >> comma >> q >> comma >> w;
    if (s < p.cycle_s * (1 - 1e-9)) p.inlets[0].flow.emplace_back(s, q * 1e9);
    if (s == 0) end_shear = w;
    peak_shear = std::max(peak_shear, std::abs(w));
  }
  REQUIRE(p.inlets[0].flow.size() > 30);
  const double radius = 3.0, length = 6.0;
  const test::Tube t = test::tube(radius, length, 12);
  p.mesh = std::make_shared<core::TetMesh>(t.mesh);
  p.fluid = {1.06e-3, 0.004};
  p.outlets = {{test::tube_outlet, 1e-4, 0, 0, 0}};
  p.steady = false;
  p.cycles = 1;
  p.dt_s = p.cycle_s / 200;
  const auto r = hemo::run_navier_stokes(p);
  REQUIRE(r);
  // Exact velocity at t = T: steady part plus the real part of Womersley's profile.
  const double mu = 0.004, rho = 1.06e-3, w = 2 * M_PI / p.cycle_s;
  const auto j0 = [](std::complex<double> z) {
    std::complex<double> term = 1, sum = 1;
    for (int k = 1; k < 80; ++k) sum += term *= -0.25 * z * z / double(k * k);
    return sum;
  };
  const std::complex<double> i(0, 1), lambda = std::pow(i, 1.5) * radius * std::sqrt(w * rho / mu);
  const auto exact = [&](double d) {  // mm/s; pressure gradients in Pa/mm
    return 0.060 / (4 * mu) * (radius * radius - d * d) + std::real(0.120 / (i * rho * w) * (1.0 - j0(lambda * d / radius) / j0(lambda)));
  };
  CHECK(exact(0) == Approx(34.80418247).epsilon(1e-6));  // womersley_alpha4.5_velocity.csv, t = 0, r = 0
  std::vector<std::uint8_t> wall(t.mesh.nodes.size(), 0);
  for (const auto& f : t.mesh.boundary)
    if (f.patch == test::tube_wall)
      for (auto k : f.nodes) wall[k] = 1;
  double off = 0, size = 0, s2 = 0;
  int count = 0;
  for (std::size_t k = 0; k < t.mesh.nodes.size(); ++k) {
    const auto& x = t.mesh.nodes[k];
    if (x[2] < length / 4 || x[2] > 3 * length / 4) continue;
    const double want = exact(std::hypot(x[0], x[1]));
    off += std::pow(r->velocity[3 * k + 2] - want, 2) + std::pow(r->velocity[3 * k], 2) + std::pow(r->velocity[3 * k + 1], 2);
    size += want * want;
    if (wall[k]) s2 += std::pow(r->wall_shear[3 * k + 2] - end_shear, 2), ++count;
  }
  const double velocity = std::sqrt(off / size), shear = std::sqrt(s2 / count) / peak_shear;
  WARN("velocity L2 " << velocity << ", wall shear L2 of the peak " << shear << ", " << r->steps << " steps, " << t.mesh.tets.size() << " tets, " << r->wall_s << " s");
  CHECK(velocity < 0.01);
  CHECK(shear < 0.01);
}
