// SPDX-License-Identifier: GPL-3.0-or-later
// Krylov solvers on CsrMatrix. Relative residual in the preconditioned norm; deterministic for every thread count.
#pragma once
#include <functional>
#include <utility>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::fem {

struct SolveReport {
  int iterations = 0;
  double relative_residual = 0;
  bool converged = false;
};

using Preconditioner = std::function<void(const std::vector<double>& r, std::vector<double>& z)>;
Preconditioner jacobi(const CsrMatrix& a);

// SPD systems. x holds the start value.
SolveReport conjugate_gradients(const CsrMatrix& a, const std::vector<double>& b, std::vector<double>& x,
                                const Preconditioner& m, double tolerance, int most_iterations);

// Laplace / anisotropic diffusion with fixed nodes: div(D grad u) = 0, u = value at the given nodes, zero flux elsewhere.
// Fails when a part of the mesh has no fixed node or the solve does not converge.
core::Result<std::vector<double>> solve_laplace(const core::TetMesh& mesh, const std::vector<core::Mat3>& tensor,
                                                const std::vector<std::pair<core::Index, double>>& fixed,
                                                const core::Progress& progress);

}  // namespace ot::fem
