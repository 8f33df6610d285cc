// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/core/param_schema.hpp"
#include "solvers/core/place.hpp"
#include "solvers/core/progress.hpp"

using namespace ot::core;

namespace {
ParamSchema schema() {
  return {"Lesion",
          {{"radius_mm", "Radius", "mm", 3.0, 0.5, 10, {}, "h", "s", Liveness::reassemble},
           {"closed", "Closed", "", false, 0, 0, {}, "h", "s", Liveness::reassemble},
           {"drug", "Drug", "", std::string("dofetilide"), 0, 0, {"dofetilide", "verapamil"}, "h", "s", Liveness::live}}};
}
}  // namespace

TEST_CASE("SHA-256 of 'abc' is the value of FIPS 180-2 appendix B.1") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Hasher().text("ab").text("c").hex() != Hasher().text("a").text("bc").hex());
}

TEST_CASE("a schema refuses out of range, wrong type, unknown choice, unknown key and not-a-number, and names the field") {
  const ParamSchema s = schema();
  CHECK(s.validate(s.defaults()));
  const auto refused = [&](const std::string& key, ParamValue value, const std::string& says) {
    ParamSet set = s.defaults();
    set.set(key, std::move(value));
    const auto ok = s.validate(set);
    REQUIRE(!ok);
    INFO(ok.error().message);
    CHECK(ok.error().message.find(says) != std::string::npos);
  };
  refused("radius_mm", -1.0, "0.5 to 10");
  refused("radius_mm", std::nan(""), "Radius");
  refused("radius_mm", std::string("3"), "a number");
  refused("drug", std::string("aspirin"), "dofetilide, verapamil");
  refused("radus_mm", 3.0, "radus_mm");
}

TEST_CASE("parameters survive JSON unchanged, missing keys take the default, unknown keys are refused by name") {
  const ParamSchema s = schema();
  ParamSet set = s.defaults();
  set.set("radius_mm", 4.25);
  set.set("closed", true);
  const auto back = s.from_json(to_json(set));
  REQUIRE(back);
  CHECK(*back == set);
  const auto partial = s.from_json(nlohmann::json{{"radius_mm", 5}});
  REQUIRE(partial);
  CHECK(partial->number("radius_mm") == 5.0);
  CHECK(partial->text("drug") == "dofetilide");
  const auto unknown = s.from_json(nlohmann::json{{"rad", 5}});
  REQUIRE(!unknown);
  CHECK(unknown.error().message.find("\"rad\"") != std::string::npos);
}

TEST_CASE("a parameter applies while the ones it hangs on apply and have their value, and the list says on what it hangs") {
  ParamSchema s{"Dose", {{"input", "Given as", "", std::string("multiple"), 0, 0, {"multiple", "oral"}, "", ""},
                         {"course", "Course", "", std::string("once"), 0, 0, {"once", "steady"}, "", "", Liveness::live, {{"input", std::string("oral")}}},
                         {"every_h", "Every", "h", 12.0, 1, 24, {}, "", "", Liveness::live, {{"course", std::string("steady")}}}}};
  ParamSet set = s.defaults();
  CHECK(s.applies("input", set));
  CHECK_FALSE(s.applies("course", set));
  set.set("course", std::string("steady"));
  CHECK_FALSE(s.applies("every_h", set));   // the course itself does not apply
  set.set("input", std::string("oral"));
  CHECK(s.applies("course", set));
  CHECK(s.applies("every_h", set));
  set.set("every_h", 48.0);
  set.set("input", std::string("multiple"));
  CHECK_FALSE(s.validate(set));   // out of range is refused, used or not
  CHECK(to_json(s)[2]["applies_when"]["course"] == "steady");
  CHECK_FALSE(to_json(s)[0].contains("applies_when"));
}

TEST_CASE("reading a parameter that is not there is our bug and says where") {
  CHECK_THROWS_AS(schema().defaults().number("nope"), ContractViolation);
}

TEST_CASE("parts of a progress report their share of the whole and see the cancel") {
  double last = -1;
  const auto flag = std::make_shared<CancelFlag>();
  const Progress whole([&](double f, std::string_view) { last = f; }, flag);
  whole.part(0.5, 0.7).part(0.0, 0.5).report(1.0, "x");
  CHECK(last == Approx(0.6));
  CHECK(!whole.part(0, 1).cancelled());
  flag->cancel();
  CHECK(whole.part(0, 1).cancelled());
}

TEST_CASE("a place in a sentence is read back to 0.05 mm, and other brackets are none") {
  const Vec3 x(-12.34, 0.05, 1234.5);
  const auto back = place_in("The flow (of blood) diverged near " + place_words(x) + ": (1, 2) and (3.0, 4.0, 5.0) mm too.");
  REQUIRE(back);
  CHECK((*back - x).norm() < 0.09);
  for (const char* none : {"", "(", "(1, 2, 3)", "(1.0, 2.0) mm", "(a, b, c) mm", "(nan, 1.0, 2.0) mm", "1.0, 2.0, 3.0) mm", "(1.0, 2.0, 3.0"}) CHECK_FALSE(place_in(none));
}
