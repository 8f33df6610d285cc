// SPDX-License-Identifier: GPL-3.0-or-later
// FULL flow: incompressible Navier-Stokes in a rigid lumen on linear tetrahedra.
// Model: rho (du/dt + u.grad u) = -grad p + div(mu (grad u + grad u^T)), div u = 0; Newtonian (then mu laplace u) or
//   Carreau-Yasuda; no-slip wall; given flow rate with a profile at inlets; Windkessel or resistance at outlets, pressure uniform
//   over the cap and coupled implicitly, all outlets at once.
// Numerics: P1-P1, incremental pressure correction with the projected velocity eliminated, BDF2 in time (second order);
//   orthogonal-subscale stabilisation; scheme, parameters and measured accuracy in resources/docs/dev/flow-3d.md.
//   Steady: backward Euler in a pseudo-time whose step follows the local cell size and speed (CFL about 5). A steady run that does
//   not settle is averaged, with its spread among the quantities and a note.
//   Pulsatile: the given step is divided while the CFL number is above FlowProblem::largest_cfl; a step that diverges is taken
//   again from the last checkpoint with half the size.
// Source: Guermond, Minev, Shen, Comput Methods Appl Mech Eng 195 (2006) 6011-6045; Codina 2002; Esmaily Moghadam 2011.
// Fails: bad_input for contradictory or missing conditions and unready meshes; computation_failed with time and place on
//   divergence, after on_divergence was given the last good state; cancelled. Nothing of the problem is changed.
// Threads: uses core::thread_count() threads; bitwise equal results for every number. Call-backs come from the calling thread.
#pragma once
#include <functional>
#include <memory>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct FlowDivergence {
  double t_s = 0;
  core::Vec3 where{0, 0, 0};  // mm
  FlowFrame last_good;
};

struct FlowOptions {
  // Steady: start fields. On another mesh they are carried over when that mesh is given too (ignored with a note when not). Of the two
  // possible starts, theirs and viscous flow, the one that a first step changes least is taken.
  std::shared_ptr<const FlowResult> warm_start;
  std::shared_ptr<const core::TetMesh> warm_mesh;
  // Steady, one inlet: not 0, the inflow given is a guess and is changed in the course of the iteration until the inlet's mean pressure is this.
  double inlet_pressure_Pa = 0;
  // Goes on from there; refused when mesh or outlets differ. The state of a stopped run (problem_sha256 set) is carried to the end of that
  // run with its sums and curves, bit for bit as if it had not stopped (pulsatile), or is where the iteration begins (steady). Another one
  // is followed by FlowProblem::cycles further cycles (pulsatile).
  std::shared_ptr<const FlowState> resume;
  std::function<void(std::shared_ptr<const FlowState>)> on_stopped;   // where a run that was cancelled has come to
  int frames_per_cycle = 0;                       // pulsatile; steady: one frame every 10 steps when not 0
  std::function<void(const FlowFrame&)> on_frame;
  std::function<void(const FlowDivergence&)> on_divergence;
};

core::Result<FlowResult> run_navier_stokes(const FlowProblem& problem, const core::Progress& progress, const FlowOptions& options);
core::Result<FlowResult> run_navier_stokes(const FlowProblem& problem, const core::Progress& progress = {},
                                           std::shared_ptr<const FlowResult> warm_start = nullptr);

}  // namespace ot::hemo
