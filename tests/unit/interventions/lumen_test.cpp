// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "solvers/interventions/geometry/lumen_shape.hpp"
#include "solvers/twin/one_vessel.hpp"
#include "solvers/twin/placement.hpp"
#include "tests/support/tube_mesh.hpp"
#include "tests/unit/interventions/small_twin.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using core::Mode;
using core::Vec3;

namespace {

double value(const twin::SimulationSetup& setup, const char* key) {
  const core::Quantity* q = twin::find_quantity(setup.quantities, key);
  REQUIRE(q);
  return q->value;
}

twin::SimulationSetup prepared(const std::shared_ptr<const twin::TwinModel>& model, std::vector<twin::InterventionSpec> specs) {
  auto setup = twin::prepare(model, test::scenario(std::move(specs)), Mode::full);
  INFO((setup ? "" : setup.error().message));
  REQUIRE(setup);
  return *setup;
}

// A straight trunk along z with a side branch along x that starts at its middle: only the centreline matters here.
core::VesselNetwork forked_vessel() {
  core::VesselNetwork network;
  network.branches.resize(2);
  for (int i = 0; i <= 40; ++i) {
    network.branches[0].points.emplace_back(0, 0, i);
    network.branches[0].arc.push_back(i);
    network.branches[0].radius.push_back(1.5);
    network.branches[1].points.emplace_back(i * 0.5, 0, 20);
    network.branches[1].arc.push_back(i * 0.5);
    network.branches[1].radius.push_back(1.0);
  }
  network.branches[0].children = {1};
  network.branches[1].parent = 0;
  return network;
}

}  // namespace

TEST_CASE("a section of a tube of radius 1.5 mm has the area pi 1.5^2 within 1 % and follows the stenosis", "[lumen]") {
  const test::Tube straight = test::tube(1.5, 40, 5);
  CHECK(interventions::section_area(straight.surface, straight.network, 0, 20.3) == Approx(std::numbers::pi * 1.5 * 1.5).epsilon(0.01));
  const test::Tube narrow = test::tube(1.5, 40, 5, test::cosine_stenosis(1.5, 0.5, 26, 12));
  CHECK(interventions::section_area(narrow.surface, narrow.network, 0, 26.0) == Approx(std::numbers::pi * 0.75 * 0.75).epsilon(0.02));
}

TEST_CASE("a stenosis of 50 % narrows 3 mm to 1.5 mm within 2 %, on the wall and on the centreline, and stays a closed lumen", "[stenosis]") {
  const auto model = test::small_twin();
  const auto setup = prepared(model, {test::sample("stenosis")});
  const auto& vessel = setup.vessels[0];
  CHECK(vessel.lumen_changed);
  CHECK(vessel.lumen->closed());
  CHECK(value(setup, "lad_stenosis_min_diameter_before_mm") == Approx(3.0).epsilon(0.02));
  CHECK(value(setup, "lad_stenosis_min_diameter_after_mm") == Approx(1.5).epsilon(0.02));
  CHECK(2 * std::sqrt(interventions::section_area(*vessel.lumen, *vessel.network, 0, 26.0) / std::numbers::pi) == Approx(1.5).epsilon(0.02));
  // against the analytic profile of the support mesh, point by point on the wall
  const auto radius = test::cosine_stenosis(1.5, 0.5, 26, 16);
  for (const Vec3& x : vessel.lumen->points) {
    const double r = std::hypot(x.x(), x.y());
    if (r > 0.7 && x.z() > 0.1 && x.z() < 39.9) REQUIRE(r == Approx(radius(x.z())).epsilon(0.01));
  }
}

TEST_CASE("a stenosis of 0 % leaves problem and setup as they are", "[stenosis]") {
  const auto model = test::small_twin();
  auto spec = test::sample("stenosis");
  spec.params.set("diameter_percent", 0.0);
  CHECK(prepared(model, {spec}).sha256() == prepared(model, {}).sha256());
}

