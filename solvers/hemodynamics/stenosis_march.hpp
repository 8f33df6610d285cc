// SPDX-License-Identifier: GPL-3.0-or-later
// Pressure loss of one narrowing: a boundary-layer march to the throat, momentum theorem behind it.
// Model: proximal border to throat: steady axisymmetric reduced Navier-Stokes/Prandtl equations
//     u u_x + v u_r = -p_x/rho + nu/r (r u_r)_r,  int u dA = Q (which gives p_x),  pressure constant across the lumen,
//   from a parabolic profile. Throat to recovery: the jet leaves the wall, so the pressure of the throat acts on the wider area too
//   (Borda-Carnot with the momentum coefficient b and the kinetic coefficient a of the throat's profile, parabola at recovery):
//     p_recovered - p_throat = E - K_t (E - B),  E = rho/2 Q^2 (a/A_t^2 - 2/A_r^2),  B = rho Q^2 (b/(A_t A_r) - 4/(3 A_r^2)).
//   K_t = 1 is complete separation; calibrated by one 3D solve. Left out: eccentricity beyond its area, swirl, transition.
// Source: march: Lagree & Lorthois, Int J Eng Sci 43 (2005) 352-378; expansion: Borda-Carnot.
// In: mm, g, s; Q > 0. Out: loss of H = p + rho/2 (Q/A)^2 [Pa] from the first point. Numerics: implicit in x, second order across (41 points),
//   linear flux constraint solved exactly per station; 0.05-0.3 ms per lesion. Threads: pure function.
#pragma once
#include <vector>

#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct LesionShape {
  std::vector<double> arc, radius;   // mm, from the proximal border to the point of recovery
  std::size_t throat = 0;            // index of the smallest radius
};
struct LesionLoss {
  double to_throat_Pa = 0;
  double expansion_Pa = 0;
};
LesionLoss lesion_loss(const LesionShape& shape, double flow_mm3_s, const Fluid& fluid, double k_t);

}  // namespace ot::hemo
