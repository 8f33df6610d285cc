// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "imaging/exchange/labels_out.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/exchange/label_cases.hpp"

using namespace ot;
namespace fs = std::filesystem;

namespace {

core::LabelMap back(const fs::path& file, const core::Grid& grid) {
  const auto foreign = imaging::read_foreign_labels(file, {});
  if (!foreign) FAIL(foreign.error().message);
  const auto proposals = imaging::propose_schemes(*foreign, file);
  const auto scheme = foreign->named.empty() ? imaging::builtin_schemes().front() : proposals.front().scheme;
  const auto taken = imaging::bring_labels(*foreign, imaging::mapping_of(*foreign, scheme), grid, {});
  if (!taken) FAIL(taken.error().message);
  CHECK(taken->placement.outside_share == 0);
  return taken->labels;
}

}  // namespace

TEST_CASE("Labels go out and come back voxel-identical as NIfTI, NRRD, MHA and DICOM SEG on an oblique grid with every combination of flipped axes") {
  const auto dir = test::scratch_folder("round_trip");
  for (int flips = 0; flips < 8; ++flips) {
    const auto map = test::blobs(test::oblique_grid(flips));
    for (const char* name : {"l.nii.gz", "l.nii", "l.nrrd", "l.seg.nrrd", "l.mha", "l.dcm"}) {
      CAPTURE(flips, name);
      const auto files = imaging::export_labels(map, dir / name, {}, {});
      if (!files) FAIL(files.error().message);
      CHECK(back(dir / name, map.grid).values == map.values);
    }
  }
}

TEST_CASE("The grid of a DICOM SEG or NRRD comes back within 1e-6 mm, NIfTI's floats within 1e-3 mm, handedness included") {
  const auto dir = test::scratch_folder("round_trip_grid");
  for (int flips = 0; flips < 8; ++flips) {
    auto map = test::blobs(test::oblique_grid(flips));
    map.values[map.grid.offset(0, 0, 0)] = 2;   // the first and last slices are there: SEG holds no empty ones
    map.values[map.grid.offset(1, 1, map.grid.size[2] - 1)] = 2;
    for (const auto& [name, tolerance] : std::map<std::string, double>{{"l.dcm", 1e-6}, {"l.nrrd", 1e-6}, {"l.nii.gz", 1e-3}}) {
      REQUIRE(imaging::export_labels(map, dir / name, {}, {}));
      const auto f = imaging::read_foreign_labels(dir / name, {});
      REQUIRE(f);
      REQUIRE(f->grid.size == map.grid.size);
      for (int corner = 0; corner < 8; ++corner) {
        const core::Vec3 at((corner & 1) * (map.grid.size[0] - 1), (corner >> 1 & 1) * (map.grid.size[1] - 1), (corner >> 2 & 1) * (map.grid.size[2] - 1));
        CAPTURE(name, flips, corner);
        CHECK((f->grid.to_patient(at) - map.grid.to_patient(at)).norm() < tolerance);
      }
    }
  }
}

TEST_CASE("Names, keys, numbers and colours survive Slicer's NRRD and DICOM SEG, also of structures that the heart table does not know") {
  const auto dir = test::scratch_folder("round_trip_names");
  auto map = test::blobs(test::oblique_grid(), 77);
  map.labels.push_back({77, "spleen_upper_part", "Spleen, upper part", {12, 200, 99}, false});
  for (const char* name : {"l.seg.nrrd", "l.dcm"}) {
    CAPTURE(name);
    REQUIRE(imaging::export_labels(map, dir / name, {}, {}));
    const auto b = back(dir / name, map.grid);
    CHECK(b.values == map.values);
    REQUIRE(b.find("spleen_upper_part"));
    CHECK(b.find("spleen_upper_part")->name == "Spleen, upper part");
    for (int c = 0; c < 3; ++c) CHECK(std::abs(int(b.find("spleen_upper_part")->color[std::size_t(c)]) - int(map.labels.back().color[std::size_t(c)])) <= 1);
  }
}

TEST_CASE("NIfTI labels carry their names in ITK-SNAP's file beside them, which is read again") {
  const auto dir = test::scratch_folder("snap");
  const auto map = test::blobs(test::oblique_grid());
  const auto files = imaging::export_labels(map, dir / "heart.nii.gz", {}, {});
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  const auto scheme = imaging::scheme_beside(dir / "heart.nii.gz");
  REQUIRE(scheme);
  CHECK(scheme->find(1)->key == "lv_blood_pool");
  CHECK(scheme->find(2)->key == "lv_myocardium");
}

