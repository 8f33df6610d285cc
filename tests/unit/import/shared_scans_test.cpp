// SPDX-License-Identifier: GPL-3.0-or-later
// Each dicom-* folder of the shared data: the right readings, with positions computed here from raw tags by GDCM.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <gdcmReader.h>
#include <gdcmStringFilter.h>

#include <Eigen/Geometry>
#include <cmath>
#include <map>
#include <sstream>

#include "app/session/import_scan.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/import/small_scan.hpp"

using namespace ot;
namespace fs = std::filesystem;
using core::Vec3;
using imaging::ReadingKind;
using imaging::ReadingState;

namespace {

struct Raw {
  Vec3 position, row, column;
  double dy = 0, dx = 0;
  int rows = 0, columns = 0;
  Vec3 at(double i, double j) const { return position + row * (dx * i) + column * (dy * j); }   // PS3.3 equation C.7.6.2.1-1
};

Raw raw(const fs::path& path) {
  gdcm::Reader reader;
  reader.SetFileName(path.c_str());
  REQUIRE(reader.ReadUpToTag(gdcm::Tag(0x7fe0, 0x0010)));
  gdcm::StringFilter f;
  f.SetFile(reader.GetFile());
  const auto numbers = [&](std::uint16_t g, std::uint16_t e) {
    std::istringstream in(f.ToString(gdcm::Tag(g, e)));
    std::vector<double> out;
    for (std::string s; std::getline(in, s, '\\');) out.push_back(std::stod(s));
    return out;
  };
  Raw r;
  const auto p = numbers(0x20, 0x32), o = numbers(0x20, 0x37), s = numbers(0x28, 0x30);
  r.position = Vec3(p[0], p[1], p[2]);
  r.row = Vec3(o[0], o[1], o[2]);
  r.column = Vec3(o[3], o[4], o[5]);
  r.dy = s[0], r.dx = s[1];
  r.rows = int(numbers(0x28, 0x10)[0]), r.columns = int(numbers(0x28, 0x11)[0]);
  return r;
}

// The 8 corners of the reading against the headers of its first and last plane.
void check_corners(const imaging::DicomScan& s, const imaging::DicomReading& r) {
  const auto of = [&](const imaging::DicomPlane& p) { return raw(s.files[std::size_t(p.frames.at(0).first)].path); };
  const Raw first = of(r.planes.front()), last = of(r.planes.back());
  INFO(r.key << " " << r.verdict);
  for (int c = 0; c < 8; ++c) {
    const Raw& plane = c & 4 ? last : first;
    const double i = c & 1 ? plane.columns - 1 : 0, j = c & 2 ? plane.rows - 1 : 0, k = c & 4 ? r.grid.size[2] - 1 : 0;
    CHECK((r.grid.to_patient(Vec3(i, j, k)) - plane.at(i, j)).norm() < 1e-3);
  }
}

}  // namespace

TEST_CASE("dicom-ct-chest is one volume of 88 slices, 1 mm apart, recommended, corners within 1e-3 mm of the raw tags") {
  const auto s = test::scan(test::shared_file("data/dicom-ct-chest"));
  REQUIRE(s.series.size() == 1);
  const auto& r = test::reading(s, "volume");
  CHECK(r.state == ReadingState::good);
  CHECK(r.recommended);
  CHECK(r.grid.size == std::array<int, 3>{512, 512, 88});
  CHECK(r.grid.spacing.z() == Approx(1.0).margin(1e-4));
  CHECK(s.series[0].info.usable);
  check_corners(s, r);
}

TEST_CASE("dicom-mr-brain-t1: the T1 series lacks one slice (2 mm step) and is offered filled and labelled, the two single images are kept apart") {
  const auto s = test::scan(test::shared_file("data/dicom-mr-brain-t1"));
  REQUIRE(s.series.size() == 3);
  int singles = 0;
  for (const auto& r : s.readings) singles += r.kind == ReadingKind::image && r.state == ReadingState::refused;
  CHECK(singles == 2);
  const auto& r = test::reading(s, "volume-filled");
  CHECK(r.state == ReadingState::caution);
  CHECK(r.recommended);
  CHECK(r.interpolated == 1);
  CHECK(r.verdict.find("step 2 mm") != std::string::npos);
  CHECK(r.verdict.find("a slice is missing") != std::string::npos);
  CHECK(r.grid.size == std::array<int, 3>{192, 192, 176});
  check_corners(s, r);
  // Planes before and after the gap stay where their headers put them.
  for (std::size_t k : {std::size_t(100), std::size_t(113), std::size_t(115), std::size_t(170)}) {
    const Raw here = raw(s.files[std::size_t(r.planes[k].frames.at(0).first)].path);
    CHECK((r.grid.to_patient(Vec3(0, 0, double(k))) - here.position).norm() < 1e-2);
  }
}

