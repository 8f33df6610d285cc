// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"
#include "solvers/electrophysiology/recorded/surface_finder.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Vec3;

namespace {

core::Mat3 turn(double x_deg, double y_deg, double z_deg) {
  const auto r = [](double d, const Vec3& a) { return Eigen::AngleAxisd(d * M_PI / 180, a).toRotationMatrix(); };
  return r(x_deg, Vec3::UnitX()) * r(y_deg, Vec3::UnitY()) * r(z_deg, Vec3::UnitZ());
}

// A 40 x 30 x 4 mm slab; the side z = 4 is the endocardium, all else epicardium.
core::TetMesh slab() {
  core::TetMesh m = core::make_box(Vec3(40, 30, 4), 2, core::BoxSplit::alternating);
  m.boundary = core::find_boundary(m.tets);
  m.patch_names = {{1, "endocardium_lv"}, {2, "epicardium"}};
  for (auto& f : m.boundary) {
    bool top = true;
    for (core::Index n : f.nodes) top = top && std::abs(m.nodes[n].z() - 4) < 1e-9;
    f.patch = top ? 1 : 2;
  }
  return m;
}

ep::EaMap points_over_slab(double from_x, double to_x, unsigned seed, int count, double lift_mm) {
  ep::EaMap map;
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> x(from_x, to_x), y(0, 30), h(0, lift_mm);
  for (int i = 0; i < count; ++i) {
    ep::EaPoint p;
    p.at = Vec3(x(random), y(random), 4 + h(random));
    p.lat_ms = 10 + 1.5 * p.at.x() - 0.8 * p.at.y();
    p.bipolar_mV = (p.at.head<2>() - Eigen::Vector2d(20, 15)).norm() < 10 ? 0.2 : 4.0;
    p.name = fmt::format("P{}", i);
    map.points.push_back(p);
  }
  return map;
}

std::vector<Vec3> on_endocardium(const core::TetMesh& heart, std::size_t every) {
  const ep::SurfaceFinder finder(heart, "endocardium_lv");
  std::vector<Vec3> out;
  for (std::size_t t = 0; t < finder.triangles().size(); t += every) {
    const auto& k = finder.triangles()[t];
    out.push_back((heart.nodes[k[0]] + heart.nodes[k[1]] + heart.nodes[k[2]]) / 3);
  }
  return out;
}

}  // namespace

TEST_CASE("Landmarks give back a known rigid motion to 1e-9 mm and never a mirror (Kabsch 1976)") {
  const core::Mat3 r = turn(25, -40, 70);
  const Vec3 t(12, -30, 4);
  std::vector<ep::EaPair> pairs;
  for (const Vec3& p : {Vec3(0, 0, 0), Vec3(40, 3, 1), Vec3(5, 30, -2), Vec3(1, 8, 55)}) pairs.push_back({p, r * p + t});
  auto found = ep::register_landmarks(pairs);
  REQUIRE(found);
  CHECK((found->rotation - r).norm() < 1e-12);
  CHECK((found->translation - t).norm() < 1e-9);
  CHECK(found->landmark_rms_mm < 1e-9);
  for (auto& p : pairs) p.heart.x() = -p.heart.x();   // a mirrored heart cannot be reached by a rigid motion
  auto mirror = ep::register_landmarks(pairs);
  REQUIRE(mirror);
  CHECK(mirror->rotation.determinant() == Approx(1));
  CHECK(mirror->landmark_rms_mm > 1);
  CHECK_FALSE(ep::register_landmarks({pairs[0], pairs[1]}));
  CHECK_FALSE(ep::register_landmarks({{Vec3(0, 0, 0), Vec3(0, 0, 0)}, {Vec3(1, 0, 0), Vec3(1, 0, 0)}, {Vec3(2, 0, 0), Vec3(2, 0, 0)}, {Vec3(30, 0, 0), Vec3(30, 0, 0)}}));
}

