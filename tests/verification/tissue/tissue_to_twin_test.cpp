// SPDX-License-Identifier: GPL-3.0-or-later
// Scar, border zone and fat of the labels arrive in the tetrahedra and in the twin; segments of nodes are those of voxels.
#include <catch2/catch.hpp>

#include "imaging/meshing/meshing.hpp"
#include "imaging/tissue/phantom.hpp"
#include "imaging/tissue/scar.hpp"
#include "imaging/tissue/segments.hpp"
#include "solvers/organs/heart/heart.hpp"

using namespace ot;
using core::Vec3;
namespace l = core::labels;

namespace {
double region_ml(const core::TetMesh& mesh, const std::string& key) {
  double sum = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto name = mesh.region_names.find(mesh.region[t]);
    if (name == mesh.region_names.end() || name->second != key) continue;
    const auto& v = mesh.tets[t];
    sum += core::tet_volume(mesh.nodes[std::size_t(v[0])], mesh.nodes[std::size_t(v[1])], mesh.nodes[std::size_t(v[2])], mesh.nodes[std::size_t(v[3])]);
  }
  return sum / 1000;
}
}  // namespace

TEST_CASE("scar, border zone and fat labels become regions within 25 % of their volume, the twin takes the segmented border zone, and its segments agree with the voxels' in 97 % of nodes") {
  imaging::VentricleParams p;
  p.spacing = Vec3(2, 2, 2);
  auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  // A border zone of 5 mm around the scar's middle and a lump of fat, thick enough for the mesh.
  const auto& g = v->labels.grid;
  const Vec3 scar = v->frame.base + 36 * v->frame.axis() - 26 * v->frame.septum, fat = v->frame.base + 30 * v->frame.axis() + 28 * v->frame.anterior;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        auto& value = v->labels.values[g.offset(i, j, k)];
        if (value != l::lv_myocardium) continue;
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        const double d = (x - scar).norm();
        value = std::uint8_t(d < 14 ? l::scar : d < 19 ? l::border_zone : (x - fat).norm() < 9 ? l::myocardial_fat : value);
      }
  const auto lm = imaging::find_landmarks(v->labels, {}, {});
  REQUIRE(lm);
  const std::vector<imaging::Plane> planes{{"mitral", v->frame.base, v->frame.axis(), 20, true}, {"tricuspid", v->frame.base, v->frame.axis(), 60, true}};
  imaging::HeartMeshParams params;
  params.edge_mm = 2.5;
  const auto made = imaging::biventricular_mesh(v->labels, planes, params, {});
  if (!made) FAIL(made.error().message);
  const auto mesh = std::make_shared<const core::TetMesh>(made->mesh);
  for (const auto& [key, value] : {std::pair{"scar", int(l::scar)}, {"border_zone", int(l::border_zone)}, {"myocardial_fat", int(l::myocardial_fat)}}) {
    INFO(key << " labels " << v->labels.volume_ml(value) << " mesh " << region_ml(*mesh, key));
    CHECK(region_ml(*mesh, key) == Approx(v->labels.volume_ml(value)).epsilon(0.25));
  }
  organs::HeartInputs in;
  in.mesh = mesh;
  in.lv_frame = lm->frame;
  const auto heart = organs::build_heart(in, {});
  if (!heart) FAIL(heart.error().message);
  const auto& problem = (*heart)->baseline;
  double border = 0, fat_ml = 0;
  for (std::size_t t = 0; t < mesh->tets.size(); ++t) {
    const auto& n = mesh->tets[t];
    const double ml = core::tet_volume(mesh->nodes[std::size_t(n[0])], mesh->nodes[std::size_t(n[1])], mesh->nodes[std::size_t(n[2])], mesh->nodes[std::size_t(n[3])]) / 1000;
    const auto& region = problem.regions[problem.tissue[t]];
    if (region.key == "border_zone") border += ml;
    if (region.key == "myocardial_fat") {
      fat_ml += ml;
      CHECK_FALSE(region.conducting);
    }
  }
  CHECK(border == Approx(region_ml(*mesh, "border_zone")).epsilon(1e-9));   // nothing assumed around it
  CHECK(fat_ml == Approx(region_ml(*mesh, "myocardial_fat")).epsilon(1e-9));
  double right = 0, all = 0;
  for (std::size_t n = 0; n < mesh->nodes.size(); ++n) {
    const int segment = (*heart)->aha_segment[n];
    if (segment == 0) continue;
    ++all;
    right += segment == core::aha_segment(v->frame, mesh->nodes[n]);
  }
  CHECK(right / all > 0.97);
}
