// SPDX-License-Identifier: GPL-3.0-or-later
// One beat of one cell at the resolution it was computed with, and what is read off it.
// Definitions: shared/reference/ionic/README.md: Vrest just before the stimulus; APDx from max dV/dt (stimulus included) to the first
// fall of V through Vpeak - x (Vpeak - Vrest); the ionic dV/dt is that without the stimulus. NaN where the beat did not fire or did not
// repolarise. Whether the stimulus met a cell at rest is not known here: response.hpp.
// Early afterdepolarisation: after 30 % and before 90 % repolarisation V rises by ead_rise_mV or more from a minimum that lies below 50 %
// repolarisation or at least ead_after_ms after the upstroke. (A rise before is the dome after the notch of phase 1: Stewart's Purkinje cell
// rises by 1.2 mV from 25 to 60 ms in health. A rise after 90 % is diastolic depolarisation.)
#pragma once
#include <limits>
#include <vector>

namespace ot::ep {

inline constexpr double ead_rise_mV = 1, ead_after_ms = 150;   // our choice: see above; takeoff of EADs lies on the plateau or in phase 3 (Zhang and Qu 2021, doi:10.14814/phy2.14883)

struct Beat {
  std::vector<double> t, v, cai;   // increasing times from the start of the cycle, both ends included; cai empty: no calcium
};

struct BeatStimulus {
  double start_ms = 0, ms = 0, mV_per_ms = 0;
};

struct Biomarkers {
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  double vrest = nan, vpeak = nan, dvdt_max = nan, apd50 = nan, apd90 = nan, ca_diastolic = nan, ca_peak = nan;
  double dvdt_max_ionic = nan;         // of the membrane's own currents
  double upstroke_ms = nan;            // where dV/dt is largest, from the start of the cycle; NaN: did not fire
  double level90_mV = nan;             // of 90 % repolarisation
  double repolarisation_slope = nan;   // largest dV/dt between 30 and 90 % repolarisation (to the end when there is none): the CiPA criterion for its worst beat
  bool early_afterdepolarisation = false;
};

Biomarkers measure(const Beat& beat, const BeatStimulus& stimulus);

}  // namespace ot::ep