TEST_CASE("Surface registration brings a map that is 6 degrees and 5 mm off back to within 0.5 mm RMS of an ellipsoid endocardium") {
  const core::TetMesh heart = test::ellipsoid_heart(4.0);
  const core::Mat3 r = turn(6, -4, 3);
  const Vec3 t(3, -3, 3);
  ep::EaMap map;
  for (const Vec3& p : on_endocardium(heart, 5)) map.points.push_back({"", r * p + t, 0.0, 1.0, 1.0});
  auto fitted = ep::register_surface(map, heart, {}, ep::EaStart::as_given, {});
  REQUIRE(fitted);
  CHECK(fitted->surface_rms_before_mm > 1.5);
  CHECK(fitted->surface_rms_mm < 0.5);
  // A far start needs the main axes; the fit to the surface is as good, and the method says that it is a guess.
  for (auto& p : map.points) p.at = turn(80, 100, -50) * p.at + Vec3(200, 10, -90);
  auto guessed = ep::register_surface(map, heart, {}, ep::EaStart::axes, {});
  REQUIRE(guessed);
  CHECK(guessed->surface_rms_mm < 2.0);
  CHECK(guessed->method.find("guess") != std::string::npos);
}

TEST_CASE("The closest surface point found by the grid is that of a search through all triangles") {
  const core::TetMesh heart = test::ellipsoid_heart(5.0);
  const ep::SurfaceFinder finder(heart, "endocardium_lv");
  std::mt19937 random(3);
  std::uniform_real_distribution<double> u(-90, 90);
  for (int i = 0; i < 60; ++i) {
    const Vec3 p(u(random), u(random), u(random));
    const auto c = finder.closest(p);
    REQUIRE(c.triangle >= 0);
    // No vertex and no centre is nearer than the point found, and the point found is as far as it says.
    CHECK((c.at - p).norm() == Approx(c.distance));
    for (const auto& t : finder.triangles()) {
      for (core::Index n : t) REQUIRE((heart.nodes[n] - p).norm() >= c.distance - 1e-9);
      REQUIRE(((heart.nodes[t[0]] + heart.nodes[t[1]] + heart.nodes[t[2]]) / 3 - p).norm() >= c.distance - 1e-9);
    }
  }
}

TEST_CASE("A plane wave of LAT at 300 random points 0 to 3 mm over a slab is met within 1 ms at 95 percent of the covered nodes") {
  const core::TetMesh heart = slab();
  ep::EaMap map = points_over_slab(0, 40, 11, 300, 3);
  auto on = ep::project_map(map, heart, ep::EaQuantity::lat, {});
  REQUIRE(on);
  CHECK(on->points_used == 300);
  CHECK(on->coverage_percent > 99);
  CHECK(on->mean_distance_mm == Approx(1.5).margin(0.2));
  int surface = 0;
  for (std::size_t n = 0; n < heart.nodes.size(); ++n) {
    if (!std::isfinite(on->value[n])) continue;
    ++surface;
    CHECK(heart.nodes[n].z() == Approx(4));   // nothing but the chosen surface carries values
  }
  CHECK(surface == 21 * 16);
  // The same wave simulated with another zero: offset found, difference as above.
  std::vector<float> activation(heart.nodes.size());
  for (std::size_t n = 0; n < activation.size(); ++n) activation[n] = float(47 + 1.5 * heart.nodes[n].x() - 0.8 * heart.nodes[n].y());
  auto c = ep::compare_lat(*on, activation);
  REQUIRE(c);
  CHECK(c->offset_ms == Approx(37).margin(0.2));
  CHECK(c->p95_abs_ms < 1.0);
  CHECK(c->correlation > 0.999);
}

