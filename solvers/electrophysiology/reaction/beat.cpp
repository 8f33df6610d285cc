// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/beat.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::ep {

Biomarkers measure(const Beat& beat, double stimulus_start) {
  const std::size_t n = beat.v.size();
  OT_EXPECT(n >= 2 && beat.t.size() == n);
  std::size_t first = 0;
  while (first + 1 < n && beat.t[first + 1] <= stimulus_start + 1e-9) ++first;
  Biomarkers b;
  b.vrest = beat.v[first];
  const auto slope = [&](std::size_t k) { return (beat.v[k + 1] - beat.v[k]) / (beat.t[k + 1] - beat.t[k]); };
  std::size_t peak = first, steepest = first;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t k = first; k < n; ++k) {
    if (beat.v[k] > beat.v[peak]) peak = k;
    if (k + 1 < n && slope(k) > most) {
      most = slope(k);
      steepest = k;
    }
  }
  b.vpeak = beat.v[peak];
  b.dvdt_max = most;
  if (!beat.cai.empty()) {
    b.ca_diastolic = beat.cai[first];
    b.ca_peak = *std::max_element(beat.cai.begin() + std::ptrdiff_t(first), beat.cai.end());
  }
  if (b.vpeak <= 0) return b;  // did not fire
  const double up = 0.5 * (beat.t[steepest] + beat.t[steepest + 1]);
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
  return b;
}

}  // namespace ot::ep
