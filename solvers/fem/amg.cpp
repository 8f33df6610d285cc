// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/fem/amg.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/fem/chunks.hpp"

namespace ot::fem {
namespace {
using core::Index;

// Rectangular sparse rows: the working format of the set-up (double) and of the cycle (float).
template <class Real>
struct Sparse {
  Index rows = 0, columns = 0;
  std::vector<std::ptrdiff_t> begin;
  std::vector<Index> col;
  std::vector<Real> value;
};

template <class Real>
Sparse<float> to_float(const Sparse<Real>& a) {
  return {a.rows, a.columns, a.begin, a.col, std::vector<float>(a.value.begin(), a.value.end())};
}

// Rows made one by one by fill(i, columns, values); chunk results are joined in order.
template <class Fill>
Sparse<double> build_rows(Index rows, Index columns, Fill&& fill) {
  struct Part {
    std::vector<Index> col;
    std::vector<double> value;
  };
  Sparse<double> m;
  m.rows = rows;
  m.columns = columns;
  m.begin.assign(std::size_t(rows) + 1, 0);
  const std::ptrdiff_t chunk = chunk_for(rows);
  std::vector<Part> parts(std::size_t((rows + chunk - 1) / chunk));
  core::parallel_chunks(rows, chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    Part& part = parts[std::size_t(first / chunk)];
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const std::size_t before = part.col.size();
      fill(Index(i), part.col, part.value);
      m.begin[std::size_t(i) + 1] = std::ptrdiff_t(part.col.size() - before);
    }
  });
  for (std::size_t i = 0; i < std::size_t(rows); ++i) m.begin[i + 1] += m.begin[i];
  m.col.resize(std::size_t(m.begin.back()));
  m.value.resize(m.col.size());
  core::parallel_chunks(std::ptrdiff_t(parts.size()), 1, [&](std::ptrdiff_t first, std::ptrdiff_t) {
    Part& part = parts[std::size_t(first)];
    std::copy(part.col.begin(), part.col.end(), m.col.begin() + m.begin[std::size_t(first * chunk)]);
    std::copy(part.value.begin(), part.value.end(), m.value.begin() + m.begin[std::size_t(first * chunk)]);
    part = Part{};
  });
  return m;
}

// a * b, row by row (Gustavson 1978). The order of the sums depends on the rows only.
Sparse<double> product(const Sparse<double>& a, const Sparse<double>& b) {
  return build_rows(a.rows, b.columns, [&](Index i, std::vector<Index>& col, std::vector<double>& value) {
    thread_local std::vector<std::ptrdiff_t> where;  // position in the row + 1, 0 = absent
    if (where.size() < std::size_t(b.columns)) where.assign(std::size_t(b.columns), 0);
    const std::size_t start = col.size();
    for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k) {
      const std::size_t j = std::size_t(a.col[std::size_t(k)]);
      const double w = a.value[std::size_t(k)];
      for (std::ptrdiff_t q = b.begin[j]; q < b.begin[j + 1]; ++q) {
        const Index c = b.col[std::size_t(q)];
        std::ptrdiff_t& at = where[std::size_t(c)];
        if (at == 0) {
          col.push_back(c);
          value.push_back(w * b.value[std::size_t(q)]);
          at = std::ptrdiff_t(col.size());
        } else {
          value[std::size_t(at - 1)] += w * b.value[std::size_t(q)];
        }
      }
    }
    for (std::size_t k = start; k < col.size(); ++k) where[std::size_t(col[k])] = 0;
  });
}

Sparse<double> transpose(const Sparse<double>& a) {
  Sparse<double> t;
  t.rows = a.columns;
  t.columns = a.rows;
  t.begin.assign(std::size_t(t.rows) + 1, 0);
  for (Index c : a.col) ++t.begin[std::size_t(c) + 1];
  for (std::size_t i = 0; i < std::size_t(t.rows); ++i) t.begin[i + 1] += t.begin[i];
  t.col.resize(a.col.size());
  t.value.resize(a.col.size());
  std::vector<std::ptrdiff_t> next(t.begin.begin(), t.begin.end() - 1);
  for (Index i = 0; i < a.rows; ++i)
    for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k) {
      const std::ptrdiff_t q = next[std::size_t(a.col[std::size_t(k)])]++;
      t.col[std::size_t(q)] = i;
      t.value[std::size_t(q)] = a.value[std::size_t(k)];
    }
  return t;
}

