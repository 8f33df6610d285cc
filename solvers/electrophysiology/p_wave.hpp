// SPDX-License-Identifier: GPL-3.0-or-later
// The P wave of an ECG.
// Model:  the complex before the QRS (before the end of the trace when qrs_onset_ms is NaN), found as measure() finds the QRS: beyond 5 % of its own greatest spatial speed, with 8 ms of
//         quiet on both sides. Fails: NaN where there is none. Threads: pure function.
#pragma once
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct PWave {
  double onset_ms, end_ms;
};
PWave measure_p_wave(const Ecg& ecg, double qrs_onset_ms);

}  // namespace ot::ep
