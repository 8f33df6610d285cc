// SPDX-License-Identifier: GPL-3.0-or-later
// measure as a user calls it: add, list, CSV, remove; bad input leaves the case as it was.
#include <catch2/catch.hpp>

#include "app/session/case.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;

TEST_CASE("measure adds a 3-4-12 distance of 13 mm to a saved case, lists it, writes it as CSV and removes it again") {
  const auto folder = test::scratch_folder("cli-measure");
  const auto where = (folder / "case").string(), csv = (folder / "m.csv").string();
  REQUIRE(session::save_case(test::small_case(), where, {}));
  const auto added = test::run({"measure", where, "--add", R"({"kind": "distance", "name": "test", "points_lps_mm": [[0,0,0],[3,4,12]]})", "--csv", csv, "--json"});
  REQUIRE(added.code == 0);
  const auto list = added.json().at("measurements");
  REQUIRE(list.size() == 1);
  CHECK(list[0].at("values").at("length_mm").at("value").get<double>() == Approx(13).margin(1e-9));
  CHECK(list[0].at("id") == "m1");
  const auto text = core::read_file(csv);
  REQUIRE(text);
  CHECK(text->find("length_mm,13,") != std::string::npos);
  const auto loaded = session::load_case(where, {});
  REQUIRE(loaded);
  CHECK(loaded->images.front().measurements.size() == 1);
  CHECK(test::run({"measure", where, "--remove", "m1"}).code == 0);
  CHECK(test::run({"measure", where, "--list", "--json"}).json().at("measurements").empty());
}

TEST_CASE("measure refuses points that are no place, unknown kinds and identifiers, in one sentence and with exit code 3") {
  const auto where = (test::scratch_folder("cli-measure-bad") / "case").string();
  REQUIRE(session::save_case(test::small_case(), where, {}));
  const auto before = test::snapshot(where);
  for (const char* json : {"{\"kind\": \"distance\"}", "{\"kind\": \"guess\", \"points_lps_mm\": []}", "not json", "{\"kind\": \"distance\", \"points_lps_mm\": [[0,0,0],[0,0,0]]}",
                           "{\"kind\": \"distance\", \"points_lps_mm\": [[0,0],[1,1]]}"}) {
    const auto refused = test::run({"measure", where, "--add", json, "--quiet"});
    INFO(json << " -> " << refused.err);
    CHECK(refused.code == 3);
    CHECK(test::not_one_sentence(refused.err) == "");
  }
  CHECK(test::run({"measure", where, "--remove", "m9", "--quiet"}).code == 3);
  CHECK(test::run({"measure", where, "--image", "nowhere", "--quiet"}).code == 2);
  CHECK(test::snapshot(where) == before);
}