TEST_CASE("a stent after a stenosis restores the diameter within 2 %, on a made and on an inborn stenosis", "[stent][metamorphic]") {
  auto stent = test::sample("stent");
  stent.params.set("diameter_mm", 3.0);
  {
    const auto setup = prepared(test::small_twin(), {test::sample("stenosis"), stent});
    CHECK(value(setup, "lad_stent_min_diameter_before_mm") == Approx(1.5).epsilon(0.02));
    CHECK(value(setup, "lad_stent_min_diameter_after_mm") == Approx(3.0).epsilon(0.02));
    CHECK(value(setup, "lad_stent_expansion_percent") == Approx(100).epsilon(0.02));
  }
  const auto setup = prepared(test::small_twin({1.0, 60, 5}), {stent});
  CHECK(value(setup, "lad_stent_min_diameter_before_mm") == Approx(1.2).epsilon(0.02));
  CHECK(value(setup, "lad_stent_min_diameter_after_mm") == Approx(3.0).epsilon(0.02));
  CHECK(setup.vessels[0].lumen->closed());
  for (double z : {20.0, 23.0, 26.0, 31.0}) CHECK(2 * std::sqrt(interventions::section_area(*setup.vessels[0].lumen, *setup.vessels[0].network, 0, z) / std::numbers::pi) == Approx(3.0).epsilon(0.02));
}

TEST_CASE("in a 60 % stenosis a balloon of 3 mm with 20 % recoil leaves 2.4 mm, the ideal lumen 3 mm, a tapered stent its own diameter at both ends, within 2 %", "[stent]") {
  const auto model = test::small_twin({1.0, 60, 5});
  auto balloon = test::sample("angioplasty");
  balloon.params.set("diameter_mm", 3.0);
  CHECK(value(prepared(model, {balloon}), "lad_angioplasty_min_diameter_after_mm") == Approx(2.4).epsilon(0.02));
  const auto ideal = prepared(model, {test::sample("ideal_lumen")});
  CHECK(value(ideal, "lad_ideal_lumen_min_diameter_before_mm") == Approx(1.2).epsilon(0.02));
  CHECK(value(ideal, "lad_ideal_lumen_min_diameter_after_mm") == Approx(3.0).epsilon(0.02));
  CHECK_FALSE(prepared(test::small_twin(), {test::sample("ideal_lumen")}).vessels[0].lumen_changed);   // nothing to remove
  auto stent = test::sample("tapered_stent");   // placed 18..34
  stent.params.set("diameter_mm", 3.2);
  stent.params.set("distal_diameter_mm", 3.0);
  stent.params.set("foreshortening_percent", 10.0);
  const auto setup = prepared(model, {stent});
  CHECK(value(setup, "lad_stent_deployed_length_mm") == Approx(14.4).epsilon(1e-9));
  const auto diameter = [&](double arc) { return 2 * setup.vessels[0].network->radius_at(0, arc); };
  CHECK(diameter(19.5) == Approx(3.2).epsilon(0.02));
  CHECK(diameter(32.5) == Approx(3.0).epsilon(0.02));
  CHECK(value(setup, "lad_stent_apposition_percent") == 100);
  CHECK(value(setup, "lad_stent_expansion_percent") == Approx(100).epsilon(0.02));
  // A device of 2.6 mm holds the throat open but hangs free in the healthy ends.
  stent.params.set("diameter_mm", 2.6);
  stent.params.set("distal_diameter_mm", 2.6);
  const auto loose = prepared(model, {stent});
  CHECK(value(loose, "lad_stent_largest_gap_mm") == Approx(0.2).epsilon(0.1));
  CHECK(value(loose, "lad_stent_apposition_percent") < 80);
}

TEST_CASE("a stent never moves the wall inwards, leaves caps and far wall bit for bit, and fades out over its transition", "[stent]") {
  const auto model = test::small_twin({1.0, 60, 5});
  auto stent = test::sample("stent");  // 3.5 mm, 18..34
  const auto setup = prepared(model, {stent});
  const auto& before = *model->vessels[0]->lumen;
  const auto& after = *setup.vessels[0].lumen;
  REQUIRE(before.points.size() == after.points.size());
  CHECK(before.triangles == after.triangles);
  CHECK(before.patch == after.patch);
  double widest = 0;
  for (std::size_t v = 0; v < before.points.size(); ++v) {
    const Vec3 &a = before.points[v], &b = after.points[v];
    const double ra = std::hypot(a.x(), a.y()), rb = std::hypot(b.x(), b.y());
    CHECK(rb >= ra - 1e-12);
    widest = std::max(widest, rb);
    if (a.z() < 16 - 1e-9 || a.z() > 36 + 1e-9) CHECK(a == b);
    if (a.z() > 18.01 && a.z() < 33.99 && ra > 0.5) CHECK(rb == Approx(1.75).epsilon(1e-9));
  }
  CHECK(widest == Approx(1.75).epsilon(1e-9));
  CHECK(value(setup, "lad_stent_min_diameter_after_mm") == Approx(3.5).epsilon(0.02));
}

