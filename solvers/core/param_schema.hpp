// SPDX-License-Identifier: GPL-3.0-or-later
// ParamSchema: the one source of form, validation, JSON and help for every set of parameters.
#pragma once
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "solvers/core/result.hpp"

namespace ot::core {

// What an edit of this parameter costs a running simulation.
enum class Liveness { live, reassemble, restart };
const char* name_of(Liveness liveness);

using ParamValue = std::variant<double, bool, std::string>;

// "This parameter is used only while the parameter `key` has this value."
struct AppliesWhen {
  std::string key;
  ParamValue value;
};

struct ParamSpec {
  std::string key;       // "radius_mm": the unit is part of the key
  std::string label;     // "Radius"
  std::string unit;      // "mm", "" for none
  ParamValue fallback;   // default; its type is the parameter's type
  double min = 0, max = 0;               // numbers only; min < max
  std::vector<std::string> choices;      // texts only; empty = free text
  std::string help;      // one sentence
  std::string source;    // where default and range come from
  Liveness liveness = Liveness::restart;
  std::vector<AppliesWhen> applies_when = {};   // all must hold, those of the named parameters too; empty: always used. Values that do not apply stay in the set, in range, without effect.
};

class ParamSet {
 public:
  double number(const std::string& key) const;             // contract: present and a number
  bool flag(const std::string& key) const;
  const std::string& text(const std::string& key) const;
  bool has(const std::string& key) const { return values_.count(key) > 0; }
  void set(const std::string& key, ParamValue value) { values_[key] = std::move(value); }
  const std::map<std::string, ParamValue>& values() const { return values_; }
  bool operator==(const ParamSet&) const = default;

 private:
  std::map<std::string, ParamValue> values_;
};

struct ParamSchema {
  std::string name;
  std::vector<ParamSpec> params;

  const ParamSpec* find(const std::string& key) const;
  // Whether the parameter is used with these values (forms hide it else). A key the schema or the set does not hold: true.
  bool applies(const std::string& key, const ParamSet& set) const;
  ParamSet defaults() const;
  // Unknown key, wrong type, not finite, out of range, not among the choices: refused by name with the allowed range.
  Result<void> validate(const ParamSet& set) const;
  // Missing keys take the default; unknown keys are refused by name.
  Result<ParamSet> from_json(const nlohmann::json& json) const;
};

nlohmann::json to_json(const ParamSet& set);
nlohmann::json to_json(const ParamSchema& schema);

}  // namespace ot::core
