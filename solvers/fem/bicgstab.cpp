// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/fem/bicgstab.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/fem/chunks.hpp"

namespace ot::fem {
namespace {

// Ordered sums of two numbers per chunk in one sweep.
template <class F>
std::array<double, 2> sums(std::ptrdiff_t n, F&& partial) {
  const std::ptrdiff_t chunk = chunk_for(n);
  std::vector<std::array<double, 2>> part(std::size_t((n + chunk - 1) / chunk), {0.0, 0.0});
  core::parallel_chunks(n, chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) { part[std::size_t(first / chunk)] = partial(first, last); });
  std::array<double, 2> all{0.0, 0.0};
  for (const auto& p : part) all[0] += p[0], all[1] += p[1];
  return all;
}

// One row of (A x I3) x.
inline void row_times(const CsrMatrix& a, std::ptrdiff_t i, const double* x, double& s0, double& s1, double& s2) {
  s0 = s1 = s2 = 0;
  const std::ptrdiff_t end = a.row_begin[std::size_t(i) + 1];
  for (std::ptrdiff_t k = a.row_begin[std::size_t(i)]; k < end; ++k) {
    const double w = a.value[std::size_t(k)];
    const double* y = x + 3 * std::ptrdiff_t(a.col[std::size_t(k)]);
    s0 += w * y[0], s1 += w * y[1], s2 += w * y[2];
  }
}

}  // namespace

SolveReport bicgstab3(const CsrMatrix& a, const std::vector<double>& b, std::vector<double>& x, BicgstabWork& work,
                      double tolerance, int most_iterations, double reduction) {
  const std::size_t size = 3 * std::size_t(a.n);
  OT_EXPECT(b.size() == size && x.size() == size);
  auto& [r, shadow, p, v, t] = work;
  for (auto* w : {&r, &shadow, &p, &v, &t}) w->resize(size);

  const auto residual = [&] {  // r = shadow = p = b - A x; |r|^2, |b|^2
    return sums(a.n, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      std::array<double, 2> s{0.0, 0.0};
      for (std::ptrdiff_t i = first; i < last; ++i) {
        double y[3];
        row_times(a, i, x.data(), y[0], y[1], y[2]);
        for (int c = 0; c < 3; ++c) {
          const std::size_t k = std::size_t(3 * i + c);
          r[k] = shadow[k] = p[k] = b[k] - y[c];
          s[0] += r[k] * r[k], s[1] += b[k] * b[k];
        }
      }
      return s;
    });
  };
  SolveReport report;
  auto [rr, bb] = residual();
  const double scale = std::sqrt(bb);
  if (!(scale > 0)) {
    std::fill(x.begin(), x.end(), 0.0);
    report.converged = scale == 0.0;
    return report;
  }
  const double goal = std::max(tolerance, reduction * std::sqrt(rr) / scale);
  double rho = rr;
  int restarts = 0;
  while (true) {
    report.relative_residual = std::sqrt(rr) / scale;
    report.converged = report.relative_residual <= goal;
    if (report.converged || report.iterations >= most_iterations || !std::isfinite(rr)) return report;
    const auto [sv, none] = sums(a.n, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      std::array<double, 2> s{0.0, 0.0};
      for (std::ptrdiff_t i = first; i < last; ++i) {
        const std::size_t k = std::size_t(3 * i);
        row_times(a, i, p.data(), v[k], v[k + 1], v[k + 2]);
        s[0] += shadow[k] * v[k] + shadow[k + 1] * v[k + 1] + shadow[k + 2] * v[k + 2];
      }
      return s;
    });
    (void)none;
    const double alpha = rho / sv;
    if (!std::isfinite(alpha)) {
      if (++restarts > 5) return report;
      rr = rho = residual()[0];
      continue;
    }
    core::parallel_chunks(std::ptrdiff_t(size), 3 * chunk_for(a.n), [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t k = first; k < last; ++k) r[std::size_t(k)] -= alpha * v[std::size_t(k)];
    });
    const auto [ts, tt] = sums(a.n, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      std::array<double, 2> s{0.0, 0.0};
      for (std::ptrdiff_t i = first; i < last; ++i) {
        const std::size_t k = std::size_t(3 * i);
        row_times(a, i, r.data(), t[k], t[k + 1], t[k + 2]);
        for (int c = 0; c < 3; ++c) s[0] += t[k + c] * r[k + c], s[1] += t[k + c] * t[k + c];
      }
      return s;
    });
    const double omega = tt > 0 ? ts / tt : 0.0;
    const auto [next, squared] = sums(a.n, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      std::array<double, 2> s{0.0, 0.0};
      for (std::ptrdiff_t k = 3 * first; k < 3 * last; ++k) {
        const std::size_t q = std::size_t(k);
        x[q] += alpha * p[q] + omega * r[q];
        r[q] -= omega * t[q];
        s[0] += shadow[q] * r[q], s[1] += r[q] * r[q];
      }
      return s;
    });
    ++report.iterations;
    rr = squared;
    const double beta = (next / rho) * (alpha / omega);
    rho = next;
    // Breakdown: the shadow residual has become orthogonal. Start again from the current x.
    if (!std::isfinite(beta) || std::abs(rho) < 1e-14 * rr) {
      if (++restarts > 5) {
        report.relative_residual = std::sqrt(rr) / scale;
        report.converged = report.relative_residual <= goal;
        return report;
      }
      rr = rho = residual()[0];
      continue;
    }
    core::parallel_chunks(std::ptrdiff_t(size), 3 * chunk_for(a.n), [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t k = first; k < last; ++k) {
        const std::size_t q = std::size_t(k);
        p[q] = r[q] + beta * (p[q] - omega * v[q]);
      }
    });
  }
}

}  // namespace ot::fem
