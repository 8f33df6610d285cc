// SPDX-License-Identifier: GPL-3.0-or-later
// The command `tissue` on a case with the ventricle phantom.
#include <catch2/catch.hpp>

#include "app/session/case.hpp"
#include "imaging/io/io.hpp"
#include "imaging/tissue/phantom.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using namespace ot::test;

namespace {
struct Made {
  std::filesystem::path folder;
  double scar_ml = 0;
  core::Vec3 apex;
};
Made ventricle_case(const std::string& name) {
  imaging::VentricleParams p;
  auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  session::CaseData data;
  session::ImageData image;
  image.key = image.name = "lge";
  image.volume = std::make_shared<const core::Volume>(std::move(v->image));
  image.labels = std::make_shared<const core::LabelMap>(std::move(v->labels));
  data.images.push_back(image);
  Made out{scratch_folder(name) / "case", v->scar_ml, v->frame.apex};
  const auto saved = session::save_case(data, out.folder, {});
  REQUIRE(saved);
  return out;
}
}  // namespace

TEST_CASE("tissue prints landmarks within 2 mm and 17 segments and changes nothing without --scar") {
  const auto made = ventricle_case("tissue-print");
  const auto before = snapshot(made.folder);
  const auto r = run({"tissue", made.folder.string(), "--json", "--quiet"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto json = r.json();
  REQUIRE(json["segments"].size() == 17);
  bool found = false;
  for (const auto& p : json["landmarks"])
    if (p["key"] == "lv_apex_endocardium") {
      found = true;
      CHECK((core::Vec3(p["at_mm"][0], p["at_mm"][1], p["at_mm"][2]) - made.apex).norm() < 2);
    }
  CHECK(found);
  CHECK(json["septum_known"] == true);
  CHECK(json["mirrored"] == false);
  CHECK(json["saved"] == false);
  CHECK(snapshot(made.folder) == before);
}

TEST_CASE("tissue --scar nsd and fwhm save a scar within 5 % of the phantom's, --scar none takes it out again") {
  const auto made = ventricle_case("tissue-scar");
  for (const char* method : {"nsd", "fwhm"}) {
    const auto r = run({"tissue", made.folder.string(), "--scar", method, "--json", "--quiet"});
    INFO(r.err);
    REQUIRE(r.code == 0);
    CHECK(r.json()["volumes"]["scar_ml"].get<double>() == Approx(made.scar_ml).epsilon(0.05));
    const auto again = run({"tissue", made.folder.string(), "--json", "--quiet"});
    CHECK(again.json()["volumes"] == r.json()["volumes"]);
  }
  const auto none = run({"tissue", made.folder.string(), "--scar", "none", "--json", "--quiet"});
  REQUIRE(none.code == 0);
  CHECK(none.json()["volumes"]["scar_ml"] == 0);
}

TEST_CASE("tissue takes landmarks by hand from its own output and from a short file, and forgets them on request") {
  const auto made = ventricle_case("tissue-hand");
  const auto file = made.folder.parent_path() / "hand.json";
  put(file, "{\"lv_apex_endocardium\": [70.0, -58.0, -20.0]}");
  const auto r = run({"tissue", made.folder.string(), "--landmarks", file.string(), "--json", "--quiet"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  CHECK(r.json()["saved"] == true);
  put(file, r.out);
  const auto all = run({"tissue", made.folder.string(), "--landmarks", file.string(), "--json", "--quiet"});
  REQUIRE(all.code == 0);
  for (const auto& p : all.json()["landmarks"]) CHECK(p["by_hand"] == true);
  const auto reset = run({"tissue", made.folder.string(), "--reset-landmarks", "--json", "--quiet"});
  REQUIRE(reset.code == 0);
  for (const auto& p : reset.json()["landmarks"]) CHECK(p["by_hand"] == false);
}

TEST_CASE("tissue --maps writes thickness, coordinates and segments that read back on the wall's grid") {
  const auto made = ventricle_case("tissue-maps");
  const auto maps = made.folder.parent_path() / "maps";
  const auto r = run({"tissue", made.folder.string(), "--maps", maps.string(), "--json", "--quiet"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  CHECK(r.json()["files"].size() == 5);
  const auto thickness = imaging::read_volume(maps / "wall_thickness_mm.nii.gz", "", {});
  REQUIRE(thickness);
  const auto segments = imaging::read_labels(maps / "aha_segments.nii.gz", {});
  REQUIRE(segments);
  CHECK(thickness->grid.same_as(segments->grid));
  double sum = 0, count = 0;
  for (std::size_t n = 0; n < segments->values.size(); ++n)
    if (segments->values[n] == 7 && std::isfinite(thickness->values[n])) sum += double(thickness->values[n]), ++count;
  CHECK(sum / count == Approx(9.6).margin(0.6));
}

TEST_CASE("tissue refuses wrong usage with code 2 and bad files with code 3 in one sentence, the case unchanged") {
  const auto made = ventricle_case("tissue-bad");
  const auto before = snapshot(made.folder);
  const auto bad = made.folder.parent_path() / "bad.json";
  put(bad, "{\"left_knee\": [1, 2, 3]}");
  const auto refuse = [&](std::vector<std::string> more, int code) {
    std::vector<std::string> arguments{"tissue", made.folder.string(), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto r = run(arguments);
    INFO(more.front() << " " << r.err);
    CHECK(r.code == code);
    CHECK(not_one_sentence(r.err) == "");
  };
  refuse({"--scar", "magic"}, 2);
  refuse({"--scar", "nsd", "--n", "9"}, 2);
  refuse({"--scar", "nsd", "--n", "nan"}, 2);
  refuse({"--remote", "0,1,2"}, 2);
  refuse({"--scar", "nsd", "--remote", "9000,0,0,5"}, 3);
  refuse({"--scar", "hu"}, 3);   // not CT
  refuse({"--landmarks", bad.string()}, 3);
  refuse({"--landmarks", "/nowhere.json"}, 3);
  refuse({"--image", "other"}, 3);
  CHECK(snapshot(made.folder) == before);
}
