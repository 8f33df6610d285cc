// SPDX-License-Identifier: GPL-3.0-or-later
// Reads one JSON object of a solve spec: every key is asked for once; what was never asked for is refused by name.
// Throws SpecError, caught in solve().
#pragma once
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/types.hpp"

namespace ot::solve {

class SpecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// While one is active on this thread, readers write down what they are asked for and the reading ends at the first finish() of a whole spec
// or of a "domain": this is how `solve --schema` knows types, defaults and ranges without a second list of keys that could go stale.
class SpecRecorder {
 public:
  struct Key {
    std::string in, key, type;   // in: the object that holds the key, as messages call it
    nlohmann::json fallback;     // null: none
    double low = -1e300, high = 1e300;
    bool required = true;
  };
  struct Done {};
  SpecRecorder() { active() = this; }
  ~SpecRecorder() { active() = nullptr; }
  SpecRecorder(const SpecRecorder&) = delete;
  SpecRecorder& operator=(const SpecRecorder&) = delete;
  static SpecRecorder*& active() {
    static thread_local SpecRecorder* now = nullptr;
    return now;
  }
  // Kept at the first asking; "any" gives way to a type. Asking whether a key is there means that it may be absent.
  void note(const Key& k) {
    for (Key& old : keys)
      if (old.in == k.in && old.key == k.key) {
        old.required = old.required && k.required;
        if (old.type == "any" && k.type != "any") old.type = k.type, old.fallback = k.fallback, old.low = k.low, old.high = k.high;
        return;
      }
    keys.push_back(k);
  }
  std::vector<Key> keys;
};

class SpecReader {
 public:
  SpecReader(const nlohmann::json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) throw SpecError(where_ + " must be a JSON object.");
  }
  bool has(const std::string& key) {
    note({where_, key, "any", nullptr, -1e300, 1e300, false});
    return contains(key);
  }
  const nlohmann::json& at(const std::string& key) {
    note({where_, key, "any", nullptr});
    if (!contains(key)) throw SpecError(fmt::format("{} lacks \"{}\" (it cannot be guessed). See 'solve --schema KIND'.", where_, key));
    return json_.at(key);
  }
  double number(const std::string& key, std::optional<double> fallback, double low = -1e300, double high = 1e300) {
    note({where_, key, "number", fallback ? nlohmann::json(*fallback) : nlohmann::json(), low, high, !fallback});
    if (!contains(key) && fallback) return *fallback;
    const auto& v = at(key);
    if (!v.is_number()) throw SpecError(fmt::format("{}: \"{}\" must be a number.", where_, key));
    const double x = v.get<double>();
    if (!std::isfinite(x) || x < low || x > high) throw SpecError(fmt::format("{}: \"{}\" is {:g}, allowed is {:g} to {:g}.", where_, key, x, low, high));
    return x;
  }
  int integer(const std::string& key, std::optional<int> fallback, int low, int high) {
    note({where_, key, "whole number", fallback ? nlohmann::json(*fallback) : nlohmann::json(), double(low), double(high), !fallback});
    const double x = number(key, fallback ? std::optional<double>(*fallback) : std::nullopt, low, high);
    if (x != std::floor(x)) throw SpecError(fmt::format("{}: \"{}\" must be a whole number.", where_, key));
    return static_cast<int>(x);
  }
  std::string text(const std::string& key, std::optional<std::string> fallback) {
    note({where_, key, "text", fallback ? nlohmann::json(*fallback) : nlohmann::json(), -1e300, 1e300, !fallback});
    if (!contains(key) && fallback) return *fallback;
    const auto& v = at(key);
    if (!v.is_string()) throw SpecError(fmt::format("{}: \"{}\" must be a text.", where_, key));
    return v.get<std::string>();
  }
  bool flag(const std::string& key, bool fallback) {
    note({where_, key, "true or false", fallback, -1e300, 1e300, false});
    if (!contains(key)) return fallback;
    const auto& v = at(key);
    if (!v.is_boolean()) throw SpecError(fmt::format("{}: \"{}\" must be true or false.", where_, key));
    return v.get<bool>();
  }
  core::Vec3 vec3(const std::string& key) {
    note({where_, key, "three numbers", nullptr});
    return to_vec3(at(key), where_ + ": \"" + key + "\"");
  }
  static core::Vec3 to_vec3(const nlohmann::json& v, const std::string& what) {
    if (!v.is_array() || v.size() != 3 || !v[0].is_number() || !v[1].is_number() || !v[2].is_number()) throw SpecError(what + " must be three numbers.");
    return {v[0].get<double>(), v[1].get<double>(), v[2].get<double>()};
  }
  static std::vector<std::pair<double, double>> pairs(const nlohmann::json& v, const std::string& what) {
    std::vector<std::pair<double, double>> out;
    if (!v.is_array() || v.empty()) throw SpecError(what + " must be a list of pairs of numbers, [[a, b], ...].");
    for (const auto& one : v) {
      if (!one.is_array() || one.size() != 2 || !one[0].is_number() || !one[1].is_number()) throw SpecError(what + " must be a list of pairs of numbers, [[a, b], ...].");
      out.emplace_back(one[0].get<double>(), one[1].get<double>());
    }
    return out;
  }
  // One time in ms or a list of them: S1, S1, ..., S2, S3.
  static std::vector<double> times(const nlohmann::json& v, const std::string& what) {
    const auto one = [&](const nlohmann::json& t) {
      if (!t.is_number() || !std::isfinite(t.get<double>()) || t.get<double>() < 0 || t.get<double>() > 1e6)
        throw SpecError(fmt::format("\"start_ms\" of {} is a time from 0 to 1e6 ms or a list of such times.", what));
      return t.get<double>();
    };
    if (!v.is_array()) return {one(v)};
    if (v.empty()) throw SpecError(fmt::format("\"start_ms\" of {} is an empty list (nothing would be excited). Give at least one time.", what));
    std::vector<double> out;
    for (const auto& t : v) out.push_back(one(t));
    return out;
  }
  // Refuses what nobody asked for.
  void finish() const {
    if (SpecRecorder::active() && (where_.starts_with("The ") || where_ == "\"domain\"")) throw SpecRecorder::Done();
    for (const auto& [key, value] : json_.items())
      if (!asked_.count(key)) throw SpecError(fmt::format("{} has an unknown key \"{}\" (it would be ignored silently). See 'solve --schema KIND'.", where_, key));
  }

 private:
  bool contains(const std::string& key) {
    asked_.insert(key);
    return json_.contains(key);
  }
  static void note(const SpecRecorder::Key& key) {
    if (SpecRecorder* const r = SpecRecorder::active()) r->note(key);
  }
  const nlohmann::json& json_;
  std::string where_;
  std::set<std::string> asked_;
};

}  // namespace ot::solve
