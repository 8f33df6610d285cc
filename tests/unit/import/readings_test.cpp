// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <clocale>
#include <cmath>
#include <fmt/format.h>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/parallel.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/import/small_scan.hpp"

using namespace ot;
using imaging::DicomData;
using imaging::ReadingKind;
using imaging::ReadingState;

TEST_CASE("A CT written as DICOM comes back voxel-identical with its corners within 1e-3 mm, in three encodings, straight and oblique, for 1 and 2 threads") {
  for (const bool oblique : {false, true})
    for (const auto syntax : {imaging::DicomSyntax::explicit_little, imaging::DicomSyntax::implicit_little, imaging::DicomSyntax::explicit_big}) {
      const auto folder = test::scratch_folder("roundtrip");
      const auto v = test::small_ct({20, 16, 12}, oblique);
      imaging::DicomSeriesParams params;
      params.syntax = syntax;
      test::write(v, folder, params);
      const auto s = test::scan(folder);
      REQUIRE(s.readings.size() == 1);
      const auto& r = s.readings[0];
      CHECK(r.state == ReadingState::good);
      CHECK(r.recommended);
      CHECK(test::worst_corner(r.grid, v.grid) < 1e-3);
      for (int threads : {1, 2}) {
        core::set_thread_count(threads);
        const auto back = test::load(s, r);
        CHECK(back.values == v.values);
        CHECK(back.quantity == "HU");
      }
      core::set_thread_count(core::hardware_threads());
    }
}

TEST_CASE("Decimal points are read as such in a locale that writes commas") {
  const auto folder = test::scratch_folder("locale");
  const auto v = test::small_ct({8, 8, 4}, true);
  test::write(v, folder);
  const char* const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
  bool comma = false;
  for (const char* name : names) comma = comma || std::setlocale(LC_NUMERIC, name);
  const auto s = imaging::scan_dicom(folder, {});
  std::setlocale(LC_NUMERIC, "C");
  REQUIRE(s);
  if (!comma) WARN("no locale with a decimal comma is installed: only the C locale was tried");
  CHECK(test::worst_corner(s->readings.at(0).grid, v.grid) < 1e-3);
}

TEST_CASE("Each slice keeps its own rescale slope and intercept") {
  const auto folder = test::scratch_folder("rescale");
  auto v = test::small_ct();
  imaging::DicomSeriesParams params;
  params.edit = [&](int k, DicomData& d) {
    std::vector<std::uint16_t> stored;
    for (std::size_t i = 0; i < 20 * 16; ++i) stored.push_back(std::uint16_t(i));
    d.words(0x7fe00010, "OW", stored);
    d.decimals(0x00281053, {0.5 + k}).decimals(0x00281052, {-100.0 * k});
  };
  test::write(v, folder, params);
  const auto s = test::scan(folder);
  const auto back = test::load(s, test::reading(s, "volume"));
  for (int k = 0; k < 12; ++k) CHECK(back.at(7, 3, k) == Approx((3 * 20 + 7) * (0.5 + k) - 100.0 * k));
}

TEST_CASE("Ten phases at every slice are read as one moving volume ordered by trigger time, whatever the files are called") {
  const auto folder = test::scratch_folder("phases");
  for (int p = 0; p < 10; ++p) {
    auto v = test::small_ct({8, 8, 5});
    for (float& x : v.values) x = float(100 * p);
    imaging::DicomSeriesParams params;
    params.modality = "MR";
    params.series_uid = "1.2.3.4";
    params.edit = [&](int k, DicomData& d) {
      d.text(0x00080018, "UI", imaging::dicom_uid_from(fmt::format("{} {}", p, k)));
      d.decimals(0x00181060, {p * 80.0}).text(0x00181062, "IS", "800");
    };
    test::write(v, folder / fmt::format("part{}", 9 - p), params);
  }
  const auto s = test::scan(folder);
  REQUIRE(s.readings.size() == 1);
  const auto& r = s.readings[0];
  CHECK(r.kind == ReadingKind::phases);
  CHECK(r.state == ReadingState::good);
  REQUIRE(r.trigger_ms.size() == 10);
  for (int p = 0; p < 10; ++p) {
    CHECK(r.trigger_ms[std::size_t(p)] == Approx(80.0 * p));
    CHECK(test::load(s, r, std::size_t(p)).values[77] == Approx(100 * p));
  }
}

TEST_CASE("Gated CT with one series per phase is offered as one moving volume, ordered by per cent, and single phases stay first choice") {
  const auto folder = test::scratch_folder("series-phases");
  for (int p : {3, 0, 7, 5}) {
    auto v = test::small_ct({8, 8, 5});
    for (float& x : v.values) x = float(100 * p);
    imaging::DicomSeriesParams params;
    params.study_uid = "1.2.3", params.frame_uid = "1.2.4";
    params.series_uid = fmt::format("1.2.6.{}", p);
    params.series_number = p + 1;
    params.series_description = fmt::format("CorCTA 0.75 B26f {} %", 10 * p);
    test::write(v, folder / std::to_string(p), params);
  }
  const auto s = test::scan(folder);
  CHECK(s.series.size() == 4);
  const auto& r = test::reading(s, "phases");
  CHECK(r.series == -1);
  CHECK(r.state == ReadingState::good);
  CHECK_FALSE(r.recommended);
  REQUIRE(r.trigger_ms == std::vector<double>{0, 300, 500, 700});
  CHECK(test::load(s, r, 2).values[9] == Approx(500));
}

