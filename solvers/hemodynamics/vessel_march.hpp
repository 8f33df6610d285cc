// SPDX-License-Identifier: GPL-3.0-or-later
// Pressure loss along one branch: a boundary-layer march where the flow is attached, the momentum theorem behind a narrowing.
// Model: attached: steady axisymmetric reduced Navier-Stokes/Prandtl equations
//     u u_x + v u_r = -p_x/rho + nu/r (r u_r)_r,  int u dA = Q (which gives p_x),  pressure constant across the lumen,
//   so entrance flow (plug inlet, contraction, daughter of a fork) loses more than Poiseuille. Throat of a narrowing to recovery: the jet
//   leaves the wall and the pressure of the throat acts on the wider area too (Borda-Carnot with the momentum coefficient b and the
//   kinetic coefficient a of the throat's profile, parabola at recovery):
//     p_recovered - p_throat = E - K_t (E - B),  E = rho/2 Q^2 (a/A_t^2 - 2/A_r^2),  B = rho Q^2 (b/(A_t A_r) - 4/(3 A_r^2)).
//   K_t is calibrated by one 3D solve. The part of that rise beyond B is made while the lumen widens, B while the jet mixes, over
//   0.09 Re_throat (R - r_throat), at most 15 throat diameters where the vessel's Reynolds number lets it break up (722 to 900); wall
//   friction returns over the same length. A jet
//   that leaves the branch before that takes its unmixed head along; one that meets the next narrowing goes through that throat with its
//   unmixed share, which loses what the worse of the two expansions loses alone (a wider throat does not slow the jet down).
//   One-sided lesions: separation at the throat and drag of the wall the jet clings to, in proportion to the offset of the throat.
//   Bends: friction is at least that of developed laminar flow in a coil of the local curvature.
//   Carreau-Yasuda blood: at every station the viscosity of blood_viscosity.hpp.
//   Left out: swirl, inertia in time; forks: junctions.hpp.
// Source: march: Lagree & Lorthois, Int J Eng Sci 43 (2005) 352-378; expansion: Borda-Carnot; length of the recirculation behind a sudden
//   expansion: 0.088-0.096 Re_d step heights (Macagno & Hung, J Fluid Mech 28 (1967) 43-64; Hammad, Otugen & Arik, Exp Fluids 26 (1999)
//   266-272); steady jets: stable to Re 722 behind a 75 % area narrowing (Sherwin & Blackburn, J Fluid Mech 533 (2005) 297-327); bends: White, Proc R Soc A 123 (1929) 645-663;
//   entrance loss of a flat profile to compare with: 1.24 dynamic heads, Sparrow, Lin & Lundgren, Phys Fluids 7 (1964) 338-347.
// In: mm, g, s; Q > 0. Out: loss of H = p + rho/2 (Q/A)^2 [Pa] from the first point. Numerics: implicit in x (first order), second order
//   across (41 points), flux constraint exact per station; Poiseuille friction exact. About 3 us per step. Threads: pure functions.
#pragma once
#include <vector>

#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

// A throat that is followed by a wider lumen. Indices of centreline points.
struct Narrowing {
  std::size_t border = 0, throat = 0, recovered = 0;
  double strength = 1;   // 0..1: narrowings of less than 5 % of the radius are noise, full from 15 % on
};
std::vector<Narrowing> find_narrowings(const std::vector<double>& radius);

// Axial velocity over its mean at the march's stations across the lumen; empty: parabola.
using VelocityShape = std::vector<double>;
VelocityShape flat_shape();
double momentum_coefficient(const VelocityShape& shape);   // int u^2 dA / (A mean^2)

// Friction in a bend over that in a straight vessel, developed laminar flow, at every point: 1 when straight.
std::vector<double> bend_friction(const core::VesselBranch& branch, double flow_mm3_s, const Fluid& fluid);

struct MarchedLoss {
  std::vector<double> loss_Pa;   // [points]
  VelocityShape end;
};
MarchedLoss march_branch(const core::VesselBranch& branch, const std::vector<Narrowing>& narrowings, double flow_mm3_s, const Fluid& fluid,
                         double k_t, const VelocityShape& start);

}  // namespace ot::hemo
