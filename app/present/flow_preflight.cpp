// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/flow_preflight.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

#include "solvers/hemodynamics/preflight.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::present {
namespace {

using Level = PreflightLine::Level;

Level level_of(hemo::PreflightItem::Level level) {
  return level == hemo::PreflightItem::Level::good ? Level::good : level == hemo::PreflightItem::Level::warning ? Level::attention : Level::bad;
}

}  // namespace

EndNames end_names(const session::CaseData& data, const std::string& vessel_key) {
  EndNames names;
  if (const auto known = data.choices.flow.find(vessel_key); known != data.choices.flow.end())
    for (const auto& cap : known->second.caps)
      if (!cap.name.empty()) names[cap.patch] = cap.name;
  return names;
}

std::string with_end_names(const std::string& sentence, const twin::VesselModel& vessel, const EndNames& given) {
  if (!vessel.lumen) return sentence;
  static const std::regex patch(R"((([Ii]nlet |[Oo]utlet )?)patch (\d+)( \([^)]*\))?)");
  std::string out;
  auto rest = sentence.cbegin();
  for (auto at = std::sregex_iterator(sentence.begin(), sentence.end(), patch); at != std::sregex_iterator(); ++at) {
    const std::smatch& m = *at;
    out.append(rest, m[0].first);
    rest = m[0].second;
    const auto name = vessel.lumen->patch_names.find(std::stoi(m[3].str()));
    if (name == vessel.lumen->patch_names.end()) {
      out += m[0].str();
      continue;
    }
    const auto by_hand = given.find(name->second);
    std::string shown = by_hand != given.end() ? by_hand->second : name->second;
    if (out.empty() && !shown.empty()) shown[0] = char(std::toupper(static_cast<unsigned char>(shown[0])));
    out += shown;
  }
  out.append(rest, sentence.cend());
  return out;
}

bool refused(const std::vector<PreflightLine>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const PreflightLine& l) { return l.level == Level::bad; });
}

std::vector<PreflightLine> preflight_flow(const twin::VesselModel& vessel, const EndNames& given) {
  std::vector<PreflightLine> lines;
  const bool meshed = vessel.baseline.mesh != nullptr;
  for (const auto& item : hemo::preflight(vessel.baseline, meshed, hemo::VesselKind::artery)) lines.push_back({level_of(item.level), item.title, with_end_names(item.sentence, vessel, given)});
  if (!meshed) lines.push_back({Level::attention, "No mesh", "The FAST model answers; the full model needs the lumen meshed first."});
  return lines;
}

PlanTrouble plan_trouble(const std::shared_ptr<const twin::TwinModel>& twin, const twin::Scenario& scenario, const session::CaseData* data) {
  const auto setup = twin::prepare(twin, scenario, core::Mode::fast);
  if (!setup) return {"", setup.error().message};
  for (const auto& vessel : setup->vessels) {
    const twin::VesselModel* model = twin->find_vessel(vessel.key);
    if (!model) continue;
    hemo::FlowProblem problem = vessel.problem;
    const bool as_it_was = vessel.network == model->network && problem.grafts.empty();
    problem.mesh = as_it_was ? model->baseline.mesh : nullptr;
    for (const auto& item : hemo::preflight(problem, problem.mesh != nullptr, hemo::VesselKind::artery))
      if (item.level == hemo::PreflightItem::Level::refused) return {vessel.key, model->name + ": " + with_end_names(item.sentence, *model, data ? end_names(*data, vessel.key) : EndNames{})};
  }
  return {};
}

}  // namespace ot::present
