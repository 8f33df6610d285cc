// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "solvers/pharmacology/dose.hpp"
#include "solvers/twin/placement.hpp"
#include "tests/unit/interventions/small_twin.hpp"

using namespace ot;
using core::Mode;

namespace {

twin::SimulationSetup prepared(std::vector<twin::InterventionSpec> specs) {
  static const auto model = test::small_twin();
  auto setup = twin::prepare(model, test::scenario(std::move(specs)), Mode::full);
  INFO((setup ? "" : setup.error().message));
  REQUIRE(setup);
  return *setup;
}

}  // namespace

TEST_CASE("dofetilide at 1 x Cmax: 2 nM, IKr scaled by 1/(1+(2/6.125)^1.079), IKs untouched", "[drug]") {
  const auto setup = prepared({test::sample("drug")});
  CHECK(setup.electro->channels.g_Kr == pharma::remaining_fraction(2.0, 6.125, 1.079));
  CHECK(setup.electro->channels.g_Ks == 1.0);
  CHECK(twin::find_quantity(setup.quantities, "dofetilide_concentration_nM")->value == 2.0);
  CHECK(twin::find_quantity(setup.quantities, "dofetilide_ikr_block_percent")->value == Approx(100 * (1 - setup.electro->channels.g_Kr)));
}

TEST_CASE("zero dose is the baseline bit for bit, for every drug and both ways of giving it", "[drug][metamorphic]") {
  const auto baseline = prepared({});
  const std::string problem = baseline.electro->sha256(), setup = baseline.sha256();
  for (const auto& drug : pharma::builtin_drugs()) {
    INFO(drug.key);
    auto spec = test::sample("drug");
    spec.params.set("drug", drug.key);
    spec.params.set("dose_x_cmax", 0.0);
    CHECK(prepared({spec}).electro->sha256() == problem);
    CHECK(prepared({spec}).electro->channels == ep::ChannelScales{});
    spec.params.set("input", std::string("oral_dose"));
    CHECK(prepared({spec}).sha256() == setup);
  }
}

TEST_CASE("two drugs multiply in either order, the same drug twice is refused", "[drug]") {
  auto a = test::sample("drug"), b = a;
  b.id = "drug-2";
  b.params.set("drug", std::string("verapamil"));
  const auto ab = prepared({a, b}), ba = prepared({b, a}), only_a = prepared({a}), only_b = prepared({b});
  CHECK(ab.electro->channels == ba.electro->channels);
  CHECK(ab.electro->channels.g_Kr == only_a.electro->channels.g_Kr * only_b.electro->channels.g_Kr);
  b.params.set("drug", std::string("dofetilide"));
  const auto twice = twin::prepare(test::small_twin(), test::scenario({a, b}), Mode::full);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message.find("given twice") != std::string::npos);
}

TEST_CASE("a negative dose is refused by the range of the dose", "[drug]") {
  auto spec = test::sample("drug");
  spec.params.set("dose_x_cmax", -1.0);
  const auto refused = twin::validate(*test::small_twin(), spec);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("Dose -1 x Cmax is outside 0 to 100 x Cmax") != std::string::npos);
}

TEST_CASE("sotalol 160 mg twice daily gives the free concentration of the kinetic model, lidocaine by mouth is refused", "[drug]") {
  auto spec = test::sample("drug");
  spec.params.set("drug", std::string("sotalol"));
  spec.params.set("input", std::string("oral_dose"));
  spec.params.set("dose_mg", 160.0);
  const auto setup = prepared({spec});
  const double expected = *pharma::free_concentration_nM(*pharma::find_drug("sotalol"), pharma::Dosing{160, 12, 0, 70}, 3.0);
  CHECK(twin::find_quantity(setup.quantities, "sotalol_concentration_nM")->value == expected);
  CHECK(expected > 5000);
  CHECK(expected < 15000);
  spec.params.set("drug", std::string("lidocaine"));
  CHECK_FALSE(twin::validate(*test::small_twin(), spec));
}
