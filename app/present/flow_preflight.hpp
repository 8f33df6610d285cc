// SPDX-License-Identifier: GPL-3.0-or-later
// The check before a flow run (hemo::preflight, as `run`, `conditions` and `solve` have it) for the window: of a vessel as it stands, and
// of every vessel as a plan treats it. Bad: the run would be refused. Attention: it runs, and a reader should know.
// Cost: milliseconds and one walk over the mesh: for a worker. Threads: pure functions.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "solvers/core/result.hpp"
#include "solvers/twin/scenario.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::present {

struct PreflightLine {
  enum class Level { good, attention, bad } level = Level::good;
  std::string what;       // "Every end has a condition"
  std::string detail;     // one sentence, with numbers
};
// The names given to ends by hand: "outlet 2" of the lumen -> "Diagonal".
using EndNames = std::map<std::string, std::string>;
EndNames end_names(const session::CaseData& data, const std::string& vessel_key);
// "patch 2" of a solver's sentence as the window calls that end: its given name, else that of the lumen ("outlet 2"); unknown numbers stay.
std::string with_end_names(const std::string& sentence, const twin::VesselModel& vessel, const EndNames& given);

std::vector<PreflightLine> preflight_flow(const twin::VesselModel& vessel, const EndNames& given = {});
bool refused(const std::vector<PreflightLine>& lines);

// The first thing that would stop the FULL flow of this plan, with the vessel it is about; empty: nothing. The lumen is the one the plan's
// devices make; where they reshape it the mesh is made anew by the run and not looked at. A plan that cannot be made is such a thing too.
struct PlanTrouble {
  std::string vessel, what;   // key (empty: the plan), a sentence
};
PlanTrouble plan_trouble(const std::shared_ptr<const twin::TwinModel>& twin, const twin::Scenario& scenario, const session::CaseData* data = nullptr);

}  // namespace ot::present
