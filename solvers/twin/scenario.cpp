// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "solvers/twin/placement.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::twin {
namespace {

using core::bad_input;
using nlohmann::json;

core::Result<void> refuse_unknown_keys(const json& object, const std::set<std::string>& known, const std::string& where) {
  for (const auto& [key, value] : object.items())
    if (!known.count(key)) return bad_input(fmt::format("{} has an unknown key \"{}\" (it would be ignored silently). Known keys: {}.", where, key, fmt::join(known, ", ")));
  return {};
}

core::Result<InterventionSpec> spec_from_json(const json& in) {
  if (!in.is_object()) return bad_input("Each of \"interventions\" must be an object with id, kind, placement and params.");
  if (auto ok = refuse_unknown_keys(in, {"id", "kind", "enabled", "placement", "params", "note"}, "An intervention"); !ok) return pass(ok);
  InterventionSpec spec;
  for (const char* key : {"id", "kind"})
    if (!in.contains(key) || !in[key].is_string() || in[key].get<std::string>().empty()) return bad_input(fmt::format("An intervention lacks \"{}\", a text.", key));
  spec.id = in["id"];
  spec.kind = in["kind"];
  const InterventionKind* kind = find_intervention(spec.kind);
  if (!kind) {
    std::vector<std::string> known;
    for (const auto& k : builtin_interventions()) known.push_back(k.key);
    return bad_input(fmt::format("Intervention \"{}\" is of unknown kind \"{}\". Choose one of: {}.", spec.id, spec.kind, fmt::join(known, ", ")));
  }
  if (in.contains("enabled")) {
    if (!in["enabled"].is_boolean()) return bad_input(fmt::format("Intervention \"{}\": \"enabled\" must be true or false.", spec.id));
    spec.enabled = in["enabled"];
  }
  if (in.contains("note")) {
    if (!in["note"].is_string()) return bad_input(fmt::format("Intervention \"{}\": \"note\" must be a text.", spec.id));
    spec.note = in["note"];
  }
  if (in.contains("placement")) {
    auto placement = placement_from_json(in["placement"]);
    if (!placement) return bad_input(fmt::format("Intervention \"{}\": {}", spec.id, placement.error().message));
    spec.placement = std::move(*placement);
  }
  auto params = kind->schema.from_json(in.value("params", json::object()));
  if (!params) return bad_input(fmt::format("Intervention \"{}\": {}", spec.id, params.error().message));
  spec.params = std::move(*params);
  if (auto ok = check_placement(*kind, spec); !ok) return pass(ok);
  return spec;
}

}  // namespace

const InterventionSpec* Scenario::find(const std::string& id) const {
  for (const auto& spec : interventions)
    if (spec.id == id) return &spec;
  return nullptr;
}

std::string Scenario::fresh_id(const std::string& kind) const {
  long last = 0;
  for (const auto& spec : interventions) {
    if (spec.id.rfind(kind + "-", 0) != 0) continue;
    long number = 0;
    const char* end = spec.id.data() + spec.id.size();
    const auto parsed = std::from_chars(spec.id.data() + kind.size() + 1, end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number < 1000000000) last = std::max(last, number);
  }
  return fmt::format("{}-{}", kind, last + 1);
}

json to_json(const Scenario& scenario) {
  json list = json::array();
  for (const auto& spec : scenario.interventions) {
    json one{{"id", spec.id}, {"kind", spec.kind}, {"enabled", spec.enabled}, {"placement", to_json(spec.placement)}, {"params", core::to_json(spec.params)}};
    if (!spec.note.empty()) one["note"] = spec.note;
    list.push_back(std::move(one));
  }
  return {{"name", scenario.name}, {"interventions", std::move(list)}};
}

core::Result<Scenario> scenario_from_json(const json& in) {
  if (!in.is_object()) return bad_input("A scenario must be a JSON object with a name and a list of interventions.");
  if (auto ok = refuse_unknown_keys(in, {"name", "interventions"}, "The scenario"); !ok) return pass(ok);
  Scenario scenario;
  if (in.contains("name")) {
    if (!in["name"].is_string()) return bad_input("The scenario's \"name\" must be a text.");
    scenario.name = in["name"];
  }
  if (!in.contains("interventions")) return scenario;
  if (!in["interventions"].is_array()) return bad_input("The scenario's \"interventions\" must be a list.");
  for (const json& one : in["interventions"]) {
    auto spec = spec_from_json(one);
    if (!spec) return pass(spec);
    if (scenario.find(spec->id)) return bad_input(fmt::format("Two interventions have the id \"{}\" (they could not be told apart). Give each its own.", spec->id));
    scenario.interventions.push_back(std::move(*spec));
  }
  return scenario;
}

core::Result<Scenario> scenario_from_text(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return bad_input("The scenario is not valid JSON (nothing in it can be used). Check brackets, quotes and commas.");
  try {
    return scenario_from_json(parsed);
  } catch (const json::exception& e) {
    return bad_input(fmt::format("The scenario has a value of the wrong type: {}. Compare it with an exported scenario.", e.what()));
  }
}

}  // namespace ot::twin
