// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "solvers/core/mesh.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/core/triangle.hpp"

using namespace ot::core;

TEST_CASE("a box of tetrahedra has the box's volume, no inverted element and a closed boundary with the box's area, both splits") {
  for (const BoxSplit split : {BoxSplit::kuhn, BoxSplit::alternating}) {
    const TetMesh mesh = make_box({4, 3, 2}, 0.5, split);
    CHECK(mesh.nodes.size() == 9 * 7 * 5);
    CHECK(mesh.tets.size() == 8 * 6 * 4 * 6);
    CHECK(mesh.volume() == Approx(24).epsilon(1e-12));
    CHECK(check_simulation_ready(mesh));
    SurfaceMesh surface;
    surface.points = mesh.nodes;
    for (const auto& f : mesh.boundary) {
      surface.triangles.push_back(f.nodes);
      CHECK(f.patch > 0);
    }
    CHECK(surface.closed());
    CHECK(surface.volume() == Approx(24).epsilon(1e-12));
    CHECK(surface.area() == Approx(52).epsilon(1e-12));
  }
}

TEST_CASE("smallest dihedral angles: 45 degrees in a Kuhn box, 70.53 degrees in the regular tetrahedron") {
  const MeshQuality q = measure_quality(make_box({2, 2, 2}, 1, BoxSplit::kuhn));
  CHECK(q.min_dihedral_deg == Approx(45).margin(1e-9));
  CHECK(q.inverted == 0);
  CHECK(q.parts == 1);
  TetMesh regular;
  regular.nodes = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
  regular.tets = {{0, 1, 2, 3}};
  if (tet_volume(regular.nodes[0], regular.nodes[1], regular.nodes[2], regular.nodes[3]) < 0) std::swap(regular.tets[0][2], regular.tets[0][3]);
  CHECK(measure_quality(regular).min_dihedral_deg == Approx(std::acos(1.0 / 3) * 180 / M_PI).margin(1e-9));
}

TEST_CASE("a mesh with an inverted tetrahedron is refused with its number and place") {
  TetMesh mesh = make_box({1, 1, 1}, 1, BoxSplit::kuhn);
  std::swap(mesh.tets[3][0], mesh.tets[3][1]);
  const auto ok = check_simulation_ready(mesh);
  REQUIRE(!ok);
  CHECK(ok.error().code == ErrorCode::bad_input);
  CHECK(ok.error().message.find("1 of 6 tetrahedra are inverted") != std::string::npos);
  CHECK(ok.error().message.find("number 3") != std::string::npos);
}

TEST_CASE("meshes that are empty, not finite, out of range or with loose nodes are refused") {
  CHECK(!check_simulation_ready({}));
  TetMesh mesh = make_box({1, 1, 1}, 1, BoxSplit::kuhn);
  TetMesh bad = mesh;
  bad.nodes[2][1] = std::numeric_limits<double>::quiet_NaN();
  CHECK(!check_simulation_ready(bad));
  bad = mesh;
  bad.tets[0][1] = 99;
  CHECK(!check_simulation_ready(bad));
  bad = mesh;
  bad.nodes.push_back({5, 5, 5});
  CHECK(!check_simulation_ready(bad));
  compact(bad);
  CHECK(check_simulation_ready(bad));
}

TEST_CASE("an ordered sum gives the same bits on 1, 2 and 3 threads") {
  std::vector<double> v(100000);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = std::sin(double(i)) * std::exp(double(i % 37));
  const auto sum = [&] {
    return ordered_sum(std::ptrdiff_t(v.size()), [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      double s = 0;
      for (auto i = b; i < e; ++i) s += v[std::size_t(i)];
      return s;
    });
  };
  const int before = thread_count();
  set_thread_count(1);
  const double one = sum();
  set_thread_count(2);
  const double two = sum();
  set_thread_count(3);
  const double three = sum();
  set_thread_count(before);
  CHECK(one == two);
  CHECK(one == three);
}

TEST_CASE("closest_on_triangle: inside, edge and corner of the unit triangle to 1e-15, and a triangle without area answers with its edges") {
  const Vec3 a(0, 0, 0), b(1, 0, 0), c(0, 1, 0);
  CHECK((closest_on_triangle({0.25, 0.25, 3}, a, b, c) - Vec3(0.25, 0.25, 0)).norm() < 1e-15);
  CHECK((closest_on_triangle({0.5, -2, 1}, a, b, c) - Vec3(0.5, 0, 0)).norm() < 1e-15);
  CHECK((closest_on_triangle({1, 1, 0}, a, b, c) - Vec3(0.5, 0.5, 0)).norm() < 1e-15);
  CHECK((closest_on_triangle({-1, -1, 5}, a, b, c) - a).norm() < 1e-15);
  const Vec3 far(3, 0, 0);
  CHECK((closest_on_triangle({2, 1, 0}, a, b, far) - Vec3(2, 0, 0)).norm() < 1e-15);
  CHECK((closest_on_triangle({-2, 0, 0}, far, b, a) - a).norm() < 1e-15);
  CHECK((closest_on_triangle({2, 2, 2}, b, b, b) - b).norm() < 1e-15);
}