TEST_CASE("a stent up to the end of the vessel leaves inlet and outlet caps untouched", "[stent]") {
  const auto model = test::small_twin();
  auto stent = test::sample("stent");
  stent.placement.start_mm = 0;
  stent.placement.length_mm = model->vessels[0]->network->branches[0].length();
  const auto setup = prepared(model, {stent});
  const auto& before = *model->vessels[0]->lumen;
  std::size_t cap_points = 0, moved = 0;
  for (std::size_t t = 0; t < before.triangles.size(); ++t)
    for (core::Index v : before.triangles[t]) {
      const bool same = before.points[std::size_t(v)] == setup.vessels[0].lumen->points[std::size_t(v)];
      if (before.patch[t] != test::tube_wall) {
        ++cap_points;
        CHECK(same);
      } else {
        moved += !same;
      }
    }
  CHECK(cap_points > 100);
  CHECK(moved > 1000);
}

TEST_CASE("a stent in the trunk leaves the wall of the side branch untouched, and the network radius of that branch", "[stent]") {
  const core::VesselNetwork network = forked_vessel();
  core::SurfaceMesh wall;  // rings of points on both tubes; triangles play no part in who moves
  for (int i = 1; i < 40; ++i)
    for (int k = 0; k < 12; ++k) {
      const double a = 2 * std::numbers::pi * k / 12;
      wall.points.emplace_back(1.5 * std::cos(a), 1.5 * std::sin(a), i);
      if (i * 0.5 > 2.5) wall.points.emplace_back(i * 0.5, std::cos(a), 20 + std::sin(a));
    }
  const auto reshaped = interventions::reshape_lumen(std::make_shared<const core::SurfaceMesh>(wall), std::make_shared<const core::VesselNetwork>(network), 0, 10, 30, [](double, double rho) { return std::max(rho, 2.0); });
  CHECK(reshaped.largest_move_mm == Approx(0.5).epsilon(1e-9));
  for (std::size_t v = 0; v < wall.points.size(); ++v) {
    const Vec3& x = wall.points[v];
    const bool side_branch = x.x() > 2.4;
    if (side_branch) CHECK(reshaped.lumen->points[v] == x);
    else if (x.z() < 10 || x.z() > 30) CHECK(reshaped.lumen->points[v] == x);
    else if (x.x() < -1) CHECK(std::hypot(reshaped.lumen->points[v].x(), reshaped.lumen->points[v].y()) == Approx(2.0).epsilon(1e-9));
  }
  CHECK(reshaped.network->branches[1].radius == network.branches[1].radius);
}

TEST_CASE("what is remembered of a lumen while a stent is dragged never shows: 6 places asked in turn equal those asked of a fresh copy bit for bit", "[stent][drag]") {
  const auto kept = test::small_twin({1.0, 60, 5});
  for (const double start : {18.0, 12.0, 18.5, 3.0, 18.0, 24.0}) {
    auto stent = test::sample("stent");
    stent.placement.start_mm = start;
    const auto again = prepared(kept, {stent}), fresh = prepared(test::small_twin({1.0, 60, 5}), {stent});
    CHECK(again.sha256() == fresh.sha256());
    CHECK(again.vessels[0].lumen->points == fresh.vessels[0].lumen->points);
    CHECK(again.vessels[0].network->branches[0].radius == fresh.vessels[0].network->branches[0].radius);
    CHECK(again.vessels[0].problem.inlets[0].flow == fresh.vessels[0].problem.inlets[0].flow);
  }
}

