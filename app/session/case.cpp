// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/case.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "solvers/core/hash.hpp"

namespace ot::session {

std::string scenario_sha256(const twin::Scenario& scenario) {
  twin::Scenario plain;
  plain.name = "";
  for (auto spec : scenario.interventions) {
    if (!spec.enabled) continue;
    spec.id = "i" + std::to_string(plain.interventions.size());
    spec.note.clear();
    plain.interventions.push_back(std::move(spec));
  }
  return core::sha256_hex(twin::to_json(plain).dump());
}

std::shared_ptr<const twin::RunResult> find_result(const CaseData& data, const twin::Scenario& scenario, core::Mode mode) {
  if (data.results.empty()) return nullptr;
  const std::string key = scenario_sha256(scenario);
  for (const auto& stored : data.results)
    if (stored.scenario_sha256 == key && stored.result->mode == mode) return stored.result;
  return nullptr;
}

void forget_result(CaseData& data, const twin::Scenario& scenario, core::Mode mode) {
  const std::string key = scenario_sha256(scenario);
  std::erase_if(data.results, [&](const StoredRun& s) { return s.scenario_sha256 == key && s.result->mode == mode; });
}

void store_result(CaseData& data, const twin::Scenario& scenario, std::shared_ptr<const twin::RunResult> result) {
  forget_result(data, scenario, result->mode);
  data.results.push_back({scenario_sha256(scenario), std::move(result)});
}

std::vector<std::shared_ptr<const twin::RunResult>> known_results(const CaseData& data) {
  std::vector<std::shared_ptr<const twin::RunResult>> known;
  for (const auto& stored : data.results) known.push_back(stored.result);
  return known;
}

}  // namespace ot::session
