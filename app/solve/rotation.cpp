// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/rotation.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/electrophysiology/studies/phase.hpp"

namespace ot::solve {
namespace {

// As ep::phase_at, but a node whose next activation is far off (core of a spiral, behind a block) ends its turn after a period and then waits
// at the phase of excitation: stretched over the gap, its phase would stand still against its neighbours' and hold singularities of its own.
std::vector<float> phase_of(const ep::ActivationRecord& record, double t, double period) {
  std::vector<float> out(record.nodes(), 0.0F);   // never activated: at rest
  for (std::size_t n = 0; n < out.size(); ++n) {
    const std::uint32_t k = record.last_before(n, t);
    if (k == record.begin[n + 1]) continue;
    const double last = double(record.at_ms[k]), next = k + 1 < record.begin[n + 1] ? double(record.at_ms[k + 1]) : last + 2 * period;
    const double share = std::min(1.0, (t - last) / (next - last > 1.5 * period ? period : next - last));
    out[n] = float(std::remainder(2 * M_PI * share, 2 * M_PI));
  }
  return out;
}

// Filaments whose points come within reach of each other are one place: a core's rim gives pairs of opposite sign beside the tip.
int places(const ep::FilamentFrame& frame, double reach) {
  std::vector<int> place(frame.points.size(), -1);
  int count = 0;
  std::vector<std::size_t> open;
  for (std::size_t seed = 0; seed < place.size(); ++seed) {
    if (place[seed] >= 0) continue;
    place[seed] = count;
    open.assign(1, seed);
    while (!open.empty()) {
      const std::size_t a = open.back();
      open.pop_back();
      for (std::size_t b = 0; b < place.size(); ++b)
        if (place[b] < 0 && (frame.points[a] - frame.points[b]).norm() < reach) {
          place[b] = count;
          open.push_back(b);
        }
    }
    ++count;
  }
  return count;
}

}  // namespace

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
    frames.push_back(ep::filaments_at(mesh, conducting, phase_of(record, t, out.period_ms), t));
    out.t_ms.push_back(t);
    out.count.push_back(places(frames.back(), reach_mm));
  }
  std::vector<int> sorted = out.count;
  if (!sorted.empty()) {
    std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(sorted.size() / 2), sorted.end());
    out.typical = sorted[sorted.size() / 2];
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
