// SPDX-License-Identifier: GPL-3.0-or-later
// Lumped (0D) networks: reads the JSON cases of SimVascular's svZeroDSolver as they are and integrates them.
// Model: one block per vessel, junction, valve, chamber and end condition (vessels.cpp, boundary_blocks.cpp, hearts.cpp);
//   E dy/dt + F y + c = 0 (system.hpp).
// Source: Pfaller et al. 2022, Int J Numer Meth Biomed Eng 38:e3639; svZeroDSolver c7b0ca0 for keys, defaults and the order of things.
// In: a case in any consistent units. Out: [variables] per time point in the same units.
// Numerics: generalised_alpha = the scheme of the source (Jansen, Whiting & Hulbert 2000) with the case's own spectral radius, step count,
//   tolerance and steady start: second order. own = Radau IIA of order 5 with error control, started from the same state: no part of a step
//   crosses a corner of a prescribed curve or the instant at which a valve opens or shuts (radau.hpp).
//   `refine` divides the step, for `own` also the tolerance by its fourth power; outputs stay where they are.
// Fails: bad_input for a case that cannot be read or is not closed; computation_failed (with the time) for singular equations or no
//   convergence. Threads: one call per thread; result does not depend on threads.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/lumped/system.hpp"

namespace ot::hemo::lumped {

enum class Scheme { generalised_alpha, own };

struct Options {
  Scheme scheme = Scheme::generalised_alpha;
  int refine = 1;              // each step of the case is divided by this
};

struct VesselEnds {
  std::string name;
  int flow_in = 0, flow_out = 0, pressure_in = 0, pressure_out = 0;  // variables
};

struct Result {
  Vector t;
  std::vector<std::string> variables;
  std::vector<Vector> y, ydot;            // [time points][variables]
  std::vector<VesselEnds> vessels;        // what the source lists when it writes per vessel
  bool variable_based = false, mean_only = false, derivative = false;  // how the case asks for its output
  long steps = 0, parts = 0, iterations = 0, factorisations = 0;   // parts: of the steps, as the error asked for them
  double period_s = 0, dt_s = 0;
  std::vector<std::string> notes;
};

// Whether a JSON text has the look of such a case (an object with simulation_parameters and boundary_conditions).
bool is_case(const std::string& json);
core::Result<Result> run(const std::string& json, const Options& options, const core::Progress& progress);
// The table that the source writes: name,time,... with 10 significant digits.
std::string to_csv(const Result& result);

}  // namespace ot::hemo::lumped
