// SPDX-License-Identifier: GPL-3.0-or-later
// Flow over one beat at the inlet of a vessel: what is drawn or read from a table. Units: s and mm3/s inside, ml/s on screen.
// A table has two columns, time and flow, separated by comma, semicolon, tab or blanks; a first line may name units ("time [ms]; flow [l/min]").
// Without names: seconds and ml/s. Fails: one sentence with the line. Threads: pure functions.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/result.hpp"

namespace ot::session {

struct Waveform {
  std::vector<std::pair<double, double>> points;   // s, mm3/s; times rise from 0, below cycle_s
  double cycle_s = 0.8;
  double mean() const;                             // of the polyline closed over the beat
  double at(double t_s) const;
  double highest() const;
};
// Usable by the solvers: at least three points, finite, rising times within the beat, mean flow into the vessel.
core::Result<void> check_waveform(const Waveform& wave);
core::Result<Waveform> read_waveform(const std::string& text);
std::string write_waveform(const Waveform& wave);
// One beat of the given mean flow with the outline of an arterial pulse, as a start for drawing: systole in a third of the beat.
Waveform pulse_of_mean(double mean_mm3_s, double cycle_s);

}  // namespace ot::session
