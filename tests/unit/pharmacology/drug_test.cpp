// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <set>

#include "solvers/pharmacology/drug.hpp"

using namespace ot::pharma;

TEST_CASE("every built-in drug has a source for every number and a plausible value", "[drug]") {
  REQUIRE(builtin_drugs().size() == 18);
  std::set<std::string> keys;
  for (const Drug& drug : builtin_drugs()) {
    INFO(drug.key);
    CHECK(keys.insert(drug.key).second);
    CHECK_FALSE(drug.name.empty());
    CHECK_FALSE(drug.drug_class.empty());
    CHECK(drug.free_cmax_nM.value > 0);
    CHECK_FALSE(drug.free_cmax_nM.source.empty());
    CHECK(drug.channels.size() >= 2);
    std::set<Channel> channels;
    for (const HillBlock& b : drug.channels) {
      CHECK(channels.insert(b.channel).second);
      CHECK(b.ic50_nM > 0.1);
      CHECK(b.hill >= 0.1);
      CHECK(b.hill <= 4.0);
      CHECK_FALSE(b.source.empty());
    }
    const Kinetics& k = drug.kinetics;
    for (const auto* fraction : {&k.bioavailability, &k.protein_bound_fraction})
      if (*fraction) CHECK(((*fraction)->value >= 0 && (*fraction)->value <= 1));
    for (const auto* number : {&k.molar_mass_g_per_mol, &k.bioavailability, &k.tmax_h, &k.half_life_h, &k.volume_L_per_kg, &k.protein_bound_fraction, &k.typical_dose_mg})
      if (*number) CHECK_FALSE((*number)->source.empty());
  }
}

TEST_CASE("dofetilide and verapamil carry the FDA/CiPA numbers of Li 2017", "[drug]") {
  const Drug* dofetilide = find_drug("dofetilide");
  REQUIRE(dofetilide);
  CHECK(dofetilide->free_cmax_nM.value == 2.0);
  CHECK(dofetilide->channels.front().channel == Channel::Kr);
  CHECK(dofetilide->channels.front().ic50_nM == 6.125);
  CHECK(dofetilide->channels.front().hill == 1.079);
  const Drug* verapamil = find_drug("verapamil");
  REQUIRE(verapamil);
  CHECK(verapamil->channels[1].channel == Channel::CaL);
  CHECK(verapamil->channels[1].ic50_nM == 201.8);
  CHECK(find_drug("aspirin") == nullptr);
}

TEST_CASE("channels without block in Crumb 2016 are absent: lidocaine keeps only INa and INaL", "[drug]") {
  const Drug* lidocaine = find_drug("lidocaine");
  REQUIRE(lidocaine);
  std::set<Channel> channels;
  for (const auto& b : lidocaine->channels) channels.insert(b.channel);
  CHECK(channels == std::set<Channel>{Channel::Na, Channel::NaL});
}
