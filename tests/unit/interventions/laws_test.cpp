// SPDX-License-Identifier: GPL-3.0-or-later
// Laws every intervention obeys, checked over the explicit array: a new kind is tested by being listed.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "solvers/twin/placement.hpp"
#include "tests/unit/interventions/small_twin.hpp"

using namespace ot;
using core::Mode;

namespace {

std::string hash_of(const std::shared_ptr<const twin::TwinModel>& model, const twin::Scenario& scenario) {
  const auto setup = twin::prepare(model, scenario, Mode::fast);
  INFO((setup ? "" : setup.error().message));
  REQUIRE(setup);
  return setup->sha256();
}

}  // namespace

TEST_CASE("the nine kinds are listed, each with its own key", "[laws]") {
  std::set<std::string> keys;
  for (const auto& kind : twin::builtin_interventions()) CHECK(keys.insert(kind.key).second);
  CHECK(keys == std::set<std::string>{"ablation", "stent", "tapered_stent", "stenosis", "angioplasty", "ideal_lumen", "bypass", "drug", "pacing"});
  CHECK(twin::find_intervention("exorcism") == nullptr);
}

TEST_CASE("every kind has label, summary and source, every parameter label, help, source, a unit when it is a number, and a default in range", "[laws]") {
  for (const auto& kind : twin::builtin_interventions()) {
    INFO(kind.key);
    CHECK_FALSE(kind.label.empty());
    CHECK_FALSE(kind.summary.empty());
    CHECK_FALSE(kind.source.empty());
    CHECK_FALSE(kind.schema.name.empty());
    CHECK(kind.validate);
    CHECK(kind.apply);
    CHECK(kind.schema.validate(kind.schema.defaults()));
    for (const auto& p : kind.schema.params) {
      INFO(p.key);
      CHECK_FALSE(p.label.empty());
      CHECK_FALSE(p.help.empty());
      CHECK_FALSE(p.source.empty());
      if (std::holds_alternative<double>(p.fallback)) {
        CHECK_FALSE(p.unit.empty());
        CHECK(p.min < p.max);
      }
      if (std::holds_alternative<std::string>(p.fallback)) CHECK_FALSE(p.choices.empty());
    }
  }
}

TEST_CASE("liveness: a dose is live, a lesion reassembles, a stent restarts", "[laws]") {
  const auto liveness = [](const char* kind, const char* key) { return twin::find_intervention(kind)->schema.find(key)->liveness; };
  CHECK(liveness("drug", "dose_x_cmax") == core::Liveness::live);
  CHECK(liveness("ablation", "radius_mm") == core::Liveness::reassemble);
  CHECK(liveness("stent", "diameter_mm") == core::Liveness::restart);
}

TEST_CASE("disabled equals absent, enabled differs: same and different setup hash for every kind", "[laws]") {
  for (const auto& kind : twin::builtin_interventions()) {
    INFO(kind.key);
    const auto model = kind.key == "ideal_lumen" ? test::small_twin({1.0, 50, 5}) : test::small_twin();  // it only removes a stenosis
    const std::string baseline = hash_of(model, {});
    auto spec = test::sample(kind.key);
    CHECK(hash_of(model, test::scenario({spec})) != baseline);
    spec.enabled = false;
    CHECK(hash_of(model, test::scenario({spec})) == baseline);
  }
}

TEST_CASE("names, notes and ids of a scenario are not physics: the electrical and flow problems keep their hash", "[laws]") {
  const auto model = test::small_twin();
  auto spec = test::sample("ablation");
  const auto a = twin::prepare(model, test::scenario({spec}), Mode::fast);
  spec.id = "the-other-one";
  spec.note = "left anterior";
  auto renamed = test::scenario({spec});
  renamed.name = "B";
  const auto b = twin::prepare(model, renamed, Mode::fast);
  REQUIRE((a && b));
  CHECK(a->electro->sha256() == b->electro->sha256());
  CHECK(a->sha256() == b->sha256());
}

