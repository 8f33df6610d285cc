// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "solvers/core/parallel.hpp"
#include "tests/unit/edit/maps.hpp"

using namespace ot;
using namespace ot::imaging;
using core::Vec3;

namespace {
void run(core::LabelMap& map, const EditTool& tool, const core::Volume* scan = nullptr, EditScope scope = {}) {
  const auto done = apply_edit(map, scan, {tool, scope});
  if (!done) FAIL(done.error().message);
}
}  // namespace

TEST_CASE("a sphere brush of 8 mm paints the ball's volume within 2 % on an oblique grid of 0.7 x 0.7 x 1.5 mm voxels") {
  auto map = test::empty_map({48, 48, 30}, {0.7, 0.7, 1.5}, true);
  run(map, Paint{2, {test::middle(map)}, 8});
  CHECK(map.volume_ml(2) == Approx(test::ball_ml(8)).epsilon(0.02));
}

TEST_CASE("a disc brush changes one slice only and its area within 3 %") {
  auto map = test::empty_map({60, 60, 20}, {0.5, 0.5, 1.2});
  run(map, Paint{1, {map.grid.to_patient(Vec3(30, 30, 7))}, 9, BrushShape::disc, {0, 0, 1}});
  std::size_t in_slice = 0;
  for (int j = 0; j < 60; ++j)
    for (int i = 0; i < 60; ++i) in_slice += map.at(i, j, 7) == 1;
  CHECK(map.count(1) == in_slice);
  CHECK(double(in_slice) * 0.25 == Approx(std::numbers::pi * 81).epsilon(0.03));
}

TEST_CASE("protected labels, paint-only-over and the threshold window are kept by every voxel of a brush") {
  auto map = test::empty_map({40, 40, 40}, {1, 1, 1});
  test::put_ball(map, 2, test::middle(map), 6);
  const auto scan = test::scan_of(map, 0);
  auto a = map;
  run(a, Paint{1, {test::middle(a)}, 10}, &scan, {{2}, {}, std::nullopt});
  CHECK(a.count(2) == map.count(2));
  auto b = map;
  run(b, Paint{1, {test::middle(b)}, 10}, &scan, {{}, {2}, std::nullopt});
  CHECK(b.count(1) == map.count(2));
  auto c = map;
  run(c, Paint{1, {test::middle(c)}, 10}, &scan, {{}, {}, std::array<double, 2>{200, 400}});
  CHECK(c.count(1) == map.count(2));
  CHECK(c.count(2) == 0);
}

TEST_CASE("growing from one seed finds a noisy ball with Dice above 0.98 and stops at a 2 mm neck to another one") {
  auto truth = test::empty_map({70, 40, 40}, {1, 1, 1});
  const Vec3 left = truth.grid.to_patient(Vec3(18, 20, 20)), right = truth.grid.to_patient(Vec3(52, 20, 20));
  test::put_ball(truth, 1, left, 11);
  const auto only_left = truth;
  test::put_ball(truth, 1, right, 11);
  test::put(truth, 1, [&](const Vec3& p) { return (p - left)[0] > 0 && (p - right)[0] < 0 && std::hypot((p - left)[1], (p - left)[2]) <= 1.1; });
  const auto scan = test::scan_of(truth, 12);
  auto map = test::empty_map({70, 40, 40}, {1, 1, 1});
  auto leaking = map;
  run(leaking, GrowRegion{1, {left}, std::array<double, 2>{200, 400}, 60, 400, 0}, &scan);
  CHECK(core::dice(leaking, truth, 1) > 0.98);
  run(map, GrowRegion{1, {left}, std::array<double, 2>{200, 400}, 60, 400, 4}, &scan);
  CHECK(core::dice(map, only_left, 1) > 0.97);
  auto automatic = test::empty_map({70, 40, 40}, {1, 1, 1});
  run(automatic, GrowRegion{1, {left}, std::nullopt, 60, 400, 4}, &scan);
  CHECK(core::dice(automatic, only_left, 1) > 0.9);   // window from the seed
  auto small = test::empty_map({70, 40, 40}, {1, 1, 1});
  const auto leak = apply_edit(small, &scan, {GrowRegion{1, {left}, std::array<double, 2>{200, 400}, 60, 3, 0}, {}});
  REQUIRE(!leak);
  CHECK(leak.error().message.find("leaked") != std::string::npos);
  CHECK(small.count(1) == 0);
}

TEST_CASE("scissors take exactly half of a ball along any view direction, within 2 %, seen straight or from an eye") {
  for (const bool eye : {false, true}) {
    auto map = test::empty_map({50, 50, 50}, {0.8, 0.8, 0.8}, true);
    const Vec3 c = test::middle(map), n = Vec3(0.3, -0.5, 0.8).normalized(), u = n.unitOrthogonal(), v = n.cross(u);
    test::put_ball(map, 2, c, 14);
    const double all = map.volume_ml(2);
    Scissors cut;
    cut.polygon = {c - 60 * v, c + 60 * u - 60 * v, c + 60 * u + 60 * v, c + 60 * v};   // the half with u > 0
    cut.direction = n;
    if (eye) cut.eye = c - 200 * n;
    cut.label = 2;
    run(map, cut);
    CHECK(map.volume_ml(2) == Approx(all / 2).epsilon(0.02));
  }
}

