// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/fem/solve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::fem {
namespace {

constexpr std::ptrdiff_t chunk = 2048;

// Preconditioned conjugate gradients (Hestenes and Stiefel 1952); `stop` is asked once per iteration.
SolveReport iterate(const CsrMatrix& a, const std::vector<double>& b, std::vector<double>& x, const Preconditioner& m,
                    double tolerance, int most_iterations, const std::function<bool(int)>& stop) {
  const std::size_t n = std::size_t(a.n);
  OT_EXPECT(b.size() == n && x.size() == n);
  SolveReport report;
  std::vector<double> r(n), z(n, 0.0), p(n), q(n);
  m(b, z);
  const double scale = std::sqrt(std::max(0.0, dot(b, z)));
  if (scale == 0.0) {
    std::fill(x.begin(), x.end(), 0.0);
    report.converged = true;
    return report;
  }
  a.multiply(x.data(), q.data());
  core::parallel_chunks(a.n, chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) r[std::size_t(i)] = b[std::size_t(i)] - q[std::size_t(i)];
  });
  m(r, z);
  p = z;
  double rz = dot(r, z);
  report.relative_residual = std::sqrt(std::max(0.0, rz)) / scale;
  while (report.relative_residual > tolerance && report.iterations < most_iterations) {
    if (!std::isfinite(rz) || stop(report.iterations)) return report;
    a.multiply(p.data(), q.data());
    const double pq = dot(p, q);
    if (!(pq > 0)) return report;  // not positive definite, or exhausted
    const double alpha = rz / pq;
    core::parallel_chunks(a.n, chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t i = first; i < last; ++i) {
        x[std::size_t(i)] += alpha * p[std::size_t(i)];
        r[std::size_t(i)] -= alpha * q[std::size_t(i)];
      }
    });
    m(r, z);
    const double next = dot(r, z), beta = next / rz;
    rz = next;
    core::parallel_chunks(a.n, chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t i = first; i < last; ++i) p[std::size_t(i)] = z[std::size_t(i)] + beta * p[std::size_t(i)];
    });
    ++report.iterations;
    report.relative_residual = std::sqrt(std::max(0.0, rz)) / scale;
  }
  report.converged = report.relative_residual <= tolerance;
  return report;
}

// Which connected part of the mesh each node belongs to; parts are numbered by their lowest node.
std::vector<core::Index> parts_of(const CsrMatrix& pattern, core::Index& count) {
  std::vector<core::Index> part(std::size_t(pattern.n), -1), stack;
  count = 0;
  for (core::Index seed = 0; seed < pattern.n; ++seed) {
    if (part[std::size_t(seed)] >= 0) continue;
    part[std::size_t(seed)] = count;
    stack.assign(1, seed);
    while (!stack.empty()) {
      const std::size_t i = std::size_t(stack.back());
      stack.pop_back();
      for (std::ptrdiff_t k = pattern.row_begin[i]; k < pattern.row_begin[i + 1]; ++k) {
        const core::Index j = pattern.col[std::size_t(k)];
        if (part[std::size_t(j)] >= 0) continue;
        part[std::size_t(j)] = count;
        stack.push_back(j);
      }
    }
    ++count;
  }
  return part;
}

}  // namespace

Preconditioner jacobi(const CsrMatrix& a) {
  std::vector<double> inverse = a.diagonal();
  for (double& d : inverse) d = d != 0 ? 1.0 / d : 1.0;
  return [inverse = std::move(inverse)](const std::vector<double>& r, std::vector<double>& z) {
    core::parallel_chunks(std::ptrdiff_t(r.size()), chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t i = first; i < last; ++i) z[std::size_t(i)] = inverse[std::size_t(i)] * r[std::size_t(i)];
    });
  };
}

SolveReport conjugate_gradients(const CsrMatrix& a, const std::vector<double>& b, std::vector<double>& x,
                                const Preconditioner& m, double tolerance, int most_iterations) {
  return iterate(a, b, x, m, tolerance, most_iterations, [](int) { return false; });
}

