// SPDX-License-Identifier: GPL-3.0-or-later
// The one constant of the marched network, from one FULL solve.
#include <fmt/format.h>

#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::hemo {

core::Result<double> calibrated_expansion_loss(const FlowProblem& problem, double full_drop_mmhg) {
  const auto excess = [&](double k_t) -> core::Result<double> {
    auto r = run_network(problem, {}, k_t);
    if (!r) return core::pass(r);
    for (const core::Quantity& q : r->quantities)
      if (q.key == "pressure_drop_mmhg") return q.value - full_drop_mmhg;
    return core::computation_failed("The network gave no pressure drop (nothing can be calibrated). Check its outlets.");
  };
  double low = 0.01, high = 3;
  auto f_low = excess(low), f_high = excess(high);
  if (!f_low) return core::pass(f_low);
  if (!f_high) return core::pass(f_high);
  if (!(*f_low < 0 && *f_high > 0))
    return core::bad_input(fmt::format("No expansion loss between 0.01 and 3 gives a pressure drop of {:.3f} mmHg (0.01 gives {:.3f}, 3 gives {:.3f}). Calibrate on a lesion, with the flow of the 3D solve.", full_drop_mmhg, *f_low + full_drop_mmhg, *f_high + full_drop_mmhg));
  for (int k = 0; k < 40 && high - low > 1e-4; ++k) {
    const double middle = 0.5 * (low + high);
    auto f = excess(middle);
    if (!f) return core::pass(f);
    (*f < 0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace ot::hemo
