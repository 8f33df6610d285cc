// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <numbers>

#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/hemodynamics/vessel_march.hpp"

namespace ot::hemo {
namespace {

double area_of(double r) { return std::numbers::pi * r * r; }

// int ds / r^4 over a piece with linear radius.
double inverse_fourth(double length, double a, double b) { return length * (a * a + a * b + b * b) / (3.0 * a * a * a * b * b * b); }

}  // namespace

BranchLosses branch_losses(const core::VesselBranch& v, const Fluid& fluid) {
  BranchLosses l;
  const std::size_t n = v.radius.size();
  l.viscous.assign(n, 0.0);
  l.inertial.assign(n, 0.0);
  for (std::size_t k = 1; k < n; ++k)
    l.viscous[k] = l.viscous[k - 1] + 8 * fluid.viscosity_Pa_s / std::numbers::pi * inverse_fourth(v.arc[k] - v.arc[k - 1], v.radius[k - 1], v.radius[k]);
  for (const Narrowing& narrow : find_narrowings(v.radius)) {
    const double from = v.arc[narrow.throat], to = v.arc[narrow.recovered];
    const double d = 1 / area_of(v.radius[narrow.throat]) - 1 / area_of(v.radius[narrow.recovered]);
    const double loss = narrow.strength * expansion_loss * 0.5 * fluid.density_g_per_mm3 * d * d;
    for (std::size_t k = narrow.throat; k < n; ++k) l.inertial[k] += loss * std::clamp((v.arc[k] - from) / (to - from), 0.0, 1.0);
  }
  return l;
}

}  // namespace ot::hemo
