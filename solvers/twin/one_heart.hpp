// SPDX-License-Identifier: GPL-3.0-or-later
// The heart of a twin by itself: what a lesion does while it is dragged.
// Model: the same functions as a FAST run of the whole plan (prepare, run) on a twin without its vessels, so the electrical answer is that of
//   the plan bit for bit (tested). What the vessels answered before is carried along unchanged: a lesion does not move them.
// Fails:  a lesion that cannot lie there is an answer with `refused` set, in the words of the intervention. Threads: pure functions.
#pragma once
#include <memory>
#include <string>

#include "solvers/core/progress.hpp"
#include "solvers/twin/simulation.hpp"

namespace ot::twin {

// What is enabled and does not sit on a vessel.
Scenario heart_scenario(const Scenario& scenario);
std::shared_ptr<const TwinModel> heart_twin(const TwinModel& twin);

struct HeartAnswer {
  std::string refused;                       // why not; empty when there is an answer
  std::shared_ptr<const RunResult> run;
  double ms = 0;                             // wall time it took
};
// before: a run of the plan before the move, null when there is none.
HeartAnswer answer_heart(const std::shared_ptr<const TwinModel>& heart_twin, const Scenario& scenario, const std::shared_ptr<const RunResult>& before,
                         const core::Progress& progress);

}  // namespace ot::twin
