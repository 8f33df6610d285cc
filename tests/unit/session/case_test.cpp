// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "app/session/pipeline.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using namespace ot::session;
namespace fs = std::filesystem;

namespace {
std::vector<fs::path> blobs(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& e : fs::directory_iterator(folder / "blobs")) out.push_back(e.path());
  std::sort(out.begin(), out.end());
  return out;
}
}  // namespace

TEST_CASE("a case reopens to identical hashes, plans and numbers, and shared parts stay shared") {
  CaseData data = test::small_case();
  REQUIRE(run_scenario(data, {}, core::Mode::fast, {}, {}));
  const fs::path folder = test::scratch_folder("case") / "c1";
  REQUIRE(save_case(data, folder, {}));
  const auto back = load_case(folder, {});
  REQUIRE(back);
  CHECK(back->twin->sha256() == data.twin->sha256());
  CHECK(back->twin->heart->baseline.sha256() == data.twin->heart->baseline.sha256());
  CHECK(back->images[0].volume->sha256() == data.images[0].volume->sha256());
  CHECK(back->images[0].labels->sha256() == data.images[0].labels->sha256());
  CHECK(back->plans == data.plans);
  const auto a = find_result(data, {}, core::Mode::fast), b = find_result(*back, {}, core::Mode::fast);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(b->source_labels_sha256 == data.images[0].labels->sha256());
  REQUIRE(a->electro->activation_ms.size() == b->electro->activation_ms.size());
  CHECK(std::memcmp(a->electro->activation_ms.data(), b->electro->activation_ms.data(), 4 * a->electro->activation_ms.size()) == 0);
  CHECK(a->electro->ecg.mV == b->electro->ecg.mV);
  REQUIRE(a->quantities.size() == b->quantities.size());
  for (std::size_t i = 0; i < a->quantities.size(); ++i) CHECK(a->quantities[i].key == b->quantities[i].key);
}

TEST_CASE("results of a version whose solvers answered otherwise answer no plan: the case opens, says so, and a run computes anew") {
  CaseData data = test::small_case();
  REQUIRE(run_scenario(data, {}, core::Mode::fast, {}, {}));
  const fs::path folder = test::scratch_folder("older") / "c1";
  REQUIRE(save_case(data, folder, {}));
  auto json = nlohmann::json::parse(*core::read_file(folder / "case.json"));
  json.erase("answers");
  json.erase("content_sha256");
  json["content_sha256"] = core::sha256_hex(json.dump());
  std::ofstream(folder / "case.json") << json.dump();
  auto old = load_case_with_edits(folder, nullptr, {});
  REQUIRE(old);
  CHECK(old->message.find("older version") != std::string::npos);
  CHECK_FALSE(find_result(old->data, {}, core::Mode::fast));
  REQUIRE(run_scenario(old->data, {}, core::Mode::fast, {}, {}));
  CHECK(find_result(old->data, {}, core::Mode::fast));
}

TEST_CASE("one flipped bit in any blob or in case.json is noticed") {
  const fs::path folder = test::scratch_folder("damage") / "c1";
  REQUIRE(save_case(test::small_case(), folder, {}));
  auto files = blobs(folder);
  files.push_back(folder / "case.json");
  for (const auto& file : files) {
    const auto good = core::read_file(file);
    REQUIRE(good);
    std::string bad = *good;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 4);
    std::ofstream(file, std::ios::binary) << bad;
    const auto loaded = load_case(folder, {});
    REQUIRE(!loaded);
    CHECK(loaded.error().code == core::ErrorCode::bad_input);
    std::ofstream(file, std::ios::binary) << *good;
  }
  CHECK(load_case(folder, {}));
}

TEST_CASE("broken case files of 300 random kinds give one sentence and never crash") {
  const fs::path folder = test::scratch_folder("fuzz") / "c1";
  REQUIRE(save_case(test::small_case(), folder, {}));
  const std::string good = *core::read_file(folder / "plans.json");
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    for (int k = 0; k < 3; ++k) bad[random() % bad.size()] = static_cast<char>(random());
    if (i % 3 == 0) bad.resize(random() % bad.size());
    std::ofstream(folder / "plans.json", std::ios::binary) << bad;
    const auto loaded = load_case(folder, {});
    if (!loaded) CHECK(!loaded.error().message.empty());
  }
}

TEST_CASE("a newer format, another program's folder and a missing folder are refused in words") {
  const fs::path root = test::scratch_folder("refuse");
  CHECK(load_case(root / "none", {}).error().message.find("There is no case") == 0);
  fs::create_directories(root / "other");
  CHECK(load_case(root / "other", {}).error().message.find("is not a case") != std::string::npos);
  std::ofstream(root / "other/case.json") << R"({"format":"organtwin-case","version":99})";
  CHECK(load_case(root / "other", {}).error().message.find("newer OrganTwin") != std::string::npos);
  std::ofstream(root / "other/case.json") << "[1,2";
  CHECK(!load_case(root / "other", {}));
}

TEST_CASE("a save that fails half way or is cancelled leaves the existing case intact") {
  const fs::path folder = test::scratch_folder("intact") / "c1";
  CaseData data = test::small_case();
  REQUIRE(save_case(data, folder, {}));
  const std::string before = *core::read_file(folder / "case.json");
  data.patient.id = "CHANGED";
  const auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto cancelled = save_case(data, folder, core::Progress(nullptr, flag));
  REQUIRE(!cancelled);
  CHECK(cancelled.error().code == core::ErrorCode::cancelled);
  CHECK(*core::read_file(folder / "case.json") == before);
  CHECK(load_case(folder, {})->patient.id == "TEST");
  // a file in the place of the blob folder: nothing can be written, as on a full disk
  const fs::path blocked = test::scratch_folder("blocked");
  std::ofstream(blocked / "blobs") << "x";
  CHECK(!save_case(data, blocked, {}));
  CHECK(!fs::exists(blocked / "case.json"));
}

TEST_CASE("saving twice writes the same bytes and drops blobs nobody names") {
  const fs::path folder = test::scratch_folder("twice") / "c1";
  CaseData data = test::small_case();
  REQUIRE(save_case(data, folder, {}));
  const auto files = blobs(folder);
  const std::string json = *core::read_file(folder / "case.json");
  REQUIRE(save_case(data, folder, {}));
  CHECK(blobs(folder) == files);
  CHECK(*core::read_file(folder / "case.json") == json);
  data.images.clear();
  REQUIRE(save_case(data, folder, {}));
  CHECK(blobs(folder).size() < files.size());
  CHECK(load_case(folder, {}));
}
