// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "app/session/mesh_case.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;

namespace {

// A box of 12 x 8 x 3 mm with two patches: its floor, and all other faces.
session::CaseData case_with_box() {
  auto data = test::small_case();
  core::TetMesh mesh = core::make_box(core::Vec3(12, 8, 3), 1.0, core::BoxSplit::alternating);
  for (auto& f : mesh.boundary) {
    const bool floor = std::all_of(f.nodes.begin(), f.nodes.end(), [&](core::Index n) { return mesh.nodes[std::size_t(n)].z() < 1e-9; });
    f.patch = floor ? 1 : 2;
  }
  mesh.patch_names = {{1, "floor"}, {2, "rest"}};
  session::MeshedParts parts;
  parts.key = parts.name = "box";
  parts.mesh = std::make_shared<const core::TetMesh>(std::move(mesh));
  data.part_meshes.push_back(parts);
  return data;
}

std::size_t faces(const session::CaseData& data, const std::string& name) {
  const auto& mesh = *data.part_meshes.back().mesh;
  const auto values = mesh.patch_values(name);
  return std::size_t(std::count_if(mesh.boundary.begin(), mesh.boundary.end(), [&](const auto& f) { return !values.empty() && f.patch == values.front(); }));
}

}  // namespace

TEST_CASE("painting a patch takes the faces whose middle lies in the ball, from any patch, and leaves the number of faces as it was") {
  auto data = case_with_box();
  const std::size_t floor = faces(data, "floor"), rest = faces(data, "rest");
  REQUIRE(session::paint_patch(data, "box", "window", core::Vec3(0, 4, 0), 2.0));
  const auto& mesh = *data.part_meshes.back().mesh;
  std::size_t inside = 0;
  for (const auto& f : mesh.boundary) {
    const core::Vec3 middle = (mesh.nodes[std::size_t(f.nodes[0])] + mesh.nodes[std::size_t(f.nodes[1])] + mesh.nodes[std::size_t(f.nodes[2])]) / 3;
    const bool in = (middle - core::Vec3(0, 4, 0)).norm() <= 2.0;
    inside += in;
    CHECK((mesh.patch_names.at(f.patch) == "window") == in);
  }
  CHECK(inside > 10);
  CHECK(faces(data, "window") == inside);
  CHECK(faces(data, "floor") + faces(data, "rest") + inside == floor + rest);
  CHECK(data.stages.back().notes.front().find("window") != std::string::npos);
}

TEST_CASE("merging a patch moves all its faces and takes its name away, the other way round is another merge") {
  auto data = case_with_box();
  const std::size_t all = faces(data, "floor") + faces(data, "rest");
  REQUIRE(session::merge_patch(data, "box", "floor", "rest"));
  CHECK(faces(data, "rest") == all);
  CHECK(data.part_meshes.back().mesh->patch_names.size() == 1);
}

TEST_CASE("patches: unknown mesh or patch, a patch into itself, a ball that meets nothing and a radius of 0 are refused and change nothing") {
  auto data = case_with_box();
  const std::string before = data.part_meshes.back().mesh->sha256();
  const std::size_t stages = data.stages.size();
  CHECK(!session::paint_patch(data, "none", "a", core::Vec3::Zero(), 2));
  CHECK(!session::paint_patch(data, "box", "a", core::Vec3(500, 0, 0), 2));
  CHECK(!session::paint_patch(data, "box", "a", core::Vec3::Zero(), 0));
  CHECK(!session::paint_patch(data, "box", "", core::Vec3::Zero(), 2));
  CHECK(!session::merge_patch(data, "box", "floor", "floor"));
  CHECK(!session::merge_patch(data, "box", "floor", "roof"));
  CHECK(data.part_meshes.back().mesh->sha256() == before);
  CHECK(data.stages.size() == stages);
}