TEST_CASE("dicom-mr-cine-heart: 11 cines of one plane and one short-axis stack of 6 planes 17.7 mm apart with 9 phases") {
  const auto s = test::scan(test::shared_file("data/dicom-mr-cine-heart"));
  REQUIRE(s.series.size() == 11);
  int cines = 0;
  for (const auto& r : s.readings) {
    if (r.kind != ReadingKind::cine) continue;
    ++cines;
    CHECK(r.state == ReadingState::good);
    CHECK(r.trigger_ms.size() == 9);
    CHECK(r.trigger_ms[0] == Approx(0));
    CHECK(r.trigger_ms[8] > 700);
    check_corners(s, r);
  }
  CHECK(cines == 11);
  const auto& stack = test::reading(s, "stack");
  CHECK(stack.kind == ReadingKind::stack_phases);
  CHECK(stack.recommended);
  CHECK(stack.state == ReadingState::caution);
  CHECK(stack.grid.size == std::array<int, 3>{256, 208, 6});
  CHECK(stack.grid.spacing.z() == Approx(17.7).margin(0.01));
  CHECK(stack.trigger_ms.size() == 9);
  CHECK(stack.verdict.find("66 %") != std::string::npos);
  check_corners(s, stack);
  // Phase p of every plane shows the same share of its own beat within 1 %.
  for (std::size_t p = 0; p < 9; ++p)
    for (const auto& plane : stack.planes) {
      const auto& f = s.files[std::size_t(plane.frames[p].first)].frames[0];
      CHECK(std::abs(f.trigger_ms / f.beat_ms - double(p) * 3 / 25) < 0.01);
    }
  const auto loaded = imaging::load_reading(s, stack, {}, {});
  REQUIRE(loaded);
  CHECK(loaded->phases.size() == 9);
  CHECK(loaded->phases[0].volume.values != loaded->phases[4].volume.values);
}

TEST_CASE("dicom-transfer-syntaxes: nine lossless encodings give identical pixels, six lossy ones stay close, an unknown one is refused by name") {
  const auto folder = test::shared_file("data/dicom-transfer-syntaxes");
  const auto reference = imaging::dicom_file(folder / "CTImage.dcm");
  REQUIRE(reference);
  imaging::FrameReader reader;
  std::vector<float> expected;
  REQUIRE(reader.read(*reference, 0, expected));
  // Syntax -> mean difference allowed in HU (0: identical). 8-bit baseline JPEG keeps 256 levels of 4400 HU: 17 HU a level.
  const std::map<std::string, double> allowed = {
      {"1.2.840.10008.1.2", 0}, {"1.2.840.10008.1.2.1", 0}, {"1.2.840.10008.1.2.2", 0}, {"1.2.840.10008.1.2.1.99", 0}, {"1.2.840.10008.1.2.5", 0}, {"1.2.840.10008.1.2.4.57", 0},
      {"1.2.840.10008.1.2.4.70", 0}, {"1.2.840.10008.1.2.4.80", 0}, {"1.2.840.10008.1.2.4.90", 0}, {"1.2.840.10008.1.2.4.81", 2}, {"1.2.840.10008.1.2.4.91", 2},
      {"1.2.840.10008.1.2.4.51", 6}, {"1.2.840.10008.1.2.4.53", 6}, {"1.2.840.10008.1.2.4.55", 6}, {"1.2.840.10008.1.2.4.50", 25}};
  std::map<std::string, int> seen;
  for (const auto& e : fs::directory_iterator(folder)) {
    if (e.path().filename().string().rfind("CTImage", 0) != 0) continue;
    const auto f = imaging::dicom_file(e.path());
    REQUIRE(f);
    INFO(imaging::transfer_syntax_name(f->transfer_syntax));
    REQUIRE(allowed.count(f->transfer_syntax));
    std::vector<float> values;
    REQUIRE(reader.read(*f, 0, values));
    REQUIRE(values.size() == expected.size());
    double mean = 0;
    for (std::size_t i = 0; i < values.size(); ++i) mean += std::abs(double(values[i]) - expected[i]) / double(values.size());
    CHECK(mean <= allowed.at(f->transfer_syntax));
    ++seen[f->transfer_syntax];
  }
  CHECK(seen.size() == 15);
  auto strange = *reference;
  strange.encapsulated = true;
  strange.transfer_syntax = "1.2.840.10008.1.2.4.102";
  strange.path = folder / "SOURCE.md";
  std::vector<float> values;
  const auto refused = reader.read(strange, 0, values);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("MPEG-4 video") != std::string::npos);
}

TEST_CASE("Every shared NIfTI, NRRD and DICOM folder gives a reading or a refusal in words through the import scan") {
  for (const char* name : {"heart-cta-dissection/ct.nii.gz", "abdomen-ct-organs/example_ct.nii.gz", "brain-atlas-ch2/ch2bet.nii.gz", "brain-tumour-t1c/brain1_image.nrrd", "dicom-ct-chest"}) {
    const auto scan = session::scan_for_import(test::shared_file(std::string("data/") + name), {});
    INFO(name);
    REQUIRE(scan);
    REQUIRE(scan->recommended());
    CHECK(session::memory_need(*scan->recommended(), {}).image_bytes == scan->recommended()->grid.voxels() * 4);
  }
  CHECK_FALSE(session::scan_for_import(test::shared_file("data/ecg-12-lead"), {}));
}
