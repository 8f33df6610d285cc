// SPDX-License-Identifier: GPL-3.0-or-later
// Single cells against the reference traces of $ORGANTWIN_SHARED/reference/ionic; without that folder a case has no rows.
#pragma once
#include <string>

#include "app/verify/cases.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"

namespace ot::verify {

// One beat of `model` from `state_end_of_last_beat` of <stem>_CL1000.json with that file's stimulus and cycle length:
// Vrest 0.1 mV, Vpeak 1 mV, APD50 and APD90 1 ms, Ca peak 1 %, max dV/dt 3 % (issue 4). dt in ms.
Rows ionic_beat(const std::string& row, const std::string& model, const std::string& stem, bool quick, const core::Progress& progress,
                double dt_ms = 0.02);

// The rows of rate_dependence.csv for one model with its whole history, cycle lengths whose rows were removed (Stewart: 2000, 1500) included: 500 beats at
// 2000 ms, then 300 at each cycle length downwards; APD90 in ms. label: begins the names of the quantities.
// quick: the first two cycle lengths only, from the same start with the same history. dt 0: steps chosen by the error.
Rows ionic_rates(const std::string& row, const std::string& model, const std::string& stem, const std::string& label, double tolerance_ms, double dt_ms, bool quick,
                 const core::Progress& progress);

// FDA's protocol of CiPA, which bench ionic/cipa-1000-beats times and ionic/cipa-control-qnet verifies.
ep::CellProblem cipa_protocol(int beats);

}  // namespace ot::verify
