// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "tests/unit/edit/maps.hpp"

using namespace ot;
using namespace ot::imaging;

TEST_CASE("a delta takes a label map to the other state and back bit for bit, and refuses any other map (200 random pairs)") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    auto a = test::empty_map({1 + int(random() % 20), 1 + int(random() % 20), 1 + int(random() % 20)}, {1, 1, 1});
    for (auto& v : a.values) v = std::uint8_t(random() % 3);
    auto b = a;
    const int edits = int(random() % 200);
    for (int n = 0; n < edits; ++n) b.values[random() % b.values.size()] = std::uint8_t(random() % 4);
    if (round % 5 == 0) b.labels.pop_back();
    const auto delta = difference(a, b);
    CHECK(well_formed(delta));
    std::size_t changed = 0;
    for (std::size_t n = 0; n < a.values.size(); ++n) {
      if (a.values[n] == b.values[n]) continue;
      ++changed;
      const int i = int(n) % a.grid.size[0], j = int(n) / a.grid.size[0] % a.grid.size[1], k = int(n) / (a.grid.size[0] * a.grid.size[1]);
      const auto& box = delta.box;
      REQUIRE((i >= box.low[0] && i <= box.high[0] && j >= box.low[1] && j <= box.high[1] && k >= box.low[2] && k <= box.high[2]));
    }
    CHECK(delta.changed == changed);
    auto c = a;
    REQUIRE(imaging::apply(c, delta, true));
    CHECK(c.values == b.values);
    CHECK(same_table(c.labels, b.labels));
    if (delta.changed > 0) {
      const auto kept = c;
      CHECK(!imaging::apply(c, delta, true));   // not the state it starts from
      CHECK(c.values == kept.values);
    }
    REQUIRE(imaging::apply(c, delta, false));
    CHECK(c.values == a.values);
    CHECK(same_table(c.labels, a.labels));
  }
}

TEST_CASE("damaged runs are found before any voxel is written (300 random damages)") {
  auto a = test::empty_map({12, 9, 7}, {1, 1, 1});
  auto b = a;
  test::put_ball(b, 2, test::middle(b), 3);
  const auto good = difference(a, b);
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    auto bad = good;
    const int what = int(random() % 3);
    if (what == 0) bad.runs[random() % bad.runs.size()] ^= std::uint8_t(1 + random() % 255);
    if (what == 1) bad.runs.resize(random() % bad.runs.size());
    if (what == 2) bad.runs.insert(bad.runs.begin() + std::ptrdiff_t(random() % bad.runs.size()), std::uint8_t(random()));
    auto c = a;
    if (!imaging::apply(c, bad, true)) CHECK(c.values == a.values);
  }
}

TEST_CASE("random tools in random order are undone and redone bit for bit (property, 120 edits on an oblique grid)") {
  auto map = test::empty_map({40, 36, 28}, {0.9, 0.9, 1.6}, true);
  test::put_ball(map, 1, test::middle(map), 9);
  const auto scan = test::scan_of(map);
  std::mt19937 random(2026);
  const auto somewhere = [&] { return map.grid.to_patient(core::Vec3(double(random() % 40), double(random() % 36), double(random() % 28))); };
  std::vector<LabelDelta> done;
  std::vector<std::vector<std::uint8_t>> states{map.values};
  for (int n = 0; n < 120; ++n) {
    Edit edit;
    const int label = 1 + int(random() % 3);
    switch (random() % 9) {
      case 0: edit.tool = Paint{label, {somewhere(), somewhere()}, 1.0 + double(random() % 5)}; break;
      case 1: edit.tool = Paint{0, {somewhere()}, 4, BrushShape::disc, {0.2, 0.1, 1}}; break;
      case 2: edit.tool = GrowRegion{label, {test::middle(map)}, std::nullopt, 30, 50, 1.0}; break;
      case 3: edit.tool = Scissors{{somewhere(), somewhere(), somewhere(), somewhere()}, {0, 1, 0.3}, std::nullopt, std::nullopt, label, 0, random() % 2 == 0}; break;
      case 4: edit.tool = Islands{label, 0, IslandRule::remove_small, 0.05}; break;
      case 5: edit.tool = Smooth{{}, random() % 2 ? SmoothKind::gaussian : SmoothKind::median, 1.2}; break;
      case 6: edit.tool = Resize{label, 0, random() % 2 ? 1.5 : -1.5}; break;
      case 7: edit.tool = PlaneCut{somewhere(), {1, 0.5, 0}, label, 3}; break;
      case 8: edit.tool = FillHoles{label, 2}; break;
    }
    if (random() % 3 == 0) edit.scope.protect = {2};
    if (random() % 4 == 0) edit.scope.window = std::array<double, 2>{100, 500};
    const auto before = map.values;
    const auto delta = apply_edit(map, &scan, edit);
    if (!delta) {
      CHECK(map.values == before);   // refused: untouched
      continue;
    }
    done.push_back(*delta);
    states.push_back(map.values);
  }
  REQUIRE(done.size() > 60);
  for (std::size_t n = done.size(); n-- > 0;) {
    REQUIRE(imaging::apply(map, done[n], false));
    REQUIRE(map.values == states[n]);
  }
  for (std::size_t n = 0; n < done.size(); ++n) {
    REQUIRE(imaging::apply(map, done[n], true));
    REQUIRE(map.values == states[n + 1]);
  }
}

TEST_CASE("a stroke of 60 segments is one delta that undoes all of it, and giving up restores every voxel") {
  auto map = test::empty_map({64, 64, 48}, {0.8, 0.8, 1.0});
  test::put_ball(map, 2, test::middle(map), 12);
  const auto before = map.values;
  for (const bool keep : {true, false}) {
    Stroke stroke(map, nullptr, Paint{1, {}, 3.0}, {});
    for (int n = 0; n < 60; ++n) stroke.extend(test::middle(map) + core::Vec3(15 * std::cos(0.2 * n), 15 * std::sin(0.2 * n), 0.1 * n));
    CHECK(stroke.changed() > 1000);
    if (!keep) {
      stroke.give_up();
      CHECK(map.values == before);
      continue;
    }
    const auto after = map.values;
    const auto delta = stroke.finish();
    CHECK(delta.memory() < 60000);   // 60 kB for one stroke
    REQUIRE(imaging::apply(map, delta, false));
    CHECK(map.values == before);
    REQUIRE(imaging::apply(map, delta, true));
    CHECK(map.values == after);
    REQUIRE(imaging::apply(map, delta, false));
  }
}
