// SPDX-License-Identifier: GPL-3.0-or-later
// FULL flow: incompressible Navier-Stokes in a rigid lumen on linear tetrahedra.
// Model: rho (du/dt + u.grad u) = -grad p + mu laplace u, div u = 0; Newtonian; no-slip wall; given flow rate with a profile at
//   inlets; Windkessel or resistance at outlets, pressure uniform over the cap and coupled implicitly.
// Numerics: P1-P1, incremental pressure correction with the projected velocity eliminated, BDF2 in time (second order);
//   orthogonal-subscale stabilisation; scheme, parameters and measured accuracy in shared/design/flow-numerics.md.
//   Steady: backward Euler in a pseudo-time whose step follows the local cell size and speed (CFL about 4).
// Source: Guermond, Minev, Shen, Comput Methods Appl Mech Eng 195 (2006) 6011-6045; Codina 2002; Esmaily Moghadam 2011.
// Fails: bad_input for contradictory or missing conditions and unready meshes; computation_failed with time and place on
//   divergence (after the step was halved twice); cancelled. Nothing of the problem is changed.
// Threads: uses core::thread_count() threads; bitwise equal results for every number.
#pragma once
#include <memory>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

// warm_start: a result on the same mesh; ignored (with a note) when its mesh differs.
core::Result<FlowResult> run_navier_stokes(const FlowProblem& problem, const core::Progress& progress = {},
                                           std::shared_ptr<const FlowResult> warm_start = nullptr);

}  // namespace ot::hemo
