// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/blood_viscosity.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ot::hemo {

ApparentViscosity::ApparentViscosity(const Fluid& fluid) : newtonian_(fluid.viscosity_Pa_s) {
  if (!fluid.carreau_yasuda) return;
  constexpr double slowest = 1e-3, fastest = 1e6;   // 1/s
  constexpr int per_decade = 60, count = 9 * per_decade;
  double integral = 0, rate_before = 0, cube_before = 0;   // int t3 dg
  for (int k = 0; k <= count; ++k) {
    const double rate = slowest * std::pow(fastest / slowest, double(k) / count), stress = fluid.viscosity_at(rate) * rate, cube = stress * stress * stress;
    // t3 is nearly a power of g between two points: exact for powers. Below the first point the fluid is Newtonian.
    if (k == 0) integral = cube * rate / 4;
    else {
      const double power = std::log(cube / cube_before) / std::log(rate / rate_before);
      integral += (cube * rate - cube_before * rate_before) / (power + 1);
    }
    rate_before = rate, cube_before = cube;
    const double apparent = 4 * (rate / 3 - integral / (3 * cube));
    log_rate_.push_back(std::log(apparent)), log_viscosity_.push_back(std::log(stress / apparent));
  }
}

double ApparentViscosity::at(double rate) const {
  if (log_rate_.empty()) return newtonian_;
  if (!(rate > 0)) return std::exp(log_viscosity_.front());
  const double x = std::log(rate);
  const auto after = std::upper_bound(log_rate_.begin(), log_rate_.end(), x);
  if (after == log_rate_.begin()) return std::exp(log_viscosity_.front());
  if (after == log_rate_.end()) return std::exp(log_viscosity_.back());
  const std::size_t k = std::size_t(after - log_rate_.begin());
  const double share = (x - log_rate_[k - 1]) / (log_rate_[k] - log_rate_[k - 1]);
  return std::exp(log_viscosity_[k - 1] + share * (log_viscosity_[k] - log_viscosity_[k - 1]));
}

double ApparentViscosity::in_tube(double flow, double radius) const { return at(4 * std::abs(flow) / (std::numbers::pi * radius * radius * radius)); }

}  // namespace ot::hemo
