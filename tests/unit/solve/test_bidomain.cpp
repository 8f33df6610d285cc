// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "tests/unit/solve/answers.hpp"

using namespace ot::test;

namespace {

// A strand of 6 mm below a bath of 1 mm.
json strand() {
  return {{"kind", "tissue"}, {"mesh", {{"box_mm", {6, 0.5, 2}}, {"edge_mm", 0.5}, {"split", "kuhn"}}}, {"end_ms", 14}, {"bidomain", json::object()},
          {"regions", {{{"key", "saline"}, {"box_mm", {{0, 0, 1}, {6, 0.5, 2}}}, {"bath_S_per_m", 2}}}},
          {"stimuli", {{{"box_mm", {{0, 0, 0}, {1, 0.5, 1}}}}}}, {"sensors", {{{"activation_at_mm", {{6, 0, 0.5}}}}, {{"potentials_at_mm", {{3, 0, 0.5}, {3, 0, 2}}}}}}};
}

}  // namespace

TEST_CASE("A bidomain strand below a bath conducts, has a negative extracellular deflection in muscle and bath, and no membrane potential in the bath") {
  const json out = answer(strand());
  CHECK(value(out, "activation_0_ms") > 3);
  CHECK(value(out, "activation_0_ms") < 14);
  for (const auto& v : out["series"]["v_1"]["values"]) CHECK(std::isnan(v.get<double>()));   // null in the file
  for (const char* key : {"phi_e_0", "phi_e_1"}) {
    double least = 0, most = 0;
    for (const auto& x : out["series"][key]["values"]) least = std::min(least, x.get<double>()), most = std::max(most, x.get<double>());
    INFO(key << " " << least << " to " << most);
    CHECK(least < -1);
    CHECK(most > 1);
  }
  CHECK(notes_say(out, "Bidomain: extracellular potential solved in every step"));
}

TEST_CASE("A bath without a bidomain, currents without a way out, and a state to be saved are refused in words") {
  json spec = strand();
  spec.erase("bidomain");
  refused(spec, "needs \"bidomain\"");
  spec = strand();
  spec["bidomain"] = {{"electrodes", {{{"at_mm", {3, 0, 2}}, {"current_uA", -5}}}}};
  refused(spec, "-5 uA net into a conductor without ground");
  spec["bidomain"]["electrodes"].push_back({{"at_mm", {0, 0, 2}}, {"current_uA", 5}, {"duration_ms", 3}});   // a millisecond longer
  refused(spec, "5 uA net into a conductor without ground at 2 ms");
  spec = strand();
  spec["probes_mm"] = {{3, 0, 2}};
  refused(spec, "potentials_at_mm");
  spec = strand();
  spec["save_state"] = {{"file", "state"}};
  const auto r = ot::solve::solve(spec, {}, {});
  REQUIRE_FALSE(r);
  CHECK_THAT(r.error().message, Catch::Contains("cannot be saved or restarted"));
}

TEST_CASE("A step too large for the extracellular space is refused with one that is stable, and that one runs") {
  json spec = strand();
  spec["mesh"] = {{"box_mm", {3, 0.2, 0.4}}, {"edge_mm", 0.1}, {"split", "kuhn"}};
  spec["conductivity"] = {{"intra_S_per_m", {0.5, 0.02, 0.02}}, {"extra_S_per_m", {0.1, 0.1, 0.1}}};
  spec["regions"][0]["box_mm"] = {{0, 0, 0.2}, {3, 0.2, 0.4}};
  spec["stimuli"][0]["box_mm"] = {{0, 0, 0}, {0.5, 0.2, 0.2}};
  spec["sensors"] = {{{"activation_at_mm", {{2, 0, 0.1}}}}};
  spec["end_ms"] = 6;
  const auto r = ot::solve::solve(spec, {}, {});
  REQUIRE_FALSE(r);
  const std::string words = r.error().message, before = "Take at most ";
  INFO(words);
  REQUIRE(words.find(before) != std::string::npos);
  spec["dt_ms"] = 0.9 * std::stod(words.substr(words.find(before) + before.size()));
  CHECK(value(answer(spec), "activation_0_ms") < 6);
}

TEST_CASE("A cathode in the bath excites the muscle below it, without any other stimulus") {
  json spec = strand();
  spec.erase("stimuli");
  spec["bidomain"] = {{"electrodes", {{{"box_mm", {{0, 0, 2}, {0.5, 0.5, 2}}}, {"current_uA", -120}, {"duration_ms", 3}}}}, {"ground_box_mm", {{6, 0, 1}, {6, 0.5, 2}}}};
  CHECK(value(answer(spec), "activation_0_ms") < 14);
}
