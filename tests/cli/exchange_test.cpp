// SPDX-License-Identifier: GPL-3.0-or-later
// Labels and meshes of other tools through the program itself.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "imaging/exchange/foreign_labels.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "imaging/io/io.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
namespace fs = std::filesystem;
using nlohmann::json;

TEST_CASE("The abdomen's organ map comes in by its scheme, goes out as DICOM SEG, NRRD and NIfTI, and comes back voxel-identical") {
  const auto dir = test::scratch_folder("cli_exchange");
  const auto folder = (dir / "case").string();
  const auto map = test::shared_file("data/abdomen-ct-organs/example_seg.nii.gz").string();
  REQUIRE(test::run({"import", test::shared_file("data/abdomen-ct-organs/example_ct_sm.nii.gz").string(), "--case", folder}).code == 0);
  const auto asked = test::run({"segment", folder, "--labels", map});
  CHECK(asked.code == 0);   // the numbers and the names in the file fit one scheme only, which is said
  CHECK(asked.out.find("scheme totalsegmentator_v2, recognised by its numbers and names") != std::string::npos);
  const auto taken = test::run({"segment", folder, "--labels", map, "--scheme", "totalsegmentator_v2", "--json"});
  REQUIRE(taken.code == 0);
  CHECK(json::parse(taken.out)["stages"][0]["volume_liver_ml"].get<double>() > 0);
  std::vector<std::uint8_t> first;
  for (const char* name : {"l.nii.gz", "l.seg.nrrd", "l.dcm"}) {
    CAPTURE(name);
    const auto out = test::run({"export", folder, "--what", "labels", "--out", (dir / name).string(), "--json"});
    REQUIRE(out.code == 0);
    CHECK(json::parse(out.out)["files"][0] == (dir / name).string());
    const auto back = (dir / (std::string(name) + ".case")).string();
    fs::copy(folder, back, fs::copy_options::recursive);
    const auto again = test::run({"segment", back, "--labels", (dir / name).string(), "--json"});
    CAPTURE(again.err);
    REQUIRE(again.code == 0);   // names travel in the file or beside it: nothing to ask
    REQUIRE(test::run({"export", back, "--out", (dir / "again.nii").string()}).code == 0);
    const auto labels = imaging::read_labels(dir / "again.nii", {});
    REQUIRE(labels);
    if (first.empty()) first = labels->values;
    CHECK(labels->values == first);
  }
}

TEST_CASE("import --mesh says the unit it detected, asks with exit code 3 when two are possible, and takes --unit") {
  const auto dir = test::scratch_folder("cli_mesh");
  const auto aorta = test::shared_file("data/aorta-iliac-surface/aorta_iliac.vtp").string();
  const auto asked = test::run({"import", aorta, "--mesh", "--case", (dir / "a").string()});
  CHECK(asked.code == 3);
  CHECK(asked.err.find("--unit") != std::string::npos);
  CHECK_FALSE(fs::exists(dir / "a" / "case.json"));
  CHECK(test::run({"import", aorta, "--mesh", "--unit", "cm", "--case", (dir / "b").string()}).code == 0);
  const auto atrium = test::run({"import", test::shared_file("data/left-atrium-fibres-1/Labelled.elem").string(), "--mesh", "--case", (dir / "c").string()});
  REQUIRE(atrium.code == 0);
  CHECK(atrium.out.find("um") != std::string::npos);
}

TEST_CASE("list schemes names each scheme with its source") {
  const auto r = test::run({"list", "schemes", "--json"});
  REQUIRE(r.code == 0);
  const auto list = json::parse(r.out);
  CHECK(list.size() >= 10);
  for (const auto& s : list) CHECK_FALSE(s["source"].get<std::string>().empty());
}

TEST_CASE("export refuses with the reason what the case does not hold, and unknown endings") {
  const auto dir = test::scratch_folder("cli_export_bad");
  const auto folder = (dir / "case").string();
  REQUIRE(test::run({"import", test::shared_file("data/abdomen-ct-organs/example_ct_sm.nii.gz").string(), "--case", folder}).code == 0);
  for (const char* what : {"labels", "heart-mesh", "lumen", "surfaces", "fibres"}) {
    const auto r = test::run({"export", folder, "--what", what, "--out", (dir / "x").string()});
    CAPTURE(what, r.err);
    CHECK(r.code == 3);
  }
  CHECK(test::run({"export", folder, "--what", "everything"}).code == 2);
  CHECK(test::run({"export", folder, "--what", "volume", "--out", (dir / "x.exe").string()}).code == 2);
  const auto good = test::run({"export", folder, "--what", "volume", "--out", (dir / "v.nii.gz").string()});
  CHECK(good.code == 0);
}
