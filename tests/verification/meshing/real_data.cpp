// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;

TEST_CASE("aorta-iliac-surface: 135 ml lumen in mm, two terminal branches, caps within 2 % of SOURCE.md, tets with all patches") {
  const auto s = imaging::read_surface(shared_file("data/aorta-iliac-surface/aorta_iliac.vtp"), imaging::LengthUnit::cm, "ModelFaceID");
  REQUIRE(s);
  const auto lumen = imaging::lumen_from_surface(*s, 3, {}, {});
  REQUIRE(lumen);
  CHECK(lumen->surface.volume() / 1000 == Approx(135).epsilon(0.01));
  int terminal = 0;
  for (const auto& b : lumen->network.branches) terminal += b.outlet_patch > 0;
  CHECK(terminal == 2);
  REQUIRE(lumen->network.branches.size() == 3);
  std::map<std::string, double> area;
  for (std::size_t t = 0; t < lumen->surface.triangles.size(); ++t) {
    const auto& v = lumen->surface.triangles[t];
    const auto& p = lumen->surface.points;
    area[lumen->surface.patch_names.at(lumen->surface.patch[t])] +=
        0.5 * (p[std::size_t(v[1])] - p[std::size_t(v[0])]).cross(p[std::size_t(v[2])] - p[std::size_t(v[0])]).norm();
  }
  CHECK(area["inlet"] == Approx(462).epsilon(0.02));
  CHECK(area["outlet 1"] == Approx(97).epsilon(0.02));
  CHECK(area["outlet 2"] == Approx(79).epsilon(0.02));
  const auto m = imaging::lumen_tets(lumen->surface, 3.0, {});
  REQUIRE(m);
  const auto q = core::measure_quality(*m);
  CHECK(q.inverted == 0);
  CHECK(q.min_dihedral_deg >= 8);
  CHECK(q.median_dihedral_deg >= 40);
  CHECK(q.volume_ml == Approx(135).epsilon(0.03));
  CHECK(m->patch_values("outlet").size() == 2);
}

TEST_CASE("heart-cta-dissection reference labels: biventricular mesh with the planes of SOURCE.md, LV wall within 10 % of 124 ml") {
  const auto l = imaging::read_labels(shared_file("data/heart-cta-dissection/reference_heart_labels.nii.gz"), core::labels::heart());
  REQUIRE(l);
  // SOURCE.md of the data set.
  const std::vector<imaging::Plane> planes = {{"mitral", {19.6, -168.9, 648.5}, {0.45, -0.82, -0.36}, 17.5, true},
                                              {"aortic", {13.8, -185.2, 660.2}, {-0.57, -0.18, 0.80}, 13, true},
                                              {"tricuspid", {-1.2, -207.6, 642.2}, {0.91, -0.36, -0.23}, 25, true},
                                              {"pulmonary", {31.8, -197.9, 685.0}, {0.10, 0.87, 0.48}, 15, true}};
  for (bool with_planes : {true, false}) {
    const auto m = imaging::biventricular_mesh(*l, with_planes ? planes : std::vector<imaging::Plane>{}, {1.2, 3.0}, {});
    REQUIRE(m);
    CHECK(m->quality.nodes >= 100000);
    CHECK(m->quality.inverted == 0);
    CHECK(m->quality.min_dihedral_deg >= 8);
    CHECK(m->quality.median_dihedral_deg >= 40);
    CHECK(m->quality.parts == 1);
    CHECK(m->cut_volume_ml > 1);
    CHECK(m->cut_volume_ml < 25);
    for (const auto& q : m->quantities) {
      if (q.key == "mesh_lv_myocardium_ml") CHECK(q.value == Approx(124.3).epsilon(0.10));
      if (q.key == "mesh_rv_wall_ml") CHECK(q.value == Approx(28.4).epsilon(0.35));
    }
    // Four valves, four rings; one plane across the base leaves none.
    for (const char* ring : {"base_mitral", "base_aortic", "base_tricuspid", "base_pulmonary"}) CHECK(m->mesh.patch_values(ring).size() == (with_planes ? 1 : 0));
    // Both endocardia are one piece each and the LV apex is closed: no base face near the apex of SOURCE.md.
    const Vec3 apex(78.0, -219.7, 610.2);
    for (const auto& f : m->mesh.boundary)
      if (m->mesh.patch_names.at(f.patch).rfind("base", 0) == 0) CHECK((m->mesh.nodes[std::size_t(f.nodes[0])] - apex).norm() > 30);
  }
}

TEST_CASE("biventricle-surface: 219 ml wall with the four surface classes carried to the tetrahedra") {
  auto s = imaging::read_surface(shared_file("data/biventricle-surface/heart.vtp"), imaging::LengthUnit::mm, "class");
  REQUIRE(s);
  s->patch_names = {{1, "base"}, {2, "epicardium"}, {3, "endocardium_lv"}, {4, "endocardium_rv"}};
  const auto m = imaging::wall_from_surface(*s, 3.5, "lv_myocardium", {});
  REQUIRE(m);
  const auto q = core::measure_quality(*m);
  CHECK(q.volume_ml == Approx(219).epsilon(0.02));
  CHECK(q.min_dihedral_deg >= 8);
  std::set<int> patches;
  for (const auto& f : m->boundary) patches.insert(f.patch);
  CHECK(patches == std::set<int>{1, 2, 3, 4});
  for (const auto& f : m->boundary)
    if (f.patch == 1)
      for (auto n : f.nodes) CHECK(m->nodes[std::size_t(n)].z() == Approx(31.5).margin(0.3));
}
