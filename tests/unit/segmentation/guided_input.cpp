// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/segmentation/guided.hpp"
#include "imaging/segmentation/hints.hpp"
#include "imaging/segmentation/score.hpp"

using namespace ot;
using core::Vec3;
namespace l = core::labels;

namespace {

imaging::GuidedInput full() {
  imaging::GuidedInput g;
  g.seeds["lv_blood_pool"] = {Vec3(1, 2, 3), Vec3(4.5, 5, 6)};
  g.seeds["superior_vena_cava"] = {Vec3(-7, 8, 9)};
  g.seeds["not_heart"] = {Vec3(0, 8, 9)};
  g.valves["mitral"] = {Vec3(10, 0, 0), Vec3(0, 10, 0), Vec3(-10, 0, 0), Vec3(0, -10, 0)};
  g.apex = Vec3(0, 0, -20);
  g.cuts.push_back({"left upper vein", "left_atrium", Vec3(5, 5, 5), Vec3(0, 0.6, 0.8), 12});
  g.threshold = 4.25;
  g.right_atrium_threshold = 3.5;
  g.papillary = imaging::Papillary::wall;
  g.splits.push_back({{"left_atrium", "right_atrium"}, {{Vec3(0, 0, 0), Vec3(0, 8, 0)}, {Vec3(0, 8, 6), Vec3(0, 0, 6)}}});
  return g;
}

core::Volume scan() {
  core::Volume v;
  v.grid.size = {60, 60, 60};
  v.grid.origin = Vec3(-30, -30, -30);
  v.values.assign(v.grid.voxels(), 0);
  for (std::size_t i = 0; i < v.values.size(); ++i) v.values[i] = float(i % 11);
  return v;
}

}  // namespace

TEST_CASE("A guide survives its file unchanged, and an empty one stays empty") {
  const auto back = imaging::read_guided(imaging::write_guided(full()), "g");
  REQUIRE(back);
  CHECK(*back == full());
  const auto none = imaging::read_guided(imaging::write_guided({}), "g");
  REQUIRE(none);
  CHECK(none->empty());
  CHECK(imaging::check_guided(full(), scan()));
}

TEST_CASE("Bad guides are refused and name the culprit") {
  const std::string head = R"({"format":"organtwin-guided","version":1,)";
  const auto refused = [](const std::string& text, const std::string& word) {
    const auto r = imaging::read_guided(text, "a.json");
    INFO(text);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == core::ErrorCode::bad_input);
    INFO(r.error().message);
    CHECK(r.error().message.find(word) != std::string::npos);
    CHECK(r.error().message.find("a.json") != std::string::npos);
  };
  refused("", "JSON");
  refused("{", "JSON");
  refused("[]", "object");
  refused("{}", "format");
  refused(R"({"format":"organtwin-guided","version":2})", "version 2");
  refused(head + R"("colour":1})", "colour");
  refused(head + R"("seeds":{"lv":[[1,2,3]]}})", "'lv'");
  refused(head + R"("valves":{"mitral_valve":[]}})", "mitral_valve");
  refused(head + R"("seeds":{"aorta":[[1,2]]}})", "aorta");
  refused(head + R"("seeds":{"aorta":[[1,2,"x"]]}})", "number");
  refused(head + R"("apex":[1,2,1e999]})", "");
  refused(head + R"("papillary":"fat"})", "papillary");
  refused(head + R"("cuts":[{"label":"aorta","centre":[0,0,0]}]})", "normal");
  refused(head + R"("splits":[{"between":["aorta"],"strokes":[]}]})", "between");
  refused(head + R"("threshold":"high"})", "threshold");
}

TEST_CASE("A guide that does not fit the scan is refused: outside, on a line, unknown label, threshold beyond its values") {
  const auto v = scan();
  const auto refused = [&](const imaging::GuidedInput& g, const std::string& word) {
    const auto r = imaging::check_guided(g, v);
    REQUIRE_FALSE(r);
    INFO(r.error().message);
    CHECK(r.error().message.find(word) != std::string::npos);
  };
  imaging::GuidedInput g;
  g.seeds["aorta"] = {Vec3(500, 0, 0)};
  refused(g, "outside the scan");
  g = {};
  g.valves["aortic"] = {Vec3(0, 0, 0), Vec3(5, 0, 0)};
  refused(g, "three");
  g.valves["aortic"] = {Vec3(0, 0, 0), Vec3(5, 0, 0), Vec3(10, 0, 0)};
  refused(g, "line");
  g = {};
  g.threshold = 4000;
  refused(g, "threshold");
  g = {};
  g.cuts.push_back({"x", "lung", Vec3(0, 0, 0), Vec3(0, 0, 1), 0});
  refused(g, "lung");
  g.cuts[0] = {"x", "aorta", Vec3(0, 0, 0), Vec3(0, 0, 0), 0};
  refused(g, "normal");
  g = {};
  g.splits.push_back({{"aorta", "aorta"}, {}});
  refused(g, "twice");
}

