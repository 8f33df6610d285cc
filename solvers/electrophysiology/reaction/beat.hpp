// SPDX-License-Identifier: GPL-3.0-or-later
// One beat of one cell at the resolution it was computed with, and what is read off it.
// Definitions: shared/reference/ionic/README.md: Vrest just before the stimulus; APDx from max dV/dt (stimulus included) to the last
// fall of V through Vpeak - x (Vpeak - Vrest). NaN where the beat did not fire or did not repolarise.
#pragma once
#include <limits>
#include <vector>

namespace ot::ep {

struct Beat {
  std::vector<double> t, v, cai;   // increasing times from the start of the cycle, both ends included; cai empty: no calcium
};

struct Biomarkers {
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  double vrest = nan, vpeak = nan, dvdt_max = nan, apd50 = nan, apd90 = nan, ca_diastolic = nan, ca_peak = nan;
  double repolarisation_slope = nan;   // largest dV/dt between 30 and 90 % repolarisation (to the end when there is none): > 0 is an EAD
};

Biomarkers measure(const Beat& beat, double stimulus_start_ms);

}  // namespace ot::ep
