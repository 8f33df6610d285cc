// SPDX-License-Identifier: GPL-3.0-or-later
// The body of the ECG as a choice of the case: on a made trunk whose skin is known.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "app/session/body_choices.hpp"
#include "app/session/model_choices.hpp"
#include "solvers/electrophysiology/torso.hpp"
#include "tests/support/made_trunk.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using core::Vec3;

namespace {

// A block of muscle in the trunk, 20 mm to the left of its middle and in front, with the standard torso around it.
session::CaseData trunk_case(double front_mm) {
  session::CaseData data = test::small_case();
  auto volume = std::make_shared<core::Volume>(test::made_trunk(Vec3(-280, front_mm, -110), Vec3(280, 160, 110)));
  auto labels = std::make_shared<core::LabelMap>();
  labels->grid = volume->grid;
  labels->values.assign(volume->grid.voxels(), 0);
  labels->values[labels->values.size() / 2] = core::labels::lv_myocardium;
  labels->labels = core::labels::heart();
  data.images[0].volume = volume;
  data.images[0].labels = labels;
  session::MeshedHeart mesh;
  mesh.mesh = data.twin->heart->baseline.mesh;
  mesh.labels_sha256 = labels->sha256();
  data.heart_mesh = mesh;
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  auto heart = std::make_shared<twin::HeartModel>(*twin->heart);
  heart->baseline.electrodes = ep::standard_body({Vec3(20, -15, 0), Vec3(0.6, -0.5, -0.6).normalized(), Vec3(-0.6, -0.7, 0)});
  twin->heart = heart;
  twin->assumptions = {"a slab", "The torso is that of a standard adult, with electrodes at their standard places on it; it is not the patient's."};
  data.twin = twin;
  data.choices.torso = "auto";
  return data;
}

bool said(const twin::TwinModel& twin, const std::string& words) {
  return std::any_of(twin.assumptions.begin(), twin.assumptions.end(), [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("body of the ECG: on a trunk of 320 x 220 mm V1 to V6 stand within 2 mm of its skin, and the twin says so, and the standard torso never looks") {
  session::CaseData data = trunk_case(-160);
  twin::TwinModel twin = *data.twin;
  REQUIRE(session::lay_torso(data, twin, {}));
  for (std::size_t k = 0; k < 10; ++k) {
    const auto& e = twin.heart->baseline.electrodes[k];
    const auto& before = data.twin->heart->baseline.electrodes[k];
    CHECK(e.name == before.name);
    CHECK(e.position.z() == Approx(before.position.z()).margin(1e-6));
    if (e.name[0] == 'V') CHECK(std::abs(test::trunk_share(e.position) - 1) < 2.0 / 110);
  }
  CHECK(ep::find_torso(twin.heart->baseline.electrodes)->half.x() == Approx(160).margin(1.5));
  CHECK(ep::find_torso(twin.heart->baseline.electrodes)->half.y() == Approx(110).margin(1.5));
  CHECK(said(twin, "The torso is the patient's skin as Block shows it"));
  CHECK(said(twin, "RA, LA, RL, LL stand there"));
  CHECK_FALSE(said(twin, "standard adult, with electrodes"));
  CHECK(session::torso_words(twin).size() == 2);

  data.choices.torso = "standard";
  twin::TwinModel plain = *data.twin;
  REQUIRE(session::lay_torso(data, plain, {}));
  CHECK(plain.heart == data.twin->heart);
  CHECK(plain.assumptions == data.twin->assumptions);
}

TEST_CASE("body of the ECG: a scan cut off in front keeps the standard torso and says how much skin was seen, asked for it is refused, and so is an MR") {
  session::CaseData data = trunk_case(-80);   // the skin in front lies at -110 mm
  twin::TwinModel twin = *data.twin;
  REQUIRE(session::lay_torso(data, twin, {}));
  CHECK(twin.heart == data.twin->heart);
  CHECK(said(twin, "The patient's skin was not used: The scan shows "));
  CHECK(said(twin, "standard adult, with electrodes"));
  data.choices.torso = "skin";
  const auto refused = session::lay_torso(data, twin, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::ErrorCode::bad_input);
  CHECK(refused.error().message.find("Choose the standard torso.") != std::string::npos);
  auto mr = std::make_shared<core::Volume>(*data.images[0].volume);
  mr->quantity = "intensity";
  for (float& v : mr->values) v = std::max(0.0f, v + 1000);
  data.images[0].volume = mr;
  data.choices.torso = "auto";
  twin = *data.twin;
  REQUIRE(session::lay_torso(data, twin, {}));
  CHECK(twin.heart == data.twin->heart);
  data.images.clear();
  data.choices.torso = "skin";
  CHECK_FALSE(session::lay_torso(data, twin, {}));
}

TEST_CASE("body of the ECG: the choice is one of three, kept in the case, standard in cases from before, and electrodes moved by hand stay") {
  CHECK(*session::torso_from("skin") == "skin");
  CHECK_FALSE(session::torso_from("mine"));
  session::ModelChoices choices;
  CHECK(choices.torso == "standard");
  choices.torso = "skin";
  auto json = session::encode_choices(choices);
  CHECK(session::decode_choices(json).torso == "skin");
  json.erase("torso");
  CHECK(session::decode_choices(json).torso == "standard");
  session::CaseData data = trunk_case(-160);
  twin::TwinModel twin = *data.twin;
  data.choices.electro = session::electro_of(twin.heart->baseline);
  data.choices.electro->electrodes["V2"] = Vec3(1, 2, 3);
  REQUIRE(session::lay_torso(data, twin, {}));
  const auto on_skin = twin.heart->baseline.electrodes;
  session::lay_choices(data.choices, twin);
  for (std::size_t k = 0; k < on_skin.size(); ++k) CHECK(twin.heart->baseline.electrodes[k].position == (on_skin[k].name == "V2" ? Vec3(1, 2, 3) : on_skin[k].position));
}
