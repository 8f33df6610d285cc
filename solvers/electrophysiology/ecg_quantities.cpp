// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/ecg_quantities.hpp"

#include <fmt/format.h>

#include <cmath>

#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/interval_notes.hpp"

namespace ot::ep {
namespace {

// Why there is no lead of transition, or what its number means.
std::string transition_note(const PrecordialProgression& chest) {
  if (std::isfinite(chest.transition)) return "between V1 and V6, where R first exceeds S";
  if (!std::isfinite(chest.r[0]) || !std::isfinite(chest.s[0])) return "no QRS was found in the chest leads";
  return chest.r[0] >= chest.s[0] ? "R exceeds S already in V1" : "R does not exceed S up to V6";
}

}  // namespace

void add_ventricular_quantities(const Ecg& ecg, const EcgIntervals& i, std::vector<core::Quantity>& out) {
  const std::string no_qt = qt_note(ecg, i);
  out.push_back({"qrs_ms", "QRS duration", "ms", i.qrs_ms, ""});
  out.push_back({"qt_ms", "QT interval", "ms", i.qt_ms, no_qt});
  out.push_back({"qtc_fridericia_ms", "QTc (Fridericia)", "ms", i.qtc_fridericia_ms, no_qt});
  out.push_back({"qtc_bazett_ms", "QTc (Bazett)", "ms", i.qtc_bazett_ms, no_qt});
  out.push_back({"axis_deg", "Frontal axis", "deg", i.axis_deg, ""});
  const PrecordialProgression chest = precordial(ecg, i);
  out.push_back({"r_transition_lead", "R/S transition, chest lead", "", chest.transition, transition_note(chest)});
  for (std::size_t k = 0; k < 6; ++k) out.push_back({fmt::format("r_v{}_mV", k + 1), fmt::format("R in V{}", k + 1), "mV", chest.r[k], ""});
  for (std::size_t k = 0; k < 6; ++k) out.push_back({fmt::format("s_v{}_mV", k + 1), fmt::format("S in V{}", k + 1), "mV", chest.s[k], ""});
}

void add_ecg_quantities(const ElectroProblem& p, const Ecg& ecg, std::vector<core::Quantity>& out) {
  if (ecg.t_ms.empty()) return;
  const EcgIntervals i = measure(ecg, p.cycle_length_ms > 0 ? p.cycle_length_ms : 1000.0);   // unpaced cells have no rate
  if (is_atrial(*p.mesh)) out.push_back({"p_wave_ms", "P wave duration", "ms", i.qrs_ms, ""});
  else add_ventricular_quantities(ecg, i, out);
}

}  // namespace ot::ep
