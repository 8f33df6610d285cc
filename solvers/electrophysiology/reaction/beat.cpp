// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/beat.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"

namespace ot::ep {

Biomarkers measure(const Beat& beat, const BeatStimulus& stimulus) {
  const std::size_t n = beat.v.size();
  OT_EXPECT(n >= 2 && beat.t.size() == n);
  std::size_t first = 0;
  while (first + 1 < n && beat.t[first + 1] <= stimulus.start_ms + 1e-9) ++first;
  Biomarkers b;
  b.vrest = beat.v[first];
  const auto slope = [&](std::size_t k) { return (beat.v[k + 1] - beat.v[k]) / (beat.t[k + 1] - beat.t[k]); };
  std::size_t peak = first, steepest = first;
  double most = -std::numeric_limits<double>::infinity(), own = most;
  for (std::size_t k = first; k < n; ++k) {
    if (beat.v[k] > beat.v[peak]) peak = k;
    if (k + 1 == n) break;
    own = std::max(own, slope(k) - stimulus.mV_per_ms * stimulus_share(beat.t[k], beat.t[k + 1] - beat.t[k], stimulus.start_ms, stimulus.ms));
    if (slope(k) > most) {
      most = slope(k);
      steepest = k;
    }
  }
  b.vpeak = beat.v[peak];
  b.dvdt_max = most;
  b.dvdt_max_ionic = own;
  if (!beat.cai.empty()) {
    b.ca_diastolic = beat.cai[first];
    b.ca_peak = *std::max_element(beat.cai.begin() + std::ptrdiff_t(first), beat.cai.end());
  }
  if (b.vpeak <= 0) return b;  // did not fire
  const double up = b.upstroke_ms = 0.5 * (beat.t[steepest] + beat.t[steepest + 1]);
  b.level90_mV = b.vpeak - 0.9 * (b.vpeak - b.vrest);
  std::size_t at = n;   // where the search ended: last sample above the level
  const auto apd = [&](double share) {
    const double level = b.vpeak - share * (b.vpeak - b.vrest);
    for (at = peak; at + 1 < n; ++at)
      if (beat.v[at] > level && beat.v[at + 1] <= level)
        return beat.t[at] + (beat.v[at] - level) / (beat.v[at] - beat.v[at + 1]) * (beat.t[at + 1] - beat.t[at]) - up;
    return Biomarkers::nan;
  };
  const bool began = std::isfinite(apd(0.3));
  const std::size_t from = began ? at + 1 : peak;
  b.apd50 = apd(0.5);
  b.apd90 = apd(0.9);
  const std::size_t to = std::isfinite(b.apd90) ? at : n - 1;
  for (std::size_t k = from; k + 1 <= to && k + 1 < n; ++k)
    if (!(slope(k) <= b.repolarisation_slope)) b.repolarisation_slope = slope(k);
  if (began) {
    const double half = 0.5 * (b.vpeak + b.vrest);
    std::size_t lowest = from;   // the minimum so far
    for (std::size_t k = from; k <= to; ++k) {
      if (beat.v[k] < beat.v[lowest]) lowest = k;
      const bool late = beat.v[lowest] < half || beat.t[lowest] - up >= ead_after_ms;
      if (late && beat.v[k] - beat.v[lowest] >= ead_rise_mV) b.early_afterdepolarisation = true;
    }
  }
  return b;
}

}  // namespace ot::ep
