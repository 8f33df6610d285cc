// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>

#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
namespace fs = std::filesystem;

namespace {

core::Volume some_volume(int n = 24) {
  core::Volume v;
  v.grid.size = {n, n, n};
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i * 7919 % 1000) - 200);
  return v;
}

void refused(const fs::path& path, const std::string& words) {
  const auto v = imaging::read_volume(path, "", {});
  INFO(path);
  REQUIRE_FALSE(v);
  INFO(v.error().message);
  CHECK(v.error().code == core::ErrorCode::bad_input);
  CHECK(v.error().message.find(words) != std::string::npos);
  CHECK(v.error().message.size() < 500);
}

void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

}  // namespace

TEST_CASE("A missing file, an empty file, a folder without images and a text file are refused in words") {
  const auto dir = test::scratch_folder("bad1");
  refused(dir / "nothing.nii.gz", "does not exist");
  refused(dir, "no images in");
  put(dir / "zero.nii.gz", "");
  refused(dir / "zero.nii.gz", "is empty");
  put(dir / "text.nii.gz", "this is not an image, it is a shopping list\n" + std::string(600, 'x'));
  refused(dir / "text.nii.gz", "is not a NIfTI image");
  put(dir / "text.nrrd", "milk and eggs");
  refused(dir / "text.nrrd", "is not a NRRD image");
  put(dir / "text.mha", "milk and eggs");
  refused(dir / "text.mha", "no usable MetaImage header");
  put(dir / "text.txt", "milk and eggs");
  refused(dir / "text.txt", "not an image");
  put(dir / "zip.dcm", "PK\x03\x04" + std::string(500, '\7'));
  refused(dir / "zip.dcm", "not an image");
}

TEST_CASE("A volume truncated at 30, 60 or 99 % is refused in every format, packed or not") {
  const auto dir = test::scratch_folder("bad2");
  for (const char* name : {"v.nii.gz", "v.nii", "v.nrrd", "v.mha"}) {
    REQUIRE(imaging::write_volume(some_volume(), dir / name));
    const auto whole = core::read_file(dir / name);
    REQUIRE(whole);
    for (double share : {0.3, 0.6, 0.99}) {
      put(dir / (std::string("cut_") + name), whole->substr(0, std::size_t(double(whole->size()) * share)));
      refused(dir / (std::string("cut_") + name), "truncated");
    }
  }
}

TEST_CASE("A 2D image, several phases, and a step that is not a number are refused") {
  const auto dir = test::scratch_folder("bad3");
  core::Volume flat = some_volume();
  flat.grid.size = {24, 24, 1};
  flat.values.resize(24 * 24);
  REQUIRE(imaging::write_volume(flat, dir / "flat.nii"));
  refused(dir / "flat.nii", "2D image");
  REQUIRE(imaging::write_volume(some_volume(), dir / "v.nii"));
  std::string h = *core::read_file(dir / "v.nii");
  std::string phases = h;
  const short dims[5] = {4, 24, 24, 12, 2};
  std::memcpy(phases.data() + 40, dims, sizeof dims);
  put(dir / "phases.nii", phases);
  refused(dir / "phases.nii", "2 volumes");
  std::string step = h;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(step.data() + 80, &nan, 4);
  put(dir / "step.nii", step);
  refused(dir / "step.nii", "voxel size");
  std::string place = h;
  std::memcpy(place.data() + 268, &nan, 4);
  put(dir / "place.nii", place);
  refused(dir / "place.nii", "not a number");
}

TEST_CASE("Huge dimensions in a small file are refused before anything is allocated") {
  const auto dir = test::scratch_folder("bad4");
  REQUIRE(imaging::write_volume(some_volume(), dir / "v.nii.gz"));
  REQUIRE(imaging::write_volume(some_volume(), dir / "v.nii"));
  std::string h = *core::read_file(dir / "v.nii");
  const short dims[4] = {3, 32000, 32000, 32000};
  std::memcpy(h.data() + 40, dims, sizeof dims);
  put(dir / "huge.nii", h);
  const auto v = imaging::read_volume(dir / "huge.nii", "", {});
  REQUIRE_FALSE(v);
  CHECK(v.error().code == core::ErrorCode::bad_input);
  put(dir / "huge.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 9999 9999 9999\nencoding: gzip\n\nabc");
  refused(dir / "huge.nrrd", "GB of memory");
  put(dir / "huge2.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 900 900 900\nencoding: gzip\n\nabc");
  refused(dir / "huge2.nrrd", "truncated");
  put(dir / "minus.mha", "ObjectType = Image\nNDims = 3\nDimSize = -5 10 10\nElementType = MET_SHORT\nElementDataFile = LOCAL\nxx");
  refused(dir / "minus.mha", "header is damaged");
}

TEST_CASE("A MetaImage whose voxel size is negative, zero or no number is refused: its left and right would be lost in silence") {
  const auto dir = test::scratch_folder("bad-mha-spacing");
  for (const char* spacing : {"-1 1 1", "1 0 1", "1 1 nan", "1 inf 1"}) {
    put(dir / "v.mha", std::string("ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nDimSize = 4 4 4\nElementSpacing = ") + spacing +
                           "\nElementType = MET_SHORT\nElementDataFile = LOCAL\n" + std::string(128, '\1'));
    refused(dir / "v.mha", "voxel size");
  }
}

TEST_CASE("Slices 10 mm apart are read, and their step is kept for the recipes to judge") {
  const auto dir = test::scratch_folder("thick");
  core::Volume v = some_volume();
  v.grid.spacing.z() = 10;
  REQUIRE(imaging::write_volume(v, dir / "thick.nii.gz"));
  const auto back = imaging::read_volume(dir / "thick.nii.gz", "", {});
  REQUIRE(back);
  CHECK(back->grid.spacing.z() == Approx(10));
}

TEST_CASE("An empty label map and an image given as labels are refused") {
  const auto dir = test::scratch_folder("bad5");
  core::LabelMap m;
  m.grid = some_volume().grid;
  m.values.assign(m.grid.voxels(), 0);
  REQUIRE(imaging::write_labels(m, dir / "empty.nii.gz"));
  const auto empty = imaging::read_labels(dir / "empty.nii.gz", {});
  REQUIRE_FALSE(empty);
  CHECK(empty.error().message.find("empty label map") != std::string::npos);
  REQUIRE(imaging::write_volume(some_volume(), dir / "ct.nii.gz"));
  const auto image = imaging::read_labels(dir / "ct.nii.gz", {});
  REQUIRE_FALSE(image);
  CHECK(image.error().message.find("not a label map") != std::string::npos);
}

TEST_CASE("A folder that links to itself is searched once, a cancelled read says so") {
  const auto dir = test::scratch_folder("loop");
  fs::create_directory_symlink(dir, dir / "again");
  refused(dir, "no images in");
  auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto v = imaging::read_volume(dir, "", core::Progress({}, flag));
  REQUIRE_FALSE(v);
  CHECK(v.error().code == core::ErrorCode::cancelled);
}

TEST_CASE("Writing into a folder that does not exist fails in words and leaves nothing behind") {
  const auto dir = test::scratch_folder("nowhere");
  const auto r = imaging::write_volume(some_volume(), dir / "missing" / "v.nii.gz");
  REQUIRE_FALSE(r);
  CHECK(r.error().code == core::ErrorCode::bad_input);
  CHECK_FALSE(imaging::write_volume(some_volume(), dir / "v.xyz"));
  CHECK(fs::is_empty(dir));
}