TEST_CASE("Points beyond the limit are not used and surface beyond the reach has no value") {
  const core::TetMesh heart = slab();
  ep::EaMap map = points_over_slab(0, 20, 5, 200, 1);
  map.reach_mm = 4;
  map.points.push_back({"far", Vec3(35, 15, 60), 999.0, 5.0, 5.0});
  auto on = ep::project_map(map, heart, ep::EaQuantity::lat, {});
  REQUIRE(on);
  CHECK(on->points_far == 1);
  CHECK(on->used.back() == 0);
  CHECK(on->coverage_percent == Approx(60).margin(6));   // 20 mm and 4 mm of reach of 40 mm
  for (std::size_t n = 0; n < heart.nodes.size(); ++n)
    if (heart.nodes[n].x() > 27) CHECK(std::isnan(on->value[n]));
  for (auto& p : map.points) p.at.z() += 500;
  auto off = ep::project_map(map, heart, ep::EaQuantity::lat, {});
  REQUIRE_FALSE(off);
  CHECK(off.error().message.find("not registered") != std::string::npos);
  map.surface = "no such place";
  CHECK_FALSE(ep::project_map(map, heart, ep::EaQuantity::lat, {}));
}

TEST_CASE("A round scar of 10 mm radius in bipolar voltage becomes tissue of its area within 15 percent and through the wall") {
  const core::TetMesh heart = slab();
  auto on = ep::project_map(points_over_slab(0, 40, 21, 1500, 1), heart, ep::EaQuantity::bipolar, {});
  REQUIRE(on);
  auto scar = ep::scar_from_voltage(*on, heart, {}, {});
  REQUIRE(scar);
  // The border zone is the slope between 0.2 and 4 mV: half of it belongs inside the circle.
  const double area = M_PI * 1.0 * 1.0;   // cm2
  INFO("scar " << scar->scar_area_cm2 << " border " << scar->border_area_cm2 << " cm2");
  CHECK(scar->scar_area_cm2 + scar->border_area_cm2 == Approx(area).epsilon(0.15));
  CHECK(scar->scar_ml == Approx(scar->scar_area_cm2 * 0.4).epsilon(0.2));   // 4 mm of wall
  auto thin = ep::scar_from_voltage(*on, heart, {ep::EaQuantity::bipolar, 0.5, 1.5, 1.0}, {});
  REQUIRE(thin);
  CHECK(thin->scar_ml < 0.7 * scar->scar_ml);
  CHECK_FALSE(ep::scar_from_voltage(*on, heart, {ep::EaQuantity::bipolar, 2.0, 1.5, 0}, {}));
}

TEST_CASE("Maps are the same for 1 and 2 threads to the last bit") {
  const core::TetMesh heart = slab();
  const ep::EaMap map = points_over_slab(0, 40, 2, 700, 2);
  core::set_thread_count(1);
  auto one = ep::project_map(map, heart, ep::EaQuantity::lat, {});
  core::set_thread_count(2);
  auto two = ep::project_map(map, heart, ep::EaQuantity::lat, {});
  REQUIRE((one && two));
  for (std::size_t n = 0; n < one->value.size(); ++n) CHECK((one->value[n] == two->value[n] || (std::isnan(one->value[n]) && std::isnan(two->value[n]))));
}