TEST_CASE("a stent narrower than the vessel touches nothing: same problem hash, and the notes say so", "[stent]") {
  const auto model = test::small_twin();
  auto stent = test::sample("stent");
  stent.params.set("diameter_mm", 2.5);
  const auto setup = prepared(model, {stent}), baseline = prepared(model, {});
  CHECK_FALSE(setup.vessels[0].lumen_changed);
  CHECK(setup.vessels[0].problem.sha256() == baseline.vessels[0].problem.sha256());
  REQUIRE(setup.notes.size() == 1);
  CHECK(setup.notes[0].find("unchanged") != std::string::npos);
}

TEST_CASE("bad stents are refused with the numbers: unknown vessel, branch, outside the branch, no length, more than twice the vessel", "[stent]") {
  const auto model = test::small_twin();
  const auto refusal = [&](auto&& edit) {
    auto spec = test::sample("stent");
    edit(spec);
    const auto refused = twin::validate(*model, spec);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == core::ErrorCode::bad_input);
    return refused.error().message;
  };
  using Spec = twin::InterventionSpec;
  CHECK(refusal([](Spec& s) { s.placement.vessel = "rca"; }).find("Choose one of: lad") != std::string::npos);
  CHECK(refusal([](Spec& s) { s.placement.branch = 3; }).find("branches 0 to 0") != std::string::npos);
  CHECK(refusal([](Spec& s) { s.placement.branch = -1; }).find("branch -1") != std::string::npos);
  CHECK(refusal([](Spec& s) { s.placement.start_mm = 30; }).find("30.0 to 46.0 mm, outside") != std::string::npos);
  CHECK(refusal([](Spec& s) { s.placement.start_mm = -2; }).find("outside") != std::string::npos);
  CHECK(refusal([](Spec& s) { s.placement.length_mm = 0; }).find("length 0.0 mm") != std::string::npos);
  CHECK(refusal([](Spec& s) { s.params.set("diameter_mm", 6.5); }).find("more than twice the vessel's reference diameter of 3.0 mm") != std::string::npos);
}

namespace {

constexpr double leg_mm = 20, legs_apart_mm = 3.6, u_radius_mm = 1.5;

// Down one leg along z, round a bend and up the other; s from 0 to 1 along it.
Vec3 on_u(double s) {
  const double bend = 0.5 * legs_apart_mm, whole = 2 * leg_mm + std::numbers::pi * bend, at = s * whole;
  if (at < leg_mm) return {0, 0, leg_mm - at};
  if (at > whole - leg_mm) return {legs_apart_mm, 0, at - (whole - leg_mm)};
  const double turn = (at - leg_mm) / bend;
  return {bend - bend * std::cos(turn), 0, -bend * std::sin(turn)};
}

std::shared_ptr<const twin::TwinModel> u_twin() {
  auto model = std::make_shared<twin::TwinModel>(*test::small_twin());
  auto vessel = std::make_shared<twin::VesselModel>(*model->vessels[0]);
  constexpr int rings = 160, around = 36;
  auto network = std::make_shared<core::VesselNetwork>(*vessel->network);
  core::VesselBranch& b = network->branches[0];
  b.points.clear(), b.arc.clear(), b.radius.clear();
  for (int i = 0; i <= rings; ++i) {
    b.points.push_back(on_u(double(i) / rings));
    b.arc.push_back(i == 0 ? 0 : b.arc.back() + (b.points[std::size_t(i)] - b.points[std::size_t(i) - 1]).norm());
    b.radius.push_back(u_radius_mm);
  }
  vessel->network = network;
  vessel->lumen = std::make_shared<core::SurfaceMesh>(test::make_tube(on_u, [](double) { return u_radius_mm; }, rings, around));
  vessel->stenoses.clear();
  model->vessels[0] = vessel;
  return model;
}

}  // namespace