TEST_CASE("Short-axis planes in series of their own with beats of 800 to 1000 ms become one stack matched by the share of the beat") {
  const auto folder = test::scratch_folder("stack");
  for (int plane = 0; plane < 4; ++plane) {
    const double beat = 800 + 50 * plane + 50 * (plane == 3);
    for (int p = 0; p < 8; ++p) {
      auto v = test::small_ct({8, 8, 1}, true);
      v.grid.origin += v.grid.direction.col(2) * (9.0 * plane);
      for (float& x : v.values) x = float(10 * plane + p);
      imaging::DicomSeriesParams params;
      params.modality = "MR";
      params.study_uid = "1.2.3", params.frame_uid = "1.2.4";
      params.series_uid = fmt::format("1.2.5.{}", plane);
      params.series_number = 20 - plane;
      params.edit = [&](int, DicomData& d) {
        d.text(0x00080018, "UI", imaging::dicom_uid_from(fmt::format("{} {}", p, plane)));
        d.decimals(0x00181060, {p * beat / 8}).decimals(0x00181062, {beat}).decimals(0x00180050, {8});
      };
      test::write(v, folder / fmt::format("{}-{}", plane, p), params);
    }
  }
  const auto s = test::scan(folder);
  CHECK(s.series.size() == 4);
  const auto& r = test::reading(s, "stack");
  CHECK(r.kind == ReadingKind::stack_phases);
  CHECK(r.recommended);
  CHECK(r.grid.size == std::array<int, 3>{8, 8, 4});
  CHECK(r.grid.spacing.z() == Approx(9).margin(1e-3));
  REQUIRE(r.trigger_ms.size() == 8);
  for (int p = 0; p < 8; ++p) {
    const auto v = test::load(s, r, std::size_t(p));
    for (int k = 0; k < 4; ++k) CHECK(v.at(3, 3, k) == Approx(10 * k + p));
  }
  int cines = 0;
  for (const auto& one : s.readings) cines += one.kind == ReadingKind::cine && one.state == ReadingState::good;
  CHECK(cines == 4);
}

TEST_CASE("A gantry tilt of 15 degrees is named and corrected: a straight rod along the table stays straight within 0.1 mm") {
  const auto folder = test::scratch_folder("tilt");
  core::Volume v;
  v.grid.size = {40, 60, 30};
  v.grid.spacing = core::Vec3(1, 1, 2);
  v.values.assign(v.grid.voxels(), -1000);
  const double tilt = 15 * M_PI / 180;
  // Planes lean about x; a rod along the table (z) at y = 20 mm crosses plane k where its y is 20.
  const core::Vec3 row(1, 0, 0), column(0, std::cos(tilt), std::sin(tilt));
  imaging::DicomSeriesParams params;
  params.edit = [&](int k, DicomData& d) {
    d.decimals(0x00200032, {0, 0, 2.0 * k / std::cos(tilt)}).decimals(0x00200037, {row[0], row[1], row[2], column[0], column[1], column[2]}).decimals(0x00181120, {15});
    std::vector<std::uint16_t> pixels;
    for (int j = 0; j < 60; ++j)
      for (int i = 0; i < 40; ++i) {
        const double y = column[1] * j;   // the plane starts at y = 0
        pixels.push_back(std::uint16_t(24 + 1000 * std::exp(-((i - 20) * (i - 20) + (y - 20) * (y - 20)) / 8)));
      }
    d.words(0x7fe00010, "OW", pixels);
  };
  test::write(v, folder, params);
  const auto s = test::scan(folder);
  const auto& r = test::reading(s, "volume");
  INFO(r.verdict);
  CHECK(r.state == ReadingState::caution);
  CHECK(r.verdict.find("gantry tilt of 15.0 degrees") != std::string::npos);
  const auto back = test::load(s, r);
  for (int k : {2, 15, 27}) {
    double sum = 0;
    core::Vec3 middle(0, 0, 0);
    for (int j = 0; j < back.grid.size[1]; ++j)
      for (int i = 0; i < back.grid.size[0]; ++i) {
        const double w = std::max(0.0, double(back.at(i, j, k)) + 990);
        sum += w;
        middle += w * back.grid.to_patient(core::Vec3(i, j, k));
      }
    middle /= sum;
    CHECK(std::abs(middle.x() - 20) < 0.1);
    CHECK(std::abs(middle.y() - 20) < 0.1);
  }
}

