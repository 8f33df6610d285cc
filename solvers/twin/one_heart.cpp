// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/one_heart.hpp"

#include <chrono>

#include "solvers/core/contracts.hpp"

namespace ot::twin {

Scenario heart_scenario(const Scenario& scenario) {
  Scenario only;
  only.name = scenario.name;
  for (const auto& spec : scenario.interventions)
    if (spec.enabled && spec.placement.kind != Placement::Kind::segment && spec.placement.kind != Placement::Kind::bridge) only.interventions.push_back(spec);
  return only;
}

std::shared_ptr<const TwinModel> heart_twin(const TwinModel& twin) {
  auto out = std::make_shared<TwinModel>(twin);
  out->vessels.clear();
  return out;
}

HeartAnswer answer_heart(const std::shared_ptr<const TwinModel>& alone, const Scenario& scenario, const std::shared_ptr<const RunResult>& before,
                         const core::Progress& progress) {
  OT_EXPECT(alone && alone->heart && alone->vessels.empty());
  const auto start = std::chrono::steady_clock::now();
  HeartAnswer answer;
  const auto setup = prepare(alone, heart_scenario(scenario), core::Mode::fast, progress);
  if (!setup) {
    answer.refused = setup.error().message;
    return answer;
  }
  RunOptions options;
  if (before) options.known = {before};   // put back where it was: known already
  auto solved = run(*setup, options, progress);
  if (!solved) {
    answer.refused = solved.error().message;
    return answer;
  }
  if (before) {
    solved->vessels = before->vessels;
    for (const auto& q : before->quantities)
      for (const auto& vessel : before->vessels)
        if (q.key.rfind(vessel.key + "_", 0) == 0) {
          solved->quantities.push_back(q);
          break;
        }
  }
  answer.run = std::make_shared<const RunResult>(std::move(*solved));
  answer.ms = 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return answer;
}

}  // namespace ot::twin
