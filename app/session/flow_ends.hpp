// SPDX-License-Identifier: GPL-3.0-or-later
// What a person can ask of the ends of a vessel; the window's form and `organtwin-cli conditions` call the same functions.
// Units: mm3/s, Pa, s inside. Fails: one sentence. Threads: pure functions.
#pragma once
#include "app/session/case.hpp"
#include "app/session/waveform.hpp"

namespace ot::session {

inline constexpr double free_resistance = 1e-6;   // Pa s/mm3: an outlet at a given pressure, as check_conditions asks for

enum class EndKind { flow, waveform, pressure, resistance, windkessel, coronary };
EndKind kind_of(const CapCondition& end, bool steady);
bool has_condition(const CapCondition& end);
// The curve of a pulsatile inlet; of a steady one its single value.
Waveform wave_of(const CapCondition& end, double cycle_s);
double mean_of(const CapCondition& end, double cycle_s);

// No constant flow where FFR is reported: there it is what the aortic pressure drives through the vessel. A beat may be given there too.
core::Result<void> check_inflow_is_free(const twin::VesselModel& vessel);
// Newtonian at 3.5 mPa s, or Carreau-Yasuda with the values of `Fluid` (3.45 mPa s at infinite shear rate: see there). The density stays.
void give_blood(FlowConditions& all, bool carreau_yasuda);
void give_flow(FlowConditions& all, CapCondition& inlet, double mean_mm3_s);
core::Result<void> give_waveform(FlowConditions& all, CapCondition& inlet, const Waveform& wave);
// Stretched to another length of the beat and scaled to another mean.
Waveform with_mean(Waveform wave, double mean_mm3_s, double cycle_s);
void give_pressure(CapCondition& outlet, double pressure_Pa);
void give_resistance(CapCondition& outlet, double resistance_Pa_s_mm3);
// As the systemic arteries do: 9 % before the compliance and 1.5 s of decay in diastole (physiology_and_models.json, windkessel).
void give_windkessel(CapCondition& outlet);

// Windkessels at all outlets in one action: resistances by Murray's law for the vessel's mean pressure at its mean inflow (exponent 2.65 in
// coronaries), the characteristic impedance of each outlet's artery before them (VesselWall), and compliances by the same shares, in all what
// lets the pressure decay in 1.5 s. Coronary outlets are replaced too. Fails: as murray_outlets.
core::Result<void> give_murray_windkessels(FlowConditions& all, const twin::VesselModel& vessel);

// The bed of a coronary behind this outlet, squeezed by the heart. Of the resistance it has, 0.32 before the small arteries, 0.52 in them
// and 0.16 in the veins; of its compliance, 0.11 in the arteries and 0.89 in the muscle (physiology_and_models.json, coronary_lpn; splits as in
// SimVascular's guides, not read in a paper). Compliance of the whole bed of the vessel: 0.36 mm3/Pa (left) or 0.25 (right; 3.6e-5 and
// 2.5e-5 cm5/dyn there), LAD and LCX by their shares of the left flow, outlets by conductance. Intramyocardial pressure: that of the left
// ventricle (left), a quarter of it, as in the right one (right): 8 mmHg, in systole up to 120/93 of the mean aortic pressure as sin2 over
// 0.546 s - 0.0021 s per beat/min (Weissler, Harris, Schoenfeld, Circulation 37 (1968) 149-159), from the beginning of the beat.
enum class CoronarySide { left, right };
void give_coronary(FlowConditions& all, CapCondition& outlet, const twin::VesselModel& vessel, CoronarySide side);
CoronarySide side_of_bed(const hemo::CoronaryBed& bed);   // by the pressure that squeezes it
CoronarySide side_of(const twin::VesselModel& vessel);   // right for an RCA, else left

}  // namespace ot::session
