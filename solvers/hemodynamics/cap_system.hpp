// SPDX-License-Identifier: GPL-3.0-or-later
// Linear triangles on a cap: what an inlet's profile and an outlet's developed flow share. Internal to the solver.
// Units: mm.
#pragma once
#include <Eigen/SparseCore>
#include <vector>

#include "solvers/hemodynamics/conditions.hpp"

namespace ot::hemo {

// [cap nodes] mm2: P1 speeds across the cap carry the flow sum w_i speed_i.
std::vector<double> rate_weights(const core::TetMesh& mesh, const Cap& cap);

// Functions that vanish on the rim: stiffness (of -laplace) and area of each inner node (lumped mass).
struct CapSystem {
  std::vector<int> unknown;   // [cap nodes], -1 on the rim
  std::vector<Eigen::Triplet<double>> stiffness;
  Eigen::VectorXd area;       // [unknowns] mm2
};
CapSystem cap_system(const core::TetMesh& mesh, const Cap& cap);

}  // namespace ot::hemo
