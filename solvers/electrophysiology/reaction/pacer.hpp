// SPDX-License-Identifier: GPL-3.0-or-later
// Paces a batch of cells, beat after beat: fixed steps for every family, steps chosen by the error for families with two_stage.
// Numerics: a chosen step keeps, in the worst cell, the difference between its midpoint and Euler's result near the tolerance (V in mV;
//   the watched concentrations relative, weighted), so it is short in the upstroke and the release of calcium and long in diastole;
//   it ends at the edges of the stimulus. Because the worst cell decides, cells of one batch influence each other's rounding of time,
//   within the tolerance; with fixed steps they do not.
// Fails: computation_failed with the time when V leaves +-200 mV or is not a number. Threads: one batch per thread.
#pragma once
#include <functional>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"

namespace ot::ep {

struct Pacing {
  double cycle_ms = 1000, stimulus_start_ms = 0, stimulus_ms = 1, stimulus_mV_per_ms = 52;
  double dt_ms = 0;              // 0: chosen by the error
  double tolerance_mV = 0.05;    // of a chosen step
  double longest_ms = 2.0;       // of a chosen step at rest: sodium and potassium of the subspace relax in 2 ms
  double longest_active_ms = 0.5;   // of one while some cell is above -80 mV: APD90 of CiPAORdv1.0 then within 0.1 ms (measured)
};

// sample(t) is called at the start and after every step, t within the cycle. beat: only for the message. Returns the number of steps.
core::Result<long> pace_beat(CellBatch& batch, const IonicFamily& family, const Pacing& pacing, int beat, const core::Progress& progress,
                             const std::function<void(double)>& sample);

}  // namespace ot::ep
