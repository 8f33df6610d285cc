// SPDX-License-Identifier: GPL-3.0-or-later
// Atrial walls made from labels of blood, and what is refused.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "app/session/atria.hpp"
#include "app/session/model_choices.hpp"
#include "app/session/whole_heart.hpp"

using namespace ot;
using core::Vec3;
namespace l = core::labels;

namespace {

// Two atria of 20 mm radius, `gap` mm apart, over two ventricles; voxels of 2 mm.
core::LabelMap hearts(double gap, bool ventricles = true) {
  core::LabelMap m;
  m.grid.size = {60, 40, 60};
  m.grid.spacing = {2, 2, 2};
  m.grid.origin = {-60, -40, -80};
  m.values.assign(m.grid.voxels(), 0);
  m.labels = l::heart();
  const double x = 20 + gap / 2;
  const struct { int label; Vec3 centre; double radius; } parts[] = {{l::lv_blood_pool, {x, 0, -38}, ventricles ? 20.0 : 0}, {l::rv_blood_pool, {-x, 0, -38}, ventricles ? 20.0 : 0}, {l::left_atrium, {x, 0, 0}, 20}, {l::right_atrium, {-x, 0, 0}, 20}};
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i)
        for (const auto& p : parts)
          if ((m.grid.to_patient(Vec3(i, j, k)) - p.centre).norm() <= p.radius) m.values[m.grid.offset(i, j, k)] = std::uint8_t(p.label);
  return m;
}

}  // namespace

TEST_CASE("the atrial wall is a shell of the asked thickness: 2.5 mm around balls of 20 mm within 12 % of its volume, open at the valves", "[atria]") {
  const auto walls = session::atrial_wall_labels(hearts(3), 2.5, 2.5, 0.8, {});
  REQUIRE(walls);
  const double shell = 4.0 / 3 * M_PI * (std::pow(22.5, 3) - std::pow(20.0, 3)) / 1000;
  for (int wall : {session::atrial_labels::left_wall, session::atrial_labels::right_wall}) {
    // Missing: the cap of the middle of the shell within wall + 1 mm of the ventricle, a ball of 20 mm whose centre lies 38 mm below.
    const double r = 21.25, cosine = (r * r + 38 * 38 - 23.5 * 23.5) / (2 * 38 * r), cap = 2 * M_PI * r * r * (1 - cosine) * 2.5 / 1000;
    CHECK(walls->volume_ml(wall) == Approx(shell - cap).epsilon(0.12));
  }
  CHECK(walls->count(session::atrial_labels::opening) > 0);
  CHECK(session::sinus_node_of(hearts(3)).x() < -20);   // LPS: on the patient's right
  // Left and right of their own thickness.
  const auto uneven = session::atrial_wall_labels(hearts(3), 2.5, 5.0, 0.8, {});
  REQUIRE(uneven);
  CHECK(uneven->volume_ml(session::atrial_labels::left_wall) == Approx(walls->volume_ml(session::atrial_labels::left_wall)).epsilon(0.12));
  CHECK(uneven->volume_ml(session::atrial_labels::right_wall) > 1.7 * walls->volume_ml(session::atrial_labels::right_wall));
}

TEST_CASE("atria 30 mm apart, labels without ventricles and an absurd wall are refused in words", "[atria]") {
  CHECK(session::atrial_wall_labels(hearts(30), 2.5, 2.5, 0.8, {}).error().code == core::ErrorCode::bad_input);
  CHECK(session::atrial_wall_labels(hearts(3, false), 2.5, 2.5, 0.8, {}).error().code == core::ErrorCode::bad_input);
  CHECK(session::atrial_wall_labels(hearts(3), 40, 2, 0.8, {}).error().code == core::ErrorCode::wrong_usage);
  session::CaseData empty;
  CHECK(session::build_atrial_twin(empty, {}, {}).error().code == core::ErrorCode::bad_input);
}

TEST_CASE("what a case was built as is kept with it: organ, AV conduction, atrial wall and cells come back from its file, and older files mean the ventricles", "[atria]") {
  session::ModelChoices choices;
  session::AtriaCaseParams atria;
  atria.wall_mm = 1.8;
  atria.edge_mm = 1.6;
  atria.tissue.remodelled = true;
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
  CHECK(same.tissue.remodelled);
  for (const char* key : {"organ", "av", "af_remodelled", "atrial_wall_mm", "atrial_edge_mm"}) json.erase(key);
  CHECK(session::decode_choices(json).organ == "heart");
  CHECK(session::chosen_atria(session::decode_choices(json)).wall_mm == session::AtriaCaseParams{}.wall_mm);
}