TEST_CASE("Hinge points: plane, centre and radius of a circle within 1e-6 mm, a saddle of 4 mm is doubtful") {
  const Vec3 n = Vec3(0.3, -0.5, 0.8).normalized(), u = n.unitOrthogonal(), w = n.cross(u), c(10, 20, 30);
  std::vector<Vec3> ring, saddle;
  for (double a : {0.1, 0.9, 2.0, 3.3, 5.0}) ring.push_back(c + 17 * (std::cos(a) * u + std::sin(a) * w));
  for (int i = 0; i < 8; ++i) saddle.push_back(c + 17 * (std::cos(i * 0.7853981634) * u + std::sin(i * 0.7853981634) * w) + (i % 4 < 2 ? 5.0 : -5.0) * (i % 2 ? 0.7 : 1.0) * n);
  const auto fit = imaging::fit_hinges("mitral", ring);
  REQUIRE(fit);
  CHECK((fit->plane.centre - c).norm() < 1e-6);
  CHECK(fit->plane.radius_mm == Approx(17));
  CHECK(std::abs(fit->plane.normal.dot(n)) == Approx(1));
  CHECK(fit->residual_mm < 1e-9);
  CHECK_FALSE(fit->doubtful);
  const auto off = imaging::fit_hinges("mitral", saddle);
  REQUIRE(off);
  CHECK(off->residual_mm > 3.0);
  CHECK(off->doubtful);
}

TEST_CASE("Hints: the wrong pool is ruled out on each side of a disc, beyond a cut and across a sheet, and nowhere else") {
  imaging::GuidedInput g = full();
  g.seeds["left_atrium"] = {Vec3(0, 0, 15)};
  g.seeds["lv_blood_pool"] = {Vec3(0, 0, -15)};   // blood flows towards -z through the mitral disc at z = 0
  g.seeds["right_atrium"] = {Vec3(-15, 0, 15)};
  imaging::Hints hints(g);
  const auto prior = imaging::make_shape_prior();
  hints.orient({}, prior);
  CHECK(hints.forbidden(l::left_atrium, Vec3(2, 2, -4)));
  CHECK(hints.forbidden(l::lv_blood_pool, Vec3(2, 2, 4)));
  CHECK_FALSE(hints.forbidden(l::lv_blood_pool, Vec3(2, 2, -4)));
  CHECK_FALSE(hints.forbidden(l::lv_blood_pool, Vec3(25, 2, 4)));      // beside the disc
  CHECK_FALSE(hints.forbidden(l::aorta, Vec3(2, 2, 4)));
  CHECK(hints.forbidden(l::left_atrium, Vec3(5, 5 + 3, 5 + 4)));        // behind the cut
  CHECK(hints.forbidden(l::right_atrium, Vec3(4, 4, 3)));               // the left side of the sheet
  CHECK_FALSE(hints.forbidden(l::right_atrium, Vec3(-4, 4, 3)));
  CHECK(hints.free_cut(Vec3(3, 3, 0.4), 2.0));
  CHECK_FALSE(hints.free_cut(Vec3(3, -20, 0.4), 2.0));
  CHECK(hints.seeded(Vec3(-7, 8, 10), 2.5) == l::superior_vena_cava);
  CHECK(hints.seeded(Vec3(0, 8, 8), 2.5) == 255);
  CHECK(hints.seeded(Vec3(20, 20, 20), 2.5) == 0);
}

TEST_CASE("Scores: the aorta counts within its axial range and 3 voxels, the pulmonary artery within 10 mm, scar is wall") {
  core::LabelMap ref, found;
  ref.grid.size = {30, 30, 60};
  ref.grid.spacing = Vec3::Constant(1.5);
  ref.labels = l::heart();
  ref.values.assign(ref.grid.voxels(), 0);
  found = ref;
  const auto fill = [](core::LabelMap& m, int label, int low, int high, int from) {
    for (int k = low; k <= high; ++k)
      for (int j = from; j < from + 6; ++j)
        for (int i = from; i < from + 6; ++i) m.values[m.grid.offset(i, j, k)] = std::uint8_t(label);
  };
  fill(ref, l::aorta, 20, 40, 2);
  fill(found, l::aorta, 5, 58, 2);           // 3 voxels more each way count: 2 * 21 / (21 + 27)
  fill(ref, l::pulmonary_artery, 20, 30, 12);
  fill(found, l::pulmonary_artery, 20, 55, 12);   // 6 voxels of 1.5 mm are within 10 mm: 2 * 11 / (11 + 17)
  fill(ref, l::lv_myocardium, 20, 30, 22);
  fill(found, l::scar, 20, 30, 22);
  const auto scores = imaging::score_labels(found, ref);
  REQUIRE(scores);
  REQUIRE(scores->size() == 3);
  for (const auto& s : *scores) {
    if (s.label == l::aorta) CHECK(s.dice == Approx(42.0 / 48.0));
    if (s.label == l::pulmonary_artery) CHECK(s.dice == Approx(22.0 / 28.0));
    if (s.label == l::lv_myocardium) CHECK(s.dice == 1.0);
    if (s.label == l::lv_myocardium) CHECK(s.surface_mm == 0.0);
  }
  // The same patient seen on a grid of another spacing, shifted by a map.
  const auto moved = imaging::score_labels(found, ref, nullptr, [](const Vec3& p) -> Vec3 { return p + Vec3(1.5, 0, 0); });
  REQUIRE(moved);
  for (const auto& s : *moved)
    if (s.label == l::lv_myocardium) CHECK(s.dice == Approx(2 * 5.0 / 12.0));
}
