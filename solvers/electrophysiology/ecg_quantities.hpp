// SPDX-License-Identifier: GPL-3.0-or-later
// What is read off an ECG for the table of numbers, the same for FAST, FULL and both chambers together: intervals, axis, R-wave progression.
// Keys: qrs_ms, qt_ms, qtc_fridericia_ms, qtc_bazett_ms, axis_deg, r_transition_lead, r_v1_mV .. r_v6_mV, s_v1_mV .. s_v6_mV; of atria alone p_wave_ms.
#pragma once
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

// Of a beat of ventricles or of atria alone; nothing without an ECG.
void add_ecg_quantities(const ElectroProblem& problem, const Ecg& ecg, std::vector<core::Quantity>& out);

// Of the ventricles' ECG and what was measured on it.
void add_ventricular_quantities(const Ecg& ecg, const EcgIntervals& intervals, std::vector<core::Quantity>& out);

}  // namespace ot::ep
