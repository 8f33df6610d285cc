// SPDX-License-Identifier: GPL-3.0-or-later
// The viscosity at which developed Newtonian flow through a round lumen loses what the developed flow of the fluid itself loses.
// Model: Rabinowitsch: Q / (pi r3) = g_w/3 - 1/(3 t_w3) int_0^{g_w} t3 dg with the shear stress t = mu(g) g, so the apparent shear rate
//   4 Q / (pi r3) is a function of the rate g_w at the wall alone, and so is mu = t_w / (4 Q / (pi r3)).
// Source: Rabinowitsch, Z Phys Chem A 145 (1929) 1-26; fluid: Fluid in problem.hpp.
// Numerics: a table of 60 points per decade of g_w (1e-3 to 1e6 1/s), log-log between them: 1e-4. Newtonian: exact, no table.
// Threads: made once, then const.
#pragma once
#include <vector>

#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

class ApparentViscosity {
 public:
  explicit ApparentViscosity(const Fluid& fluid);
  double at(double apparent_rate_per_s) const;                       // Pa s; rate 4 |Q| / (pi r3)
  double in_tube(double flow_mm3_s, double radius_mm) const;

 private:
  double newtonian_ = 0;
  std::vector<double> log_rate_, log_viscosity_;   // empty: Newtonian
};

}  // namespace ot::hemo
