// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "imaging/exchange/anatomy_codes.hpp"
#include "imaging/exchange/label_scheme.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;

TEST_CASE("Every built-in scheme has a source, numbers only once, and a name for each") {
  const auto& all = imaging::builtin_schemes();
  REQUIRE(all.size() >= 10);
  for (const auto& s : all) {
    CAPTURE(s.key);
    CHECK_FALSE(s.source.empty());
    CHECK_FALSE(s.entries.empty());
    for (std::size_t i = 0; i < s.entries.size(); ++i) {
      CHECK_FALSE(s.entries[i].name.empty());
      CHECK_FALSE(s.entries[i].key.empty());
      if (i > 0) CHECK(s.entries[i - 1].value < s.entries[i].value);
    }
  }
}

TEST_CASE("The schemes give the published numbers: MM-WHS 500 is LV blood and 205 its wall, ACDC 3 and 2, TotalSegmentator v2 52 the aorta") {
  const auto key = [](const char* scheme, int value) {
    const auto s = imaging::find_scheme(scheme);
    return s && s->find(value) ? s->find(value)->key : std::string("?");
  };
  CHECK(key("mm_whs", 500) == "lv_blood_pool");
  CHECK(key("mm_whs", 205) == "lv_myocardium");
  CHECK(key("mm_whs", 600) == "rv_blood_pool");
  CHECK(key("mm_whs", 420) == "left_atrium");
  CHECK(key("mm_whs", 550) == "right_atrium");
  CHECK(key("mm_whs", 820) == "aorta");
  CHECK(key("mm_whs", 850) == "pulmonary_artery");
  CHECK(key("acdc", 1) == "rv_blood_pool");
  CHECK(key("acdc", 2) == "lv_myocardium");
  CHECK(key("acdc", 3) == "lv_blood_pool");
  CHECK(key("totalsegmentator_v2", 52) == "aorta");
  CHECK(key("totalsegmentator_v1", 46) == "lv_blood_pool");
  CHECK(key("totalsegmentator_heart", 1) == "lv_myocardium");
  CHECK(key("totalsegmentator_v2", 1) == "spleen");
  CHECK(key("btcv_synapse", 8) == "aorta");
}

TEST_CASE("Label tables are read as Slicer, ITK-SNAP, nnU-Net, plain text and OrganTwin JSON") {
  const char* texts[] = {"# Slicer colour table\n0 background 0 0 0 0\n1 LV 255 0 0 255\n2 Left_Atrium 0 255 0 255\n",
                         "# ITK-SNAP\n    0     0    0    0        0  0  0    \"Clear Label\"\n    1   255    0    0        1  1  1    \"LV\"\n    2     0  255    0        1  1  1    \"Left Atrium\"\n",
                         R"({"labels": {"background": 0, "LV": 1, "left atrium": 2}})", "1 LV 2001\n2 left_atrium 2002\n", R"({"labels": [{"value": 1, "key": "lv_blood_pool"}, {"value": 2, "name": "LA"}]})"};
  for (const char* text : texts) {
    CAPTURE(text);
    const auto s = imaging::parse_scheme(text, "table.txt");
    REQUIRE(s);
    REQUIRE(s->entries.size() == 2);
    CHECK(s->find(1)->key == "lv_blood_pool");
    CHECK(s->find(2)->key == "left_atrium");
  }
  CHECK(imaging::parse_scheme(texts[0], "x")->find(1)->color == core::Color{255, 0, 0});
}

TEST_CASE("Tables that mean nothing are refused: numbers twice, binary, broken JSON, prose, numbers of 0 or less, huge numbers") {
  for (const std::string text : {std::string("1 LV\n1 RV\n"), std::string("1 L\0V\n", 7), std::string("{\"labels\": ["), std::string("Dear colleague\nplease find attached\nthe labels\n"), std::string("{\"labels\": [{\"value\": 0, \"key\": \"a\"}]}"),
                                std::string("{\"labels\": [{\"value\": 1e300, \"key\": \"a\"}]}"), std::string("{\"labels\": [{\"value\": 99999999999999999999, \"key\": \"a\"}]}"), std::string(""), std::string("{}"), std::string("5 ???\n")}) {
    CAPTURE(text);
    const auto s = imaging::parse_scheme(text, "table");
    REQUIRE_FALSE(s);
    CHECK(s.error().message.find(". ") != std::string::npos);   // says what to try
  }
}

TEST_CASE("The AAL atlas table of 116 regions is read with its own names") {
  const auto s = imaging::find_scheme(test::shared_file("data/brain-atlas-ch2/aal.nii.txt").string());
  REQUIRE(s);
  CHECK(s->entries.size() == 116);
  CHECK(s->find(1)->name == "Precentral_L");
}

TEST_CASE("A colour comes back from DICOM's CIELab within 1 of 255") {
  for (const core::Color c : {core::Color{226, 92, 92}, core::Color{0, 0, 0}, core::Color{255, 255, 255}, core::Color{12, 200, 99}, core::Color{98, 142, 230}}) {
    const core::Color back = imaging::from_dicom_lab(imaging::dicom_lab(c));
    for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(int(back[i]) - int(c[i])) <= 1);
  }
}
