// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "solvers/twin/placement.hpp"
#include "solvers/twin/scenario.hpp"

using namespace ot;
using nlohmann::json;

namespace {

std::string refusal(const std::string& text) {
  const auto scenario = twin::scenario_from_text(text);
  REQUIRE_FALSE(scenario);
  CHECK(scenario.error().code == core::ErrorCode::bad_input);
  return scenario.error().message;
}
std::string one(const std::string& body) { return R"({"name": "A", "interventions": [)" + body + "]}"; }

}  // namespace

TEST_CASE("the scenario of the manual is read: a lesion with a radius, the rest at defaults", "[scenario]") {
  const auto s = twin::scenario_from_text(one(R"({"id": "lesion-1", "kind": "ablation", "placement": {"kind": "point", "points_mm": [[1, 2.5, -3e0]]}, "params": {"radius_mm": 4}})"));
  REQUIRE(s);
  REQUIRE(s->find("lesion-1"));
  const auto& spec = *s->find("lesion-1");
  CHECK(spec.enabled);
  CHECK(spec.placement.points_mm == std::vector<core::Vec3>{{1, 2.5, -3}});
  CHECK(spec.params.number("radius_mm") == 4.0);
  CHECK(spec.params.number("depth_mm") == 5.0);
  CHECK(s->find("lesion-2") == nullptr);
}

TEST_CASE("an empty object is the baseline", "[scenario]") {
  const auto s = twin::scenario_from_text("{}");
  REQUIRE(s);
  CHECK(*s == twin::Scenario{});
}

TEST_CASE("each bad scenario is refused with the name of what is wrong", "[scenario]") {
  CHECK(refusal("").find("not valid JSON") != std::string::npos);
  CHECK(refusal("{\"name\": ").find("not valid JSON") != std::string::npos);
  CHECK(refusal("[]").find("JSON object") != std::string::npos);
  CHECK(refusal(R"({"nam": "A"})").find("\"nam\"") != std::string::npos);
  CHECK(refusal(R"({"name": 3})").find("\"name\"") != std::string::npos);
  CHECK(refusal(R"({"interventions": {}})").find("list") != std::string::npos);
  CHECK(refusal(one("7")).find("object") != std::string::npos);
  CHECK(refusal(one(R"({"kind": "drug"})")).find("\"id\"") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a"})")).find("\"kind\"") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "voodoo"})")).find("unknown kind \"voodoo\"") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "colour": "red"})")).find("\"colour\"") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "params": {"dose": 1}})")).find("\"dose\"") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "params": {"dose_x_cmax": -1}})")).find("outside 0 to 100") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "params": {"dose_x_cmax": "much"}})")).find("dose_x_cmax") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "params": {"dose_x_cmax": null}})")).find("dose_x_cmax") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "params": {"drug": "sugar"}})")).find("sugar") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "params": []})")).find("object") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "enabled": 1})")).find("enabled") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug", "note": 1})")).find("note") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "ablation"})")).find("placement") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "ablation", "placement": {"kind": "cloud"}})")).find("cloud") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "ablation", "placement": {"kind": "point", "points_mm": [[1, 2]]}})")).find("three numbers") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "ablation", "placement": {"kind": "point", "points_mm": [[1, 2, 3], [4, 5, 6]]}})")).find("exactly one point") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "ablation", "placement": {"kind": "polyline", "points_mm": [[1, 2, 3]]}})")).find("two points") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "ablation", "placement": {"kind": "point", "points_mm": [[1, 2, 3]], "vessel": "lad"}})")).find("\"vessel\"") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "stent", "placement": {"kind": "segment", "vessel": "lad", "start_mm": 3}})")).find("length_mm") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "stent", "placement": {"kind": "segment", "vessel": "lad", "branch": 0.5, "start_mm": 3, "length_mm": 9}})")).find("branch") != std::string::npos);
  CHECK(refusal(one(R"({"id": "a", "kind": "drug"}, {"id": "a", "kind": "drug"})")).find("id \"a\"") != std::string::npos);
}

TEST_CASE("fresh ids count on from the highest of the kind and never collide", "[scenario]") {
  twin::Scenario s;
  CHECK(s.fresh_id("ablation") == "ablation-1");
  for (const char* id : {"ablation-2", "ablation-7", "drug-9", "ablation-x", "ablation-"}) {
    twin::InterventionSpec spec;
    spec.id = id;
    s.interventions.push_back(spec);
  }
  CHECK(s.fresh_id("ablation") == "ablation-8");
  CHECK(s.fresh_id("drug") == "drug-10");
}

TEST_CASE("a scenario of deep nesting or huge numbers is refused, not a crash", "[scenario]") {
  std::string deep(2000, '[');
  CHECK_FALSE(twin::scenario_from_text(deep));
  CHECK_FALSE(twin::scenario_from_text(one(R"({"id": "a", "kind": "ablation", "placement": {"kind": "point", "points_mm": [[1e999, 0, 0]]}})")));
  CHECK_FALSE(twin::scenario_from_text(one(R"({"id": "a", "kind": "stent", "placement": {"kind": "segment", "vessel": "lad", "branch": 99999999999999, "start_mm": 3, "length_mm": 9}})")));
}