TEST_CASE("An enhanced multi-frame MR with shuffled frames is sorted by its per-frame positions and rescaled by its functional groups") {
  const auto folder = test::scratch_folder("enhanced");
  const auto v = test::small_ct({10, 8, 6}, true);
  DicomData d = imaging::dicom_slice(v, 0, {});
  for (std::uint32_t tag : {0x00200032u, 0x00200037u, 0x00280030u, 0x00281052u, 0x00281053u, 0x00281054u}) d.erase(tag);
  d.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4.1").text(0x00080060, "CS", "MR").text(0x00280008, "IS", "6");
  const auto& g = v.grid;
  const auto one = [](std::uint32_t tag, DicomData inside) { return DicomData().sequence(tag, {std::move(inside)}); };
  DicomData shared;
  shared.sequence(0x00209116, {DicomData().decimals(0x00200037, {g.direction(0, 0), g.direction(1, 0), g.direction(2, 0), g.direction(0, 1), g.direction(1, 1), g.direction(2, 1)})});
  shared.sequence(0x00289110, {DicomData().decimals(0x00280030, {g.spacing.y(), g.spacing.x()})});
  shared.sequence(0x00289145, {DicomData().decimals(0x00281052, {-1024}).decimals(0x00281053, {1})});
  std::vector<DicomData> frames;
  std::vector<std::uint16_t> pixels;
  for (int k : {3, 0, 5, 1, 4, 2}) {
    const auto at = g.to_patient(core::Vec3(0, 0, k));
    frames.push_back(one(0x00209113, DicomData().decimals(0x00200032, {at[0], at[1], at[2]})));
    for (std::size_t i = 0; i < 80; ++i) pixels.push_back(std::uint16_t(std::int16_t(v.values[std::size_t(k) * 80 + i] + 1024)));
  }
  d.sequence(0x52009229, {shared}).sequence(0x52009230, frames).words(0x7fe00010, "OW", pixels);
  for (const auto syntax : {imaging::DicomSyntax::explicit_little, imaging::DicomSyntax::implicit_little, imaging::DicomSyntax::explicit_big}) {
    REQUIRE(core::write_file(folder / "enhanced.dcm", d.file(syntax)));
    const auto s = test::scan(folder);
    const auto& r = test::reading(s, "volume");
    CHECK(r.state == ReadingState::good);
    CHECK(test::worst_corner(r.grid, g) < 1e-3);
    CHECK(test::load(s, r).values == v.values);
  }
}

TEST_CASE("Magnitude and phase images at the same positions are two readings, and so are two echoes") {
  for (const bool echo : {false, true}) {
    const auto folder = test::scratch_folder("two");
    for (int part = 0; part < 2; ++part) {
      imaging::DicomSeriesParams params;
      params.modality = "MR";
      params.series_uid = "1.2.9";
      params.edit = [&](int k, DicomData& d) {
        d.text(0x00080018, "UI", imaging::dicom_uid_from(fmt::format("{} {} {}", part, k, echo)));
        if (echo) d.decimals(0x00180081, {2.0 + part});
        else d.text(0x00080008, "CS", part ? "ORIGINAL\\PRIMARY\\P" : "ORIGINAL\\PRIMARY\\M");
      };
      test::write(test::small_ct(), folder / std::to_string(part), params);
    }
    const auto s = test::scan(folder);
    REQUIRE(s.readings.size() == 2);
    for (const auto& r : s.readings) {
      CHECK(r.kind == ReadingKind::volume);
      CHECK(r.state == ReadingState::good);
      CHECK(r.planes.size() == 12);
    }
    CHECK(s.readings[0].key != s.readings[1].key);
  }
}

TEST_CASE("Reading at half resolution averages boxes of voxels and keeps patient positions") {
  const auto folder = test::scratch_folder("half");
  const auto v = test::small_ct({21, 16, 13});
  test::write(v, folder);
  const auto s = test::scan(folder);
  const auto& r = test::reading(s, "volume");
  const imaging::Reduction two{{2, 2, 2}};
  const auto loaded = imaging::load_reading(s, r, two, {});
  REQUIRE(loaded);
  const auto& half = loaded->phases[0].volume;
  REQUIRE(half.grid.size == std::array<int, 3>{10, 8, 6});
  CHECK((half.grid.to_patient(core::Vec3(4, 3, 2)) - v.grid.to_patient(core::Vec3(8.5, 6.5, 4.5))).norm() < 1e-6);
  double mean = 0;
  for (int c = 0; c < 8; ++c) mean += v.at(8 + (c & 1), 6 + (c >> 1 & 1), 4 + (c >> 2)) / 8;
  CHECK(half.at(4, 3, 2) == Approx(mean).epsilon(1e-6));
  CHECK(half.values == imaging::reduce_volume(v, two).values);
}

TEST_CASE("1000 slices are listed from their headers in under 3 s and a cancelled scan says so") {
  const auto folder = test::scratch_folder("many");
  test::write(test::small_ct({32, 32, 1000}), folder);
  const auto start = std::chrono::steady_clock::now();
  const auto s = test::scan(folder);
  CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 3);
  CHECK(test::reading(s, "volume").planes.size() == 1000);
  auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto cancelled = imaging::scan_dicom(folder, core::Progress({}, flag));
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == core::ErrorCode::cancelled);
}
