// SPDX-License-Identifier: GPL-3.0-or-later
// The flow across an outlet as it would be in a long straight tube of the cap's section that carries the outlet's flow: what may come back
// in through it without resistance. Internal to the solver.
// Model: rho dw/dt = mu laplace w + G(t) on the cap, w = 0 on its rim, G such that the flow of w is the given one (Poiseuille when steady, Womersley
//   when periodic); Newtonian, with the viscosity at infinite shear rate for blood that shear thins.
// In/out: rate mm3/s out of the lumen, speed [cap nodes] mm/s along the outward normal.
// Numerics: linear triangles, lumped mass, the time scheme of the momentum equation (BDF1 after a start, BDF2).
// Fails: never; a cap without inner nodes has no such flow (zero).
#pragma once
#include <Eigen/SparseCholesky>
#include <memory>

#include "solvers/hemodynamics/cap_system.hpp"
#include "solvers/hemodynamics/flow_operators.hpp"

namespace ot::hemo {

class DevelopedFlow {
 public:
  DevelopedFlow(const core::TetMesh& mesh, const Cap& cap, double nu);
  void start(const Cap& cap, const std::vector<double>& velocity);   // from the velocity of the nodes, its part along the normal
  void advance(double rate, double dt_s, const TimeScheme& scheme);
  double speed(std::size_t k) const { return speed_[k]; }
  double before(std::size_t k) const { return before_[k]; }
  std::size_t memory() const { return 2 * speed_.size(); }
  void save(std::vector<double>& to) const;
  const double* load(const double* from);

 private:
  using Solver = Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>>;
  CapSystem cap_;
  std::vector<double> weight_;            // [cap nodes] mm2
  double nu_;
  double rate_of_mass_ = 0;               // a0/dt the matrix was made for
  std::unique_ptr<Solver> solver_;
  Eigen::VectorXd unit_;                  // answer to a unit gradient
  double unit_rate_ = 0;
  std::vector<double> speed_, before_;    // [cap nodes] at the last two instants
};

}  // namespace ot::hemo
