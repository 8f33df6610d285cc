// SPDX-License-Identifier: GPL-3.0-or-later
// Conduction velocity of plane waves: strands and bars of tets, TT06 epi from the published initial state.
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/electrophysiology/conduction_tuning.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "tests/verification/monodomain/slab.hpp"

namespace {
using namespace ot;

const ep::IonicModel& epi() { return *ep::find_ionic_model("ten_tusscher_panfilov_2006_epi"); }

double strand(double q, double dt, bool svi = true) {
  return ep::strand_velocity(*epi().family, epi().family->parameters(epi().cell_type, {}), epi().initial_state(), q, dt, svi);
}

// Velocity / sqrt D along a bar one cube thick (the mirror images make it an infinite block), h / sqrt D = q.
double bar(double q, double dt, bool tuned, bool svi = true, double across = 1) {
  constexpr double d = 0.0125758;  // mm2/ms, the benchmark's transverse diffusivity
  const double h = q * std::sqrt(d);
  const int n = int(30 / q) + 14, from = int(n * 0.45) / 2 * 2, to = int(n * 0.85) / 2 * 2;
  auto p = test::slab({n * h, h, h}, h, core::BoxSplit::alternating);
  p.sigma = core::Vec3(1, across, across) * d * p.chi_per_mm * p.cm_uF_per_mm2;
  p.dt_ms = dt;
  p.end_ms = 0.87 * n * q / 1.2;
  p.conductivity_tuning = tuned;
  p.upstroke_sodium_interpolation = svi;
  p.sites[0].nodes.clear();
  p.sites[0].weights.clear();
  for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
    if (p.mesh->nodes[i].x() < std::max(3.1 * h, 5 * std::sqrt(d))) p.sites[0].nodes.push_back(core::Index(i));
  const auto r = ep::run_monodomain(p, {}, {});
  REQUIRE(r);
  const double t = test::value_at(*p.mesh, r->activation_ms, {to * h, 0, 0}) - test::value_at(*p.mesh, r->activation_ms, {from * h, 0, 0});
  return (to - from) * q / t;
}
}  // namespace

TEST_CASE("Cable: the untuned velocity converges under refinement, error 0.6 -> 0.3 of it at each halving, to 1.98-1.99 sqrt(D/ms) (ep-numerics.md)") {
  const double c1 = strand(0.4, 0.01), c2 = strand(0.2, 0.01), c3 = strand(0.1, 0.01), c4 = strand(0.05, 0.01);
  INFO(c1 << " " << c2 << " " << c3 << " " << c4);
  CHECK(std::abs(c3 - c2) < 0.65 * std::abs(c2 - c1));
  CHECK(std::abs(c4 - c3) < 0.45 * std::abs(c3 - c2));
  CHECK(c4 + (c4 - c3) / 3 == Approx(1.989).epsilon(0.005));
}

TEST_CASE("Cable: velocity at dt 0.02 within 0.6 % and at dt 0.05 within 3.5 % of dt 0.005 at h/sqrt(D) 0.25 (ep-numerics.md table 5)") {
  const double fine = strand(0.25, 0.005);
  CHECK(strand(0.25, 0.02) == Approx(fine).epsilon(0.006));
  CHECK(strand(0.25, 0.05) == Approx(fine).epsilon(0.035));
}

TEST_CASE("Untuned nodal strand: velocity error -31 % at h/sqrt(D) 1.62 and -53 % at 2.68 within 1.5 % (ep-numerics.md section 3)") {
  const double exact = 1.989;
  CHECK(strand(1.62, 0.01, false) / exact - 1 == Approx(-0.312).margin(0.015));
  CHECK(strand(2.68, 0.01, false) / exact - 1 == Approx(-0.527).margin(0.015));
}

TEST_CASE("The strand behind the tuning has the velocity of a bar of mirrored tets within 2 % for h/sqrt(D) 0.65, 1.62, 3, 4.46") {
  for (double q : {0.65, 1.62, 3.0, 4.46}) {
    INFO("h/sqrt(D) " << q);
    CHECK(bar(q, 0.02, false) == Approx(strand(q, 0.02)).epsilon(0.02));
  }
}

TEST_CASE("Weak diffusion across (1/7.6, the benchmark's) leaves a bar of mirrored tets, masses 3 to 1, within 1.5 % of the strand for h/sqrt(D) 0.65 and 1.3") {
  for (double q : {0.65, 1.3}) {
    INFO("h/sqrt(D) " << q);
    CHECK(bar(q, 0.02, false, true, 1 / 7.6) == Approx(strand(q, 0.02)).epsilon(0.015));
  }
}

TEST_CASE("Tuned plane waves on mirrored tets keep the converged velocity 1.981 within 2.5 % for h/sqrt(D) 0.65 to 4, dt 0.05") {
  for (double q : {0.65, 1.62, 2.68, 4.0}) {
    INFO("h/sqrt(D) " << q);
    CHECK(bar(q, 0.05, true) == Approx(1.981).epsilon(0.025));
  }
}

TEST_CASE("Velocity scales with the square root of conductivity: 4 x sigma doubles it within 2 % at the same h/sqrt(D)") {
  const auto time = [](double scale) {
    const double h = 0.25 * std::sqrt(scale);
    auto p = test::slab({60 * h, h, h}, h, core::BoxSplit::alternating);
    p.sigma *= scale;
    p.end_ms = 40;
    p.sites[0].nodes.clear();
    p.sites[0].weights.clear();
    for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
      if (p.mesh->nodes[i].x() < 6.1 * h) p.sites[0].nodes.push_back(core::Index(i));
    const auto r = ep::run_monodomain(p, {}, {});
    REQUIRE(r);
    return 20 * h / (test::value_at(*p.mesh, r->activation_ms, {50 * h, 0, 0}) - test::value_at(*p.mesh, r->activation_ms, {30 * h, 0, 0}));
  };
  CHECK(time(4.0) / time(1.0) == Approx(2.0).epsilon(0.02));
}