TEST_CASE("scissors with a depth leave what lies behind it") {
  auto map = test::empty_map({20, 20, 40}, {1, 1, 1});
  test::put(map, 1, [](const Vec3&) { return true; });
  const Vec3 c = test::middle(map);
  Scissors cut;
  cut.polygon = {c + Vec3(-30, -30, 0), c + Vec3(30, -30, 0), c + Vec3(30, 30, 0), c + Vec3(-30, 30, 0)};
  cut.depth_mm = std::array<double, 2>{0, 9.9};
  run(map, cut);
  CHECK(map.count(0) == 20u * 20u * 10u);
}

TEST_CASE("islands: largest kept, small removed by volume, one chosen, others given another label") {
  auto map = test::empty_map({60, 30, 30}, {1, 1, 1});
  const Vec3 a = map.grid.to_patient(Vec3(12, 15, 15)), b = map.grid.to_patient(Vec3(35, 15, 15)), c = map.grid.to_patient(Vec3(52, 15, 15));
  test::put_ball(map, 1, a, 9);
  test::put_ball(map, 1, b, 6);
  test::put_ball(map, 1, c, 2);
  const auto count = [&](double r) {
    auto m = test::empty_map({60, 30, 30}, {1, 1, 1});
    test::put_ball(m, 1, b, r);
    return m.count(1);
  };
  auto m = map;
  run(m, Islands{1});
  CHECK(m.count(1) == count(9));
  m = map;
  run(m, Islands{1, 0, IslandRule::remove_small, 0.2});
  CHECK(m.count(1) == count(9) + count(6));
  m = map;
  Islands at{1, 0, IslandRule::keep_at};
  at.point = b;
  run(m, at);
  CHECK(m.count(1) == count(6));
  m = map;
  run(m, Islands{1, 3, IslandRule::split});
  CHECK(m.count(1) == count(9));
  CHECK(m.count(3) == count(6) + count(2));
}

TEST_CASE("a cavity is filled in space, a tunnel only slice by slice") {
  auto map = test::empty_map({30, 30, 30}, {1, 1, 1});
  const Vec3 c = test::middle(map);
  test::put_ball(map, 2, c, 12);
  const auto solid = map.count(2);
  auto cavity = map;
  test::put_ball(cavity, 0, c, 5);
  run(cavity, FillHoles{2});
  CHECK(cavity.count(2) == solid);
  auto tunnel = map;
  test::put(tunnel, 0, [&](const Vec3& p) { return std::hypot((p - c)[0], (p - c)[1]) < 2; });
  const auto open = tunnel.count(2);
  run(tunnel, FillHoles{2});
  CHECK(tunnel.count(2) == open);
  run(tunnel, FillHoles{2, 2});
  CHECK(tunnel.count(2) > open + 100);
}

TEST_CASE("smoothing a ragged wall and its blood pool gives back the smooth balls within 4 % and opens no gap between them") {
  for (const SmoothKind kind : {SmoothKind::gaussian, SmoothKind::median}) {
    auto map = test::empty_map({50, 50, 50}, {1, 1, 1});
    const Vec3 c = test::middle(map);
    test::put_ball(map, 2, c, 18);
    test::put_ball(map, 1, c, 11);
    std::mt19937 random(4);
    for (int n = 0; n < 400; ++n) {   // a ragged border
      const Vec3 d = Vec3(double(random() % 100) - 50, double(random() % 100) - 50, double(random() % 100) - 50).normalized();
      const Vec3 x = map.grid.to_index(c + 11.3 * d);
      map.values[map.grid.offset(int(std::lround(x[0])), int(std::lround(x[1])), int(std::lround(x[2])))] = 1;
    }
    const double blood = test::ball_ml(11), wall = test::ball_ml(18) - test::ball_ml(11);
    run(map, Smooth{{}, kind, 1.5});
    CHECK(map.volume_ml(1) == Approx(blood).epsilon(0.04));
    CHECK(map.volume_ml(2) == Approx(wall).epsilon(0.04));
    std::size_t gaps = 0;
    for (int k = 0; k < 50; ++k)
      for (int j = 0; j < 50; ++j)
        for (int i = 0; i < 50; ++i) gaps += map.at(i, j, k) == 0 && (map.grid.to_patient(Vec3(i, j, k)) - c).norm() < 16;
    CHECK(gaps == 0);
  }
}