// Sums in fixed order, in chunks of the size used here.
double inner(const std::vector<double>& a, const std::vector<double>& b) {
  return core::ordered_sum(std::ptrdiff_t(a.size()), [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    double s = 0;
    for (std::ptrdiff_t i = first; i < last; ++i) s += a[std::size_t(i)] * b[std::size_t(i)];
    return s;
  }, chunk_for(std::ptrdiff_t(a.size())));
}

std::vector<double> diagonal_of(const Sparse<double>& a) {
  std::vector<double> d(std::size_t(a.rows), 0.0);
  for (Index i = 0; i < a.rows; ++i)
    for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k)
      if (a.col[std::size_t(k)] == i) d[std::size_t(i)] += a.value[std::size_t(k)];
  for (double& v : d) v = v > 0 ? v : 1.0;
  return d;
}

// Largest eigenvalue of D^-1 A: power iteration from a fixed start, plus 10 %.
double largest_eigenvalue(const Sparse<double>& a, const std::vector<double>& d) {
  const std::size_t n = std::size_t(a.rows);
  std::vector<double> x(n), y(n);
  std::uint32_t state = 12345;
  for (double& v : x) {
    state = state * 1664525u + 1013904223u;  // Numerical Recipes' linear congruential generator
    v = double(state) / 4294967296.0 - 0.5;
  }
  double lambda = 1.0;
  for (int round = 0; round < 12; ++round) {
    core::parallel_chunks(a.rows, chunk_for(a.rows), [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t i = first; i < last; ++i) {
        double s = 0;
        for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k)
          s += a.value[std::size_t(k)] * x[std::size_t(a.col[std::size_t(k)])];
        y[std::size_t(i)] = s / d[std::size_t(i)];
      }
    });
    const double xx = inner(x, x), yy = inner(y, y);
    if (!(xx > 0) || !(yy > 0)) break;
    lambda = std::sqrt(yy / xx);
    const double scale = 1.0 / std::sqrt(yy);
    for (std::size_t i = 0; i < n; ++i) x[i] = y[i] * scale;
  }
  return 1.1 * lambda;
}

// Greedy aggregation in three passes (Vanek et al. 1996, algorithm 5.1). -1: unknown left to the smoother alone.
std::vector<Index> aggregate(const Sparse<double>& a, const std::vector<std::uint8_t>& strong, Index& count) {
  std::vector<Index> part(std::size_t(a.rows), -1);
  std::vector<std::uint8_t> alone(std::size_t(a.rows), 1);
  count = 0;
  const auto each = [&](Index i, auto&& f) {
    for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k)
      if (strong[std::size_t(k)]) f(a.col[std::size_t(k)], a.value[std::size_t(k)]);
  };
  for (Index i = 0; i < a.rows; ++i) {
    bool free = part[std::size_t(i)] < 0, any = false;
    each(i, [&](Index j, double) {
      any = true;
      free = free && part[std::size_t(j)] < 0;
    });
    alone[std::size_t(i)] = !any;
    if (!free || !any) continue;
    part[std::size_t(i)] = count;
    each(i, [&](Index j, double) { part[std::size_t(j)] = count; });
    ++count;
  }
  std::vector<Index> joined = part;
  for (Index i = 0; i < a.rows; ++i) {
    if (part[std::size_t(i)] >= 0) continue;
    double best = 0;
    each(i, [&](Index j, double v) {
      if (part[std::size_t(j)] >= 0 && std::abs(v) > best) best = std::abs(v), joined[std::size_t(i)] = part[std::size_t(j)];
    });
  }
  part = std::move(joined);
  for (Index i = 0; i < a.rows; ++i) {
    if (part[std::size_t(i)] >= 0) continue;
    // A row without any coupling at all (a fixed value) needs no coarse unknown.
    if (alone[std::size_t(i)] && a.begin[std::size_t(i) + 1] - a.begin[std::size_t(i)] <= 1) continue;
    part[std::size_t(i)] = count;
    each(i, [&](Index j, double) {
      if (part[std::size_t(j)] < 0) part[std::size_t(j)] = count;
    });
    ++count;
  }
  return part;
}

}  // namespace

