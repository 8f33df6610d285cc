// SPDX-License-Identifier: GPL-3.0-or-later
// The contract that scripts rely on: resources/docs/dev/cli.md.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/cli/program.hpp"

using namespace ot::test;

namespace {
const std::vector<std::string> commands{"demo", "import", "segment", "mesh", "build", "run", "compare", "report", "rerun", "solve", "verify", "bench", "list", "edit", "tissue", "export", "measure", "patches", "vessels"};

void wrong_usage(const std::vector<std::string>& arguments) {
  const auto r = run(arguments);
  INFO(r.err);
  CHECK(r.code == 2);
  CHECK(r.out.empty());
  CHECK(not_one_sentence(r.err) == "");
}
}  // namespace

TEST_CASE("the option --version names ITK, VTK, Qt, Eigen and the compiler") {
  const auto r = run({"--version"});
  CHECK(r.code == 0);
  for (const char* name : {"OrganTwin", "ITK 5", "VTK 9", "Qt ", "Eigen 3", "compiler "}) CHECK(r.out.find(name) != std::string::npos);
}

TEST_CASE("the option --help of every command ends with one example and exit code 0") {
  for (const auto& command : commands) {
    const auto r = run({command, "--help"});
    INFO(command);
    CHECK(r.code == 0);
    const auto at = r.out.find("Example: organtwin-cli " + command);
    CHECK(at != std::string::npos);
    CHECK(r.out.find("Example:", at + 1) == std::string::npos);
    for (const char* option : {"--json", "--quiet", "--threads"}) CHECK(r.out.find(option) != std::string::npos);
    const std::set<std::string> writers{"demo", "run", "report", "solve", "study", "export"};
    CHECK((r.out.find("\n  --out PATH ") != std::string::npos) == (writers.count(command) > 0));
  }
  const auto all = run({"--help"});
  CHECK(all.code == 0);
  for (const auto& command : commands) CHECK(all.out.find("\n  " + command) != std::string::npos);
}

TEST_CASE("Wrong usage has exit code 2, one sentence and nothing on standard output") {
  wrong_usage({});
  wrong_usage({"conquer"});
  CHECK(run({"conquer"}).err.find("There is no command \"conquer\"") != std::string::npos);
  CHECK(run({"--threads", "2", "sovle", "case.json"}).err.find("Did you mean solve?") != std::string::npos);
  wrong_usage({"list", "drugs", "--seed", "-1"});
  wrong_usage({"compare", "case", "A", "B", "--out", "folder"});
  CHECK(run({"compare", "case", "A", "B", "--out", "folder"}).err.find("--out") != std::string::npos);
  wrong_usage({"study", "case", "--preset", "nope"});
  const auto presets = run({"study", "case", "--preset", "nope"});
  for (const char* name : {"vt-induction", "s1s2-sweep", "vulnerable-window", "burst", "af-burst", "pace", "restitution", "atrial-lines", "block-proof"}) CHECK(presets.err.find(name) != std::string::npos);
  wrong_usage({"list"});
  wrong_usage({"list", "unicorns"});
  wrong_usage({"list", "drugs", "--sideways"});
  wrong_usage({"run"});
  wrong_usage({"run", "case", "--threads", "0"});
  wrong_usage({"run", "case", "--threads", "many"});
  wrong_usage({"run", "case", "--mode", "quickly"});
  wrong_usage({"mesh", "case", "--edge", "-1"});
  wrong_usage({"mesh", "case", "--edge", "nan"});
  wrong_usage({"solve"});
  wrong_usage({"solve", "--schema", "weather"});
  wrong_usage({"verify", "no/such-case", "--quiet"});
  wrong_usage({"build", "case", "--organ", "liver", "--quiet"});
  wrong_usage({"build", "case", "--cell", "unobtainium", "--quiet"});
  wrong_usage({"build", "case", "--cycle-length", "5", "--quiet"});
  wrong_usage({"import", "lumen.vtp", "--surface", "aorta", "--unit", "furlong", "--case", "case", "--quiet"});
}

