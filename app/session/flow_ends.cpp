// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/flow_ends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "app/session/model_choices.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"

namespace ot::session {
namespace {

constexpr double decay_s = 1.5;   // of the pressure in diastole: physiology_and_models.json, windkessel (1.3 to 1.8 s)

// Pressure around the small arteries of the muscle over a beat.
std::vector<std::pair<double, double>> muscle_pressure(CoronarySide side, double aortic_Pa, double cycle_s) {
  constexpr double filling_mmhg = 8, right_share = 0.25, systole_over_mean = 120.0 / 93.0;
  constexpr int points = 80;
  const double share = side == CoronarySide::left ? 1 : right_share, rest = core::units::pa_from_mmhg(filling_mmhg);
  const double systole = std::clamp(0.546 - 0.0021 * 60 / cycle_s, 0.3 * cycle_s, 0.7 * cycle_s);
  std::vector<std::pair<double, double>> curve;
  for (int k = 0; k < points; ++k) {
    const double t = cycle_s * k / points, lift = t < systole ? std::pow(std::sin(std::numbers::pi * t / systole), 2) : 0.0;
    curve.emplace_back(t, share * (rest + (systole_over_mean * aortic_Pa - rest) * lift));
  }
  return curve;
}

double whole_bed_compliance(const twin::VesselModel& vessel, CoronarySide side) {   // mm3/Pa
  constexpr double left = 0.36, right = 0.25;
  const auto name = hemo::coronary_of(vessel.key);
  if (side == CoronarySide::right) return right;
  if (!name || *name == hemo::CoronaryVessel::left_main || *name == hemo::CoronaryVessel::rca) return left;
  return left * hemo::coronary_rest_flow(*name) / hemo::coronary_rest_flow(hemo::CoronaryVessel::left_main);
}

double mean_pressure_of(const twin::VesselModel& vessel) { return vessel.aortic_pressure_Pa > 0 ? vessel.aortic_pressure_Pa : hemo::mean_aortic_pressure_Pa; }

}  // namespace

EndKind kind_of(const CapCondition& end, bool steady) {
  if (end.inlet) return steady || end.inflow.flow.size() < 3 ? EndKind::flow : EndKind::waveform;
  if (end.outflow.coronary) return EndKind::coronary;
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
  return core::bad_input(fmt::format("A constant inflow of {} is what the aortic pressure drives through it (FFR is read at equal aortic pressure). Change its outlets, or give a flow over the beat instead.", vessel.name));
}

void give_blood(FlowConditions& all, bool carreau_yasuda) {
  constexpr double at_infinite_shear = 0.00345;   // the source of Fluid's other three numbers
  hemo::Fluid blood;
  blood.density_g_per_mm3 = all.fluid.density_g_per_mm3;
  blood.carreau_yasuda = carreau_yasuda;
  if (carreau_yasuda) blood.viscosity_Pa_s = at_infinite_shear;
  all.fluid = blood;
}

void give_flow(FlowConditions& all, CapCondition& inlet, double mean_mm3_s) {
  inlet.inflow.flow = {{0.0, mean_mm3_s}};
  all.steady = true;
}

core::Result<void> give_waveform(FlowConditions& all, CapCondition& inlet, const Waveform& wave) {
  if (auto ok = check_waveform(wave); !ok) return ok;
  inlet.inflow.flow = wave.points;
  inlet.inflow.flow.emplace_back(wave.cycle_s, wave.points.front().second);
  for (CapCondition& c : all.caps)   // the heart squeezes with the beat
    if (c.outflow.coronary && c.outflow.coronary->cycle_s != wave.cycle_s) {
      auto bed = std::make_shared<hemo::CoronaryBed>(*c.outflow.coronary);
      for (auto& point : bed->pim) point.first *= wave.cycle_s / bed->cycle_s;
      bed->cycle_s = wave.cycle_s;
      c.outflow.coronary = std::move(bed);
    }
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
  outlet.outflow.coronary = nullptr;
  outlet.outflow.rp = free_resistance;
  outlet.outflow.rd = outlet.outflow.c = 0;
}

void give_resistance(CapCondition& outlet, double resistance_Pa_s_mm3) {
  outlet.outflow.coronary = nullptr;
  outlet.outflow.rp = std::max(free_resistance, resistance_Pa_s_mm3);
  outlet.outflow.rd = outlet.outflow.c = 0;
}

void give_windkessel(CapCondition& outlet) {
  auto& o = outlet.outflow;
  const double whole = std::max(o.rp + o.rd, free_resistance);
  constexpr double share = 0.09;
  o.coronary = nullptr;
  o.rp = share * whole;
  o.rd = (1 - share) * whole;
  o.c = decay_s / o.rd;
}

core::Result<void> give_murray_windkessels(FlowConditions& all, const twin::VesselModel& vessel) {
  if (!vessel.network || !vessel.lumen) return core::bad_input("The vessel has no centreline (Murray's law needs the calibres of its outlets). Import or mesh it again.");
  double inflow = 0;
  for (const CapCondition& c : all.caps)
    if (c.inlet) inflow += mean_of(c, all.cycle_s);
  const double pressure = mean_pressure_of(vessel);
  const auto sizes = hemo::outlet_sizes(*vessel.network);
  hemo::MurrayOptions options;
  if (hemo::coronary_of(vessel.key)) options.exponent = 2.65;
  options.density_g_per_mm3 = all.fluid.density_g_per_mm3;
  options.total_compliance = inflow > 0 ? decay_s * inflow / (pressure - hemo::venous_pressure_Pa) : 0;
  // One wave speed for all outlets, as murray_outlets takes it: that of their mean calibre.
  double radius = 0;
  for (const auto& size : sizes) radius += size.radius_mm / double(sizes.size());
  if (radius > 0) options.wave_speed_mm_s = all.vessel_wall.wave_speed_mm_s(radius, options.density_g_per_mm3);
  const auto outlets = hemo::murray_outlets(sizes, inflow, pressure, hemo::venous_pressure_Pa, options);
  if (!outlets) return core::pass(outlets);
  for (const LumenCap& cap : lumen_caps(*vessel.lumen))
    for (CapCondition& c : all.caps)
      if (!c.inlet && c.patch == cap.name)
        for (const hemo::Outlet& o : *outlets)
          if (o.patch == cap.patch) c.outflow = o;
  return {};
}

CoronarySide side_of(const twin::VesselModel& vessel) { return hemo::coronary_of(vessel.key) == hemo::CoronaryVessel::rca ? CoronarySide::right : CoronarySide::left; }

CoronarySide side_of_bed(const hemo::CoronaryBed& bed) {
  constexpr double between_mmhg = 60;   // a left ventricle has 90 and more in systole, a quarter of it is at most 50
  double most = 0;
  for (const auto& [t, p] : bed.pim) most = std::max(most, p);
  return most > core::units::pa_from_mmhg(between_mmhg) ? CoronarySide::left : CoronarySide::right;
}

void give_coronary(FlowConditions& all, CapCondition& outlet, const twin::VesselModel& vessel, CoronarySide side) {
  constexpr double before = 0.32, small = 0.52, veins = 0.16, in_arteries = 0.11;
  double conductance = 0;
  for (const CapCondition& c : all.caps)
    if (!c.inlet && c.outflow.rp + c.outflow.rd > 0) conductance += 1 / (c.outflow.rp + c.outflow.rd);
  const double whole = std::max(outlet.outflow.rp + outlet.outflow.rd, free_resistance), share = conductance > 0 ? 1 / whole / conductance : 1.0;
  const double compliance = whole_bed_compliance(vessel, side) * std::min(1.0, share);
  hemo::CoronaryBed bed;
  bed.ca = in_arteries * compliance, bed.cim = (1 - in_arteries) * compliance;
  bed.ra_micro = small * whole, bed.rv = veins * whole;
  bed.cycle_s = all.cycle_s;
  bed.pim = muscle_pressure(side, mean_pressure_of(vessel), all.cycle_s);
  outlet.outflow = hemo::coronary_outlet(outlet.outflow.patch, before * whole, std::move(bed), outlet.outflow.pd);
}

}  // namespace ot::session
