// SPDX-License-Identifier: GPL-3.0-or-later
// What a person can ask of the ends of a vessel; the window's form and `organtwin-cli conditions` call the same functions.
// Units: mm3/s, Pa, s inside. Fails: one sentence. Threads: pure functions.
#pragma once
#include "app/session/case.hpp"
#include "app/session/waveform.hpp"

namespace ot::session {

inline constexpr double free_resistance = 1e-6;   // Pa s/mm3: an outlet at a given pressure, as check_conditions asks for

enum class EndKind { flow, waveform, pressure, resistance, windkessel };
EndKind kind_of(const CapCondition& end, bool steady);
bool has_condition(const CapCondition& end);
// The curve of a pulsatile inlet; of a steady one its single value.
Waveform wave_of(const CapCondition& end, double cycle_s);
double mean_of(const CapCondition& end, double cycle_s);

// Not where FFR is reported: there the inflow is what the aortic pressure drives through the vessel.
core::Result<void> check_inflow_is_free(const twin::VesselModel& vessel);
void give_flow(FlowConditions& all, CapCondition& inlet, double mean_mm3_s);
core::Result<void> give_waveform(FlowConditions& all, CapCondition& inlet, const Waveform& wave);
// Stretched to another length of the beat and scaled to another mean.
Waveform with_mean(Waveform wave, double mean_mm3_s, double cycle_s);
void give_pressure(CapCondition& outlet, double pressure_Pa);
void give_resistance(CapCondition& outlet, double resistance_Pa_s_mm3);
// As the systemic arteries do: 9 % before the compliance and 1.5 s of decay in diastole (physiology_and_models.json, windkessel).
void give_windkessel(CapCondition& outlet);

}  // namespace ot::session
