// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/developed_flow.hpp"

#include <algorithm>

#include "solvers/core/contracts.hpp"

namespace ot::hemo {

DevelopedFlow::DevelopedFlow(const core::TetMesh& mesh, const Cap& cap, double nu) : cap_(cap_system(mesh, cap)), weight_(rate_weights(mesh, cap)), nu_(nu) {
  speed_.assign(cap.nodes.size(), 0.0);
  before_ = speed_;
}

void DevelopedFlow::start(const Cap& cap, const std::vector<double>& velocity) {
  for (std::size_t k = 0; k < speed_.size(); ++k) {
    const double* u = &velocity[3 * std::size_t(cap.nodes[k])];
    speed_[k] = cap_.unknown[k] < 0 ? 0.0 : u[0] * cap.normal[0] + u[1] * cap.normal[1] + u[2] * cap.normal[2];
  }
  before_ = speed_;
}

void DevelopedFlow::advance(double rate, double dt, const TimeScheme& scheme) {
  const Eigen::Index n = cap_.area.size();
  if (n == 0) return;
  if (scheme.a0 / dt != rate_of_mass_) {
    rate_of_mass_ = scheme.a0 / dt;
    std::vector<Eigen::Triplet<double>> entries;
    entries.reserve(cap_.stiffness.size() + std::size_t(n));
    for (const auto& e : cap_.stiffness) entries.emplace_back(e.row(), e.col(), nu_ * e.value());
    for (Eigen::Index i = 0; i < n; ++i) entries.emplace_back(int(i), int(i), rate_of_mass_ * cap_.area[i]);
    Eigen::SparseMatrix<double> a(n, n);
    a.setFromTriplets(entries.begin(), entries.end());
    solver_ = std::make_unique<Solver>(a);
    OT_EXPECT(solver_->info() == Eigen::Success);
    unit_ = solver_->solve(cap_.area);
    unit_rate_ = 0;
    for (std::size_t k = 0; k < weight_.size(); ++k)
      if (cap_.unknown[k] >= 0) unit_rate_ += weight_[k] * unit_[cap_.unknown[k]];
    OT_EXPECT(unit_rate_ > 0);
  }
  Eigen::VectorXd history(n);
  for (std::size_t k = 0; k < speed_.size(); ++k)
    if (const int i = cap_.unknown[k]; i >= 0) history[i] = cap_.area[i] / dt * (scheme.a1 * speed_[k] - scheme.a2 * before_[k]);
  const Eigen::VectorXd carried = solver_->solve(history);
  double missing = rate;
  for (std::size_t k = 0; k < weight_.size(); ++k)
    if (cap_.unknown[k] >= 0) missing -= weight_[k] * carried[cap_.unknown[k]];
  before_ = speed_;
  for (std::size_t k = 0; k < speed_.size(); ++k)
    if (const int i = cap_.unknown[k]; i >= 0) speed_[k] = carried[i] + missing / unit_rate_ * unit_[i];
}

void DevelopedFlow::save(std::vector<double>& to) const {
  to.insert(to.end(), speed_.begin(), speed_.end());
  to.insert(to.end(), before_.begin(), before_.end());
}

const double* DevelopedFlow::load(const double* from) {
  std::copy_n(from, speed_.size(), speed_.begin());
  std::copy_n(from + speed_.size(), before_.size(), before_.begin());
  return from + memory();
}

}  // namespace ot::hemo
