// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
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

TEST_CASE("in ventricular cells without such a channel a drug whose binding is known carries it beside its static block, two drugs only their static blocks", "[drug]") {
  auto verapamil = test::sample("drug"), amiodarone = test::sample("drug");
  verapamil.params.set("drug", std::string("verapamil"));
  amiodarone.params.set("drug", std::string("amiodarone"));
  amiodarone.id = "second";
  const auto says = [](const twin::SimulationSetup& s, const char* words) {
    return std::any_of(s.notes.begin(), s.notes.end(), [&](const std::string& n) { return n.find(words) != std::string::npos; });
  };
  const auto one = prepared({verapamil});
  CHECK(one.electro->channels.herg == ep::HergBinding{81, 1694000, 0.0008165, 1.043, 335600000, -97.08});
  CHECK(one.electro->channels.g_Kr == pharma::remaining_fraction(81, 295.6, 0.9378));
  CHECK(says(one, "CiPAORdv1.0"));
  CHECK(prepared({amiodarone}).electro->channels.herg == ep::HergBinding{});   // its binding is not published
  for (const auto& both : {prepared({verapamil, amiodarone}), prepared({amiodarone, verapamil})}) {
    CHECK(both.electro->channels.herg == ep::HergBinding{});
    CHECK_FALSE(says(both, "validated on them (CiPAORdv1.0"));
    CHECK(says(both, "Several drugs"));
  }
}

TEST_CASE("in a whole heart whose ventricles bind a drug the atrial cells take its static block of IKr, 1/(1+(2/6.125)^1.079) for dofetilide at 1 x Cmax", "[drug]") {
  auto twin = *test::small_twin();
  auto heart = std::make_shared<twin::HeartModel>(*twin.heart);
  ep::ElectroProblem& p = heart->baseline;
  auto mesh = std::make_shared<core::TetMesh>(*p.mesh);
  mesh->region_names[77] = "right_atrial_wall";
  p.mesh = mesh;
  p.ionic_model = "cipaordv1_2017";
  ep::TissueRegion atrial;
  atrial.key = "atrial_muscle";
  atrial.channels.g_Kr = 0.5;   // remodelled
  p.regions.push_back(atrial);
  twin.heart = heart;
  const auto setup = twin::prepare(std::make_shared<const twin::TwinModel>(twin), test::scenario({test::sample("drug")}), Mode::fast);
  REQUIRE(setup);
  CHECK(setup->electro->regions.back().channels.g_Kr == Approx(0.5 * pharma::remaining_fraction(2.0, 6.125, 1.079)).epsilon(1e-12));
  CHECK(setup->electro->regions.front().channels == p.regions.front().channels);
  CHECK(setup->electro->channels.g_Kr == 1.0);
  CHECK(setup->electro->channels.herg.concentration_nM == 2.0);
}

TEST_CASE("in cells with a dynamic hERG channel one drug binds with the numbers of Li et al. 2017 and a second one blocks statically", "[drug]") {
  auto twin = *test::small_twin();
  auto heart = std::make_shared<twin::HeartModel>(*twin.heart);
  heart->baseline.ionic_model = "cipaordv1_2017";
  twin.heart = heart;
  auto verapamil = test::sample("drug"), sotalol = test::sample("drug");
  verapamil.params.set("drug", std::string("verapamil"));
  sotalol.params.set("drug", std::string("sotalol"));
  sotalol.id = "second";
  const auto one = twin::prepare(std::make_shared<const twin::TwinModel>(twin), test::scenario({verapamil}), Mode::fast);
  REQUIRE(one);
  const ep::ChannelScales& g = one->electro->channels;
  CHECK(g.herg == ep::HergBinding{81, 1694000, 0.0008165, 1.043, 335600000, -97.08});
  CHECK(g.g_Kr == 1.0);   // not blocked twice
  CHECK(g.g_CaL == pharma::remaining_fraction(81, 201.8, 1.097));
  CHECK_FALSE(twin::find_quantity(one->quantities, "verapamil_ikr_block_percent"));
  const auto two = twin::prepare(std::make_shared<const twin::TwinModel>(twin), test::scenario({verapamil, sotalol}), Mode::fast);
  INFO((two ? "" : two.error().message));
  REQUIRE(two);
  CHECK(two->electro->channels.herg == g.herg);
  const pharma::Drug& second = *pharma::find_drug("sotalol");
  CHECK(two->electro->channels.g_Kr == pharma::block_at(second, second.free_cmax_nM.value).kr);
  CHECK(two->electro->channels.g_Kr < 0.99);
}

TEST_CASE("under a drug a beat that shows a T wave is followed to 700 ms or one cycle, one that was ended before it stays, and a zero dose changes neither", "[drug]") {
  const auto end_of = [](double end_ms, double cycle_ms, double multiple) {
    auto twin = *test::small_twin();
    auto heart = std::make_shared<twin::HeartModel>(*twin.heart);
    heart->baseline.end_ms = end_ms, heart->baseline.cycle_length_ms = cycle_ms;
    twin.heart = heart;
    auto drug = test::sample("drug");
    drug.params.set("dose_x_cmax", multiple);
    const auto setup = twin::prepare(std::make_shared<const twin::TwinModel>(twin), test::scenario({drug}), Mode::fast);
    REQUIRE(setup);
    return setup->electro->end_ms;
  };
  CHECK(end_of(450, 1000, 1) == 700);
  CHECK(end_of(450, 600, 1) == 600);
  CHECK(end_of(800, 1000, 1) == 800);
  CHECK(end_of(130, 1000, 1) == 130);
  CHECK(end_of(450, 1000, 0) == 450);
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