struct Amg::Level {
  Sparse<float> a, p, r;            // operator, prolongation from the next level, its transpose
  std::vector<float> inverse;       // 1 / diagonal
  float top = 1, low = 0.25f;       // eigenvalue range of the smoother
  mutable std::vector<float> x, b, t, d;
};

struct Amg::Impl {
  std::vector<Level> levels;
  Eigen::LDLT<Eigen::MatrixXd> coarse;
  double complexity = 1;

  void cycle(std::size_t l) const;
};

Amg::~Amg() = default;
Amg::Amg(Amg&&) noexcept = default;
Amg& Amg::operator=(Amg&&) noexcept = default;

Amg::Amg(const CsrMatrix& matrix, const AmgOptions& options) : impl_(std::make_unique<Impl>()) {
  OT_EXPECT(matrix.n > 0);
  Sparse<double> a{matrix.n, matrix.n, matrix.row_begin, matrix.col, matrix.value};
  const double first_count = double(a.col.size());
  double all = 0, theta = options.strength;
  for (;;) {
    all += double(a.col.size());
    const std::vector<double> d = diagonal_of(a);
    Level level;
    level.a = to_float(a);
    level.x.resize(d.size()), level.b.resize(d.size()), level.t.resize(d.size()), level.d.resize(d.size());
    level.inverse.resize(d.size());
    for (std::size_t i = 0; i < d.size(); ++i) level.inverse[i] = float(1.0 / d[i]);
    const bool small = a.rows <= options.coarse_limit;
    Index parts = 0;
    std::vector<Index> part;
    std::vector<std::uint8_t> strong;
    if (!small) {
      strong.assign(a.col.size(), 0);
      core::parallel_chunks(a.rows, chunk_for(a.rows), [&](std::ptrdiff_t first, std::ptrdiff_t last) {
        for (std::ptrdiff_t i = first; i < last; ++i)
          for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k) {
            const std::size_t j = std::size_t(a.col[std::size_t(k)]);
            const double v = a.value[std::size_t(k)];
            strong[std::size_t(k)] = std::ptrdiff_t(j) != i && v * v > theta * theta * d[std::size_t(i)] * d[j];
          }
      });
      part = aggregate(a, strong, parts);
    }
    // A level that hardly shrinks is the last one; it is factorised when that is affordable, else only smoothed.
    if (small || parts == 0 || double(parts) > 0.8 * double(a.rows)) {
      level.top = float(largest_eigenvalue(a, d));
      level.low = float(options.lowest_share) * level.top;
      if (a.rows <= 8 * options.coarse_limit) {
        Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(a.rows, a.rows);
        for (Index i = 0; i < a.rows; ++i)
          for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k)
            dense(i, a.col[std::size_t(k)]) += a.value[std::size_t(k)];
        impl_->coarse.compute(dense);
      }
      impl_->levels.push_back(std::move(level));
      break;
    }
    const double top = largest_eigenvalue(a, d);
    level.top = float(top);
    level.low = float(options.lowest_share * top);
    // Prolongation (I - w D^-1 A_f) P0; A_f: weak couplings moved to the diagonal, so that constants stay exact.
    const double w = 4.0 / 3.0 / top;
    Sparse<double> p = build_rows(a.rows, parts, [&](Index i, std::vector<Index>& col, std::vector<double>& value) {
      const std::size_t start = col.size();
      const auto add = [&](Index c, double v) {
        if (c < 0) return;
        for (std::size_t k = start; k < col.size(); ++k)
          if (col[k] == c) {
            value[k] += v;
            return;
          }
        col.push_back(c);
        value.push_back(v);
      };
      double diagonal = 0;
      for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k)
        if (!strong[std::size_t(k)]) diagonal += a.value[std::size_t(k)];
      if (!(diagonal > 0)) diagonal = d[std::size_t(i)];
      add(part[std::size_t(i)], 1.0 - w);
      for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k)
        if (strong[std::size_t(k)]) add(part[std::size_t(a.col[std::size_t(k)])], -w * a.value[std::size_t(k)] / diagonal);
    });
    const Sparse<double> r = transpose(p);
    Sparse<double> next = product(r, product(a, p));
    level.p = to_float(p);
    level.r = to_float(r);
    impl_->levels.push_back(std::move(level));
    a = std::move(next);
    theta *= 0.5;
  }
  impl_->complexity = all / first_count;
}

