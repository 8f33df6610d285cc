// SPDX-License-Identifier: GPL-3.0-or-later
// Model: where the wall lies within the device it is pushed out to the device's radius, never in (geometry/widen.hpp); the device may
//   taper along its length and loses a share of its nominal length as it expands, the same at both ends. A stretch where the lumen is
//   more than 0.1 mm wider than the device (a strut's thickness) counts as not apposed. Neglected: recoil, struts as obstacles to
//   flow, plaque mechanics, straightening of the vessel.
// Source: lumen widened to the nominal device over its length, as in virtual stenting for FFRct: Kim et al. 2014, JACC
//   Cardiovasc Interv 7:72 (method).
#include "solvers/interventions/stent/stent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "solvers/interventions/geometry/on_vessel.hpp"
#include "solvers/interventions/geometry/widen.hpp"

namespace ot::interventions {
namespace {

using twin::InterventionSpec;

constexpr double strut_mm = 0.1;         // a gap below a strut's thickness cannot be told from contact (coronary struts 0.06-0.15 mm)

bool tapers(const InterventionSpec& spec) { return spec.kind == "tapered_stent"; }
double distal_diameter(const InterventionSpec& spec) { return spec.params.number(tapers(spec) ? "distal_diameter_mm" : "diameter_mm"); }

core::Result<void> validate(const twin::TwinModel& model, const InterventionSpec& spec) {
  return check_device(model, spec, "stent", std::max(spec.params.number("diameter_mm"), distal_diameter(spec)));
}

core::Result<void> apply(const twin::TwinModel& model, const InterventionSpec& spec, twin::SimulationSetup& setup) {
  twin::VesselSetup& vessel = vessel_of(setup, spec);
  const double proximal = 0.5 * spec.params.number("diameter_mm"), distal = 0.5 * distal_diameter(spec);
  Stretch s = stretch_of(vessel, spec);
  const double lost = spec.params.has("foreshortening_percent") ? 0.005 * spec.params.number("foreshortening_percent") * (s.end_mm - s.start_mm) : 0.0;  // at either end; plans of older programs hold none
  s.start_mm += lost, s.end_mm -= lost;
  s.radius = [=](double arc) { return proximal + (distal - proximal) * (arc - s.start_mm) / (s.end_mm - s.start_mm); };
  const Widened wide = widen(setup, vessel, s);
  const std::string name = model.find_vessel(vessel.key)->name;
  if (auto wide_words = oversize_words(*model.find_vessel(vessel.key), spec.placement, "stent", 2 * std::max(proximal, distal)); !wide_words.empty()) setup.notes.push_back(std::move(wide_words));
  say_held(wide, fmt::format("Stent {} ({:.2f} mm)", spec.id, 2 * std::max(proximal, distal)), name, setup);
  if (!wide.changed) {
    setup.notes.push_back(fmt::format("Stent {} ({:.2f} mm) touches the wall of {} nowhere: the lumen is unchanged.", spec.id, 2 * proximal, name));
    return {};
  }
  // Contact and size along the device.
  double apposed = 0, gap = 0, least = std::numeric_limits<double>::infinity();
  constexpr int places = 200;
  for (int k = 0; k <= places; ++k) {
    const double arc = s.start_mm + (s.end_mm - s.start_mm) * k / places, r = vessel.network->radius_at(s.branch, arc), device = s.radius(arc);
    apposed += r - device <= strut_mm, gap = std::max(gap, r - device), least = std::min(least, r / device);
  }
  const auto add = [&](const char* key, const char* label, const char* unit, double value, const char* note) {
    set_quantity(setup, {vessel.key + "_stent_" + key, name + ": " + label, unit, value, note});
  };
  add("min_diameter_before_mm", "smallest diameter in the stent, before", "mm", wide.before_mm, "area equivalent");
  add("min_diameter_after_mm", "smallest diameter in the stent, after", "mm", wide.after_mm, "area equivalent");
  add("expansion_percent", "stent expansion", "%", 100.0 * least, "smallest lumen diameter over that of the device at the same place");
  add("apposition_percent", "stent apposition", "%", 100.0 * apposed / (places + 1), "share of the length where the wall lies within 0.1 mm of the device");
  add("largest_gap_mm", "largest gap between stent and wall", "mm", std::max(0.0, gap), "mean of the circumference");
  add("deployed_length_mm", "deployed stent length", "mm", s.end_mm - s.start_mm, "nominal length less foreshortening");
  return {};
}

}  // namespace

twin::InterventionKind stent() {
  auto kind = kind_on_vessel("stent", "Stent", "Widens a stretch of a vessel to the diameter of the device.",
                             "Virtual stenting by restoring the lumen to the nominal device: Kim et al. 2014, JACC Cardiovasc Interv 7:72, doi 10.1016/j.jcin.2013.05.024.",
                             "The device opens to its nominal size; recoil, hard plaque, straightening of the vessel and the struts as obstacles are left out.");
  kind.schema.params = {device_diameter("diameter_mm", "Diameter", 3.0, "Inner diameter of the expanded device. The wall is moved out to it, never in.",
                                        "coronary stents about 2.25-5 mm, aortic endografts up to about 46 mm (device catalogues, general knowledge)"),
                        shape_param("foreshortening_percent", "Foreshortening", "%", 0.0, 0.0, 40.0, "Share of the placed length that the device loses as it expands, half at either end. 0: the placed length is that of the expanded device.",
                                    "balloon-expandable stents a few per cent, braided self-expanding ones far more (device catalogues, general knowledge)")};
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

twin::InterventionKind tapered_stent() {
  twin::InterventionKind kind = stent();
  kind.key = "tapered_stent";
  kind.label = kind.schema.name = "Tapered stent";
  kind.summary = "A stent whose diameter falls along its length and that shortens as it expands.";
  kind.schema.params[0].label = "Proximal diameter";
  kind.schema.params[0].help = "Inner diameter of the expanded device at its proximal end. The wall is moved out to it, never in.";
  kind.schema.params[1].fallback = 5.0;   // a few per cent
  kind.schema.params.insert(kind.schema.params.begin() + 1,
      device_diameter("distal_diameter_mm", "Distal diameter", 2.75, "Inner diameter of the expanded device at its distal end.", "tapered stents and grafts of device catalogues (general knowledge)"));
  return kind;
}

}  // namespace ot::interventions
