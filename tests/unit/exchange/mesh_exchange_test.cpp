// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "imaging/exchange/mesh_file.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
namespace fs = std::filesystem;

namespace {

// A box of two regions with a patch on each side of x.
core::TetMesh box() {
  core::TetMesh m = core::make_box(core::Vec3(6.1, 4.3, 3.7), 1.3, core::BoxSplit::kuhn);
  m.region.clear();
  for (const auto& t : m.tets) m.region.push_back(m.nodes[std::size_t(t[0])].x() < 3 ? 1 : 8);
  m.region_names = {{1, "lv_myocardium"}, {8, "rv_wall"}};
  m.boundary = core::find_boundary(m.tets);
  for (auto& f : m.boundary) {
    double x = 0;
    for (const auto i : f.nodes) x += m.nodes[std::size_t(i)].x() / 3;
    f.patch = x < 1e-9 ? 1 : x > 6.1 - 1e-9 ? 2 : 3;
  }
  m.patch_names = {{1, "endocardium_lv"}, {2, "epicardium"}, {3, "base"}};
  return m;
}

void same(const core::TetMesh& a, const core::TetMesh& b, bool patches) {
  REQUIRE(a.nodes.size() == b.nodes.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.nodes.size(); ++i) worst = std::max(worst, (a.nodes[i] - b.nodes[i]).norm());
  CHECK(worst < 1e-9);
  CHECK(a.tets == b.tets);
  CHECK(a.region == b.region);
  if (!patches) return;
  std::map<std::string, std::size_t> x, y;
  for (const auto& f : a.boundary) ++x[a.patch_names.at(f.patch)];
  for (const auto& f : b.boundary) ++y[b.patch_names.at(f.patch)];
  CHECK(x == y);
}

double volume(const std::vector<core::Vec3>& p, const std::vector<core::Tet>& tets) {
  double v = 0;
  for (const auto& t : tets) v += std::abs(core::tet_volume(p[std::size_t(t[0])], p[std::size_t(t[1])], p[std::size_t(t[2])], p[std::size_t(t[3])]));
  return v;
}

}  // namespace

TEST_CASE("A tetrahedral mesh goes out and comes back with the same nodes, cells, regions and patches: VTU, Gmsh 4.1, Gmsh 2.2, openCARP without patches") {
  const auto dir = test::scratch_folder("tets");
  const auto mesh = box();
  for (const auto& [name, version] : std::map<std::string, imaging::GmshVersion>{{"m.vtu", imaging::GmshVersion::v41}, {"m41.msh", imaging::GmshVersion::v41}, {"m22.msh", imaging::GmshVersion::v22}, {"m.elem", imaging::GmshVersion::v41}}) {
    CAPTURE(name);
    const auto files = imaging::export_tets(mesh, dir / name, {version, {}, {}, {}}, {});
    if (!files) FAIL(files.error().message);
    const bool carp = name == "m.elem";
    CHECK(files->size() == (carp ? 5 : 1));   // .pts .elem and three .surf
    const auto mixed = imaging::read_mesh(dir / name, "", {});
    if (!mixed) FAIL(mixed.error().message);
    const auto back = imaging::to_tets(*mixed, carp ? imaging::LengthUnit::um : imaging::LengthUnit::mm);
    if (!back) FAIL(back.error().message);
    same(mesh, back->mesh, !carp);
    if (!carp) CHECK(back->mesh.region_names == mesh.region_names);
  }
}

TEST_CASE("A surface goes out and comes back with the same nodes, triangles and patch names as Gmsh 4.1 and 2.2, with the same nodes and triangles as openCARP") {
  const auto dir = test::scratch_folder("surface");
  core::SurfaceMesh s;
  s.points = {{0, 0, 0}, {1.25, 0, 0}, {0, 2.5, 0}, {0, 0, 3.125}};
  s.triangles = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}};
  s.patch = {1, 1, 2, 2};
  s.patch_names = {{1, "wall"}, {2, "inlet"}};
  for (const auto& [name, version] : std::map<std::string, imaging::GmshVersion>{{"s41.msh", imaging::GmshVersion::v41}, {"s22.msh", imaging::GmshVersion::v22}, {"s.elem", imaging::GmshVersion::v41}}) {
    CAPTURE(name);
    REQUIRE(imaging::export_surface(s, dir / name, {version, {}, {}, {}}, {}));
    const auto mixed = imaging::read_mesh(dir / name, "", {});
    REQUIRE(mixed);
    const auto back = imaging::to_surface(*mixed, name == "s.elem" ? imaging::LengthUnit::um : imaging::LengthUnit::mm);
    REQUIRE(back);
    CHECK(back->points.size() == s.points.size());
    for (std::size_t i = 0; i < s.points.size(); ++i) CHECK((back->points[i] - s.points[i]).norm() < 1e-12);
    CHECK(back->triangles == s.triangles);
    CHECK(back->patch == s.patch);
    if (name != "s.elem") CHECK(back->patch_names == s.patch_names);
  }
}