TEST_CASE("a stent of 5.9 mm in one leg of a U of 3 mm whose legs lie 0.6 mm apart stops 0.1 mm before the other leg (wall of 1.5 mm about its line), opens less than 97 % and says why", "[stent][neighbour]") {
  const auto model = u_twin();
  auto spec = test::sample("stent");
  spec.placement.branch = 0, spec.placement.start_mm = 4, spec.placement.length_mm = 10;
  spec.params.set("diameter_mm", 5.9);
  for (const Mode mode : {Mode::fast, Mode::full}) {
    const auto setup = twin::prepare(model, test::scenario({spec}), mode);
    INFO((setup ? "" : setup.error().message));
    REQUIRE(setup);
    const auto& moved = *setup->vessels[0].lumen;
    const auto& before = *model->vessels[0]->lumen;
    double nearest = 1e300, most = 0;
    for (std::size_t v = 0; v < moved.points.size(); ++v) {
      const double move = (moved.points[v] - before.points[v]).norm();
      most = std::max(most, move);
      if (move > 0) nearest = std::min(nearest, std::hypot(moved.points[v].x() - legs_apart_mm, moved.points[v].y()));
    }
    CHECK(nearest > u_radius_mm + 0.1);
    CHECK(most == Approx(2.95 - 1.5).margin(0.02));   // the far side opens all the way
    CHECK(value(*setup, "lad_stent_expansion_percent") < 97);
    CHECK(value(*setup, "lad_stent_expansion_percent") > 75);
    CHECK(std::any_of(setup->notes.begin(), setup->notes.end(), [](const auto& n) { return n.find("does not open fully") != std::string::npos && n.find("farther along") != std::string::npos; }));
  }
  spec.params.set("diameter_mm", 3.6);   // 0.3 mm of the 0.6 mm between the walls
  const auto fits = prepared(model, {spec});
  CHECK(value(fits, "lad_stent_min_diameter_after_mm") == Approx(3.6).epsilon(0.02));
  CHECK(std::none_of(fits.notes.begin(), fits.notes.end(), [](const auto& n) { return n.find("does not open fully") != std::string::npos; }));
}

namespace {

constexpr double apart_mm = 3.6;   // of two vessels of 3 mm: 0.6 mm between their walls

// A straight vessel of 3 mm from one point to another.
std::shared_ptr<const twin::VesselModel> straight_vessel(const twin::VesselModel& like, const char* key, const char* name, const Vec3& from, const Vec3& to, double radius = 1.5) {
  auto vessel = std::make_shared<twin::VesselModel>(like);
  constexpr int rings = 120, around = 36;
  const auto line = [=](double s) { return Vec3(from + s * (to - from)); };
  auto network = std::make_shared<core::VesselNetwork>(*like.network);
  core::VesselBranch& b = network->branches[0];
  b.points.clear(), b.arc.clear(), b.radius.clear();
  for (int i = 0; i <= rings; ++i) b.points.push_back(line(double(i) / rings)), b.arc.push_back((to - from).norm() * i / rings), b.radius.push_back(radius);
  vessel->key = key, vessel->name = name;
  vessel->network = network;
  vessel->lumen = std::make_shared<core::SurfaceMesh>(test::make_tube(line, [=](double) { return radius; }, rings, around));
  vessel->stenoses.clear();
  return vessel;
}

// Two vessels side by side.
std::shared_ptr<const twin::TwinModel> pair_twin() {
  auto model = std::make_shared<twin::TwinModel>(*test::small_twin());
  const auto like = model->vessels[0];
  model->vessels = {straight_vessel(*like, "lad", "LAD", {0, 0, 0}, {0, 0, 40}), straight_vessel(*like, "lcx", "LCx", {apart_mm, 0, 0}, {apart_mm, 0, 40})};
  return model;
}

twin::InterventionSpec stent_on(const char* vessel, double start_mm, double diameter_mm) {
  auto spec = test::sample("stent");
  spec.id = std::string("stent-") + vessel;
  spec.placement.vessel = vessel, spec.placement.branch = 0, spec.placement.start_mm = start_mm, spec.placement.length_mm = 12;
  spec.params.set("diameter_mm", diameter_mm);
  return spec;
}

bool says_held(const twin::SimulationSetup& setup, const char* by) {
  return std::any_of(setup.notes.begin(), setup.notes.end(), [&](const auto& n) { return n.find("does not open fully") != std::string::npos && n.find(by) != std::string::npos; });
}

}  // namespace

