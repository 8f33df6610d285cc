// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/flow_ends.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ot::session {

EndKind kind_of(const CapCondition& end, bool steady) {
  if (end.inlet) return steady || end.inflow.flow.size() < 3 ? EndKind::flow : EndKind::waveform;
  if (end.outflow.c > 0 && end.outflow.rd > 0) return EndKind::windkessel;
  return end.outflow.rp + end.outflow.rd <= 2 * free_resistance ? EndKind::pressure : EndKind::resistance;
}

bool has_condition(const CapCondition& end) { return end.inlet ? !end.inflow.flow.empty() : end.outflow.rp + end.outflow.rd > 0; }

Waveform wave_of(const CapCondition& end, double cycle_s) {
  Waveform wave;
  wave.cycle_s = cycle_s;
  wave.points = end.inflow.flow;
  if (wave.points.size() > 1 && wave.points.back().first >= cycle_s - 1e-9) wave.points.pop_back();   // the first point again
  return wave;
}

double mean_of(const CapCondition& end, double cycle_s) {
  if (end.inflow.flow.empty()) return 0;
  return end.inflow.flow.size() < 3 ? end.inflow.flow.front().second : wave_of(end, cycle_s).mean();
}

core::Result<void> check_inflow_is_free(const twin::VesselModel& vessel) {
  if (!vessel.report_ffr) return {};
  return core::bad_input(fmt::format("The inflow of {} is what the aortic pressure drives through it (FFR is read at equal aortic pressure). Change its outlets instead.", vessel.name));
}

void give_flow(FlowConditions& all, CapCondition& inlet, double mean_mm3_s) {
  inlet.inflow.flow = {{0.0, mean_mm3_s}};
  all.steady = true;
}

core::Result<void> give_waveform(FlowConditions& all, CapCondition& inlet, const Waveform& wave) {
  if (auto ok = check_waveform(wave); !ok) return ok;
  inlet.inflow.flow = wave.points;
  inlet.inflow.flow.emplace_back(wave.cycle_s, wave.points.front().second);
  all.cycle_s = wave.cycle_s;
  all.steady = false;
  return {};
}

Waveform with_mean(Waveform wave, double mean_mm3_s, double cycle_s) {
  for (auto& p : wave.points) p.first *= cycle_s / wave.cycle_s;
  wave.cycle_s = cycle_s;
  const double mean = wave.mean();
  if (mean > 0)
    for (auto& p : wave.points) p.second *= mean_mm3_s / mean;
  return wave;
}

void give_pressure(CapCondition& outlet, double pressure_Pa) {
  outlet.outflow.pd = pressure_Pa;
  outlet.outflow.rp = free_resistance;
  outlet.outflow.rd = outlet.outflow.c = 0;
}

void give_resistance(CapCondition& outlet, double resistance_Pa_s_mm3) {
  outlet.outflow.rp = std::max(free_resistance, resistance_Pa_s_mm3);
  outlet.outflow.rd = outlet.outflow.c = 0;
}

void give_windkessel(CapCondition& outlet) {
  auto& o = outlet.outflow;
  const double whole = std::max(o.rp + o.rd, free_resistance);
  constexpr double share = 0.09, decay_s = 1.5;
  o.rp = share * whole;
  o.rd = (1 - share) * whole;
  o.c = decay_s / o.rd;
}

}  // namespace ot::session
