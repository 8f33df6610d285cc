// SPDX-License-Identifier: GPL-3.0-or-later
// FAST flow: a zero-dimensional network on the centreline tree, answered in milliseconds.
// Model: per branch, total pressure H = p + rho/2 (Q/A)^2 falls by the Poiseuille integral 8 mu Q / pi * int ds / r^4 and, behind every
//   narrowing, by the expansion loss K_t rho/2 Q|Q| (1/A_throat - 1/A_behind)^2, K_t = 1 (Borda-Carnot), spread from the throat to where
//   the lumen has recovered; or, on request, by a boundary-layer march to the throat and a calibrated expansion loss (stenosis_march.hpp) at
//   the flow that results. A plug inlet adds the momentum of profile development rho/3 (Q/A)^2. Junctions conserve mass and total
//   pressure. Outlets: resistance, or three-element Windkessels in time. Left out: wall compliance, inertia, bends, branching losses.
// Source: plain model: Bessems et al., J Fluid Mech 580 (2007) 145-168; K_t near 1 for smooth lesions: stenosis_peer_case.json. Against our own
//   3D with a parabolic inlet the plain model falls short by 3-23 % on lesions of 40-75 %, the marched one stayed within 8 % on exact radii.
// Cost: below 1 ms for tens of branches (marched: 0.3-0.9 ms with one or two lesions); a mesh in the problem serves only its patch names but is hashed for problem_sha256
//   (3 to 5 ms per 100k tets), so leave it out while dragging. mesh_sha256 stays empty: there are no mesh fields.
// Fails: bad_input with a sentence; computation_failed when Newton does not converge. Threads: one, no shared state.
#pragma once
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

inline constexpr double expansion_loss = 1.0;  // K_t of the plain model: Poiseuille integral and Borda-Carnot loss
// K_t of the marched model (stenosis_march.hpp), calibrated once: our own steady 3D solve of a 50 % cosine lesion 6 mm long in a 3 mm tube at
// 1500 mm3/s, parabolic inlet, 91k tetrahedra, gives 0.90 (verify flow/network-against-full computes it again).
inline constexpr double marched_expansion_loss = 0.90;
// The K_t at which the marched model gives the pressure drop of a FULL solve of the same problem. Fails outside 0 .. 3.
core::Result<double> calibrated_expansion_loss(const FlowProblem& problem, double full_drop_mmhg);

// Losses from the proximal end of a branch to each of its points: dH = viscous Q + inertial Q|Q|, near the given flow; without a flow
// the Poiseuille integral and a Borda-Carnot loss.
struct BranchLosses {
  std::vector<double> viscous;    // Pa s/mm3
  std::vector<double> inertial;   // Pa s2/mm6
};
BranchLosses branch_losses(const core::VesselBranch& branch, const Fluid& fluid, double k_t = expansion_loss, double flow_mm3_s = 0);

// marched_k_t 0: the plain model. Above 0: the marched model with that K_t; it starts every lesion from a parabola, so not with a plug
// inlet close to a lesion (12 % above the OpenFOAM peer of stenosis_peer_case.json by estimate).
core::Result<FlowResult> run_network(const FlowProblem& problem, const core::Progress& progress = {}, double marched_k_t = 0);

// The steady inflow at which the inlet pressure equals `pressure_Pa` with the outlets of the problem: what a given aortic pressure
// drives through a (stenosed) vessel. Fails when no flow between 0 and 100 times the present one does it.
core::Result<double> flow_for_inlet_pressure(const FlowProblem& problem, double pressure_Pa);

}  // namespace ot::hemo
