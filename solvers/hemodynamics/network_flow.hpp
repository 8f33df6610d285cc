// SPDX-License-Identifier: GPL-3.0-or-later
// FAST flow: a zero-dimensional network on the centreline tree, answered in milliseconds.
// Model: per branch, total pressure H = p + rho/2 (Q/A)^2 falls by the marched losses of vessel_march.hpp at the flow that results (entrance
//   flow, bends, jets behind narrowings with a calibrated K_t); the branches of a fork begin with the velocity shape of their parent. On
//   request the plain model: Poiseuille integral 8 mu Q / pi * int ds / r^4 and, behind every narrowing, K_t rho/2 Q|Q| (1/A_throat -
//   1/A_behind)^2 with K_t = 1 (Borda-Carnot); a plug inlet adds the momentum of profile development rho/3 (Q/A)^2. Junctions conserve
//   mass and, in the plain model, total pressure; the marched one takes the momentum balance of junctions.hpp. Grafts are further branches
//   between two nodes cut into the tree, joined like the branches of a fork; a narrowing's jet that reaches an anastomosis is not followed
//   beyond it. Over a beat: network_beat.hpp (FlowProblem::network_model), with the losses marched at the mean flow and at the flow that
//   carries most energy, as a line in |Q|. Carreau-Yasuda blood: every station has the viscosity at which developed Newtonian flow of this
//   rate loses what the fluid's own developed flow loses (apparent_viscosity).
// Source: plain model: Bessems et al., J Fluid Mech 580 (2007) 145-168; marched: see vessel_march.hpp; against our own 3D:
//   verify 'flow/network-against-full*'.
// Cost: 0.5-2 ms per branch and march; a mesh in the problem serves only its patch names but is hashed for problem_sha256
//   (3 to 5 ms per 100k tets), so leave it out while dragging. mesh_sha256 stays empty: there are no mesh fields.
// Fails: bad_input with a sentence; computation_failed when Newton does not converge. Threads: one, no shared state.
#pragma once
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

inline constexpr double expansion_loss = 1.0;  // K_t of the plain model: Poiseuille integral and Borda-Carnot loss
// K_t of the marched model, calibrated once: our own steady 3D solve of a 57.5 % cosine lesion (the middle of the 40 to 75 % that issue 5
// asks for) 6 mm long in a 3 mm tube at 1200 mm3/s, parabolic inlet, layered mesh of 189k tetrahedra with ten cells across the radius
// everywhere, gives 0.80 (verify flow/network-against-full computes it again).
inline constexpr double marched_expansion_loss = 0.80;
// The K_t at which the marched model gives the pressure drop of a FULL solve of the same problem. Fails outside 0 .. 3.
core::Result<double> calibrated_expansion_loss(const FlowProblem& problem, double full_drop_mmhg);

// Losses from the proximal end of a branch to each of its points in the plain model: dH = viscous Q + inertial Q|Q|.
struct BranchLosses {
  std::vector<double> viscous;    // Pa s/mm3
  std::vector<double> inertial;   // Pa s2/mm6
};
BranchLosses branch_losses(const core::VesselBranch& branch, const Fluid& fluid);

// marched_k_t: K_t of the marched model; 0: the plain model.
core::Result<FlowResult> run_network(const FlowProblem& problem, const core::Progress& progress = {}, double marched_k_t = marched_expansion_loss);

// The steady inflow at which the inlet pressure equals `pressure_Pa` with the outlets of the problem: what a given aortic pressure
// drives through a (stenosed) vessel. Fails when no flow between 0 and 100 times the present one does it.
core::Result<double> flow_for_inlet_pressure(const FlowProblem& problem, double pressure_Pa);

}  // namespace ot::hemo
