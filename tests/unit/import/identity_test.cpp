// SPDX-License-Identifier: GPL-3.0-or-later
// Planted identifiers must not be found in any file of a case or of an export, in any usual spelling of their characters.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

#include "app/session/deidentify.hpp"
#include "app/session/import_scan.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/report.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/import/small_scan.hpp"

using namespace ot;
namespace fs = std::filesystem;
using imaging::DicomData;

namespace {

std::string latin1(const std::string& utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c >= 0xc2 && c <= 0xc3 && i + 1 < utf8.size()) out += char((c & 3) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3f));
    else out += char(c);
  }
  return out;
}

std::string utf16(const std::string& utf8, bool big) {
  std::string out;
  for (const char c : latin1(utf8)) big ? (out += '\0', out += c) : (out += c, out += '\0');
  return out;
}

// All files below `folder`, their names included, as one text.
std::string everything(const fs::path& folder) {
  std::string all;
  for (const auto& e : fs::recursive_directory_iterator(folder)) {
    all += fs::relative(e.path(), folder).string() + "\n";
    if (e.is_regular_file()) all += *core::read_file(e.path());
  }
  return all;
}

std::string folded(std::string s) {
  for (char& c : s) c = char(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

}  // namespace

TEST_CASE("Identifiers planted in every text value type, private elements, sequences, folder and file names are in no file of the case, the report or the export") {
  const auto scratch = test::scratch_folder("identity");
  const fs::path source = scratch / "in" / "Zzfolder Müller^Gertrud 19510203";
  // Tags of each text VR; many of them are never looked at, those that are must not get through either.
  const std::vector<std::tuple<std::uint32_t, const char*, std::string>> planted = {
      {0x00080054, "AE", "ZZAETITLE"}, {0x00101010, "AS", "093Y"}, {0x00080008, "CS", "ORIGINAL\\PRIMARY\\ZZTYPE"}, {0x00180015, "CS", "ZZBODY"}, {0x00080020, "DA", "20140607"},
      {0x00100030, "DA", "19210203"}, {0x00080021, "DA", "20140608"}, {0x0008002a, "DT", "20140609101112.345678"}, {0x00080030, "TM", "111213.987654"}, {0x00101030, "DS", "87.65432"},
      {0x00201206, "IS", "7654321"}, {0x0008103e, "LO", "ZzSeries Müller"}, {0x00081030, "LO", "ZzStudy"}, {0x00100020, "LO", "ZZPID-4711"}, {0x00080070, "LO", "SIEMENS ZzMaker"},
      {0x00180010, "LO", "ZzAgent"}, {0x00181030, "LO", "ZzProtocol"}, {0x00104000, "LT", "ZzLongText"}, {0x00100010, "PN", "Zzmüller^Gertrud"}, {0x00080090, "PN", "ZzReferrer"},
      {0x00080050, "SH", "ZZACCESSION"}, {0x00081010, "SH", "ZZSTATION"}, {0x00080081, "ST", "ZzStreet 7"}, {0x00080119, "UC", "ZzUnlimitedC"}, {0x00080120, "UR", "https://zzurl.example"},
      {0x0040a160, "UT", "ZzUnlimitedText"}, {0x00281055, "LO", "ZzWindow"}, {0x00281054, "LO", "ZZRESC"}, {0x00100040, "CS", "ZZSEX"}, {0x00200010, "SH", "ZZSTUDYID"}, {0x00080018, "UI", ""},
      {0x0020000d, "UI", "1.9.87.654.321.1"}, {0x0020000e, "UI", "1.9.87.654.321.2"}, {0x00200052, "UI", "1.9.87.654.321.3"}, {0x00080014, "UI", "1.9.87.654.321.4"}};
  imaging::DicomSeriesParams params;
  params.edit = [&](int k, DicomData& d) {
    for (const auto& [tag, vr, value] : planted) {
      if (tag == 0x00080018) d.text(tag, vr, fmt::format("1.9.87.654.321.9.{}", k));
      else d.text(tag, vr, value);
    }
    d.text(0x00091001, "LO", "ZzPrivate").text(0x00290010, "LO", "ZzCreator");
    d.sequence(0x00081110, {DicomData().text(0x00081155, "UI", "1.9.87.654.321.7").text(0x00100010, "PN", "ZzNested")});
    d.text(0xfffcfffc, "OB", "ZzPadding.");
  };
  test::write(test::small_ct(), source, params);
  int n = 0;
  const std::vector<fs::directory_entry> files{fs::directory_iterator(source), fs::directory_iterator()};
  for (const auto& e : files) fs::rename(e.path(), source / fmt::format("Zzfile Müller {}.dcm", n++));

  const auto scan = session::scan_for_import(source, {});
  REQUIRE(scan);
  REQUIRE(scan->recommended());
  auto data = session::import_reading(*scan, *scan->recommended(), {}, {});
  REQUIRE(data);
  const fs::path out = scratch / "out";
  REQUIRE(session::save_case(*data, out / "case", {}));
  REQUIRE(imaging::write_volume(*data->images[0].volume, out / "image.nii"));
  REQUIRE(imaging::write_volume(*data->images[0].volume, out / "image.nrrd"));
  REQUIRE(imaging::write_volume(*data->images[0].volume, out / "image.mha"));
  REQUIRE(imaging::write_dicom_series(*data->images[0].volume, out / "dicom", {}, {}));
  (void)session::write_report(*data, out / "report.html", {});   // a case without a twin may refuse; what it writes is searched

  std::set<std::string> secrets = {"Zzfile", "Zzfolder", "ZzPrivate", "ZzCreator", "ZzNested", "ZzPadding", "Müller", "Gertrud", "1.9.87.654", "19510203", "1951-02-03", "2014-06-07", "1921-02-03", "111213", "987654", "87.65432", "7654321", "093Y", "93 y", source.string()};
  for (const auto& [tag, vr, value] : planted)
    if (value.size() > 3) secrets.insert(value.substr(value.rfind('\\') == std::string::npos ? 0 : value.rfind('\\') + 1));
  const std::string all = folded(everything(out));
  REQUIRE(all.size() > 10000);
  for (const auto& s : secrets)
    for (const auto& spelling : {s, latin1(s), utf16(s, false), utf16(s, true)}) {
      INFO("planted: " << s);
      CHECK(all.find(folded(spelling)) == std::string::npos);
    }
  // The search itself works: what is kept is found.
  CHECK(all.find("siemens") != std::string::npos);
  CHECK(data->patient.age == "90 y or more");
  CHECK(data->patient.sex.empty());
  CHECK(data->patient.id.rfind("PT-", 0) == 0);
  CHECK(data->images[0].source.study_uid.rfind("2.25.", 0) == 0);

  // A case opened again has the same source and image.
  const auto again = session::load_case(out / "case", {});
  REQUIRE(again);
  CHECK(again->images[0].source.series_uid == data->images[0].source.series_uid);
  CHECK(again->images[0].source.notes == data->images[0].source.notes);
  CHECK(again->images[0].volume->values == data->images[0].volume->values);
}

TEST_CASE("Replaced UIDs and shifted dates are consistent inside one case and differ between cases") {
  const session::Pseudonyms one, other;
  CHECK(one.uid("1.2.3") == one.uid("1.2.3"));
  CHECK(one.uid("1.2.3") != one.uid("1.2.4"));
  CHECK(one.uid("1.2.3") != other.uid("1.2.3"));
  CHECK(one.uid("1.2.3").size() <= 64);
  CHECK(one.uid("").empty());
  // Days between two dates survive: 20240226 -> 20240301 is 4 days in a leap year.
  const auto day = [](const std::string& s) {
    return std::chrono::sys_days(std::chrono::year_month_day{std::chrono::year(std::stoi(s.substr(0, 4))), std::chrono::month(unsigned(std::stoi(s.substr(5, 2)))), std::chrono::day(unsigned(std::stoi(s.substr(8, 2))))});
  };
  CHECK((day(one.date("20240301")) - day(one.date("20240226"))).count() == 4);
  CHECK(day(one.date("20240301")) < day("2024-03-01"));
  CHECK(one.date("not a date").empty());
  CHECK(one.date("20241399").empty());
  int same = 0;
  for (int i = 0; i < 20; ++i) same += session::Pseudonyms().date("20240301") == one.date("20240301");
  CHECK(same < 3);
}

TEST_CASE("Ages: years, months and birth dates are kept, over 89 is capped, nonsense is left out") {
  CHECK(session::safe_age("057Y", "", "") == "57 y");
  CHECK(session::safe_age("018M", "", "") == "18 months");
  CHECK(session::safe_age("089Y", "", "") == "89 y");
  CHECK(session::safe_age("090Y", "", "") == "90 y or more");
  CHECK(session::safe_age("", "19600101", "20200102") == "60 y");
  CHECK(session::safe_age("", "19200101", "20200102") == "90 y or more");
  CHECK(session::safe_age("ABCD", "x", "y").empty());
  CHECK(session::safe_age("", "20200101", "19600101").empty());
}

TEST_CASE("A cine keeps its phases and trigger times through saving and opening") {
  const auto folder = test::scratch_folder("cine-case");
  const auto scan = session::scan_for_import(test::shared_file("data/dicom-mr-cine-heart"), {});
  REQUIRE(scan);
  const auto found = scan->find("0:stack", "");
  REQUIRE(found);
  auto data = session::import_reading(*scan, **found, {}, {});
  REQUIRE(data);
  REQUIRE(data->images[0].phases.size() == 9);
  CHECK(data->images[0].phases[0].volume == data->images[0].volume);
  REQUIRE(session::save_case(*data, folder / "case", {}));
  const auto again = session::load_case(folder / "case", {});
  REQUIRE(again);
  REQUIRE(again->images[0].phases.size() == 9);
  for (std::size_t p = 0; p < 9; ++p) {
    CHECK(again->images[0].phases[p].trigger_ms == data->images[0].phases[p].trigger_ms);
    CHECK(again->images[0].phases[p].volume->values == data->images[0].phases[p].volume->values);
  }
  CHECK(again->images[0].phases[0].volume == again->images[0].volume);   // shared, not stored twice
}
