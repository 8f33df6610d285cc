// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "imaging/edit/edit_json.hpp"
#include "tests/unit/edit/maps.hpp"

using namespace ot;
using namespace ot::imaging;
using core::Vec3;

TEST_CASE("every tool is written as JSON and read back equal") {
  const auto table = core::labels::heart();
  Scissors cut{{Vec3(0, 0, 0), Vec3(1, 0, 0), Vec3(0, 1, 0)}, {0, 1, 0}, Vec3(0, -300, 0), std::array<double, 2>{-5, 8}, 2, 3, false};
  const std::vector<EditTool> tools{Paint{2, {Vec3(1, 2, 3)}, 4, BrushShape::disc, {0, 1, 0}}, Paint{0, {Vec3(1, 2, 3)}, 2}, GrowRegion{1, {Vec3(0, 0, 1)}, std::array<double, 2>{100, 400}, 30, 90, 2}, cut,
                                    Islands{1, 3, IslandRule::split}, FillHoles{2, 1}, Smooth{{1, 2}, SmoothKind::median, 2}, Resize{4, 5, -1.5}, Refine{6, 1}, Interpolate{1, 0, 3, 9},
                                    Combine{2, 1, CombineRule::intersect, 3}, PlaneCut{Vec3(1, 1, 1), {0, 1, 0}, 6, 11}};
  EditFile file{"thorax", {}};
  for (const auto& t : tools) file.edits.push_back({t, {{9}, {0, 2}, std::array<double, 2>{-50, 300}}});
  const auto json = to_json(file);
  const auto back = edit_file_from_text(json.dump(), table);
  if (!back) FAIL(back.error().message);
  CHECK(to_json(*back) == json);
  CHECK(edit_tools_help().size() == tools.size());
}

TEST_CASE("labels are read by key and number, unknown keys, tools and labels are refused by name") {
  const auto table = core::labels::heart();
  const auto read = [&](const std::string& operation) {
    return edit_file_from_text(R"({"format": "organtwin-edits", "version": 1, "operations": [)" + operation + "]}", table);
  };
  const auto good = read(R"({"tool": "paint", "label": "aorta", "points_mm": [[0, 0, 0]], "scope": {"only_over": ["background"]}})");
  REQUIRE(good);
  CHECK(std::get<Paint>(good->edits[0].tool).label == core::labels::aorta);
  const std::vector<std::pair<const char*, const char*>> bad{
      {R"({"tool": "paint", "label": "aorta", "points_mm": [[0, 0, 0]], "radius": 3})", "\"radius\""},
      {R"({"tool": "spray", "label": 1})", "spray"},
      {R"({"tool": "resize", "label": "spleen", "by_mm": 1})", "spleen"},
      {R"({"tool": "resize", "label": 300, "by_mm": 1})", "300"},
      {R"({"tool": "paint", "label": 1, "points_mm": [[0, 0]]})", "points_mm"},
      {R"({"tool": "paint", "label": 1, "points_mm": [[0, 0, "x"]]})", "points_mm"},
      {R"({"tool": "grow_region", "label": 1, "seeds_mm": [], "window": [5, 1]})", "lower end"},
      {R"({"tool": "islands", "label": 1, "rule": "biggest"})", "biggest"},
      {R"({"tool": "paint", "label": 1, "points_mm": [[0, 0, 0]], "scope": {"over": []}})", "\"over\""},
      {R"({"label": 1})", "tool"},
      {R"(7)", "object"}};
  for (const auto& [text, word] : bad) {
    const auto refused = read(text);
    REQUIRE(!refused);
    INFO(refused.error().message);
    CHECK(refused.error().code == core::ErrorCode::bad_input);
    CHECK(refused.error().message.find(word) != std::string::npos);
  }
  CHECK(!edit_file_from_text("{", table));
  CHECK(!edit_file_from_text(R"({"format": "other"})", table));
  CHECK(!edit_file_from_text(R"({"format": "organtwin-edits", "version": 2, "operations": []})", table));
}
