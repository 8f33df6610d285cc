// SPDX-License-Identifier: GPL-3.0-or-later
// FAST flow: a zero-dimensional network on the centreline tree, answered in milliseconds.
// Model: per branch, total pressure H = p + rho/2 (Q/A)^2 falls by the Poiseuille integral 8 mu Q / pi * int ds / r^4 and, behind every
//   narrowing, by the expansion loss K_t rho/2 Q|Q| (1/A_throat - 1/A_behind)^2, K_t = 1 (Borda-Carnot), spread from the throat to where
//   the lumen has recovered; a plug inlet adds the momentum of profile development rho/3 (Q/A)^2. Junctions conserve mass and total
//   pressure. Outlets: resistance, or three-element Windkessels in time. Left out: wall compliance, inertia, bends, branching losses.
// Source: structure of the stenosis element: Bessems et al., J Fluid Mech 580 (2007) 145-168; K_t near 1 for smooth lesions:
//   shared/reference/hemodynamics/stenosis_peer_case.json (Young-Tsai constants overshoot by 75 % there).
// Cost: below 1 ms for tens of branches; a mesh in the problem serves only its patch names but is hashed for problem_sha256
//   (3 to 5 ms per 100k tets), so leave it out while dragging. mesh_sha256 stays empty: there are no mesh fields.
// Fails: bad_input with a sentence; computation_failed when Newton does not converge. Threads: one, no shared state.
#pragma once
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

inline constexpr double expansion_loss = 1.0;  // K_t

// Losses from the proximal end of a branch to each of its points: dH = viscous Q + inertial Q|Q|.
struct BranchLosses {
  std::vector<double> viscous;    // Pa s/mm3
  std::vector<double> inertial;   // Pa s2/mm6
};
BranchLosses branch_losses(const core::VesselBranch& branch, const Fluid& fluid, double k_t = expansion_loss);

core::Result<FlowResult> run_network(const FlowProblem& problem, const core::Progress& progress = {});

// The steady inflow at which the inlet pressure equals `pressure_Pa` with the outlets of the problem: what a given aortic pressure
// drives through a (stenosed) vessel. Fails when no flow between 0 and 100 times the present one does it.
core::Result<double> flow_for_inlet_pressure(const FlowProblem& problem, double pressure_Pa);

}  // namespace ot::hemo
