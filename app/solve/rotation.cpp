// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/rotation.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/electrophysiology/studies/phase.hpp"

namespace ot::solve {

Rotation rotation_of(const core::TetMesh& mesh, const std::vector<std::uint8_t>& conducting, const ep::MonodomainResult& run, double from_ms, double end_ms,
                     double every_ms, double reach_mm) {
  ep::ActivationRecord record;
  record.end_ms = end_ms;
  record.begin.assign(1, 0);
  std::vector<double> interval;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
    double first = 0, last = 0;
    int later = 0;
    for (std::size_t b = 0; b < run.beat_activation_ms.size(); ++b) {
      const float t = run.beat_activation_ms[b][n];
      if (std::isnan(t)) continue;
      record.at_ms.push_back(t);
      record.repolarised_ms.push_back(run.beat_repolarisation_ms[b][n]);
      if (double(t) < from_ms) continue;
      if (later++ == 0) first = double(t);
      last = double(t);
    }
    record.begin.push_back(std::uint32_t(record.at_ms.size()));
    if (later >= 3) interval.push_back((last - first) / (later - 1));
  }
  Rotation out;
  if (interval.empty()) return out;
  const auto middle = interval.begin() + std::ptrdiff_t(interval.size() / 2);
  std::nth_element(interval.begin(), middle, interval.end());
  out.period_ms = *middle;
  std::vector<ep::FilamentFrame> frames;
  for (double t = from_ms; t <= end_ms - out.period_ms; t += every_ms) {
    frames.push_back(ep::filaments_at(mesh, conducting, ep::phase_at(record, t, out.period_ms), t));
    out.t_ms.push_back(t);
    out.count.push_back(frames.back().count);
  }
  for (const ep::FilamentTrack& track : ep::track(frames, reach_mm)) {
    if (track.lived_ms() >= out.period_ms) ++out.lasting;
    if (track.lived_ms() <= out.longest_ms) continue;
    out.longest_ms = track.lived_ms();
    out.path_mm = 0;
    for (std::size_t k = 1; k < track.at_mm.size(); ++k) out.path_mm += (track.at_mm[k] - track.at_mm[k - 1]).norm();
  }
  return out;
}

}  // namespace ot::solve