TEST_CASE("list WHAT --json gives name, summary, source and parameters for every WHAT") {
  for (const char* what : {"ionic-models", "drugs", "interventions", "organs", "recipes", "labels", "formats", "verifications", "benchmarks"}) {
    const auto r = run({"list", what, "--json"});
    INFO(what);
    CHECK(r.code == 0);
    CHECK(r.err.empty());
    const auto list = r.json();
    REQUIRE(list.is_array());
    CHECK(!list.empty());
    std::set<std::string> names;
    for (const auto& one : list) {
      INFO(one.dump());
      names.insert(one.at("name").get<std::string>());
      CHECK(!one.at("summary").get<std::string>().empty());
      CHECK(!one.at("source").get<std::string>().empty());
      for (const auto& p : one.at("parameters")) {
        CHECK(!p.at("key").get<std::string>().empty());
        CHECK(p.contains("unit"));
        CHECK(p.contains("default"));
        CHECK(!p.at("source").get<std::string>().empty());
      }
    }
    CHECK(names.size() == list.size());
    const auto text = run({"list", what});
    CHECK(text.code == 0);
    for (const auto& name : names) CHECK(text.out.find(name) != std::string::npos);
  }
}

TEST_CASE("list interventions gives limits to every number") {
  for (const auto& kind : run({"list", "interventions", "--json"}).json())
    for (const auto& p : kind["parameters"])
      if (p["default"].is_number()) {
        INFO(kind["name"] << " " << p["key"]);
        CHECK(p.at("min").get<double>() <= p["default"].get<double>());
        CHECK(p.at("max").get<double>() >= p["default"].get<double>());
      }
}

TEST_CASE("solve --schema KIND prints a complete example that solve accepts as it is") {
  for (const char* kind : {"cell", "tissue", "eikonal", "flow"}) {
    const auto r = run({"solve", "--schema", kind, "--json"});
    INFO(kind);
    CHECK(r.code == 0);
    const auto schema = r.json();
    CHECK(schema.at("kind") == kind);
    CHECK(schema.at("example").at("kind") == kind);
    CHECK(!schema.at("units").get<std::string>().empty());
  }
}

TEST_CASE("verify --list and the rows of drug/* --quick --json carry every key of the contract") {
  const auto listed = run({"verify", "--list", "--json"}).json();
  for (const char* part : {"ep/", "flow/", "drug/", "imaging/", "mesh/"})
    CHECK(std::any_of(listed.begin(), listed.end(), [&](const auto& c) { return c["name"].template get<std::string>().rfind(part, 0) == 0; }));
  const auto r = run({"verify", "drug/*", "--quick", "--json", "--quiet"});
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  const auto rows = r.json();
  REQUIRE(!rows.empty());
  for (const auto& row : rows) {
    CHECK(row.at("name").get<std::string>().rfind("drug/", 0) == 0);
    for (const char* key : {"quantity", "value", "reference", "tolerance", "source", "wall_s", "threads"}) CHECK(row.contains(key));
    CHECK((row.at("tolerance_kind") == "relative" || row.at("tolerance_kind") == "absolute"));
    CHECK(row.at("pass") == true);
    const double off = std::abs(row["value"].get<double>() - row["reference"].get<double>());
    CHECK(off <= row["tolerance"].get<double>() * (row["tolerance_kind"] == "relative" ? std::abs(row["reference"].get<double>()) : 1.0));
  }
}

TEST_CASE("Progress goes to standard error, the document alone to standard output, and --quiet silences it") {
  const auto loud = run({"verify", "flow/poiseuille-network", "--json", "--threads", "1"}), quiet = run({"verify", "flow/poiseuille-network", "--json", "--quiet", "--threads", "1"});
  CHECK(loud.code == 0);
  CHECK(loud.json()[0]["threads"] == 1);
  CHECK(loud.json()[0]["value"] == quiet.json()[0]["value"]);
  CHECK(quiet.err.empty());
}