int Amg::levels() const { return int(impl_->levels.size()); }
double Amg::operator_complexity() const { return impl_->complexity; }

namespace {

// out_i = f(i, sum_j a_ij x_j)
template <class F>
void rows_times(const Sparse<float>& a, const std::vector<float>& x, F&& f) {
  core::parallel_chunks(a.rows, chunk_for(a.rows), [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const Index* col = a.col.data();
    const float* value = a.value.data();
    for (std::ptrdiff_t i = first; i < last; ++i) {
      float s = 0;
      for (std::ptrdiff_t k = a.begin[std::size_t(i)]; k < a.begin[std::size_t(i) + 1]; ++k) s += value[k] * x[std::size_t(col[k])];
      f(std::size_t(i), s);
    }
  });
}

}  // namespace

// x = V-cycle applied to b, both of level l. Chebyshev of degree 2: Saad, Iterative Methods (2003), algorithm 12.1.
void Amg::Impl::cycle(std::size_t l) const {
  const Level& v = levels[l];
  const bool last = l + 1 == levels.size();
  if (last && coarse.rows() > 0) {
    Eigen::VectorXd b(Eigen::Index(v.b.size()));
    for (std::size_t i = 0; i < v.b.size(); ++i) b[Eigen::Index(i)] = v.b[i];
    const Eigen::VectorXd x = coarse.solve(b);
    for (std::size_t i = 0; i < v.b.size(); ++i) v.x[i] = float(x[Eigen::Index(i)]);
    return;
  }
  const float centre = 0.5f * (v.top + v.low), half = 0.5f * (v.top - v.low), sigma = centre / half;
  const float rho0 = 1.0f / sigma, rho1 = 1.0f / (2.0f * sigma - rho0), keep = rho1 * rho0, gain = 2.0f * rho1 / half;
  const std::ptrdiff_t n = std::ptrdiff_t(v.x.size());
  // Before: from x = 0.
  core::parallel_chunks(n, chunk_for(n), [&](std::ptrdiff_t first, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = first; i < end; ++i) v.d[std::size_t(i)] = v.inverse[std::size_t(i)] * v.b[std::size_t(i)] / centre;
  });
  rows_times(v.a, v.d, [&](std::size_t i, float ad) {
    v.x[i] = v.d[i] + keep * v.d[i] + gain * v.inverse[i] * (v.b[i] - ad);
  });
  if (last) return;
  rows_times(v.a, v.x, [&](std::size_t i, float ax) { v.t[i] = v.b[i] - ax; });
  const Level& c = levels[l + 1];
  rows_times(v.r, v.t, [&](std::size_t i, float s) { c.b[i] = s; });
  cycle(l + 1);
  rows_times(v.p, c.x, [&](std::size_t i, float s) { v.x[i] += s; });
  // After.
  rows_times(v.a, v.x, [&](std::size_t i, float ax) {
    v.t[i] = v.b[i] - ax;
    v.d[i] = v.inverse[i] * v.t[i] / centre;
  });
  rows_times(v.a, v.d, [&](std::size_t i, float ad) {
    v.x[i] += v.d[i] + keep * v.d[i] + gain * v.inverse[i] * (v.t[i] - ad);
  });
}

