// SPDX-License-Identifier: GPL-3.0-or-later
// The velocity asked for is the velocity got, whatever cells the muscle is made of (choose_cells, conduction_tuning.hpp).
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>

#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "tests/verification/monodomain/slab.hpp"

namespace {
using namespace ot;

const core::Vec3 wished{0.6, 0.3, 0.2};   // m/s, a heart's

// Plane wave of FULL along one axis of the fibres, m/s, between 42 and 90 % of a bar; cells paced at 1000 ms as in a case.
double full_velocity(const std::string& family, int axis, double h) {
  const int n = 96, from = 40, to = 86;
  auto p = test::slab({n * h, h, h}, h, core::BoxSplit::alternating);
  const core::Vec3 e[] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  p.fibres = test::uniform_fibres(p.mesh->tets.size(), e[std::size_t((3 - axis) % 3)], e[std::size_t((4 - axis) % 3)]);   // its f, s or n lies along x
  p.velocity = wished;
  p.cycle_length_ms = 1000;
  REQUIRE(ep::choose_cells(p, family));
  p.end_ms = 0.95 * n * h / wished[axis] + 10;
  const double liminal = 4 * std::sqrt(p.sigma[axis] / (p.chi_per_mm * p.cm_uF_per_mm2));   // mm; a shorter stimulus does not take in weakly excitable cells
  p.sites[0].nodes.clear();
  p.sites[0].weights.clear();
  for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
    if (p.mesh->nodes[i].x() < std::max(4.1 * h, liminal)) p.sites[0].nodes.push_back(core::Index(i));
  const auto r = ep::run_monodomain(p, {}, {});
  INFO((r ? "" : r.error().message));
  REQUIRE(r);
  return (to - from) * h / (test::value_at(*p.mesh, r->activation_ms, {to * h, 0, 0}) - test::value_at(*p.mesh, r->activation_ms, {from * h, 0, 0}));
}
}  // namespace

TEST_CASE("FULL conducts at the wished 0.6, 0.3 and 0.2 m/s within 5 % in O'Hara-Rudy, CiPAORdv1.0, ToR-ORd and ten Tusscher-Panfilov cells paced at 1000 ms on fine elements (0.125 mm at 0.6 m/s, h/sqrt(D) about 0.25)") {
  for (const char* family : {"ohara_rudy_2011", "cipaordv1_2017", "tor_ord_dyncl_2020", "ten_tusscher_panfilov_2006"})
    for (const int axis : {0, 1, 2}) {
      const double v = full_velocity(family, axis, 0.125 * wished[axis] / 0.6);
      INFO(family << " axis " << axis << ": " << v << " m/s");
      CHECK(v == Approx(wished[axis]).epsilon(0.05));
    }
}

TEST_CASE("FULL conducts at the wished velocity within 5 % at 0.5 mm along and 0.25 mm across in ten Tusscher-Panfilov and ToR-ORd cells") {
  for (const char* family : {"tor_ord_dyncl_2020", "ten_tusscher_panfilov_2006"})
    for (const int axis : {0, 1, 2}) {
      const double v = full_velocity(family, axis, axis == 0 ? 0.5 : 0.25);
      INFO(family << " axis " << axis << ": " << v << " m/s");
      CHECK(v == Approx(wished[axis]).epsilon(0.05));
    }
}

TEST_CASE("a mesh on which O'Hara-Rudy cells pass no wave on is said so: bar of 1 mm, h/sqrt(D) 2, nodal sodium current") {
  auto p = test::slab({20, 1, 1}, 1, core::BoxSplit::alternating);
  p.velocity = wished;
  p.cycle_length_ms = 1000;
  p.end_ms = 5;
  p.upstroke_sodium_interpolation = false;
  REQUIRE(ep::choose_cells(p, "ohara_rudy_2011"));
  const auto r = ep::run_monodomain(p, {}, {});
  REQUIRE(r);
  CHECK(std::any_of(r->notes.begin(), r->notes.end(), [](const std::string& n) { return n.find("pass no wave on") != std::string::npos; }));
  p.upstroke_sodium_interpolation = true;
  REQUIRE(ep::choose_cells(p, "ten_tusscher_panfilov_2006"));
  const auto fine = ep::run_monodomain(p, {}, {});
  REQUIRE(fine);
  CHECK(std::none_of(fine->notes.begin(), fine->notes.end(), [](const std::string& n) { return n.find("pass no wave on") != std::string::npos; }));
}

TEST_CASE("FAST and FULL activate a slab of O'Hara-Rudy cells with fibres at 30 degrees alike on edges of 0.2 mm: median below 3 ms, 95th percentile below 8 ms (issue 4)") {
  auto p = test::slab({10, 5, 2}, 0.2, core::BoxSplit::alternating);
  p.fibres = test::uniform_fibres(p.mesh->tets.size(), {std::cos(M_PI / 6), std::sin(M_PI / 6), 0}, {-std::sin(M_PI / 6), std::cos(M_PI / 6), 0});
  p.velocity = wished;
  p.cycle_length_ms = 1000;
  REQUIRE(ep::choose_cells(p, "ohara_rudy_2011"));
  p.end_ms = 60;
  p.sites[0].nodes.clear();
  p.sites[0].weights.clear();
  for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)   // a quarter of it, more than the liminal length: weakly excitable cells follow a small stimulus late
    if (p.mesh->nodes[i].x() < 2.5) p.sites[0].nodes.push_back(core::Index(i));
  const auto templates = ep::make_templates(p, {});
  REQUIRE(templates);
  const auto fast = ep::run_fast(p, *templates, {});
  REQUIRE(fast);
  const auto full = ep::run_monodomain(p, {}, {});
  REQUIRE(full);
  std::vector<double> d;
  for (std::size_t n = 0; n < fast->activation_ms.size(); ++n) {
    REQUIRE(std::isfinite(full->activation_ms[n]));
    REQUIRE(std::isfinite(fast->activation_ms[n]));
    d.push_back(std::abs(double(fast->activation_ms[n]) - double(full->activation_ms[n])));
  }
  std::sort(d.begin(), d.end());
  INFO("median " << d[d.size() / 2] << ", 95th percentile " << d[d.size() * 95 / 100]);
  CHECK(d[d.size() / 2] < 3);
  CHECK(d[d.size() * 95 / 100] < 8);
}

TEST_CASE("other cells keep the velocities and change the conductivities, and cells that are not there are refused without a change") {
  auto p = test::slab({4, 2, 1}, 0.5, core::BoxSplit::alternating);
  p.velocity = wished;
  REQUIRE(ep::choose_cells(p, "ten_tusscher_panfilov_2006"));
  CHECK(p.sigma[0] == Approx(std::pow(0.6 / 1.989, 2) * 1.4).epsilon(0.01));   // 1.989 sqrt(D), from the published initial state: ep-numerics section 3
  const core::Vec3 before = p.sigma;
  REQUIRE(ep::choose_cells(p, "ohara_rudy_2011"));
  CHECK(p.velocity == wished);
  CHECK(std::abs(p.sigma[0] / before[0] - 1) > 0.1);
  CHECK(p.sigma[1] / p.sigma[0] == Approx(0.25));
  const core::Vec3 ord = p.sigma;
  const auto refused = ep::choose_cells(p, "hodgkin_huxley_1952");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("hodgkin_huxley_1952") != std::string::npos);
  CHECK(p.sigma == ord);
  CHECK(p.ionic_model == "ohara_rudy_2011");
}
