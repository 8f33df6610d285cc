// SPDX-License-Identifier: GPL-3.0-or-later
// Atrial walls made from labels of blood, and what is refused.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "app/session/atria.hpp"
#include "app/session/model_choices.hpp"
#include "app/session/whole_heart.hpp"
#include "tests/support/ball_heart.hpp"

using namespace ot;
using core::Vec3;
using test::ball_heart;

TEST_CASE("the atrial wall is a shell of the asked thickness: 2.5 mm around balls of 20 mm within 12 % of its volume, open at the valves", "[atria]") {
  const auto walls = session::atrial_wall_labels(ball_heart(3), 2.5, 2.5, 0.8, {});
  REQUIRE(walls);
  const double shell = 4.0 / 3 * M_PI * (std::pow(22.5, 3) - std::pow(20.0, 3)) / 1000;
  for (int wall : {session::atrial_labels::left_wall, session::atrial_labels::right_wall}) {
    // Missing: the cap of the middle of the shell within wall + 1 mm of the ventricle, a ball of 20 mm whose centre lies 38 mm below.
    const double r = 21.25, cosine = (r * r + 38 * 38 - 23.5 * 23.5) / (2 * 38 * r), cap = 2 * M_PI * r * r * (1 - cosine) * 2.5 / 1000;
    CHECK(walls->volume_ml(wall) == Approx(shell - cap).epsilon(0.12));
  }
  CHECK(walls->count(session::atrial_labels::opening) > 0);
  CHECK(session::sinus_node_of(ball_heart(3)).x() < -20);   // LPS: on the patient's right
  // Left and right of their own thickness.
  const auto uneven = session::atrial_wall_labels(ball_heart(3), 2.5, 5.0, 0.8, {});
  REQUIRE(uneven);
  CHECK(uneven->volume_ml(session::atrial_labels::left_wall) == Approx(walls->volume_ml(session::atrial_labels::left_wall)).epsilon(0.12));
  CHECK(uneven->volume_ml(session::atrial_labels::right_wall) > 1.7 * walls->volume_ml(session::atrial_labels::right_wall));
}

TEST_CASE("atria 30 mm apart, labels without ventricles and an absurd wall are refused in words", "[atria]") {
  CHECK(session::atrial_wall_labels(ball_heart(30), 2.5, 2.5, 0.8, {}).error().code == core::ErrorCode::bad_input);
  CHECK(session::atrial_wall_labels(ball_heart(3, false), 2.5, 2.5, 0.8, {}).error().code == core::ErrorCode::bad_input);
  CHECK(session::atrial_wall_labels(ball_heart(3), 40, 2, 0.8, {}).error().code == core::ErrorCode::wrong_usage);
  session::CaseData empty;
  CHECK(session::build_atrial_twin(empty, {}, {}).error().code == core::ErrorCode::bad_input);
}

TEST_CASE("what a case was built as is kept with it: organ, AV conduction, atrial wall, fibres, cells and fibrosis come back from its file, and older files mean the ventricles", "[atria]") {
  session::ModelChoices choices;
  session::AtriaCaseParams atria;
  atria.wall_mm = 1.8;
  atria.edge_mm = 1.6;
  atria.tissue.fibres = organs::AtrialFibreRule::piersanti;   // not the usual one
  atria.tissue.remodelled = true;
  atria.tissue.fibrosis_share = 0.3;
  atria.tissue.fibrosis_length_mm = 3;
  atria.tissue.fibrosis_seed = 18446744073709551557u;   // 64 bits
  session::keep_atria(choices, atria);
  choices.organ = "whole_heart";
  choices.av = "first_degree";
  auto json = session::encode_choices(choices);
  const auto back = session::decode_choices(json);
  CHECK(back.organ == "whole_heart");
  CHECK(back.av == "first_degree");
  const auto same = session::chosen_atria(back);
  CHECK(same.wall_mm == 1.8);
  CHECK(same.right_wall_mm == session::AtriaCaseParams{}.right_wall_mm);
  CHECK(same.edge_mm == 1.6);
  CHECK(same.tissue.fibres == organs::AtrialFibreRule::piersanti);
  CHECK(same.tissue.remodelled);
  CHECK(same.tissue.fibrosis_share == 0.3);
  CHECK(same.tissue.fibrosis_length_mm == 3);
  CHECK(same.tissue.fibrosis_seed == 18446744073709551557u);
  for (const char* key : {"organ", "av", "af_remodelled", "atrial_wall_mm", "atrial_edge_mm", "atrial_fibres", "atrial_fibrosis_share", "atrial_fibrosis_mm", "atrial_fibrosis_seed"}) json.erase(key);
  CHECK(session::decode_choices(json).fibrosis_share == 0);
  CHECK(session::decode_choices(json).organ == "heart");
  CHECK(session::chosen_atria(session::decode_choices(json)).tissue.fibres == organs::AtriaParams{}.fibres);
  CHECK(session::chosen_atria(session::decode_choices(json)).wall_mm == session::AtriaCaseParams{}.wall_mm);
}
