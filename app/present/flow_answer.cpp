// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/flow_answer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "app/session/pipeline.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::present {

twin::Scenario vessel_scenario(const twin::Scenario& scenario, const std::string& vessel) {
  twin::Scenario only;
  only.name = scenario.name;
  for (const auto& spec : scenario.interventions)
    if (spec.enabled && spec.placement.kind == twin::Placement::Kind::segment && spec.placement.vessel == vessel) only.interventions.push_back(spec);
  return only;
}

std::shared_ptr<const twin::TwinModel> vessel_twin(const twin::TwinModel& twin, const std::string& vessel, bool with_mesh) {
  const auto* model = twin.find_vessel(vessel);
  OT_EXPECT(model != nullptr);
  auto alone = std::make_shared<twin::VesselModel>(*model);
  if (!with_mesh) {
    alone->mesh = nullptr;
    alone->baseline.mesh = nullptr;
  }
  auto out = std::make_shared<twin::TwinModel>();
  out->organ = twin.organ;
  out->source_labels_sha256 = twin.source_labels_sha256;
  out->vessels.push_back(std::move(alone));
  return out;
}

double quantity_of(const twin::RunResult& run, const std::string& key) {
  const auto* q = twin::find_quantity(run.quantities, key);
  return q ? q->value : std::numeric_limits<double>::quiet_NaN();
}

FlowAnswer answer_flow(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario) {
  OT_EXPECT(vessel_twin && vessel_twin->vessels.size() == 1);
  const auto start = std::chrono::steady_clock::now();
  const std::string key = vessel_twin->vessels.front()->key;
  FlowAnswer answer;
  const auto setup = twin::prepare(vessel_twin, vessel_scenario(scenario, key), core::Mode::fast);
  if (!setup) {
    answer.refused = setup.error().message;
    return answer;
  }
  auto run = twin::run(*setup, {}, {});
  if (!run) {
    answer.refused = run.error().message;
    return answer;
  }
  answer.run = std::make_shared<const twin::RunResult>(std::move(*run));
  answer.ffr = quantity_of(*answer.run, key + "_ffr");
  answer.drop_mmhg = quantity_of(*answer.run, key + "_pressure_drop_mmhg");
  answer.min_diameter_mm = quantity_of(*answer.run, key + "_min_lumen_diameter_mm");
  answer.ms = 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return answer;
}

core::Result<std::shared_ptr<const twin::RunResult>> run_vessel_full(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario,
                                                                     const core::Progress& progress) {
  const std::string key = vessel_twin->vessels.front()->key;
  auto setup = twin::compile(vessel_twin, vessel_scenario(scenario, key), core::Mode::full, session::tools(), progress.part(0, 0.15));
  if (!setup) return core::pass(setup);
  auto run = twin::run(*setup, {}, progress.part(0.15, 1));
  if (!run) return core::pass(run);
  return std::make_shared<const twin::RunResult>(std::move(*run));
}

const StentCatalogue& coronary_stents() {
  static const StentCatalogue catalogue{{2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 4.0},
                                        {8, 12, 15, 18, 23, 28, 33, 38},
                                        "Usual sizes of a coronary drug-eluting stent (those of XIENCE Sierra, Abbott, from general knowledge; look at the stock)"};
  return catalogue;
}

double nearest_size(const std::vector<double>& sizes, double wanted) {
  OT_EXPECT(!sizes.empty());
  return *std::min_element(sizes.begin(), sizes.end(), [&](double a, double b) { return std::abs(a - wanted) < std::abs(b - wanted); });
}

}  // namespace ot::present
