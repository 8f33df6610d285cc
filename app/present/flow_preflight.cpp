// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/flow_preflight.hpp"

#include <algorithm>

#include "solvers/hemodynamics/preflight.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::present {
namespace {

using Level = PreflightLine::Level;

Level level_of(hemo::PreflightItem::Level level) {
  return level == hemo::PreflightItem::Level::good ? Level::good : level == hemo::PreflightItem::Level::warning ? Level::attention : Level::bad;
}

}  // namespace

bool refused(const std::vector<PreflightLine>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const PreflightLine& l) { return l.level == Level::bad; });
}

std::vector<PreflightLine> preflight_flow(const twin::VesselModel& vessel) {
  std::vector<PreflightLine> lines;
  const bool meshed = vessel.baseline.mesh != nullptr;
  for (const auto& item : hemo::preflight(vessel.baseline, meshed, hemo::VesselKind::artery)) lines.push_back({level_of(item.level), item.title, item.sentence});
  if (!meshed) lines.push_back({Level::attention, "No mesh", "The FAST model answers; the full model needs the lumen meshed first."});
  return lines;
}

PlanTrouble plan_trouble(const std::shared_ptr<const twin::TwinModel>& twin, const twin::Scenario& scenario) {
  const auto setup = twin::prepare(twin, scenario, core::Mode::fast);
  if (!setup) return {"", setup.error().message};
  for (const auto& vessel : setup->vessels) {
    const twin::VesselModel* model = twin->find_vessel(vessel.key);
    if (!model) continue;
    hemo::FlowProblem problem = vessel.problem;
    const bool as_it_was = vessel.network == model->network && problem.grafts.empty();
    problem.mesh = as_it_was ? model->baseline.mesh : nullptr;
    for (const auto& item : hemo::preflight(problem, problem.mesh != nullptr, hemo::VesselKind::artery))
      if (item.level == hemo::PreflightItem::Level::refused) return {vessel.key, model->name + ": " + item.sentence};
  }
  return {};
}

}  // namespace ot::present
