// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/param_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "solvers/core/contracts.hpp"

namespace ot::core {
namespace {

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::string known_keys(const ParamSchema& schema) {
  std::vector<std::string> keys;
  for (const auto& p : schema.params) keys.push_back(p.key);
  return join(keys);
}

}  // namespace

const char* name_of(Liveness liveness) {
  switch (liveness) {
    case Liveness::live: return "live";
    case Liveness::reassemble: return "reassemble";
    case Liveness::restart: return "restart";
  }
  return "restart";
}

double ParamSet::number(const std::string& key) const {
  const auto at = values_.find(key);
  OT_EXPECT(at != values_.end() && std::holds_alternative<double>(at->second));
  return std::get<double>(at->second);
}
bool ParamSet::flag(const std::string& key) const {
  const auto at = values_.find(key);
  OT_EXPECT(at != values_.end() && std::holds_alternative<bool>(at->second));
  return std::get<bool>(at->second);
}
const std::string& ParamSet::text(const std::string& key) const {
  const auto at = values_.find(key);
  OT_EXPECT(at != values_.end() && std::holds_alternative<std::string>(at->second));
  return std::get<std::string>(at->second);
}

const ParamSpec* ParamSchema::find(const std::string& key) const {
  for (const auto& p : params)
    if (p.key == key) return &p;
  return nullptr;
}

bool ParamSchema::applies(const std::string& key, const ParamSet& set) const {
  const ParamSpec* spec = find(key);
  return !spec || std::all_of(spec->applies_when.begin(), spec->applies_when.end(), [&](const AppliesWhen& when) {
    const auto at = set.values().find(when.key);
    return (at == set.values().end() || at->second == when.value) && applies(when.key, set);
  });
}

ParamSet ParamSchema::defaults() const {
  ParamSet set;
  for (const auto& p : params) set.set(p.key, p.fallback);
  return set;
}

Result<void> ParamSchema::validate(const ParamSet& set) const {
  for (const auto& [key, value] : set.values()) {
    const ParamSpec* spec = find(key);
    if (!spec) return bad_input(fmt::format("{} has no parameter \"{}\" (it would be ignored silently). Known: {}.", name, key, known_keys(*this)));
    if (value.index() != spec->fallback.index())
      return bad_input(fmt::format("{}: \"{}\" has the wrong type. It takes {}.", name, key,
                                   spec->fallback.index() == 0 ? "a number" : spec->fallback.index() == 1 ? "true or false" : "a text"));
    if (const double* number = std::get_if<double>(&value)) {
      if (!std::isfinite(*number) || *number < spec->min || *number > spec->max)
        return bad_input(fmt::format("{}: {} {:g}{}{} is outside {:g} to {:g}{}{} (the model is not valid there). Choose a value in that range.", name, spec->label, *number,
                                     spec->unit.empty() ? "" : " ", spec->unit, spec->min, spec->max, spec->unit.empty() ? "" : " ", spec->unit));
    } else if (const std::string* text = std::get_if<std::string>(&value)) {
      if (!spec->choices.empty() && std::find(spec->choices.begin(), spec->choices.end(), *text) == spec->choices.end())
        return bad_input(fmt::format("{}: {} \"{}\" is not known. Choose one of: {}.", name, spec->label, *text, join(spec->choices)));
    }
  }
  for (const auto& p : params)
    if (!set.has(p.key)) return bad_input(fmt::format("{}: parameter \"{}\" ({}) is missing. Its default is in `list`.", name, p.key, p.label));
  return {};
}

Result<ParamSet> ParamSchema::from_json(const nlohmann::json& json) const {
  if (!json.is_object()) return bad_input(fmt::format("{}: parameters must be a JSON object of key and value.", name));
  ParamSet set = defaults();
  for (const auto& [key, value] : json.items()) {
    if (value.is_boolean()) set.set(key, value.get<bool>());
    else if (value.is_number()) set.set(key, value.get<double>());
    else if (value.is_string()) set.set(key, value.get<std::string>());
    else return bad_input(fmt::format("{}: \"{}\" must be a number, a text, true or false.", name, key));
  }
  if (auto ok = validate(set); !ok) return pass(ok);
  return set;
}

nlohmann::json to_json(const ParamSet& set) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [key, value] : set.values()) std::visit([&, k = key](const auto& v) { out[k] = v; }, value);
  return out;
}

nlohmann::json to_json(const ParamSchema& schema) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& p : schema.params) {
    nlohmann::json one{{"key", p.key}, {"label", p.label}, {"unit", p.unit}, {"help", p.help}, {"source", p.source}, {"liveness", name_of(p.liveness)}};
    std::visit([&](const auto& v) { one["default"] = v; }, p.fallback);
    if (std::holds_alternative<double>(p.fallback)) {
      one["min"] = p.min;
      one["max"] = p.max;
    }
    if (!p.choices.empty()) one["choices"] = p.choices;
    for (const AppliesWhen& when : p.applies_when) std::visit([&](const auto& v) { one["applies_when"][when.key] = v; }, when.value);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace ot::core
