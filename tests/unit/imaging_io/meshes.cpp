// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <fstream>

#include "imaging/io/io.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;

TEST_CASE("The aorta surface in centimetres becomes 135 ml in mm with caps 3, 4 and 5 from ModelFaceID (its SOURCE.md)") {
  const auto path = test::shared_file("data/aorta-iliac-surface/aorta_iliac.vtp");
  const auto mesh = imaging::read_surface(path, imaging::LengthUnit::cm, "ModelFaceID");
  REQUIRE(mesh);
  CHECK(mesh->points.size() == 19564);
  CHECK(mesh->triangles.size() == 39124);
  CHECK(mesh->closed());
  CHECK(std::abs(mesh->volume()) / 1000 == Approx(135).margin(1));
  double cap = 0;
  for (std::size_t t = 0; t < mesh->triangles.size(); ++t)
    if (mesh->patch[t] == 3) {
      const auto& tri = mesh->triangles[t];
      const core::Vec3 a = mesh->points[std::size_t(tri[1])] - mesh->points[std::size_t(tri[0])], b = mesh->points[std::size_t(tri[2])] - mesh->points[std::size_t(tri[0])];
      cap += 0.5 * core::Vec3(a.y() * b.z() - a.z() * b.y(), a.z() * b.x() - a.x() * b.z(), a.x() * b.y() - a.y() * b.x()).norm();
    }
  CHECK(cap == Approx(462).margin(2));  // mm2
  const auto wrong = imaging::read_surface(path, imaging::LengthUnit::cm, "Caps");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("ModelFaceID") != std::string::npos);
}

TEST_CASE("Surfaces keep points, triangles and patches through VTP, and triangles through STL, PLY and OBJ") {
  core::TetMesh box = core::make_box(core::Vec3(3, 2, 1), 1.0, core::BoxSplit::kuhn);
  core::SurfaceMesh s;
  s.points = box.nodes;
  for (const auto& f : box.boundary) s.triangles.push_back(f.nodes), s.patch.push_back(int(s.patch.size()) % 3);
  s.patch_names = {{0, "wall"}, {1, "inlet"}, {2, "outlet 1"}};
  const auto dir = test::scratch_folder("surfaces");
  REQUIRE(imaging::write_surface(s, dir / "s.vtp"));
  const auto back = imaging::read_surface(dir / "s.vtp", imaging::LengthUnit::mm, "patch");
  REQUIRE(back);
  CHECK(back->triangles == s.triangles);
  CHECK(back->patch == s.patch);
  CHECK(back->patch_names == s.patch_names);
  for (const char* name : {"s.stl", "s.ply", "s.obj"}) {
    INFO(name);
    REQUIRE(imaging::write_surface(s, dir / name));
    const auto other = imaging::read_surface(dir / name, imaging::LengthUnit::mm, "");
    REQUIRE(other);
    CHECK(other->triangles.size() == s.triangles.size());
    CHECK(other->closed());
    CHECK(other->volume() == Approx(6.0).epsilon(1e-5));
  }
}

TEST_CASE("Tetrahedra keep nodes, regions and patch names through VTU, an inverted, doubled or folded one is refused") {
  core::TetMesh box = core::make_box(core::Vec3(2, 2, 2), 1.0, core::BoxSplit::kuhn);
  box.region.assign(box.tets.size(), 1);
  box.region[3] = 2;
  box.region_names = {{1, "lv_myocardium"}, {2, "scar"}};
  box.patch_names = {{0, "epicardium"}, {4, "base"}};
  for (auto& f : box.boundary) f.patch = f.tet % 2 ? 4 : 0;
  core::Field f;
  f.name = "activation_time";
  f.unit = "ms";
  f.values.assign(box.nodes.size(), 3.5f);
  const auto dir = test::scratch_folder("tets");
  REQUIRE(imaging::write_tet_mesh(box, dir / "t.vtu", {f}));
  const auto back = imaging::read_tet_mesh(dir / "t.vtu", imaging::LengthUnit::mm);
  REQUIRE(back);
  CHECK(back->tets == box.tets);
  CHECK(back->region == box.region);
  CHECK(back->region_names == box.region_names);
  CHECK(back->patch_names == box.patch_names);
  REQUIRE(back->boundary.size() == box.boundary.size());
  CHECK(back->sha256() == box.sha256());
  core::TetMesh doubled = box;
  doubled.tets.push_back(doubled.tets[5]), doubled.region.push_back(1);
  core::TetMesh folded = box;   // one more tet on the inner side of a face of the surface
  const auto& face = folded.boundary.front();
  const auto& owner = folded.tets[std::size_t(face.tet)];
  core::Vec3 middle = core::Vec3::Zero();
  for (core::Index n : owner) middle += folded.nodes[std::size_t(n)] / 4;
  folded.nodes.push_back(middle);
  folded.tets.push_back({face.nodes[0], face.nodes[1], face.nodes[2], core::Index(folded.nodes.size()) - 1}), folded.region.push_back(1);
  if (core::tet_volume(folded.nodes[std::size_t(face.nodes[0])], folded.nodes[std::size_t(face.nodes[1])], folded.nodes[std::size_t(face.nodes[2])], middle) < 0) std::swap(folded.tets.back()[0], folded.tets.back()[1]);
  for (auto* wrong : {&doubled, &folded}) {
    wrong->boundary = core::find_boundary(wrong->tets);
    REQUIRE(imaging::write_tet_mesh(*wrong, dir / "over.vtu"));
    const auto over = imaging::read_tet_mesh(dir / "over.vtu", imaging::LengthUnit::mm);
    REQUIRE_FALSE(over);
    CHECK(over.error().message.find("lies over another one") != std::string::npos);
  }
  std::swap(box.tets[0][0], box.tets[0][1]);
  REQUIRE(imaging::write_tet_mesh(box, dir / "inverted.vtu"));
  const auto bad = imaging::read_tet_mesh(dir / "inverted.vtu", imaging::LengthUnit::mm);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == core::ErrorCode::bad_input);
  CHECK(bad.error().message.find("inverted") != std::string::npos);
}

TEST_CASE("Text, empty and missing mesh files are refused in words") {
  const auto dir = test::scratch_folder("badmesh");
  for (const char* name : {"a.vtp", "a.stl", "a.ply", "a.obj", "a.vtk"}) {
    std::ofstream(dir / name) << "a shopping list\n";
    INFO(name);
    const auto r = imaging::read_surface(dir / name, imaging::LengthUnit::mm, "");
    REQUIRE_FALSE(r);
    CHECK(r.error().code == core::ErrorCode::bad_input);
  }
  std::ofstream(dir / "a.vtu") << "a shopping list\n";
  CHECK_FALSE(imaging::read_tet_mesh(dir / "a.vtu", imaging::LengthUnit::mm));
  std::ofstream(dir / "empty.vtu");
  CHECK_FALSE(imaging::read_tet_mesh(dir / "empty.vtu", imaging::LengthUnit::mm));
  const auto missing = imaging::read_surface(dir / "no.vtp", imaging::LengthUnit::mm, "");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("does not exist") != std::string::npos);
}
