// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/phantom/phantom.hpp"
#include "imaging/phantom/render.hpp"
#include "imaging/segmentation/chest_parts.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/tubeness.hpp"
#include "solvers/core/parallel.hpp"

using namespace ot;
using core::Vec3;

namespace {

// A cylinder along (1, 2, 2) / 3 with soft borders, in a dark box.
std::vector<float> cylinder(const core::Grid& g, double radius) {
  std::vector<float> v(g.voxels());
  const Vec3 axis = Vec3(1, 2, 2) / 3, middle = g.to_patient(Vec3(g.size[0] - 1, g.size[1] - 1, g.size[2] - 1) * 0.5);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const Vec3 x = g.to_patient(Vec3(i, j, k)) - middle;
        v[g.offset(i, j, k)] = float(std::clamp((radius - (x - x.dot(axis) * axis).norm()) / 0.5 + 0.5, 0.0, 1.0));
      }
  return v;
}

}  // namespace

TEST_CASE("the tube filter answers 1/e on the axis of an oblique tube at sigma = r / sqrt 2 within 4 % (closed form of the smoothed disc), nothing on a plate") {
  core::Grid g;
  g.size = {49, 49, 49};
  g.spacing = Vec3::Constant(0.5);
  const imaging::voxels::Mask all(g.voxels(), 1);
  const double radius = 2.5;
  const auto tube = imaging::tubeness(g, cylinder(g, radius), all, {radius / std::sqrt(2.0)}, {});
  CHECK(tube[g.offset(24, 24, 24)] == Approx(std::exp(-1.0)).epsilon(0.04));
  std::vector<float> plate(g.voxels());
  for (int k = 0; k < 49; ++k)
    for (int j = 0; j < 49; ++j)
      for (int i = 0; i < 49; ++i) plate[g.offset(i, j, k)] = std::abs(k - 24) <= 4 ? 1.f : 0.f;
  const auto flat = imaging::tubeness(g, plate, all, {1.8}, {});
  CHECK(flat[g.offset(24, 24, 24)] < 0.02);
}

TEST_CASE("a contrast-filled artery of 6 mm that lies against bone is told from it: at least 90 % of its lumen free, at most 2 % of cortex and marrow called lumen, with noise of 20 HU") {
  imaging::chest::Scan scan;
  core::Grid& g = scan.grid;
  g.size = {70, 60, 44};
  g.spacing = Vec3::Constant(1.5);
  g.origin = Vec3(-52.5, -45, 0);
  scan.values.assign(g.voxels(), -1000.0f);
  enum What : std::uint8_t { nothing, soft, pool, artery, cortex, marrow };
  std::vector<std::uint8_t> what(g.voxels(), nothing);
  imaging::voxels::Mask body(g.voxels(), 0);
  const float hu[] = {-1000, 50, 450, 450, 900, 200};
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        const std::size_t o = g.offset(i, j, k);
        if (std::hypot(x.x() / 48, x.y() / 40) > 1) continue;
        body[o] = 1;
        const double bone = std::hypot(x.x(), x.y() - 22), along = std::hypot(x.x() + 4, x.y() - 6.7);   // the artery's wall touches the cortex
        what[o] = (x - Vec3(0, -19, 33)).norm() < 20.5 ? pool : along < 3.0 ? artery : bone < 10 ? marrow : bone < 12.5 ? cortex : soft;
        scan.values[o] = hu[what[o]];
      }
  scan.values = imaging::voxels::gaussian(g, scan.values, 0.7);   // the scanner's blur
  for (std::size_t i = 0; i < scan.values.size(); ++i) scan.values[i] += float(20 * imaging::counter_normal(3, i));
  imaging::chest::Levels levels;
  levels.air = -1000, levels.gas = -500, levels.fat = -30, levels.soft = 50;
  imaging::chest::Lungs lungs;
  lungs.left.assign(g.voxels(), 0), lungs.right = lungs.airway = lungs.left;
  const auto bones = imaging::chest::find_bone(scan, body, lungs, levels, {});
  CHECK(bones.blood_level == Approx(450).epsilon(0.05));
  double all = 0, free = 0, hard = 0, wrong = 0;
  for (std::size_t i = 0; i < what.size(); ++i) {
    all += what[i] == artery, free += what[i] == artery && !bones.bone[i];
    const bool bone = what[i] == cortex || what[i] == marrow;
    hard += bone, wrong += bone && bones.lumen[i];
  }
  CHECK(free >= 0.9 * all);
  CHECK(wrong <= 0.02 * hard);
  CHECK(all > 300);
}

TEST_CASE("contrast_vessels finds 95 % of the centreline of branches of 1.5 mm radius and more, Dice 0.85, under 1 % outside the tree by more than 1.5 mm, bone beside it kept out") {
  imaging::PhantomParams params;
  params.spacing_mm = 1.0;
  params.noise_hu = 20;
  const auto phantom = imaging::make_vessel_phantom(params, {});
  REQUIRE(phantom);
  const auto found = imaging::find_recipe("contrast_vessels")->run(phantom->ct, {});
  if (!found) FAIL(found.error().message);
  const auto s = imaging::score_vessels(found->labels, *phantom, 1.5);
  INFO("Dice " << s.dice << ", centreline " << s.centreline << ", outside " << s.outside << ", bone " << s.bone);
  CHECK(s.dice >= 0.85);
  CHECK(s.centreline >= 0.95);
  CHECK(s.outside <= 0.01);
  CHECK(s.bone <= 0.01);
}

TEST_CASE("contrast_vessels refuses a scan without contrast with a reason and gives the same voxels for 1 and 2 threads") {
  imaging::PhantomParams params;
  params.spacing_mm = 2.0;
  params.noise_hu = 10;
  auto phantom = imaging::make_vessel_phantom(params, {});
  REQUIRE(phantom);
  const auto* recipe = imaging::find_recipe("contrast_vessels");
  core::set_thread_count(1);
  const auto one = recipe->run(phantom->ct, {});
  core::set_thread_count(2);
  const auto two = recipe->run(phantom->ct, {});
  REQUIRE(one);
  REQUIRE(two);
  CHECK(one->labels.values == two->labels.values);
  for (std::size_t i = 0; i < phantom->ct.values.size(); ++i)
    if (phantom->truth.values[i] == core::labels::vessel) phantom->ct.values[i] = 50;
  const auto none = recipe->run(phantom->ct, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("No thick contrast-filled vessel") == 0);
}
