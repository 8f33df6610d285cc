// SPDX-License-Identifier: GPL-3.0-or-later
// solve() asked as the command line does, without starting the program.
#pragma once
#include <catch2/catch.hpp>
#include <string>

#include "app/solve/solve.hpp"

namespace ot::test {

using nlohmann::json;

inline json answer(const json& spec, const solve::SolveOptions& options = {}) {
  const auto r = solve::solve(spec, options, core::Progress());
  INFO(spec.dump() << "\n" << (r ? "" : r.error().message));
  REQUIRE(r);
  return *r;
}
inline double value(const json& out, const std::string& key) {
  INFO(key);
  REQUIRE(out.at("quantities").contains(key));
  REQUIRE(out["quantities"][key]["value"].is_number());
  return out["quantities"][key]["value"].get<double>();
}
inline bool null(const json& out, const std::string& key) { return out.at("quantities").at(key).at("value").is_null(); }
inline bool notes_say(const json& out, const std::string& words) {
  for (const auto& n : out.at("notes"))
    if (n.get<std::string>().find(words) != std::string::npos) return true;
  return false;
}
// Refused as bad input with a sentence that holds the words.
inline void refused(const json& spec, const std::string& words, const solve::SolveOptions& options = {}) {
  const auto r = solve::solve(spec, options, core::Progress());
  INFO(spec.dump());
  REQUIRE_FALSE(r);
  CHECK(r.error().code == core::ErrorCode::bad_input);
  CHECK_THAT(r.error().message, Catch::Contains(words));
  CHECK(r.error().message.back() == '.');
}
inline json example(const std::string& kind) {
  auto r = solve::schema(kind);
  REQUIRE(r);
  return (*r)["example"];
}

}  // namespace ot::test
