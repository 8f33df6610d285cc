// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/fem/amg.hpp"
#include "solvers/fem/bicgstab.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;

namespace {

// Poisson with u = 0 on the inlet rows; right-hand side from a known solution.
struct System {
  fem::CsrMatrix a;
  std::vector<double> exact, b;
};

System poisson(int n) {
  const test::Tube t = test::tube(1.0, 6.0, n, test::cosine_stenosis(1.0, 0.5, 3, 3), 0.15);
  const auto around = fem::node_tets(t.mesh);
  System s{fem::assemble_stiffness(t.mesh, around, fem::tet_geometry(t.mesh), {}), {}, {}};
  for (const auto& f : t.mesh.boundary)
    if (f.patch == test::tube_inlet)
      for (auto i : f.nodes) s.a.value[std::size_t(s.a.find(i, i))] += 1.0;
  for (const auto& x : t.mesh.nodes) s.exact.push_back(std::sin(3 * x[0]) + x[2] * x[1] + 0.3 * x[2]);
  s.b.resize(s.exact.size());
  s.a.multiply(s.exact.data(), s.b.data());
  return s;
}

}  // namespace

TEST_CASE("AMG-CG solves Poisson to 1e-8 in at most 20 iterations from 2k to 80k nodes, growing by at most 5, complexity below 1.6") {
  int first = 0;
  for (int n : {4, 8, 14}) {
    const System s = poisson(n);
    const fem::Amg amg(s.a);
    std::vector<double> x(s.b.size(), 0.0);
    const auto report = fem::amg_conjugate_gradients(s.a, amg, s.b, x, 1e-8, 100);
    CHECK(report.converged);
    CHECK(report.iterations <= 20);
    if (first == 0) first = report.iterations;
    CHECK(report.iterations <= first + 5);
    CHECK(amg.operator_complexity() < 1.6);
    CHECK((s.a.n < 3000 || amg.levels() >= 2));
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - s.exact[i]));
    CHECK(worst < 1e-4);
    WARN(s.a.n << " nodes: " << report.iterations << " iterations, " << amg.levels() << " levels, operator complexity " << amg.operator_complexity());
  }
}

TEST_CASE("AMG-CG on 1 and 2 threads is bitwise equal") {
  const System s = poisson(10);
  REQUIRE(s.a.n > 16384);  // several chunks
  std::vector<std::vector<double>> x;
  for (int threads : {1, 2}) {
    core::set_thread_count(threads);
    const fem::Amg amg(s.a);
    x.emplace_back(s.b.size(), 0.0);
    REQUIRE(fem::amg_conjugate_gradients(s.a, amg, s.b, x.back(), 1e-8, 100).converged);
  }
  core::set_thread_count(core::hardware_threads());
  CHECK(x[0] == x[1]);
}

TEST_CASE("BiCGStab solves a convection-dominated system of three right-hand sides to 1e-9") {
  System s = poisson(4);
  // Diagonal dominance plus an antisymmetric part as large as the symmetric one; rows scaled as the solver expects.
  for (core::Index i = 0; i < s.a.n; ++i) {
    double sum = 0, diagonal = 0;
    for (auto k = s.a.row_begin[i]; k < s.a.row_begin[i + 1]; ++k) {
      if (s.a.col[k] != i) s.a.value[k] *= s.a.col[k] > i ? 0.1 : 1.9;
      sum += std::abs(s.a.value[k]);
    }
    diagonal = 1.2 * sum;
    s.a.value[s.a.find(i, i)] = diagonal;
    for (auto k = s.a.row_begin[i]; k < s.a.row_begin[i + 1]; ++k) s.a.value[k] /= diagonal;
  }
  std::vector<double> exact(3 * s.exact.size()), b(exact.size()), x(exact.size(), 0.0), one(s.exact.size());
  for (int c = 0; c < 3; ++c) {
    std::vector<double> v(s.exact.size());
    for (std::size_t i = 0; i < v.size(); ++i) exact[3 * i + c] = v[i] = s.exact[i] * (c + 1) + c;
    s.a.multiply(v.data(), one.data());
    for (std::size_t i = 0; i < v.size(); ++i) b[3 * i + c] = one[i];
  }
  fem::BicgstabWork work;
  const auto report = fem::bicgstab3(s.a, b, x, work, 1e-9, 200);
  CHECK(report.converged);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - exact[i]));
  CHECK(worst < 1e-6);
}