TEST_CASE("A DICOM SEG passes dciodvfy (dicom3tools) without an error") {
  if (std::system("command -v dciodvfy > /dev/null 2>&1") != 0) {   // optional package dicom3tools
    WARN("dciodvfy is not installed: only our own reader has checked the file");
    return;
  }
  const auto dir = test::scratch_folder("validator");
  const auto map = test::blobs(test::oblique_grid());
  for (const bool known : {false, true}) {
    imaging::SegOptions options;
    if (known) {
      options.reference = {"1.2.3.4", "1.2.3.4.5", "1.2.3.4.6", "1.2.840.10008.5.1.4.1.1.2", {}};
      for (int k = 0; k < map.grid.size[2]; ++k) options.reference.sop_instance_uids.push_back("1.2.3.4.7." + std::to_string(k + 1));
    }
    REQUIRE(imaging::export_labels(map, dir / "s.dcm", options, {}));
    const std::string log = (dir / "log.txt").string();
    std::system(("dciodvfy -new '" + (dir / "s.dcm").string() + "' > '" + log + "' 2>&1").c_str());
    const auto text = core::read_file(log);
    REQUIRE(text);
    CAPTURE(*text);
    CHECK(text->find("Error") == std::string::npos);
    CHECK(text->find("Segmentation") != std::string::npos);
  }
}

TEST_CASE("Nothing of a planted identity is found in any exported file") {
  const auto dir = test::scratch_folder("identity");
  auto map = test::blobs(test::oblique_grid());
  core::Volume v;
  v.grid = map.grid;
  v.description = "MUSTERMANN^ERIKA 19641112";   // planted: a series description that carries a name
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i % 97) - 40);
  for (const char* name : {"l.nii.gz", "l.nii", "l.nrrd", "l.mha", "l.dcm"}) REQUIRE(imaging::export_labels(map, dir / name, {}, {}));
  for (const char* name : {"v.nii", "v.nrrd", "v.mha"}) REQUIRE(imaging::write_volume(v, dir / name));
  for (const auto& file : fs::directory_iterator(dir)) {
    const auto text = core::read_file(file.path());
    REQUIRE(text);
    CAPTURE(file.path().string());
    CHECK(text->find("MUSTERMANN") == std::string::npos);
    CHECK(text->find("19641112") == std::string::npos);
  }
}

TEST_CASE("Two exports of the same labels are two objects: their UIDs differ, are valid and of our own root") {
  const auto dir = test::scratch_folder("uids");
  const auto map = test::blobs(test::oblique_grid());
  std::vector<std::string> uids;
  for (const char* name : {"a.dcm", "b.dcm"}) {
    REQUIRE(imaging::export_labels(map, dir / name, {}, {}));
    const auto text = core::read_file(dir / name);
    const auto at = text->find("2.25.", 300);   // behind the file meta information
    REQUIRE(at != std::string::npos);
    std::size_t end = at;
    while (end < text->size() && (std::isdigit(static_cast<unsigned char>((*text)[end])) || (*text)[end] == '.')) ++end;
    uids.push_back(text->substr(at, end - at));
    CHECK(uids.back().size() <= 64);
    CHECK(uids.back().size() > 30);
    CHECK(uids.back()[5] != '0');
  }
  CHECK(uids[0] != uids[1]);
}

TEST_CASE("A truncated DICOM SEG, one with a frame too many and one of another class are refused in words") {
  const auto dir = test::scratch_folder("bad_seg");
  REQUIRE(imaging::export_labels(test::blobs(test::oblique_grid()), dir / "s.dcm", {}, {}));
  const auto text = core::read_file(dir / "s.dcm");
  REQUIRE(text);
  for (const double share : {0.1, 0.5, 0.9, 0.99}) {
    std::ofstream(dir / "t.dcm", std::ios::binary) << text->substr(0, std::size_t(double(text->size()) * share));
    const auto labels = imaging::read_dicom_seg(dir / "t.dcm", {});
    REQUIRE_FALSE(labels);
    CHECK(labels.error().message.size() > 40);
  }
}
