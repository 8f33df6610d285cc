// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/cell_batch.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::ep {

double stimulus_share(double t, double dt, double start, double duration) {
  const double on = std::min(t + dt, start + duration) - std::max(t, start);
  return std::clamp(on / dt, 0.0, 1.0);
}

CellBatch::CellBatch(const IonicFamily& family, const std::vector<std::vector<double>>& columns,
                     const std::vector<std::vector<double>>& states)
    : family_(&family), kernel_(best_kernel(family)), cells_(int(columns.size())) {
  OT_EXPECT(cells_ >= 1 && cells_ <= block_nodes && states.size() == columns.size());
  lanes_ = (cells_ + lane_multiple - 1) / lane_multiple * lane_multiple;
  param_.assign(std::size_t(family.params) * block_nodes, 0.0);
  state_.assign(std::size_t(family.states) * block_nodes, 0.0);
  for (AlignedVector* row : {&v_, &v_rate_, &dv_, &i_, &i_before_, &e_na_}) row->assign(block_nodes, 0.0);
  for (int lane = 0; lane < lanes_; ++lane) {
    const std::size_t cell = std::size_t(std::min(lane, cells_ - 1));  // idle lanes repeat the last cell
    OT_EXPECT(int(columns[cell].size()) == family.params && int(states[cell].size()) == family.states + 1);
    for (int p = 0; p < family.params; ++p) param_[std::size_t(p * block_nodes + lane)] = columns[cell][std::size_t(p)];
    for (int s = 0; s < family.states; ++s) state_[std::size_t(s * block_nodes + lane)] = states[cell][std::size_t(s) + 1];
    v_[std::size_t(lane)] = states[cell][0];
  }
}

void CellBatch::step(double dt, double stimulus) {
  for (std::size_t l = 0; l < std::size_t(lanes_); ++l) v_rate_[l] = v_[l] + 0.5 * dv_[l];
  kernel_({lanes_, dt, -stimulus, state_.data(), param_.data(), v_.data(), v_rate_.data(), i_.data(), e_na_.data()});
  for (std::size_t l = 0; l < std::size_t(lanes_); ++l) {
    const double ionic = first_ ? i_[l] : 1.5 * i_[l] - 0.5 * i_before_[l];
    dv_[l] = dt * (stimulus - ionic);
    v_[l] += dv_[l];
    i_before_[l] = i_[l];
  }
  first_ = false;
}

double CellBatch::try_midpoint(double dt, double stimulus) {
  OT_EXPECT(family_->two_stage);
  if (half_.empty()) {
    half_ = state_;
    next_ = state_;
    v_next_ = v_;
    i_last_ = i_;
  }
  const std::size_t lanes = std::size_t(lanes_);
  const auto copy = [&](AlignedVector& to) {
    for (std::size_t row = 0; row < state_.size(); row += block_nodes)
      for (std::size_t l = 0; l < lanes; ++l) to[row + l] = state_[row + l];
  };
  copy(half_);
  // Gates move towards the potential expected half a step on: what is faster than the step is then where V will be, not dt/2 behind it
  // (a lag of fast IKr inactivation lengthens the action potential in proportion to dt). For slow gates the change is of second order.
  for (std::size_t l = 0; l < lanes; ++l) v_rate_[l] = first_ ? v_[l] : v_[l] + 0.5 * dt * (stimulus - i_last_[l]);
  kernel_({lanes_, 0.5 * dt, -stimulus, half_.data(), param_.data(), v_.data(), v_rate_.data(), i_before_.data(), e_na_.data(), state_.data()});
  for (std::size_t l = 0; l < lanes; ++l) v_rate_[l] = v_[l] + 0.5 * dt * (stimulus - i_before_[l]);
  copy(next_);
  kernel_({lanes_, dt, -stimulus, next_.data(), param_.data(), v_rate_.data(), v_rate_.data(), i_.data(), e_na_.data(), half_.data()});
  double difference = 0;
  for (std::size_t l = 0; l < lanes; ++l) {
    v_next_[l] = v_[l] + dt * (stimulus - i_[l]);
    const double d = dt * std::abs(i_[l] - i_before_[l]);
    if (!(d <= difference)) difference = d;   // NaN wins
  }
  for (const int row : family_->watched)
    for (std::size_t l = std::size_t(row) * block_nodes; l < std::size_t(row) * block_nodes + lanes; ++l) {
      const double d = 2.5 * std::abs((next_[l] - state_[l] - 2.0 * (half_[l] - state_[l])) / state_[l]);
      if (!(d <= difference)) difference = d;
    }
  return difference;
}

void CellBatch::accept() {
  state_.swap(next_);
  v_.swap(v_next_);
  i_last_ = i_;
  first_ = false;
}

std::vector<double> CellBatch::states(int cell) const {
  std::vector<double> y(std::size_t(family_->states) + 1);
  y[0] = v(cell);
  for (int s = 0; s < family_->states; ++s) y[std::size_t(s) + 1] = state(cell, s);
  return y;
}

std::vector<double> CellBatch::ionic_current(const std::vector<std::vector<double>>& columns) const {
  OT_EXPECT(int(columns.size()) == cells_);
  AlignedVector param = param_, state = state_, v = v_, i = i_, e_na = e_na_;   // the kernel advances what it is given
  for (int lane = 0; lane < lanes_; ++lane)
    for (int p = 0; p < family_->params; ++p) param[std::size_t(p * block_nodes + lane)] = columns[std::size_t(std::min(lane, cells_ - 1))][std::size_t(p)];
  kernel_({lanes_, 1e-6, 0.0, state.data(), param.data(), v.data(), v.data(), i.data(), e_na.data()});
  return {i.begin(), i.begin() + cells_};
}

double CellBatch::highest_v() const { return *std::max_element(v_.begin(), v_.begin() + cells_); }

bool CellBatch::finite() const {
  return std::all_of(state_.begin(), state_.end(), [](double x) { return std::isfinite(x); });
}

bool CellBatch::sound() const {
  return std::all_of(v_.begin(), v_.begin() + cells_, [](double v) { return std::isfinite(v) && std::abs(v) <= 200.0; });
}

}  // namespace ot::ep