core::Result<std::vector<double>> solve_laplace(const core::TetMesh& mesh, const std::vector<core::Mat3>& tensor,
                                                const std::vector<std::pair<core::Index, double>>& fixed,
                                                const core::Progress& progress) {
  const NodeTets around = node_tets(mesh);
  const CsrMatrix full = assemble_stiffness(mesh, around, tet_geometry(mesh), tensor);
  if (progress.cancelled()) return core::cancelled();

  const std::size_t n = mesh.nodes.size();
  std::vector<double> u(n, 0.0);
  std::vector<char> is_fixed(n, 0);
  double mean = 0;
  for (const auto& [node, value] : fixed) {
    OT_EXPECT(node >= 0 && std::size_t(node) < n);
    if (!std::isfinite(value))
      return core::bad_input(fmt::format("The fixed value at node {} is not a number (the Laplace problem has no answer). "
                                         "Check the boundary values.", node));
    u[std::size_t(node)] = value;
    is_fixed[std::size_t(node)] = 1;
    mean += value;
  }
  core::Index parts = 0;
  const std::vector<core::Index> part = parts_of(full, parts);
  std::vector<char> anchored(std::size_t(parts), 0);
  for (std::size_t i = 0; i < n; ++i)
    if (is_fixed[i]) anchored[std::size_t(part[i])] = 1;
  if (const auto loose = std::find(anchored.begin(), anchored.end(), 0); loose != anchored.end())
    return core::bad_input(fmt::format(
        "Part {} of {} of the mesh touches no boundary with a given value (the field there is undetermined). "
        "Keep only the largest part of the mesh, or give values on every part.",
        loose - anchored.begin() + 1, parts));
  mean /= double(fixed.size());

  // Unknowns: the free nodes, in node order. Known values go to the right-hand side.
  std::vector<core::Index> unknown(n, -1), node_of;
  for (std::size_t i = 0; i < n; ++i)
    if (!is_fixed[i]) {
      unknown[i] = core::Index(node_of.size());
      node_of.push_back(core::Index(i));
    }
  CsrMatrix a;
  a.n = core::Index(node_of.size());
  a.row_begin.assign(node_of.size() + 1, 0);
  std::vector<double> b(node_of.size(), 0.0);
  for (std::size_t r = 0; r < node_of.size(); ++r) {
    const std::size_t i = std::size_t(node_of[r]);
    for (std::ptrdiff_t k = full.row_begin[i]; k < full.row_begin[i + 1]; ++k) {
      const std::size_t j = std::size_t(full.col[std::size_t(k)]);
      if (is_fixed[j]) {
        b[r] -= full.value[std::size_t(k)] * u[j];
      } else {
        a.col.push_back(unknown[j]);
        a.value.push_back(full.value[std::size_t(k)]);
      }
    }
    a.row_begin[r + 1] = std::ptrdiff_t(a.col.size());
  }

  constexpr double tolerance = 1e-9;  // well below the discretisation error of P1 at any mesh we make
  constexpr int most = 20000;
  std::vector<double> x(node_of.size(), mean);
  bool was_cancelled = false;
  const SolveReport report = iterate(a, b, x, jacobi(a), tolerance, most, [&](int iteration) {
    was_cancelled = progress.cancelled();
    if (iteration % 50 == 0) progress.report(double(iteration) / (iteration + 300.0), "solving Laplace");
    return was_cancelled;
  });
  if (was_cancelled) return core::cancelled();
  if (!report.converged)
    return core::computation_failed(fmt::format(
        "The Laplace solve stopped at a relative residual of {:.1e} after {} iterations (the field would be wrong). "
        "Check the mesh for slivers and the tensors for zero or negative values.",
        report.relative_residual, report.iterations));
  for (std::size_t r = 0; r < node_of.size(); ++r) u[std::size_t(node_of[r])] = x[r];
  return u;
}

}  // namespace ot::fem
