// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/classify.hpp"

#include <algorithm>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return v[v.size() / 2];
}

}  // namespace

const char* name_of(Outcome o) {
  switch (o) {
    case Outcome::no_capture: return "no_capture";
    case Outcome::decay: return "decay";
    case Outcome::reentry: return "reentry";
  }
  return "";
}

const char* name_of(Rhythm r) {
  switch (r) {
    case Rhythm::none: return "none";
    case Rhythm::monomorphic_vt: return "monomorphic_vt";
    case Rhythm::ventricular_flutter: return "ventricular_flutter";
    case Rhythm::polymorphic_vt: return "polymorphic_vt";
    case Rhythm::vf: return "vf";
    case Rhythm::atrial_tachycardia: return "atrial_tachycardia";
    case Rhythm::af: return "af";
  }
  return "";
}

Classification classify(const ActivationRecord& r, const std::vector<std::uint8_t>& excitable, double last_stimulus, bool captured, int needed, Chamber chamber) {
  OT_EXPECT(excitable.size() == r.nodes() && needed >= 1);
  Classification c;
  std::vector<int> again;             // activations after the response, per excitable node
  std::vector<double> interval, variation;
  for (std::size_t n = 0; n < r.nodes(); ++n) {
    if (r.count(n) > 0) c.last_activation_ms = std::max(c.last_activation_ms, double(r.at_ms[r.begin[n + 1] - 1]));
    if (!excitable[n]) continue;
    std::uint32_t first = r.begin[n];
    while (first < r.begin[n + 1] && double(r.at_ms[first]) < last_stimulus) ++first;
    const int after = int(r.begin[n + 1] - first);
    // When the last stimulus was not captured, whatever still comes is re-entry of the beat before: no response is taken off.
    again.push_back(std::max(0, after - (captured ? 1 : 0)));
  }
  if (again.empty()) return c;
  std::vector<int> sorted = again;
  const std::size_t tenth = (sorted.size() - 1) - std::min(sorted.size() - 1, sorted.size() / 10);
  std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(tenth), sorted.end());
  c.cycles = sorted[tenth];
  if (c.cycles < needed) {
    c.outcome = captured ? Outcome::decay : Outcome::no_capture;
    return c;
  }
  c.outcome = Outcome::reentry;
  for (std::size_t n = 0, k = 0; n < r.nodes(); ++n) {
    if (!excitable[n]) continue;
    if (again[k++] < needed) continue;
    // Last four intervals that lie after the last stimulus.
    const std::uint32_t end = r.begin[n + 1];
    double least = 1e300, most = 0;
    int taken = 0;
    for (std::uint32_t i = end - 1; i > r.begin[n] && taken < 4 && double(r.at_ms[i - 1]) >= last_stimulus; --i, ++taken) {
      const double d = double(r.at_ms[i]) - double(r.at_ms[i - 1]);
      if (taken == 0) interval.push_back(d);
      least = std::min(least, d);
      most = std::max(most, d);
    }
    if (taken >= 2) variation.push_back(most - least);
  }
  c.cycle_length_ms = median(interval);
  c.variation_ms = median(variation);
  c.sustained = r.end_ms - c.last_activation_ms < 0.5 * c.cycle_length_ms;
  const bool regular = c.variation_ms <= 30;
  if (chamber == Chamber::atria) c.rhythm = regular ? Rhythm::atrial_tachycardia : Rhythm::af;
  else if (regular) c.rhythm = c.cycle_length_ms <= 200 ? Rhythm::ventricular_flutter : Rhythm::monomorphic_vt;
  else c.rhythm = c.cycle_length_ms < 200 ? Rhythm::vf : Rhythm::polymorphic_vt;
  return c;
}

}  // namespace ot::ep