TEST_CASE("CARTO point and mesh files EnSite DxL and tables of other names give the same points") {
  const std::string car =
      "VERSION_6_0 1-LV\t\n"
      "P\t0\t1\t1\t10.5\t-20\t30\t0\t0\t1\t5.5\t1.25\t-12\t0\t0\t0\t0\tA\n"
      "P\t0\t2\t1\t40.5\t-10\t35\t0\t0\t1\t6.5\t0.4\t-10000\t0\t0\t0\t0\tA\n"
      "P\t0\t3\t1\t10.5\t22\t31\t0\t0\t1\t7.5\t3\t40\t0\t0\t0\t0\tA\n";
  auto a = ep::parse_ea_map(car);
  REQUIRE(a);
  CHECK(a->format == "CARTO car");
  REQUIRE(a->points.size() == 3);
  CHECK(a->points[0].at == Vec3(10.5, -20, 30));
  CHECK(a->points[0].unipolar_mV == 5.5);
  CHECK(a->points[0].bipolar_mV == 1.25);
  CHECK(a->points[0].lat_ms == -12);
  CHECK(std::isnan(a->points[1].lat_ms));
  const std::string mesh =
      "#TriangulatedMeshVersion2.0\n[GeneralAttributes]\nMeshID = 1\nMeshName = NAME OF A PATIENT\nNumVertex = 4\nNumTriangle = 2\n\n[VerticesSection]\n; X Y Z NormalX NormalY NormalZ GroupID\n\n"
      "0 = 0 0 0 0 0 1 0\n1 = 30 0 0 0 0 1 0\n2 = 0 30 0 0 0 1 0\n3 = 30 30 10 0 0 1 -1000000\n\n[TrianglesSection]\n; Vertex0 Vertex1 Vertex2 NormalX NormalY NormalZ GroupID\n\n0 = 0 1 2 0 0 1 0\n1 = 1 3 2 0 0 1 -1000000\n\n"
      "[VerticesColorsSection]\n; Unipolar Bipolar LAT\n\n0 = 4 0.3 -20\n1 = 5 -10000 10\n2 = 6 2 -10000\n3 = 6 2 3\n";
  auto m = ep::parse_ea_map(mesh);
  REQUIRE(m);
  CHECK(m->format == "CARTO mesh");
  CHECK(m->points.size() == 3);
  CHECK(m->shell.triangles.size() == 1);
  CHECK(std::isnan(m->points[1].bipolar_mV));
  CHECK(m->points[1].lat_ms == 10);
  for (const auto& n : m->notes) CHECK(n.find("PATIENT") == std::string::npos);
  const std::string dxl =
      "St. Jude Medical. File Revision : 5.0.1\nExport from Study : X\nSample rate:,2034.5\nBegin data\npt number:,1,2,3\nroving x:,1.5,20,3\nroving y:,0,2,30\nroving z:,9,8,7\nref LAT:,0.100,0.100,0.100\nrov LAT:,0.120,0.090,0.1\npeak2peak:,0.5,1,2\nutilized:,1,1,1\n";
  auto d = ep::parse_ea_map(dxl);
  REQUIRE(d);
  CHECK(d->format == "EnSite DxL");
  CHECK(d->points[0].lat_ms == Approx(20));
  CHECK(d->points[1].lat_ms == Approx(-10));
  CHECK(d->points[2].bipolar_mV == 2);
  auto r = ep::parse_ea_map("Label\tX\tY\tZ\tLAT\tUnipolar voltage\tBipolar voltage\nA1\t1\t2\t3\t4\t5\t6\nA2\t30\t2\t3\t4\t5\t\nA3\t1\t40\t3\t4\t5\t6\n");
  REQUIRE(r);
  CHECK(r->points[0].name == "A1");
  CHECK(r->points[0].bipolar_mV == 6);
  CHECK(std::isnan(r->points[1].bipolar_mV));
  // Our own table comes back whole.
  auto again = ep::parse_ea_map(ep::ea_csv(*a));
  REQUIRE(again);
  CHECK(again->points[2].at == a->points[2].at);
  CHECK(again->points[2].lat_ms == 40);
}

TEST_CASE("Bad maps are refused with one sentence") {
  for (const char* text : {"", "x,y\n1,2\n", "x,y,z,lat\n1,2,3,4\n", "x,y,z,lat\n0,0,0,1\n0.001,0,0,1\n0,0.001,0,1\n", "x,y,z\n0,0,0\n30,0,0\n0,30,0\n", "VERSION_5_0 x\nP 0 1\n", "VERSION_5_0 x\nP 0 1 1 a b c 0 0 0 1 1 1\n",
                           "[GeneralAttributes]\nNumVertex = 9\n[VerticesSection]\n0 = 1 2 3\n", "#TriangulatedMeshVersion2.0\n[VerticesSection]\n0 = 1 2 3\n[TrianglesSection]\n0 = 0 1 2\n", "Begin data\nroving x:,1,2\nroving y:,1\n"}) {
    auto m = ep::parse_ea_map(text);
    INFO(text);
    REQUIRE_FALSE(m);
    CHECK(m.error().message.size() > 30);
    CHECK(m.error().message.back() == '.');
  }
}