TEST_CASE("Two fibre vectors per cell survive openCARP, .lon and .elem are read with and without their count lines") {
  const auto dir = test::scratch_folder("fibres");
  const auto mesh = box();
  imaging::MeshExport options;
  for (std::size_t i = 0; i < mesh.tets.size(); ++i) {
    const double a = 0.1 * double(i);
    options.fibre.emplace_back(std::cos(a), std::sin(a), 0);
    options.sheet.emplace_back(-std::sin(a), std::cos(a), 0);
  }
  REQUIRE(imaging::export_tets(mesh, dir / "f.elem", options, {}));
  for (const bool headers : {true, false}) {
    CAPTURE(headers);
    if (!headers)
      for (const char* file : {"f.pts", "f.elem", "f.lon"}) {
        const auto text = core::read_file(dir / file);
        REQUIRE(core::write_file(dir / file, text->substr(text->find('\n') + 1)));
      }
    const auto mixed = imaging::read_opencarp(dir / "f", {});
    if (!mixed) FAIL(mixed.error().message);
    const auto back = imaging::to_tets(*mixed, imaging::LengthUnit::um);
    REQUIRE(back);
    same(mesh, back->mesh, false);
    REQUIRE(back->fibre.size() == options.fibre.size());
    for (std::size_t i = 0; i < back->fibre.size(); ++i) {
      CHECK((back->fibre[i] - options.fibre[i]).norm() < 1e-12);
      CHECK((back->sheet[i] - options.sheet[i]).norm() < 1e-12);
    }
  }
}

TEST_CASE("The measured left atrium (openCARP, no header in .lon) is read whole: 60100 points, 119477 triangles, a unit fibre each, tags 11 to 27") {
  const auto mixed = imaging::read_mesh(test::shared_file("data/left-atrium-fibres-1/Labelled.elem"), "", {});
  if (!mixed) FAIL(mixed.error().message);
  CHECK(mixed->points.size() == 60100);
  CHECK(mixed->cells.size() == 119477);
  CHECK(mixed->fibre.size() == 119477);
  double worst = 0;
  for (const auto& f : mixed->fibre) worst = std::max(worst, std::abs(f.norm() - 1));
  CHECK(worst < 1e-3);
  CHECK(mixed->region_names.size() == 6);
  const auto surface = imaging::to_surface(*mixed, imaging::LengthUnit::um);
  REQUIRE(surface);
  CHECK(surface->area() / 100 == Approx(54).margin(0.5));   // cm2, SOURCE.md
}

TEST_CASE("Hexahedra, prisms and pyramids are split into tetrahedra that fill them exactly and agree on shared faces") {
  imaging::MixedMesh m;
  // A 2x2x2 block of hexahedra with shuffled node numbers, one of them cut into two prisms, a pyramid on top.
  std::vector<int> number(27);
  for (int i = 0; i < 27; ++i) number[std::size_t(i)] = (i * 11 + 5) % 27;
  m.points.resize(28);
  const auto id = [&](int i, int j, int k) { return core::Index(number[std::size_t(i + 3 * j + 9 * k)]); };
  for (int k = 0; k < 3; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 3; ++i) m.points[std::size_t(id(i, j, k))] = core::Vec3(i, j, k);
  m.points[27] = core::Vec3(0.5, 0.5, 3);
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 2; ++j)
      for (int i = 0; i < 2; ++i) {
        const std::array<core::Index, 8> h{id(i, j, k), id(i + 1, j, k), id(i + 1, j + 1, k), id(i, j + 1, k), id(i, j, k + 1), id(i + 1, j, k + 1), id(i + 1, j + 1, k + 1), id(i, j + 1, k + 1)};
        if (i + j + k == 3) {
          m.cells.push_back({imaging::CellKind::prism, 1, {h[0], h[1], h[2], h[4], h[5], h[6]}});
          m.cells.push_back({imaging::CellKind::prism, 1, {h[0], h[2], h[3], h[4], h[6], h[7]}});
        } else {
          m.cells.push_back({imaging::CellKind::hexa, 1, h});
        }
      }
  m.cells.push_back({imaging::CellKind::pyramid, 1, {id(0, 0, 2), id(1, 0, 2), id(1, 1, 2), id(0, 1, 2), 27}});
  const auto out = imaging::to_tets(m, imaging::LengthUnit::mm);
  if (!out) FAIL(out.error().message);
  CHECK(volume(out->mesh.nodes, out->mesh.tets) == Approx(8 + 1.0 / 3).epsilon(1e-12));
  // Conforming: a block of unit cubes has 2 triangles on each of its 24 outer squares; the pyramid covers one and adds four.
  CHECK(core::find_boundary(out->mesh.tets).size() == 2 * 24 - 2 + 4);
}

