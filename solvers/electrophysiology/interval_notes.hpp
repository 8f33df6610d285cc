// SPDX-License-Identifier: GPL-3.0-or-later
// Why an interval of the ECG has no number, and what repolarises after the end of a beat, in words.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

// For QT and QTc; empty when QT was measured. A FULL beat is often ended after the QRS.
inline std::string qt_note(const Ecg& ecg, const EcgIntervals& i) {
  if (std::isfinite(i.qt_ms) || ecg.t_ms.empty()) return "";
  if (!std::isfinite(i.qrs_ms)) return "no QRS was found";
  return fmt::format("no T wave ends within the {:g} ms of the beat; a later end of the beat shows it (Model, How the beat is computed; build --end; end_ms of solve)", ecg.t_ms.back());
}

// Muscle that is still depolarised when the beat ends: how much, where the last of it is, and what to do; empty when there is none. A time that is not finite was not reached.
inline std::string late_repolarisation_note(const ElectroProblem& p, const std::vector<float>& activation_ms, const std::vector<float>& repolarisation_ms) {
  std::size_t active = 0, late = 0, last = 0, unknown = 0;
  for (std::size_t n = 0; n < activation_ms.size(); ++n) {
    if (!std::isfinite(activation_ms[n])) continue;
    ++active;
    if (double(repolarisation_ms[n]) <= p.end_ms) continue;
    unknown += !std::isfinite(repolarisation_ms[n]);
    if (late++ == 0 || activation_ms[n] > activation_ms[last] || repolarisation_ms[n] > repolarisation_ms[last]) last = n;
  }
  if (late == 0) return "";
  double to = 0;
  for (std::size_t n = 0; n < activation_ms.size(); ++n)
    if (std::isfinite(activation_ms[n]) && std::isfinite(repolarisation_ms[n])) to = std::max(to, double(repolarisation_ms[n]));
  const auto& x = p.mesh->nodes[last];
  const std::string share = late == active ? "All" : fmt::format("{:.1f} %", 100.0 * double(late) / double(active));
  const std::string when = unknown > 0 ? "it is not known when" : fmt::format("the last of it at {:.0f} ms", to);
  return fmt::format("{} of the activated muscle repolarises after the end of the beat at {:g} ms ({}; near {:.0f}, {:.0f}, {:.0f} mm). A later end of the beat shows it (Model, How the beat is computed; build --end; end_ms of solve).", share,
                     p.end_ms, when, x[0], x[1], x[2]);
}

}  // namespace ot::ep
