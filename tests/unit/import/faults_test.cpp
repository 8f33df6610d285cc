// SPDX-License-Identifier: GPL-3.0-or-later
// Every fault of issue 3's "Bad input" for DICOM: the right reading or the right refusal, never a crash, never a silent mistake.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

#include "app/session/import_scan.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/import/small_scan.hpp"

using namespace ot;
namespace fs = std::filesystem;
using imaging::DicomData;
using imaging::ReadingKind;
using imaging::ReadingState;

namespace {

void cut(const fs::path& path, double share) {
  const std::string whole = *core::read_file(path);
  std::ofstream(path, std::ios::binary) << whole.substr(0, std::size_t(double(whole.size()) * share));
}

fs::path slice(const fs::path& folder, int number) { return folder / fmt::format("slice_{:04}.dcm", number); }

bool says(const std::string& text, const std::string& words) {
  INFO(text);
  CHECK(text.find(words) != std::string::npos);
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("A truncated slice is quarantined by name and its place is named as missing and filled") {
  for (double share : {0.02, 0.3, 0.9, 0.999}) {
    const auto folder = test::scratch_folder("cut");
    auto v = test::small_ct({20, 16, 30});
    test::write(v, folder);
    cut(slice(folder, 11), share);
    const auto s = test::scan(folder);
    REQUIRE(s.quarantine.size() == 1);
    CHECK(s.quarantine[0].path.filename() == "slice_0011.dcm");
    const auto& r = test::reading(s, "volume-filled");
    says(r.verdict, "a slice is missing");
    CHECK(r.state == ReadingState::caution);
    CHECK(r.interpolated == 1);
    CHECK(test::worst_corner(r.grid, v.grid) < 1e-3);
    const auto back = test::load(s, r);
    CHECK(back.at(5, 6, 9) == v.at(5, 6, 9));
    CHECK(back.at(5, 6, 10) == Approx((v.at(5, 6, 9) + v.at(5, 6, 11)) / 2));
    CHECK_FALSE(imaging::read_volume(folder, "", {}));   // readers without a choice do not take a filled volume
  }
}

TEST_CASE("Two neighbouring slices missing, or a wide gap, is refused in words") {
  const auto folder = test::scratch_folder("gap");
  test::write(test::small_ct({20, 16, 30}), folder);
  fs::remove(slice(folder, 11)), fs::remove(slice(folder, 12));
  auto s = test::scan(folder);
  CHECK(s.readings[0].state == ReadingState::refused);
  says(s.readings[0].verdict, "2 slices are missing");
  auto thick = test::small_ct({20, 16, 30});
  thick.grid.spacing.z() = 5;
  const auto other = test::scratch_folder("gap2");
  test::write(thick, other);
  fs::remove(slice(other, 20));
  s = test::scan(other);
  CHECK(s.readings[0].state == ReadingState::refused);
  says(s.readings[0].verdict, "a slice is missing");
}

TEST_CASE("A missing first slice is told from the instance numbers") {
  const auto folder = test::scratch_folder("first");
  test::write(test::small_ct(), folder);
  fs::remove(slice(folder, 1));
  const auto s = test::scan(folder);
  const auto& r = test::reading(s, "volume");
  CHECK(r.state == ReadingState::good);
  REQUIRE(r.notes.size() == 1);
  says(r.notes[0], "numbered 2 to 12");
}

TEST_CASE("Uneven spacing is refused, and its longest even part is offered as such") {
  const auto folder = test::scratch_folder("uneven");
  imaging::DicomSeriesParams params;
  const auto v = test::small_ct({20, 16, 30});
  params.edit = [&](int k, DicomData& d) {
    const auto at = v.grid.to_patient(core::Vec3(0, 0, k < 22 ? k : 22 + (k - 22) * 1.7));
    d.decimals(0x00200032, {at[0], at[1], at[2]});
  };
  test::write(v, folder, params);
  const auto s = test::scan(folder);
  REQUIRE(s.readings.size() == 2);
  CHECK(s.readings[0].state == ReadingState::refused);
  says(s.readings[0].verdict, "uneven spacing");
  CHECK(s.readings[1].key == "even-part");
  CHECK(s.readings[1].planes.size() == 23);
  CHECK(s.readings[1].state == ReadingState::caution);
}

TEST_CASE("Mixed orientation: a localiser in the series is kept apart, a mixed pile of planes is no volume") {
  const auto folder = test::scratch_folder("mixed");
  const auto v = test::small_ct();
  imaging::DicomSeriesParams params;
  params.series_uid = "1.2.7";
  test::write(v, folder, params);
  auto across = test::small_ct({20, 16, 2}, true);
  params.edit = [](int k, DicomData& d) { d.text(0x00080018, "UI", fmt::format("1.2.8.{}", k)).text(0x00080008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER"); };
  test::write(across, folder / "scout", params);
  const auto s = test::scan(folder);
  CHECK(s.series.size() == 1);
  const auto& r = test::reading(s, "volume");
  CHECK(r.state == ReadingState::good);
  CHECK(test::worst_corner(r.grid, v.grid) < 1e-3);
  says(r.notes.at(0), "kept apart");
  CHECK(test::reading(s, "localiser").state == ReadingState::refused);
}

TEST_CASE("Duplicates: the same image twice counts once, two images at one place without times are refused") {
  const auto folder = test::scratch_folder("twice");
  const auto v = test::small_ct();
  test::write(v, folder);
  fs::copy_file(slice(folder, 3), folder / "copy.dcm");
  auto s = test::scan(folder);
  CHECK(test::reading(s, "volume").state == ReadingState::good);
  REQUIRE(s.notes.size() == 1);
  says(s.notes[0], "each image is taken once");
  imaging::DicomSeriesParams params;
  params.series_uid = s.series[0].info.uid;
  params.study_uid = s.files[0].study_uid;
  params.edit = [](int k, DicomData& d) { d.text(0x00080018, "UI", fmt::format("1.2.8.{}", k)); };
  auto few = v;
  few.grid.size[2] = 4;
  few.values.resize(few.grid.voxels());
  test::write(few, folder / "again", params);
  s = test::scan(folder);
  CHECK(s.readings[0].state == ReadingState::refused);
  says(s.readings[0].verdict, "4 of 12 positions hold more than one image");
}

TEST_CASE("Zero Bits Stored, bits that do not fit, negative spacing and huge dimensions in a small file are quarantined with the reason") {
  struct Fault {
    const char* words;
    std::function<void(DicomData&)> make;
  };
  const std::vector<Fault> faults = {
      {"0 bits stored", [](DicomData& d) { d.number(0x00280101, 0); }},
      {"do not fit together", [](DicomData& d) { d.number(0x00280101, 17); }},
      {"truncated", [](DicomData& d) { d.number(0x00280100, 32).number(0x00280101, 32).number(0x00280102, 31); }},
      {"takes", [](DicomData& d) { d.number(0x00280100, 12).number(0x00280101, 12).number(0x00280102, 11); }},
      {"pixel spacing of -0.7", [](DicomData& d) { d.decimals(0x00280030, {-0.7, 0.7}); }},
      {"truncated", [](DicomData& d) { d.number(0x00280010, 60000).number(0x00280011, 60000); }},
      {"truncated", [](DicomData& d) { d.text(0x00280008, "IS", "99999"); }},
      {"impossible size", [](DicomData& d) { d.text(0x00280008, "IS", "-5"); }},
      {"no rows", [](DicomData& d) { d.number(0x00280010, 0); }},
      {"no pixels", [](DicomData& d) { d.erase(0x7fe00010); }},
  };
  for (const auto& fault : faults) {
    const auto folder = test::scratch_folder("fault");
    imaging::DicomSeriesParams params;
    params.edit = [&](int, DicomData& d) { fault.make(d); };
    test::write(test::small_ct(), folder, params);
    const auto all = imaging::scan_dicom(folder, {});
    REQUIRE_FALSE(all);
    CHECK(all.error().code == core::ErrorCode::bad_input);
    const bool bits = std::string(fault.words) == "takes";
    says(all.error().message, bits ? "take 12 bits" : fault.words);
    // One bad slice among good ones: quarantined, the rest judged.
    const auto mixed = test::scratch_folder("one-fault");
    params.edit = [&](int k, DicomData& d) {
      if (k == 11) fault.make(d);
    };
    test::write(test::small_ct(), mixed, params);
    const auto s = test::scan(mixed);
    REQUIRE(s.quarantine.size() == 1);
    CHECK(s.quarantine[0].path.filename() == "slice_0012.dcm");
    CHECK(test::reading(s, "volume").planes.size() == 11);
  }
}

TEST_CASE("Empty files, closed files, link loops, non-ASCII names, text and archives are survived and told") {
  const auto folder = test::scratch_folder("odd");
  const auto v = test::small_ct();
  test::write(v, folder / "Müller Ünïcode 心臓");
  std::ofstream(folder / "empty.dcm");
  std::ofstream(folder / "read me.txt") << "a shopping list";
  std::ofstream(folder / "lies.dcm") << std::string(1000, 'x');
  std::ofstream(folder / "archive.zip", std::ios::binary) << "PK\x03\x04" << std::string(500, '\7');
  fs::create_directory_symlink(folder, folder / "Müller Ünïcode 心臓" / "loop");
  fs::create_symlink(folder / "nowhere", folder / "dangling.dcm");
  auto s = test::scan(folder);
  CHECK(test::reading(s, "volume").planes.size() == 12);
  CHECK(s.quarantine.size() == 2);
  REQUIRE(s.notes.size() == 1);
  says(s.notes[0], "zip archive");
  if (::geteuid() != 0) {   // root may read everything
    fs::permissions(slice(folder / "Müller Ünïcode 心臓", 12), fs::perms::none);
    s = test::scan(folder);
    CHECK(s.quarantine.size() == 3);
    fs::create_directory(folder / "closed");
    fs::permissions(folder / "closed", fs::perms::none);
    CHECK(test::scan(folder).quarantine.size() == 4);
    fs::permissions(folder / "closed", fs::perms::all);
  }
  const auto zip = session::scan_for_import(folder / "archive.zip", {});
  REQUIRE_FALSE(zip);
  says(zip.error().message, "npack it first");
  const auto only = test::scratch_folder("only-zip");
  fs::copy_file(folder / "archive.zip", only / "scan.zip");
  const auto inside = session::scan_for_import(only, {});
  REQUIRE_FALSE(inside);
  says(inside.error().message, "npack it first");
}

TEST_CASE("A file that vanishes or shrinks between listing and import fails by name") {
  const auto folder = test::scratch_folder("vanish");
  test::write(test::small_ct(), folder);
  const auto s = test::scan(folder);
  cut(slice(folder, 5), 0.6);
  auto l = imaging::load_reading(s, test::reading(s, "volume"), {}, {});
  REQUIRE_FALSE(l);
  says(l.error().message, "slice_0005.dcm");
  fs::remove(slice(folder, 5));
  l = imaging::load_reading(s, test::reading(s, "volume"), {}, {});
  REQUIRE_FALSE(l);
  says(l.error().message, "slice_0005.dcm");
}

TEST_CASE("Signed 12-bit values without their sign bits, padding outside Bits Stored and overlay bits become the numbers that were meant") {
  const auto v = test::small_ct({4, 2, 2});
  const auto value = [&](std::uint16_t word, int bits, bool is_signed, bool overlay) {
    const auto folder = test::scratch_folder("bits");
    imaging::DicomSeriesParams params;
    params.edit = [&](int, DicomData& d) {
      d.number(0x00280101, std::uint16_t(bits)).number(0x00280102, std::uint16_t(bits - 1)).number(0x00280103, is_signed);
      d.decimals(0x00281052, {0}).words(0x7fe00010, "OW", std::vector<std::uint16_t>(8, word));
      if (overlay) d.number(0x60000102, 15);
    };
    test::write(v, folder, params);
    const auto s = test::scan(folder);
    return test::load(s, test::reading(s, "volume")).values[3];
  };
  CHECK(value(0x0fff, 12, true, false) == -1);        // sign left out
  CHECK(value(0xffff, 12, true, false) == -1);        // sign extended
  CHECK(value(0xf830, 12, true, false) == -2000);     // padding value of GE scanners, outside 12 bits
  CHECK(value(0x0fff, 12, false, false) == 4095);
  CHECK(value(0x8123, 12, false, true) == 0x123);     // an overlay lives in bit 15
}

TEST_CASE("2000 damaged headers (cut, flipped, zeroed) neither crash the scan nor pass with impossible geometry") {
  const auto folder = test::scratch_folder("fuzz");
  const auto v = test::small_ct({8, 8, 2}, true);
  std::uint64_t seed = 20261121;
  const auto next = [&] { return seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17; };
  int usable = 0;
  for (const auto syntax : {imaging::DicomSyntax::explicit_little, imaging::DicomSyntax::implicit_little, imaging::DicomSyntax::explicit_big}) {
    const std::string whole = imaging::dicom_slice(v, 0, {}).file(syntax);
    for (int i = 0; i < 670; ++i) {
      std::string bad = whole;
      for (int n = 0; n < 1 + i % 5; ++n) bad[130 + next() % (bad.size() - 130)] ^= char(1 << next() % 8);
      if (i % 7 == 0) bad.resize(132 + next() % (bad.size() - 132));
      if (i % 11 == 0) std::fill_n(bad.begin() + long(132 + next() % 400), 16, '\xff');
      std::ofstream(folder / "x.dcm", std::ios::binary).write(bad.data(), std::streamsize(bad.size()));
      const auto f = imaging::dicom_file(folder / "x.dcm");
      if (!f) {
        REQUIRE_FALSE(f.error().message.empty());
        continue;
      }
      if (f->frames.empty()) continue;
      std::vector<float> values;
      imaging::FrameReader reader;
      if (reader.read(*f, 0, values)) {
        REQUIRE(values.size() == std::size_t(f->rows) * std::size_t(f->columns));
        ++usable;
      }
      if (f->frames[0].placed) REQUIRE(f->frames[0].position.allFinite());
    }
  }
  CHECK(usable > 500);   // most flips hit pixels or text: a reader that refuses everything proves nothing
}
