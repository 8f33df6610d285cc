// SPDX-License-Identifier: GPL-3.0-or-later
// Smoothed-aggregation multigrid for symmetric positive definite M-like matrices (P1 Poisson problems), and CG with it.
// Model: one V(1,1) cycle, Chebyshev smoother of degree 2, dense factorisation of the coarsest level; stored in float.
// Source: Vanek, Mandel, Brezina, Computing 56 (1996) 179-196 (aggregation, damping 4/3/lambda_max); Adams, Brezina, Hu,
//   Tuminaro, J Comput Phys 188 (2003) 593-610 (Chebyshev smoothing). Parameters: flow-numerics.md, "Recommended scheme".
// Threads: results are bitwise equal for every thread count. apply() uses scratch of the object: one caller at a time.
#pragma once
#include <memory>

#include "solvers/fem/solve.hpp"

namespace ot::fem {

struct AmgOptions {
  double strength = 0.08;       // |a_ij| > strength sqrt(a_ii a_jj) couples; halved per level
  core::Index coarse_limit = 400;  // unknowns below which the level is factorised
  double lowest_share = 0.25;   // the smoother covers [lowest_share, 1] of the spectrum
};

class Amg {
 public:
  // Contract: square, symmetric pattern and values, positive diagonal.
  explicit Amg(const CsrMatrix& a, const AmgOptions& options = {});
  ~Amg();
  Amg(Amg&&) noexcept;
  Amg& operator=(Amg&&) noexcept;

  void apply(const std::vector<double>& r, std::vector<double>& z) const;  // z = M r
  int levels() const;
  double operator_complexity() const;  // non-zeros of all levels / non-zeros of the first

 private:
  struct Level;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Conjugate gradients preconditioned by `amg`, stopped at |r| <= tolerance |b| (Euclidean). x holds the start value.
SolveReport amg_conjugate_gradients(const CsrMatrix& a, const Amg& amg, const std::vector<double>& b, std::vector<double>& x,
                                    double tolerance, int most_iterations);

}  // namespace ot::fem
