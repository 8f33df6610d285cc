// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/pharmacology/dose.hpp"

using namespace ot::pharma;

namespace {

const Drug& drug(const char* key) {
  const Drug* d = find_drug(key);
  REQUIRE(d);
  return *d;
}
// ng/mL of a made-up compound with round numbers: F 1, V 70 L, half-life 7 h, peak at 2 h, all free, 1000 g/mol.
Drug round_numbers() {
  Drug d;
  d.name = "round";
  d.free_cmax_nM = {100, "test"};
  d.kinetics = {SourcedNumber{1000, "t"}, SourcedNumber{1, "t"}, SourcedNumber{2, "t"}, SourcedNumber{7, "t"},
                SourcedNumber{1, "t"},    SourcedNumber{0, "t"}, std::nullopt,          std::nullopt};
  return d;
}

}  // namespace

TEST_CASE("Hill: the remaining current is 0.5 at the IC50 to 1e-15 for any slope, and 1/(1+C/IC50) for slope 1", "[dose]") {
  for (double h : {0.26, 0.7, 1.0, 1.9, 3.54}) CHECK(std::abs(remaining_fraction(6.125, 6.125, h) - 0.5) < 1e-15);
  for (double c : {1e-3, 0.7, 12.0, 4e5}) CHECK(std::abs(remaining_fraction(c, 33.0, 1.0) - 1.0 / (1.0 + c / 33.0)) < 1e-12);
}

TEST_CASE("zero concentration leaves every channel at exactly 1, more drug never unblocks", "[dose]") {
  for (const Drug& d : builtin_drugs()) {
    INFO(d.key);
    CHECK(block_at(d, 0.0) == ChannelBlock{});
    double before = 1.0;
    for (double x : {0.1, 1.0, 4.0, 25.0}) {
      const ChannelBlock b = block_at(d, free_concentration_nM(d, x));
      const double product = b.kr * b.cal * b.na * b.nal * b.ks * b.k1 * b.to;
      CHECK(product < before);
      CHECK(product > 0);
      before = product;
    }
  }
}

TEST_CASE("dofetilide at its therapeutic 2 nM leaves 1/(1+(2/6.125)^1.079) = 77.0 % of IKr", "[dose]") {
  CHECK(block_at(drug("dofetilide"), 2.0).kr == Approx(0.76985).margin(5e-5));
}

TEST_CASE("the absorption rate puts the peak of one dose at tmax to 1e-6 h", "[dose]") {
  const Drug d = round_numbers();
  const Dosing once{70, 24, 1, 70};
  const double at = *total_concentration_mg_per_L(d, once, 2.0);
  CHECK(at > *total_concentration_mg_per_L(d, once, 2.0 - 1e-3));
  CHECK(at > *total_concentration_mg_per_L(d, once, 2.0 + 1e-3));
  const double ke = std::log(2.0) / 7.0, ka = absorption_rate_per_h(ke, 2.0);
  CHECK(ka > ke);
  CHECK(std::abs(std::log(ka / ke) / (ka - ke) - 2.0) < 1e-9);
  CHECK(std::isnan(absorption_rate_per_h(ke, 10.2)));  // 1/ke = 10.1 h: flip-flop
}

TEST_CASE("one dose: the area under the curve is F D / (V ke) within 1e-4", "[dose]") {
  const Drug d = round_numbers();
  double area = 0;
  const double dt = 0.01;
  for (int i = 0; i < 20000; ++i)
    area += dt * 0.5 * (*total_concentration_mg_per_L(d, {70, 24, 1, 70}, i * dt) + *total_concentration_mg_per_L(d, {70, 24, 1, 70}, (i + 1) * dt));
  CHECK(area == Approx(70.0 / 70.0 / (std::log(2.0) / 7.0)).epsilon(1e-4));
}

TEST_CASE("repeated doses are the sum of single doses and converge to the closed steady state within 1e-9", "[dose]") {
  const Drug d = round_numbers();
  double sum = 0;
  for (int n = 0; n < 3; ++n) sum += *total_concentration_mg_per_L(d, {100, 12, 1, 70}, 5.0 + 12.0 * n);
  CHECK(*total_concentration_mg_per_L(d, {100, 12, 3, 70}, 5.0) == Approx(sum).epsilon(1e-12));
  CHECK(*total_concentration_mg_per_L(d, {100, 12, 40, 70}, 5.0) == Approx(*total_concentration_mg_per_L(d, {100, 12, 0, 70}, 5.0)).epsilon(1e-9));
  // steady state repeats: the end of an interval is the start of the next
  CHECK(*total_concentration_mg_per_L(d, {100, 12, 0, 70}, 0.0) == Approx(*total_concentration_mg_per_L(d, {100, 12, 0, 70}, 12.0)).epsilon(1e-12));
}

TEST_CASE("dofetilide 0.5 mg twice daily reaches 2 nM free within 40 % (CiPA therapeutic, Tikosyn label kinetics)", "[dose]") {
  double peak = 0;
  for (double t = 0; t <= 12; t += 0.25) peak = std::max(peak, *free_concentration_nM(drug("dofetilide"), Dosing{0.5, 12, 0, 70}, t));
  CHECK(peak > 1.4);
  CHECK(peak < 2.8);
}

TEST_CASE("flecainide 100 mg twice daily and amiodarone 200 mg daily settle in their therapeutic ranges 0.2-1.0 and 1.0-2.5 mg/L", "[dose]") {
  const double flecainide = *total_concentration_mg_per_L(drug("flecainide"), Dosing{100, 12, 0, 70}, 12);
  CHECK(flecainide > 0.2);
  CHECK(flecainide < 1.0);
  const double amiodarone = *total_concentration_mg_per_L(drug("amiodarone"), Dosing{200, 24, 0, 70}, 24);
  CHECK(amiodarone > 1.0);
  CHECK(amiodarone < 2.5);
}

TEST_CASE("a dose in mg of a drug without oral kinetics is refused with what is missing", "[dose]") {
  const auto refused = free_concentration_nM(drug("lidocaine"), Dosing{100, 12, 0, 70}, 2);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("oral bioavailability") != std::string::npos);
  CHECK_FALSE(has_oral_kinetics(drug("ranolazine")));
  CHECK(has_oral_kinetics(drug("sotalol")));
  CHECK(*free_concentration_nM(drug("sotalol"), Dosing{0, 12, 0, 70}, 2) == 0.0);
}
