// SPDX-License-Identifier: GPL-3.0-or-later
// Why an interval of the ECG has no number, in words for the table.
#pragma once
#include <fmt/format.h>

#include <cmath>
#include <string>

#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

// For QT and QTc; empty when QT was measured. A FULL beat is often ended after the QRS.
inline std::string qt_note(const Ecg& ecg, const EcgIntervals& i) {
  if (std::isfinite(i.qt_ms) || ecg.t_ms.empty()) return "";
  if (!std::isfinite(i.qrs_ms)) return "no QRS was found";
  return fmt::format("no T wave ends within the {:g} ms of the beat; a later end of the beat shows it (Model, How the beat is computed; build --end)", ecg.t_ms.back());
}

}  // namespace ot::ep
