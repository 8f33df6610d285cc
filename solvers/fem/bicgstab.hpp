// SPDX-License-Identifier: GPL-3.0-or-later
// BiCGStab for one non-symmetric scalar matrix and three interleaved right-hand sides, treated as one block system.
// Source: van der Vorst, SIAM J Sci Stat Comput 13 (1992) 631-644. Scale the rows by the inverse diagonal beforehand (Jacobi).
// Threads: bitwise equal for every thread count.
#pragma once
#include "solvers/fem/solve.hpp"

namespace ot::fem {

struct BicgstabWork {
  std::vector<double> r, shadow, p, v, t;
};

// (A x I3) x = b; b and x are [3n], node by node. x holds the start value. Stopped at |r| <= max(tolerance |b|, reduction |r at the start|).
// A breakdown restarts from the current x; not converged after most_iterations is reported, never hidden.
SolveReport bicgstab3(const CsrMatrix& a, const std::vector<double>& b, std::vector<double>& x, BicgstabWork& work,
                      double tolerance, int most_iterations, double reduction = 0.0);

}  // namespace ot::fem
