// SPDX-License-Identifier: GPL-3.0-or-later
// Studies kept in a case folder: read back, gone on with, and refused when damaged.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/session/studies.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/unit/session/small_case.hpp"
#include "tests/unit/studies/two_sites.hpp"

using namespace ot;
namespace fs = std::filesystem;

namespace {

struct Folder {
  // Its own folder for each process: ctest runs the cases side by side.
  fs::path path = fs::temp_directory_path() / ("ot_saved_studies_" + std::to_string(::getpid()));
  Folder() { fs::remove_all(path); fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("a study kept in the case reads back equal and a second start plays nothing again", "[studies][session]") {
  const Folder folder;
  const auto data = test::small_case();
  const auto spec = test::two_sites();
  int played = 0;
  const auto first = session::run_study(data, spec, folder.path, {}, [&](const ep::SiteRun&) { ++played; });
  REQUIRE(first);
  CHECK(played == 2);
  const auto saved = session::saved_studies(folder.path);
  REQUIRE(saved.size() == 1);
  CHECK(session::to_json(saved[0].spec) == session::to_json(spec));
  auto as_json = [](const ep::StudyResult& s) { return session::to_json(s)["runs"]; };
  CHECK(as_json(*saved[0].study) == as_json(**first));
  CHECK(saved[0].study->runs[1].site.nodes == (*first)->runs[1].site.nodes);
  const auto again = session::run_study(data, spec, folder.path, {}, [&](const ep::SiteRun&) { ++played; });
  REQUIRE(again);
  CHECK(played == 2);
  CHECK(as_json(**again) == as_json(**first));
}

TEST_CASE("a study that was cancelled after one of two sites goes on with the other, a damaged run is played again", "[studies][session]") {
  const Folder folder;
  const auto data = test::small_case();
  const auto spec = test::two_sites();
  REQUIRE(session::run_study(data, spec, folder.path, {}));
  const auto study = session::saved_studies(folder.path);
  REQUIRE(study.size() == 1);
  const fs::path where = folder.path / "studies" / study[0].key;
  // As a cancel leaves it: no study.json, one run missing.
  fs::remove(where / "study.json");
  fs::remove(where / (study[0].study->runs[1].site.key + ".cbor"));
  CHECK(session::saved_studies(folder.path).empty());
  std::vector<std::string> played;
  const auto note = [&](const ep::SiteRun& r) { played.push_back(r.site.key); };
  REQUIRE(session::run_study(data, spec, folder.path, {}, note));
  CHECK(played == std::vector<std::string>{study[0].study->runs[1].site.key});
  CHECK(session::saved_studies(folder.path).size() == 1);
  REQUIRE(core::write_file(where / (study[0].study->runs[0].site.key + ".cbor"), "not a run"));
  CHECK(session::saved_studies(folder.path).empty());
  played.clear();
  REQUIRE(session::run_study(data, spec, folder.path, {}, note));
  CHECK(played == std::vector<std::string>{study[0].study->runs[0].site.key});
}