void Amg::apply(const std::vector<double>& r, std::vector<double>& z) const {
  const Level& v = impl_->levels.front();
  OT_EXPECT(r.size() == v.b.size());
  z.resize(r.size());
  // Scaled to unit maximum: float has a short range.
  const std::ptrdiff_t chunk = chunk_for(std::ptrdiff_t(r.size()));
  std::vector<double> most(std::size_t((std::ptrdiff_t(r.size()) + chunk - 1) / chunk), 0.0);
  core::parallel_chunks(std::ptrdiff_t(r.size()), chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    double here = 0;
    for (std::ptrdiff_t i = first; i < last; ++i) here = std::max(here, std::abs(r[std::size_t(i)]));
    most[std::size_t(first / chunk)] = here;
  });
  const double largest = *std::max_element(most.begin(), most.end());
  if (!(largest > 0) || !std::isfinite(largest)) {
    std::fill(z.begin(), z.end(), 0.0);
    return;
  }
  const double scale = 1.0 / largest;
  core::parallel_chunks(std::ptrdiff_t(r.size()), chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) v.b[std::size_t(i)] = float(r[std::size_t(i)] * scale);
  });
  impl_->cycle(0);
  core::parallel_chunks(std::ptrdiff_t(r.size()), chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) z[std::size_t(i)] = double(v.x[std::size_t(i)]) * largest;
  });
}

SolveReport amg_conjugate_gradients(const CsrMatrix& a, const Amg& amg, const std::vector<double>& b, std::vector<double>& x,
                                    double tolerance, int most_iterations) {
  const std::size_t n = std::size_t(a.n);
  OT_EXPECT(b.size() == n && x.size() == n);
  const std::ptrdiff_t chunk = chunk_for(a.n);
  SolveReport report;
  const double scale = std::sqrt(inner(b, b));
  if (!(scale > 0)) {
    std::fill(x.begin(), x.end(), 0.0);
    report.converged = scale == 0.0;
    return report;
  }
  std::vector<double> r(n), z(n), p(n, 0.0), q(n);
  a.multiply(x.data(), q.data());
  core::parallel_chunks(a.n, chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) r[std::size_t(i)] = b[std::size_t(i)] - q[std::size_t(i)];
  });
  double rr = inner(r, r), rz = 0;
  while (report.iterations < most_iterations) {
    report.relative_residual = std::sqrt(rr) / scale;
    if (report.relative_residual <= tolerance || !std::isfinite(rr)) break;
    amg.apply(r, z);
    const double next = inner(r, z), beta = rz != 0 ? next / rz : 0.0;
    rz = next;
    core::parallel_chunks(a.n, chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      for (std::ptrdiff_t i = first; i < last; ++i) p[std::size_t(i)] = z[std::size_t(i)] + beta * p[std::size_t(i)];
    });
    const double pq = core::ordered_sum(a.n, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      double all = 0;
      for (std::ptrdiff_t i = first; i < last; ++i) {
        double s = 0;
        for (std::ptrdiff_t k = a.row_begin[std::size_t(i)]; k < a.row_begin[std::size_t(i) + 1]; ++k)
          s += a.value[std::size_t(k)] * p[std::size_t(a.col[std::size_t(k)])];
        q[std::size_t(i)] = s;
        all += s * p[std::size_t(i)];
      }
      return all;
    }, chunk);
    if (!(pq > 0)) break;
    const double alpha = rz / pq;
    rr = core::ordered_sum(a.n, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      double s = 0;
      for (std::ptrdiff_t i = first; i < last; ++i) {
        x[std::size_t(i)] += alpha * p[std::size_t(i)];
        r[std::size_t(i)] -= alpha * q[std::size_t(i)];
        s += r[std::size_t(i)] * r[std::size_t(i)];
      }
      return s;
    }, chunk);
    ++report.iterations;
  }
  report.relative_residual = std::sqrt(rr) / scale;
  report.converged = report.relative_residual <= tolerance;
  return report;
}

}  // namespace ot::fem
