// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/fem/csr.hpp"
#include "solvers/fem/solve.hpp"

namespace {
using namespace ot;
using core::Mat3;
using core::Vec3;

struct Box {
  core::TetMesh mesh;
  fem::NodeTets around;
  fem::TetGeometry geometry;
};
Box box(double edge, core::BoxSplit split = core::BoxSplit::alternating) {
  Box b;
  b.mesh = core::make_box(Vec3(3, 2, 1), edge, split);
  b.around = fem::node_tets(b.mesh);
  b.geometry = fem::tet_geometry(b.mesh);
  return b;
}
Mat3 skew_tensor() {
  Mat3 d;
  d << 2.0, 0.3, 0.1, 0.3, 1.0, -0.2, 0.1, -0.2, 0.5;
  return d;
}
}  // namespace

TEST_CASE("The gradients of the four P1 functions are dual to the nodes to 1e-12 and the volumes add up to the box") {
  const Box b = box(0.5);
  double volume = 0;
  for (std::size_t e = 0; e < b.mesh.tets.size(); ++e) {
    volume += b.geometry.volume[e];
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 1; j < 4; ++j) {
        const Vec3 edge = b.mesh.nodes[std::size_t(b.mesh.tets[e][j])] - b.mesh.nodes[std::size_t(b.mesh.tets[e][0])];
        CHECK(b.geometry.gradient[e][i].dot(edge) == Approx(i == j ? 1.0 : i == 0 ? -1.0 : 0.0).margin(1e-12));
      }
  }
  CHECK(volume == Approx(6.0).epsilon(1e-12));
}

TEST_CASE("u.K u of a linear field equals volume times grad.D grad to 1e-12, and lumped mass sums to the volume") {
  const Box b = box(0.25);
  const Mat3 d = skew_tensor();
  const fem::CsrMatrix k = fem::assemble_stiffness(b.mesh, b.around, b.geometry, std::vector<Mat3>(b.mesh.tets.size(), d));
  const Vec3 g(0.7, -1.1, 2.3);
  std::vector<double> u, ku(b.mesh.nodes.size());
  for (const Vec3& x : b.mesh.nodes) u.push_back(g.dot(x) + 4.0);
  k.multiply(u.data(), ku.data());
  CHECK(fem::dot(u, ku) == Approx(6.0 * g.dot(d * g)).epsilon(1e-12));
  double sum = 0;
  for (double m : fem::lumped_mass(b.mesh, b.around, b.geometry)) sum += m;
  CHECK(sum == Approx(6.0).epsilon(1e-12));
}

TEST_CASE("The stiffness matrix is symmetric to 1e-13 with rows that sum to zero") {
  const Box b = box(0.5, core::BoxSplit::kuhn);
  const fem::CsrMatrix k = fem::assemble_stiffness(b.mesh, b.around, b.geometry, std::vector<Mat3>(b.mesh.tets.size(), skew_tensor()));
  for (core::Index i = 0; i < k.n; ++i) {
    double row = 0;
    for (std::ptrdiff_t p = k.row_begin[std::size_t(i)]; p < k.row_begin[std::size_t(i) + 1]; ++p) {
      const core::Index j = k.col[std::size_t(p)];
      row += k.value[std::size_t(p)];
      REQUIRE(k.find(j, i) >= 0);
      CHECK(k.value[std::size_t(p)] == Approx(k.value[std::size_t(k.find(j, i))]).margin(1e-13));
    }
    CHECK(row == Approx(0.0).margin(1e-12));
  }
  CHECK(k.find(0, k.n - 1) == -1);
}

TEST_CASE("Laplace between two faces reproduces the linear answer of P1 to 1e-7, for an anisotropic tensor aligned with the box") {
  const Box b = box(0.25);
  const Mat3 d = Vec3(1.0, 0.1, 0.01).asDiagonal();
  std::vector<std::pair<core::Index, double>> fixed;
  for (std::size_t i = 0; i < b.mesh.nodes.size(); ++i) {
    if (b.mesh.nodes[i].x() < 1e-9) fixed.emplace_back(core::Index(i), 1.0);
    if (b.mesh.nodes[i].x() > 3 - 1e-9) fixed.emplace_back(core::Index(i), 0.0);
  }
  const auto u = fem::solve_laplace(b.mesh, std::vector<Mat3>(b.mesh.tets.size(), d), fixed, {});
  REQUIRE(u);
  for (std::size_t i = 0; i < b.mesh.nodes.size(); ++i) CHECK((*u)[i] == Approx(1.0 - b.mesh.nodes[i].x() / 3.0).margin(1e-7));
}

TEST_CASE("Laplace gives bitwise the same field with 1 and 2 threads") {
  const Box b = box(0.125);
  std::vector<std::pair<core::Index, double>> fixed{{0, 1.0}, {core::Index(b.mesh.nodes.size() - 1), -2.0}};
  core::set_thread_count(1);
  const auto one = fem::solve_laplace(b.mesh, {}, fixed, {});
  core::set_thread_count(2);
  const auto two = fem::solve_laplace(b.mesh, {}, fixed, {});
  core::set_thread_count(core::hardware_threads());
  REQUIRE(one);
  REQUIRE(two);
  CHECK(*one == *two);
}

TEST_CASE("Laplace on a mesh of two parts with values on only one is refused") {
  core::TetMesh a = core::make_box(Vec3(1, 1, 1), 0.5, core::BoxSplit::kuhn), b = a;
  const core::Index n = core::Index(a.nodes.size());
  for (const Vec3& x : b.nodes) a.nodes.push_back(x + Vec3(5, 0, 0));
  for (core::Tet t : b.tets) {
    for (core::Index& i : t) i += n;
    a.tets.push_back(t);
  }
  const auto u = fem::solve_laplace(a, {}, {{0, 1.0}, {5, 0.0}}, {});
  REQUIRE(!u);
  CHECK(u.error().code == core::ErrorCode::bad_input);
  CHECK(u.error().message.find("Part 2 of 2") != std::string::npos);
}

TEST_CASE("A cancelled Laplace solve says so") {
  const Box b = box(0.25);
  auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto u = fem::solve_laplace(b.mesh, {}, {{0, 1.0}}, core::Progress({}, flag));
  REQUIRE(!u);
  CHECK(u.error().code == core::ErrorCode::cancelled);
}

TEST_CASE("Conjugate gradients report failure instead of a wrong answer when the iterations run out") {
  const Box b = box(0.125);
  fem::CsrMatrix k = fem::assemble_stiffness(b.mesh, b.around, b.geometry, {});
  for (core::Index i = 0; i < k.n; ++i) k.value[std::size_t(k.find(i, i))] += 1e-6;
  std::vector<double> rhs(std::size_t(k.n), 0.0), x(std::size_t(k.n), 0.0);
  rhs[0] = 1;
  const auto few = fem::conjugate_gradients(k, rhs, x, fem::jacobi(k), 1e-12, 3);
  CHECK(!few.converged);
  const auto enough = fem::conjugate_gradients(k, rhs, x, fem::jacobi(k), 1e-12, 2000);
  CHECK(enough.converged);
  std::vector<double> ax(rhs.size());
  k.multiply(x.data(), ax.data());
  for (std::size_t i = 0; i < ax.size(); ++i) CHECK(ax[i] == Approx(rhs[i]).margin(1e-9));
}
