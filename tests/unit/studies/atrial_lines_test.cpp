// SPDX-License-Identifier: GPL-3.0-or-later
// Rings around the veins part the muscle of the atria in two, whatever joins the atria.
#include <catch2/catch.hpp>

#include "app/session/atria.hpp"
#include "app/verify/hearts.hpp"
#include "solvers/interventions/ablation/lesions.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;

namespace {

void rings_isolate(const core::LabelMap& labels, double wall_mm) {
  session::AtriaCaseParams params;
  params.edge_mm = 1.5;
  params.wall_mm = wall_mm;
  const auto atria = session::make_atria(labels, params, {});
  REQUIRE(atria);
  twin::TwinModel twin;
  twin.organ = "atria";
  twin.heart = atria->heart;
  const auto sets = session::atrial_lesion_sets(twin);
  REQUIRE(sets);
  double enclosed = 0;
  for (const auto& set : *sets) enclosed += set.enclosed_percent;
  CHECK(enclosed > 12);   // of the endocardium, both sides together: antra, not the veins' mouths alone
  CHECK(enclosed < 60);   // the posterior wall between them is left
  const auto narrow = session::atrial_lesion_sets(twin, {4.0});
  REQUIRE(narrow);
  for (const int side : {0, 1}) CHECK((*narrow)[std::size_t(side)].enclosed_cm2 < (*sets)[std::size_t(side)].enclosed_cm2);
  CHECK_FALSE(session::atrial_lesion_sets(twin, {26.0}));
  for (const auto& set : *sets) {
    if (set.key == "roof") continue;
    CHECK(set.spec.note.find("encloses") != std::string::npos);
    INFO(set.key);
    const auto sides = session::ring_sides(*atria->mesh, set.spec, set.inside, set.outside);
    CHECK_FALSE(sides.joined);
    CHECK(sides.right_inside == 0);
    // All that conducts lies on one side or the other but for crumbs of a percent in the burned band; something is isolated, less than half.
    CHECK(double(sides.inside_tets + sides.outside_tets + sides.burned_tets) > 0.99 * double(atria->mesh->tets.size()));
    CHECK(double(sides.inside_tets) > 0.02 * double(sides.left_tets));
    CHECK(double(sides.inside_tets) < 0.5 * double(sides.left_tets));
    // The check sees a gap: a quarter of the ring left out joins both sides.
    auto open = set.spec;
    open.params.set("closed", false);
    open.placement.points_mm.resize(open.placement.points_mm.size() * 3 / 4);
    CHECK(session::ring_sides(*atria->mesh, open, set.inside, set.outside).joined);
  }
}

}  // namespace

TEST_CASE("closed rings around the veins leave no muscle between inside and outside, and the right atrium outside: ellipsoid atria with left walls of 1.45 and 4 mm", "[atria]") {
  rings_isolate(verify::four_chambers(), 1.45);
  rings_isolate(verify::four_chambers(), 4.0);
}

TEST_CASE("elements of 2.5 mm in a left wall of 1.45 mm leave holes: rings are refused with what to do, and the twin says so, while a wall of 2.5 mm takes them", "[atria]") {
  session::AtriaCaseParams params;
  params.edge_mm = 2.5;
  const auto torn = session::make_atria(verify::four_chambers(), params, {});
  REQUIRE(torn);
  twin::TwinModel twin;
  twin.heart = torn->heart;
  const auto refused = session::atrial_lesion_sets(twin);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::ErrorCode::bad_input);
  CHECK(refused.error().message.find("--edge 1.5") != std::string::npos);
  CHECK(session::wall_assumptions(params).back().find("holes") != std::string::npos);
  params.wall_mm = params.right_wall_mm = 2.5;
  const auto whole = session::make_atria(verify::four_chambers(), params, {});
  REQUIRE(whole);
  twin.heart = whole->heart;
  CHECK(session::atrial_lesion_sets(twin));
  CHECK(session::wall_assumptions(params).back().find("holes") == std::string::npos);
  params.wall_mm = 1.45, params.edge_mm = 1.5;   // what the refusal recommends
  CHECK(session::wall_assumptions(params).back().find("holes") == std::string::npos);
}

TEST_CASE("closed rings around the veins leave no muscle between inside and outside, and the right atrium outside: atria of the phantom", "[atria]") {
  const auto patient = verify::phantom_patient({});
  REQUIRE(patient);
  rings_isolate(patient->labels, 1.45);
  // Holes: 1.3 % were enclosed on edges of 2.5 mm.
  session::AtriaCaseParams coarse;
  coarse.edge_mm = 2.5;
  const auto torn = session::make_atria(patient->labels, coarse, {});
  REQUIRE(torn);
  twin::TwinModel twin;
  twin.heart = torn->heart;
  CHECK_FALSE(session::atrial_lesion_sets(twin));
}

TEST_CASE("closed rings around the veins leave no muscle between inside and outside, and the right atrium outside: atria of a heart CT", "[atria][real]") {
  test::shared_file("data/heart-cta-dissection/ct.nii.gz");
  const auto patient = verify::ct_patient({});
  REQUIRE(patient);
  rings_isolate(patient->labels, 1.45);
}