TEST_CASE("a stent of 5.9 mm in a vessel of 3 mm that lies 0.6 mm from another vessel stops 0.1 mm before it (wall of 1.5 mm about its line), names it, and opens fully where 0.3 of the 0.6 mm are enough", "[stent][neighbour]") {
  const auto model = pair_twin();
  for (const char* kind : {"stent", "angioplasty"})
    for (const Mode mode : {Mode::fast, Mode::full}) {
      auto spec = stent_on("lad", 14, 5.9);
      if (std::string(kind) != "stent") {
        spec.kind = kind, spec.params = twin::find_intervention(kind)->schema.defaults();
        spec.params.set("diameter_mm", 5.9), spec.params.set("recoil_percent", 0.0);
      }
      const auto setup = twin::prepare(model, test::scenario({spec}), mode);
      INFO((setup ? "" : setup.error().message));
      REQUIRE(setup);
      REQUIRE(setup->vessels.size() == 2);
      double nearest = 1e300, most = 0;
      for (std::size_t v = 0; v < setup->vessels[0].lumen->points.size(); ++v) {
        const Vec3& x = setup->vessels[0].lumen->points[v];
        const double move = (x - model->vessels[0]->lumen->points[v]).norm();
        most = std::max(most, move);
        if (move > 0) nearest = std::min(nearest, std::hypot(x.x() - apart_mm, x.y()));
      }
      CHECK(nearest > 1.5 + 0.1);
      CHECK(most == Approx(2.95 - 1.5).margin(0.02));   // the far side opens all the way
      CHECK(says_held(*setup, "the wall of LCx near"));
      CHECK(setup->vessels[1].lumen == model->vessels[1]->lumen);
    }
  const auto fits = prepared(model, {stent_on("lad", 14, 3.6)});
  CHECK(value(fits, "lad_stent_min_diameter_after_mm") == Approx(3.6).epsilon(0.02));
  CHECK_FALSE(says_held(fits, ""));
}

TEST_CASE("stents of 3.9 mm facing each other in two vessels 0.6 mm apart: the first opens fully, the second stops before the opened wall, and asked alone either vessel answers as in the whole plan, bit for bit", "[stent][neighbour][drag]") {
  const auto model = pair_twin();
  const std::vector<twin::InterventionSpec> both{stent_on("lad", 14, 3.9), stent_on("lcx", 14, 3.9)};
  const auto setup = prepared(model, both);
  CHECK(value(setup, "lad_stent_min_diameter_after_mm") == Approx(3.9).epsilon(0.02));
  CHECK(value(setup, "lcx_stent_expansion_percent") < 99);
  CHECK(says_held(setup, "the wall of LAD near"));
  double apart = 1e300;   // of the vertices of the two walls
  for (const Vec3& a : setup.vessels[0].lumen->points)
    for (const Vec3& b : setup.vessels[1].lumen->points) apart = std::min(apart, (a - b).norm());
  CHECK(apart > 0.09);
  const auto whole = twin::prepare(model, test::scenario(both), Mode::fast);
  REQUIRE(whole);
  for (const std::size_t k : {0u, 1u}) {
    const std::string key = model->vessels[k]->key;
    const auto alone = twin::vessel_twin(*model, key, false);
    const auto answer = twin::answer_flow(alone, test::scenario(both));
    INFO(answer.refused);
    REQUIRE(answer.vessel());
    CHECK(answer.run->vessels.size() == 1);
    CHECK(answer.vessel()->key == key);
    CHECK(answer.vessel()->lumen->points == whole->vessels[k].lumen->points);
    CHECK(answer.vessel()->network->branches[0].radius == whole->vessels[k].network->branches[0].radius);
  }
}

TEST_CASE("a vessel that springs from another one does not stand in its way there: a stent 1 mm from the mouth opens to its 3.6 mm", "[stent][neighbour]") {
  auto model = std::make_shared<twin::TwinModel>(*test::small_twin());
  const auto like = model->vessels[0];
  model->vessels = {straight_vessel(*like, "lad", "LAD", {12, 0, 20}, {50, 0, 20}), straight_vessel(*like, "aorta", "Aorta", {0, 0, 0}, {0, 0, 40}, 12)};
  const auto setup = prepared(model, {stent_on("lad", 1, 3.6)});
  CHECK_FALSE(says_held(setup, ""));
  CHECK(setup.vessels[0].network->radius_at(0, 6) == Approx(1.8).epsilon(0.02));
}
