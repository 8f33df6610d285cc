// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/one_vessel.hpp"

#include <chrono>
#include <limits>

#include "solvers/core/contracts.hpp"

namespace ot::twin {

Scenario vessel_scenario(const Scenario& scenario, const std::string& vessel) {
  Scenario only;
  only.name = scenario.name;
  for (const auto& spec : scenario.interventions) {
    const bool device = spec.placement.kind == Placement::Kind::segment, graft = spec.placement.kind == Placement::Kind::bridge && spec.placement.vessel == vessel;
    if (spec.enabled && (device || graft)) only.interventions.push_back(spec);
  }
  return only;
}

std::shared_ptr<const TwinModel> vessel_twin(const TwinModel& twin, const std::string& vessel, bool with_mesh) {
  const auto* model = twin.find_vessel(vessel);
  OT_EXPECT(model != nullptr);
  auto alone = std::make_shared<VesselModel>(*model);
  if (!with_mesh) {
    alone->mesh = nullptr;
    alone->baseline.mesh = nullptr;
  }
  auto out = std::make_shared<TwinModel>();
  out->organ = twin.organ;
  out->source_labels_sha256 = twin.source_labels_sha256;
  out->vessels.push_back(std::move(alone));
  for (const auto& other : twin.vessels) {
    if (other->key == vessel) continue;
    auto wall = std::make_shared<VesselModel>(*other);
    wall->mesh = nullptr;
    wall->baseline = {};
    out->vessels.push_back(std::move(wall));
  }
  return out;
}

double quantity_of(const RunResult& run, const std::string& key) {
  const auto* q = find_quantity(run.quantities, key);
  return q ? q->value : std::numeric_limits<double>::quiet_NaN();
}

FlowAnswer answer_of(std::shared_ptr<const RunResult> run, const std::string& key) {
  FlowAnswer answer;
  answer.run = std::move(run);
  answer.ffr = quantity_of(*answer.run, key + "_ffr");
  answer.drop_mmhg = quantity_of(*answer.run, key + "_pressure_drop_mmhg");
  answer.min_diameter_mm = quantity_of(*answer.run, key + "_min_lumen_diameter_mm");
  return answer;
}

FlowAnswer answer_flow(const std::shared_ptr<const TwinModel>& alone, const Scenario& scenario) {
  OT_EXPECT(alone && !alone->vessels.empty());
  const auto start = std::chrono::steady_clock::now();
  const std::string key = alone->vessels.front()->key;
  FlowAnswer answer;
  const auto setup = prepare(alone, vessel_scenario(scenario, key), core::Mode::fast);
  if (!setup) {
    answer.refused = setup.error().message;
    return answer;
  }
  auto solved = run(*setup, {}, {});
  if (!solved) {
    answer.refused = solved.error().message;
    return answer;
  }
  answer = answer_of(std::make_shared<const RunResult>(std::move(*solved)), key);
  answer.ms = 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return answer;
}

}  // namespace ot::twin