TEST_CASE("growing and shrinking by 3 mm changes a ball of 10 mm to 13 and 7 mm, volumes within 6 %") {
  auto map = test::empty_map({80, 80, 80}, {0.5, 0.5, 0.5});
  test::put_ball(map, 1, test::middle(map), 10);
  auto bigger = map, smaller = map;
  run(bigger, Resize{1, 0, 3});
  run(smaller, Resize{1, 0, -3});
  CHECK(bigger.volume_ml(1) == Approx(test::ball_ml(13)).epsilon(0.06));
  CHECK(smaller.volume_ml(1) == Approx(test::ball_ml(7)).epsilon(0.06));
}

TEST_CASE("interpolation between every fifth slice of a ball gives it back with Dice above 0.95, along each axis") {
  for (int axis = 0; axis < 3; ++axis) {
    auto truth = test::empty_map({50, 50, 50}, {1, 1, 1});
    test::put_ball(truth, 1, test::middle(truth), 17);
    auto map = truth;
    for (int k = 0; k < 50; ++k)
      for (int j = 0; j < 50; ++j)
        for (int i = 0; i < 50; ++i)
          if (std::array<int, 3>{i, j, k}[std::size_t(axis)] % 5 != 0) map.values[map.grid.offset(i, j, k)] = 0;
    run(map, Interpolate{1, axis});
    CHECK(core::dice(map, truth, 1) > 0.95);
  }
}

TEST_CASE("a shell copied 4 mm around a pool is the wall between the two spheres, within 5 %, and subtracting it leaves nothing") {
  auto map = test::empty_map({70, 70, 70}, {0.6, 0.6, 0.6});
  test::put_ball(map, 1, test::middle(map), 10);
  run(map, Combine{2, 1, CombineRule::copy, 4});
  CHECK(map.volume_ml(2) == Approx(test::ball_ml(14) - test::ball_ml(10)).epsilon(0.05));
  auto near = map;
  run(near, Combine{2, 1, CombineRule::subtract, 2});
  CHECK(near.volume_ml(2) < map.volume_ml(2) * 0.6);
  run(map, Combine{1, 2, CombineRule::unite, 0});
  CHECK(map.count(2) == 0);
}

TEST_CASE("refining a contrast-filled ball drawn 1.5 mm too small finds its border, volume within 4 %") {
  auto truth = test::empty_map({60, 60, 60}, {0.7, 0.7, 0.7});
  test::put_ball(truth, 1, test::middle(truth), 14);
  const auto scan = test::scan_of(truth, 8);
  auto map = test::empty_map({60, 60, 60}, {0.7, 0.7, 0.7});
  test::put_ball(map, 1, test::middle(map), 12.5);
  run(map, Refine{1, 3}, &scan);
  CHECK(map.volume_ml(1) == Approx(truth.volume_ml(1)).epsilon(0.04));
}

TEST_CASE("a plane cut gives one side of a label to another, and points outside the image are refused by number") {
  auto map = test::empty_map({40, 40, 40}, {1, 1, 1});
  test::put_ball(map, 6, test::middle(map), 12);
  const double all = map.volume_ml(6);
  run(map, PlaneCut{test::middle(map), {0, 0, 1}, 6, 11});
  CHECK(map.volume_ml(6) == Approx(all / 2).epsilon(0.03));
  CHECK(map.volume_ml(11) == Approx(all / 2).epsilon(0.03));
  const auto scan = test::scan_of(map);
  const auto bad = apply_edit(map, &scan, {GrowRegion{1, {Vec3(999, 0, 0)}}, {}});
  REQUIRE(!bad);
  CHECK(bad.error().message.find("999") != std::string::npos);
}

TEST_CASE("every tool gives the same bits with one and two threads") {
  auto start = test::empty_map({60, 50, 40}, {0.8, 0.8, 1.2}, true);
  test::put_ball(start, 2, test::middle(start), 14);
  test::put_ball(start, 1, test::middle(start), 9);
  const auto scan = test::scan_of(start);
  const Vec3 c = test::middle(start);
  const std::vector<EditTool> tools{Paint{3, {c, c + Vec3(9, 4, 2)}, 4}, GrowRegion{1, {c}, std::nullopt, 20, 100, 2}, Scissors{{c, c + Vec3(20, 0, 0), c + Vec3(0, 20, 0)}, {0, 0, 1}, std::nullopt, std::nullopt, 0, 0, true},
                                    Smooth{{}, SmoothKind::gaussian, 1.3}, Smooth{{1}, SmoothKind::median, 2}, Resize{2, 0, 2}, Refine{1, 2}, Combine{2, 1, CombineRule::subtract, 1}};
  for (const auto& tool : tools) {
    auto one = start, two = start;
    core::set_thread_count(1);
    const auto a = apply_edit(one, &scan, {tool, {}});
    core::set_thread_count(2);
    const auto b = apply_edit(two, &scan, {tool, {}});
    REQUIRE(a);
    REQUIRE(b);
    CHECK(one.values == two.values);
    CHECK(a->runs == b->runs);
  }
}
