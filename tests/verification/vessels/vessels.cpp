// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "imaging/centerline/branch_names.hpp"
#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/surface_repair.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;

namespace {

core::VesselNetwork one_branch(const std::function<double(double)>& diameter, double length, int n = 200) {
  core::VesselNetwork net;
  core::VesselBranch b;
  b.name = "branch 0";
  for (int i = 0; i <= n; ++i) {
    const double z = length * i / n;
    b.points.emplace_back(0, 0, z);
    b.arc.push_back(z);
    b.radius.push_back(0.5 * diameter(z));
  }
  net.branches.push_back(b);
  return net;
}

double dip(double z, double at, double half, double percent) { return 1 - (std::abs(z - at) < half ? percent / 200 * (1 + std::cos(pi * (z - at) / half)) : 0); }

core::SurfaceMesh opened(core::SurfaceMesh m) {
  std::vector<core::Triangle> wall;
  for (std::size_t t = 0; t < m.triangles.size(); ++t)
    if (m.patch[t] == 1) wall.push_back(m.triangles[t]);
  m.triangles = wall;
  m.patch.clear();
  m.patch_names.clear();
  return m;
}

}  // namespace

TEST_CASE("No stenosis is reported below its own threshold: of a 24 % and a 40 % narrowing only the second, exact to 1 point") {
  const auto found = core::find_stenoses(one_branch([](double z) { return 3.0 * dip(z, 25, 6, 24) * dip(z, 70, 6, 40); }, 100), 25.0);
  REQUIRE(found.size() == 1);
  CHECK(found[0].diameter_percent == Approx(40).margin(1));
  CHECK(found[0].throat_mm == Approx(70).margin(0.6));
  CHECK(found[0].reference_diameter_mm == Approx(3).epsilon(0.01));
}

TEST_CASE("A tapering vessel with two lesions of 50 % keeps both degrees within 2 points: the reference is interpolated") {
  const auto found = core::find_stenoses(one_branch([](double z) { return (4.0 - 0.02 * z) * dip(z, 25, 6, 50) * dip(z, 75, 6, 50); }, 100));
  REQUIRE(found.size() == 2);
  for (const auto& s : found) CHECK(s.diameter_percent == Approx(50).margin(2));
  CHECK(found[0].reference_diameter_mm > found[1].reference_diameter_mm + 0.7);
}

TEST_CASE("An aneurysm that fills 45 % of the vessel makes no stenosis of its neck, the old upper line read 61 % on the dissected aorta") {
  const auto found = core::find_stenoses(one_branch([](double z) { return 25.0 + (z < 90 ? 30.0 * std::sin(pi * z / 90) : 0); }, 200));
  CHECK(found.empty());
}

TEST_CASE("A Y of 60 degrees: one bifurcation, its angle within 5 degrees and diameters within 3 %") {
  core::VesselNetwork net = one_branch([](double) { return 6.0; }, 40, 80);
  for (double side : {-1.0, 1.0}) {
    core::VesselBranch b;
    b.parent = 0;
    for (int i = 0; i <= 60; ++i) {
      b.points.push_back(Vec3(side * 0.5 * i * 0.5, 0, 40 + std::sqrt(0.75) * i * 0.5));
      b.arc.push_back(0.5 * i);
      b.radius.push_back(2);
    }
    net.branches[0].children.push_back(int(net.branches.size()));
    net.branches.push_back(b);
  }
  const auto forks = core::find_bifurcations(net);
  REQUIRE(forks.size() == 1);
  CHECK(forks[0].angle_deg == Approx(60).margin(5));
  CHECK(forks[0].parent_diameter_mm == Approx(6).epsilon(0.03));
  CHECK(forks[0].child_diameters_mm[1] == Approx(4).epsilon(0.03));
}

TEST_CASE("An open tube with a turned triangle, a doubled triangle, a hole, a crumb and duplicate points is closed, the notes say each") {
  const auto tube = make_tube([](double s) { return Vec3(0, 0, 40 * s); }, [](double) { return 5.0; }, 30, 32);
  core::SurfaceMesh m = opened(tube);
  m.triangles.push_back(m.triangles[5]);
  std::swap(m.triangles[40][1], m.triangles[40][2]);
  m.triangles.erase(m.triangles.begin() + 700);
  const core::Index p = core::Index(m.points.size());
  m.points.push_back(m.points[std::size_t(m.triangles[100][0])]);
  m.triangles[100][0] = p;
  for (const Vec3& x : {Vec3(20, 0, 0), Vec3(20.1, 0, 0), Vec3(20, 0.1, 0)}) m.points.push_back(x);
  m.triangles.push_back({p + 1, p + 2, p + 3});
  const auto r = imaging::repair_surface(m);
  REQUIRE(r);
  CHECK(r->surface.closed());
  CHECK(r->surface.volume() == Approx(tube.volume()).epsilon(0.01));
  CHECK(r->openings.size() == 2);
  CHECK(r->notes.size() >= 5);
}

TEST_CASE("A surface with an inner wall, or inside out: the first is refused in words, the second is turned") {
  auto tube = make_tube([](double s) { return Vec3(0, 0, 40 * s); }, [](double) { return 5.0; }, 30, 32);
  auto walled = tube;
  walled.triangles.push_back({walled.triangles[0][0], walled.triangles[0][1], walled.triangles[60][2]}), walled.patch.push_back(1);
  const auto refused = imaging::repair_surface(walled);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("three or more triangles") != std::string::npos);
  for (auto& t : tube.triangles) std::swap(t[1], t[2]);
  const auto turned = imaging::repair_surface(tube);
  REQUIRE(turned);
  CHECK(turned->surface.volume() > 0);
}

TEST_CASE("left-atrium-lasc: the open atrium is closed with caps and gets a volume of an atrium in mm (20 to 200 ml)") {
  const auto s = imaging::read_surface(shared_file("data/left-atrium-lasc/atrium.vtp"), imaging::LengthUnit::mm, "");
  REQUIRE(s);
  const auto r = imaging::repair_surface(*s);
  if (!r) WARN(r.error().message);
  REQUIRE(r);
  CHECK(r->surface.closed());
  CHECK(r->openings.size() >= 5);
  CHECK(r->surface.volume() / 1000 > 20);
  CHECK(r->surface.volume() / 1000 < 200);
}

TEST_CASE("aorta-iliac-surface: the trunk is named aorta and the two ends right and left common iliac by their side") {
  const auto s = imaging::read_surface(shared_file("data/aorta-iliac-surface/aorta_iliac.vtp"), imaging::LengthUnit::cm, "ModelFaceID");
  REQUIRE(s);
  auto lumen = imaging::lumen_from_surface(*s, 3, {}, {});
  REQUIRE(lumen);
  auto& net = lumen->network;
  const auto why = imaging::name_branches(net, imaging::VesselKind::aorta);
  CHECK(why.size() == net.branches.size());
  REQUIRE(net.branches.size() == 3);
  CHECK(net.branches[0].name == "aorta");
  for (int c : net.branches[0].children) {
    const auto& b = net.branches[std::size_t(c)];
    const auto& other = net.branches[std::size_t(net.branches[0].children[0] == c ? net.branches[0].children[1] : net.branches[0].children[0])];
    CHECK(b.name == (b.points.back().x() > other.points.back().x() ? "left common iliac" : "right common iliac"));
  }
}
