// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/warm_up.hpp"

#include "app/session/session.hpp"
#include "solvers/twin/one_heart.hpp"

namespace ot::session {

void start_warm_up(Session& session) {
  const auto data = session.data();
  const int plan = session.active_plan();
  if (!data->twin || !data->twin->heart || plan >= int(data->plans.size()) || data->results.empty()) return;
  session.jobs().start(Lane::quick, warm_up_job, "Preparing fast answers",
                       [heart = twin::heart_twin(*data->twin), scenario = data->plans[std::size_t(plan)].scenario](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
                         (void)twin::answer_heart(heart, scenario, nullptr, progress);   // a plan that cannot be answered says so when it is edited
                         if (progress.cancelled()) return core::cancelled();
                         return JobRunner::Completion([] {});
                       });
}

}  // namespace ot::session