TEST_CASE("JSON round trip gives the equal scenario for every kind, and undo is value equality", "[laws]") {
  twin::Scenario all;
  all.name = "everything";
  for (const auto& kind : twin::builtin_interventions()) {
    auto spec = test::sample(kind.key);
    spec.note.assign("a note");
    const twin::Scenario before = all;
    all.interventions.push_back(spec);
    twin::Scenario undone = all;
    undone.interventions.pop_back();
    CHECK(undone == before);
  }
  all.interventions[1].enabled = false;
  all.interventions[0].placement.points_mm[0] = {0.1 + 0.2, 1e-17, 15.000000000000002};
  const auto back = twin::scenario_from_text(twin::to_json(all).dump());
  INFO((back ? "" : back.error().message));
  REQUIRE(back);
  CHECK(*back == all);
}

TEST_CASE("every number out of range, not finite or of the wrong type is refused with label and range, in the call and in JSON", "[laws]") {
  const auto model = test::small_twin();
  for (const auto& kind : twin::builtin_interventions())
    for (const auto& p : kind.schema.params) {
      INFO(kind.key << "." << p.key);
      auto spec = test::sample(kind.key);
      if (std::holds_alternative<double>(p.fallback)) {
        for (double bad : {p.min - 0.001 * (p.max - p.min), p.max + 0.001 * (p.max - p.min), std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
          spec.params.set(p.key, bad);
          const auto refused = twin::validate(*model, spec);
          REQUIRE_FALSE(refused);
          CHECK(refused.error().code == core::ErrorCode::bad_input);
          CHECK(refused.error().message.find(p.label) != std::string::npos);
          CHECK(refused.error().message.find("outside") != std::string::npos);
          CHECK_FALSE(twin::prepare(model, test::scenario({spec}), Mode::fast));
        }
        auto json = twin::to_json(test::scenario({test::sample(kind.key)}));
        json["interventions"][0]["params"][p.key] = p.max * 2 + 1;
        CHECK_FALSE(twin::scenario_from_json(json));
      }
      if (std::holds_alternative<std::string>(p.fallback)) {
        spec.params.set(p.key, std::string("nonsense"));
        CHECK_FALSE(twin::validate(*model, spec));
      }
      spec.params.set(p.key, std::holds_alternative<bool>(p.fallback) ? core::ParamValue(1.0) : core::ParamValue(true));
      CHECK_FALSE(twin::validate(*model, spec));
    }
}

TEST_CASE("a missing parameter and a parameter of another kind are refused by name", "[laws]") {
  const auto model = test::small_twin();
  for (const auto& kind : twin::builtin_interventions()) {
    INFO(kind.key);
    auto spec = test::sample(kind.key);
    spec.params = core::ParamSet();
    CHECK_FALSE(twin::validate(*model, spec));
    spec = test::sample(kind.key);
    spec.params.set("colour_nm", 550.0);
    const auto refused = twin::validate(*model, spec);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("colour_nm") != std::string::npos);
  }
}

TEST_CASE("a placement of the wrong sort is refused, on a twin that lacks heart or vessel too", "[laws]") {
  const auto model = test::small_twin();
  twin::TwinModel empty;
  for (const auto& kind : twin::builtin_interventions()) {
    INFO(kind.key);
    CHECK(twin::validate(*model, test::sample(kind.key)));
    const auto refused = twin::validate(empty, test::sample(kind.key));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("twin") != std::string::npos);
    auto wrong = test::sample(kind.key);
    wrong.placement = {};
    wrong.placement.kind = kind.placement == twin::Placement::Kind::segment ? twin::Placement::Kind::point : twin::Placement::Kind::segment;
    CHECK_FALSE(twin::validate(*model, wrong));
  }
}

TEST_CASE("applying a kind leaves the twin as it was: its hash is the same before and after", "[laws]") {
  const auto model = test::small_twin();
  const std::string before = model->sha256();
  for (const auto& kind : twin::builtin_interventions()) REQUIRE(twin::prepare(model, test::scenario({test::sample(kind.key)}), Mode::full));
  CHECK(model->sha256() == before);
}