TEST_CASE("A Gmsh file with second-order tetrahedra, points, parametric nodes and several physical groups is read by its corners") {
  const std::string text =
      "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$PhysicalNames\n2\n2 7 \"my inlet\"\n3 9 \"muscle\"\n$EndPhysicalNames\n$Entities\n1 0 1 1\n1 0 0 0 0\n5 0 0 0 1 1 1 1 7 0\n6 0 0 0 1 1 1 2 9 10 1 5\n$EndEntities\n"
      "$Nodes\n2 10 1 10\n2 5 1 3\n1\n2\n3\n0 0 0 0 0\n1 0 0 1 0\n0 1 0 0 1\n3 6 0 7\n4\n5\n6\n7\n8\n9\n10\n0 0 1\n.5 0 0\n.5 .5 0\n0 .5 0\n0 0 .5\n0 .5 .5\n.5 0 .5\n$EndNodes\n"
      "$Elements\n3 3 1 3\n0 1 15 1\n1 1\n2 5 2 1\n2 1 2 3\n3 6 11 1\n3 1 2 3 4 5 6 7 8 9 10\n$EndElements\n";
  const auto mixed = imaging::parse_gmsh(text, "inline", {});
  if (!mixed) FAIL(mixed.error().message);
  const auto out = imaging::to_tets(*mixed, imaging::LengthUnit::mm);
  if (!out) FAIL(out.error().message);
  CHECK(out->mesh.nodes.size() == 4);
  CHECK(out->mesh.region_names == std::map<int, std::string>{{9, "muscle"}});
  CHECK(out->mesh.patch_names.at(7) == "my inlet");
}

TEST_CASE("Damaged meshes are refused in words: lying counts, missing nodes, unknown cells, binary, text after the end, no numbers") {
  const auto dir = test::scratch_folder("bad_meshes");
  const std::string head = "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n";
  for (const std::string text :
       {std::string(""), std::string("hello"), head + "$Nodes\n99999999999999\n1 0 0 0\n$EndNodes\n", head + "$Nodes\n1\n1 0 0 nan\n$EndNodes\n", head + "$Nodes\n2\n1 0 0 0\n1 1 1 1\n$EndNodes\n",
        head + "$Nodes\n1\n1 0 0 0\n$EndNodes\n$Elements\n1\n1 4 2 1 1 1 2 3 4\n$EndElements\n", head + "$Nodes\n1\n1 0 0 0\n$EndNodes\n$Elements\n1\n1 777 2 1 1 1\n$EndElements\n", std::string("$MeshFormat\n4.1 1 8\n"),
        std::string("$MeshFormat\n3.0 0 8\n$EndMeshFormat\n"), head + "$Comments\nnever ends"}) {
    CAPTURE(text);
    const auto m = imaging::parse_gmsh(text, "bad.msh", {});
    REQUIRE_FALSE(m);
    CHECK(m.error().message.find("bad.msh") != std::string::npos);
  }
  struct Case {
    const char *pts, *elem, *lon;
  };
  for (const Case& c : {Case{"4\n0 0 0\n1 0 0\n0 1 0\n", "1\nTt 0 1 2 3 1\n", nullptr}, Case{"4\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n", "1\nTt 0 1 2 9 1\n", nullptr}, Case{"4\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n", "2\nTt 0 1 2 3 1\n", nullptr},
                        Case{"4\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n", "1\nXx 0 1 2 3 1\n", nullptr}, Case{"4\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n", "1\nTt 0 1 2 3 1\n", "3\n1 0 0\n"}, Case{"4\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n", "1\nTt 0 1 2 3 1\n", "1\n1 0 0\n1 0 0\n"},
                        Case{"nan nan nan\n", "Tt 0 0 0 0 1\n", nullptr}, Case{"123456789012\n", "1\n", nullptr}}) {
    CAPTURE(c.pts, c.elem);
    std::ofstream(dir / "b.pts") << c.pts;
    std::ofstream(dir / "b.elem") << c.elem;
    fs::remove(dir / "b.lon");
    if (c.lon) std::ofstream(dir / "b.lon") << c.lon;
    const auto m = imaging::read_opencarp(dir / "b", {});
    REQUIRE_FALSE(m);
    CHECK(m.error().message.size() > 40);
  }
}
