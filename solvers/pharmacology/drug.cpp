// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/pharmacology/drug.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "solvers/core/contracts.hpp"

namespace ot::pharma {

// Written by embed.cmake from resources/drugs/*.json.
const std::vector<std::string_view>& embedded_drug_files();

namespace {

SourcedNumber sourced(const nlohmann::json& json) {
  SourcedNumber number{json.at("value").get<double>(), json.at("source").get<std::string>()};
  OT_EXPECT(!number.source.empty());
  return number;
}

std::optional<SourcedNumber> sourced_if_known(const nlohmann::json& json, const char* key) {
  return json.contains(key) ? std::optional(sourced(json.at(key))) : std::nullopt;
}

Channel channel_named(const std::string& name) {
  for (Channel c : {Channel::Kr, Channel::CaL, Channel::Na, Channel::NaL, Channel::Ks, Channel::K1, Channel::to})
    if (name == name_of(c)) return c;
  core::contract_failed("expectation", "known channel name in resources/drugs", __FILE__, __LINE__);
}

Drug parse(std::string_view text) {
  const auto json = nlohmann::json::parse(text);
  Drug drug;
  drug.key = json.at("key");
  drug.name = json.at("name");
  drug.drug_class = json.at("drug_class");
  drug.free_cmax_nM = sourced(json.at("free_cmax_nM"));
  OT_EXPECT(drug.free_cmax_nM.value > 0);
  for (const auto& c : json.at("channels")) {
    HillBlock block{channel_named(c.at("channel")), c.at("ic50_nM"), c.at("hill"), c.at("source")};
    OT_EXPECT(block.ic50_nM > 0 && block.hill > 0 && !block.source.empty());
    drug.channels.push_back(std::move(block));
  }
  if (json.contains("herg_binding")) {
    const auto& b = json.at("herg_binding");
    drug.herg = CipaBinding{b.at("Kmax"), b.at("Ku_per_ms"), b.at("n"), b.at("halfmax_nM_n"), b.at("Vhalf_mV")};
    drug.herg_source = b.at("source");
    OT_EXPECT(drug.herg->Kmax > 0 && drug.herg->Ku_per_ms > 0 && drug.herg->n > 0 && drug.herg->halfmax_nM_n > 0 && !drug.herg_source.empty());
  }
  const auto& k = json.at("kinetics");
  drug.kinetics = {sourced_if_known(k, "molar_mass_g_per_mol"), sourced_if_known(k, "bioavailability"),
                   sourced_if_known(k, "tmax_h"),               sourced_if_known(k, "half_life_h"),
                   sourced_if_known(k, "volume_L_per_kg"),      sourced_if_known(k, "protein_bound_fraction"),
                   sourced_if_known(k, "typical_dose_mg"),      sourced_if_known(k, "typical_interval_h")};
  for (const auto& note : json.at("notes")) drug.notes.push_back(note);
  return drug;
}

}  // namespace

const char* name_of(Channel channel) {
  switch (channel) {
    case Channel::Kr: return "IKr";
    case Channel::CaL: return "ICaL";
    case Channel::Na: return "INa";
    case Channel::NaL: return "INaL";
    case Channel::Ks: return "IKs";
    case Channel::K1: return "IK1";
    case Channel::to: return "Ito";
  }
  return "";
}

const std::vector<Drug>& builtin_drugs() {
  static const std::vector<Drug> drugs = [] {
    std::vector<Drug> all;
    try {
      for (std::string_view text : embedded_drug_files()) all.push_back(parse(text));
    } catch (const nlohmann::json::exception& e) {  // our own files: a bug, not the user's
      core::contract_failed("expectation", e.what(), __FILE__, __LINE__);
    }
    std::sort(all.begin(), all.end(), [](const Drug& a, const Drug& b) { return a.key < b.key; });
    return all;
  }();
  return drugs;
}

const Drug* find_drug(const std::string& key) {
  for (const Drug& drug : builtin_drugs())
    if (drug.key == key) return &drug;
  return nullptr;
}

}  // namespace ot::pharma
