// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "app/verify/wave_cases.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;

TEST_CASE("Boileau's carotid is met to 0.3 % in pressure and 0.5 % in flow") {
  const auto gap = verify::compare_boileau(test::shared_file("reference/hemodynamics/boileau2015_1d"), "common_carotid", 10933, 4, core::Progress());
  REQUIRE(gap.has_value());
  CHECK(gap->pressure < 0.003);
  CHECK(gap->flow < 0.005);
}

TEST_CASE("Boileau's thoracic aorta is met to 0.5 % in pressure and 1 % in flow") {
  const auto gap = verify::compare_boileau(test::shared_file("reference/hemodynamics/boileau2015_1d"), "upper_thoracic_aorta", 9467, 4, core::Progress());
  REQUIRE(gap.has_value());
  CHECK(gap->pressure < 0.005);
  CHECK(gap->flow < 0.01);
  CHECK(gap->run.mass_error < 1e-3);
}

TEST_CASE("pulse waves in a tapered bifurcation converge with second order within 0.25") {
  const auto order = verify::wave_order(8, core::Progress());
  REQUIRE(order.has_value());
  CHECK(*order == Approx(2).margin(0.25));
}

TEST_CASE("a small pulse travels at the Moens-Korteweg speed within 1 % and reflects with the coefficient of its end within 2 %") {
  hemo::WaveProblem p;
  p.fluid = {1.06e-3, 1e-9};
  hemo::WaveSegment s;
  s.name = "tube", s.from = 1, s.to = 2, s.length_mm = 4000, s.radius_in_mm = s.radius_out_mm = 10, s.young_Pa = 4e5, s.wall_mm = 1;
  s.end.kind = hemo::WaveEnd::reflection, s.end.coefficient = 0.4;
  p.segments = {s};
  p.inlet_node = 1;
  for (int k = 0; k <= 2000; ++k) p.inflow.emplace_back(1e-3 * k, k < 100 ? 10 * std::pow(std::sin(std::numbers::pi * k / 100), 2) : 0.0);
  p.cell_mm = 5, p.cycles = 1, p.samples = 4000;
  const auto r = hemo::run_wave_network(p, core::Progress());
  REQUIRE(r.has_value());
  const auto& mid = r->vessels[0].middle.pressure_Pa;
  const double c = 1e3 * std::sqrt(4.0 / 3.0 * 4e5 * 1e-3 / (2 * 1060 * 10e-3));  // mm/s: c2 = beta / (2 rho), beta = 4/3 E h / r
  const auto peak = [&](double from, double to) {
    return std::max_element(mid.begin() + int(from / 2 * 4000), mid.begin() + int(to / 2 * 4000));
  };
  const double there = 2000 / c, back = 6000 / c;
  const auto first = peak(there, there + 0.15), second = peak(back, back + 0.15);
  CHECK(double(first - mid.begin()) / 2000 - 0.05 == Approx(there).epsilon(0.01));
  CHECK(double(second - mid.begin()) / 2000 - 0.05 == Approx(back).epsilon(0.01));
  CHECK(*second / *first == Approx(0.4).epsilon(0.02));
}

TEST_CASE("a tapered vessel at rest stays at rest to 1e-9 of the pressure") {
  auto p = verify::smooth_bifurcation(4);
  for (auto& s : p.segments) s.end.outlet_Pa = 9467, s.end.c = 0;
  for (auto& [t, q] : p.inflow) q *= 1e-12;
  const auto r = hemo::run_wave_network(p, core::Progress());
  REQUIRE(r.has_value());
  for (const auto& v : r->vessels)
    for (const double x : v.middle.pressure_Pa) CHECK(x == Approx(9467).epsilon(1e-9));
}

TEST_CASE("Poiseuille's resistance governs the steady pressure drop of a stiff tube within 0.2 %") {
  hemo::WaveProblem p;
  p.fluid = {1.06e-3, 0.004};
  hemo::WaveSegment s;
  s.name = "tube", s.from = 1, s.to = 2, s.length_mm = 100, s.radius_in_mm = s.radius_out_mm = 2, s.young_Pa = 5e7, s.wall_mm = 0.2;
  s.end.kind = hemo::WaveEnd::windkessel, s.end.r1 = 2;
  p.segments = {s};
  p.inlet_node = 1;
  p.inflow = {{0, 1000}, {1, 1000}};
  p.cycles = 2;
  const auto r = hemo::run_wave_network(p, core::Progress());
  REQUIRE(r.has_value());
  const double drop = r->vessels[0].in.pressure_Pa.back() - r->vessels[0].out.pressure_Pa.back();
  CHECK(drop == Approx(8 * 0.004 * 100 * 1000 / (std::numbers::pi * 16)).epsilon(0.002));
}

TEST_CASE("wave problems that cannot be solved are refused with a sentence") {
  const auto refused = [](const hemo::WaveProblem& p, const char* word) {
    const auto r = hemo::run_wave_network(p, core::Progress());
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().code == core::ErrorCode::bad_input);
    CHECK_THAT(r.error().message, Catch::Contains(word));
  };
  auto p = verify::smooth_bifurcation(4);
  p.segments[1].end.kind = hemo::WaveEnd::none;
  refused(p, "without a condition");
  p = verify::smooth_bifurcation(4);
  for (auto& [t, q] : p.inflow) q = -q;
  refused(p, "mean inflow");
  for (auto& [t, q] : p.inflow) q = 0;
  refused(p, "mean inflow");
  p = verify::smooth_bifurcation(4);
  p.segments[0].young_Pa = 0;
  refused(p, "not positive");
  p = verify::smooth_bifurcation(4);
  p.segments[2].from = 7;
  refused(p, "Node 7");
  CHECK_FALSE(hemo::read_openbf("project_name: x\n", {{0, 1}, {1, 1}}).has_value());
}

TEST_CASE("the 56-artery network of openBF is read and stays within a physiological range for one beat") {
  const auto folder = test::shared_file("reference/hemodynamics/boileau2015_1d");
  auto p = hemo::load_openbf(folder / "adan56_openbf_spec.yaml", folder / "adan56_inlet_flow_m3s.csv");
  REQUIRE(p.has_value());
  CHECK(p->segments.size() == 77);
  p->end_s = 1;
  const auto r = hemo::run_wave_network(*p, core::Progress());
  REQUIRE(r.has_value());
  CHECK(r->mass_error < 1e-3);
  for (const auto& v : r->vessels)
    for (const double x : v.middle.pressure_Pa) {
      CHECK(x > 5000);
      CHECK(x < 25000);
    }
}
