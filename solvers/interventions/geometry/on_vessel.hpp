// SPDX-License-Identifier: GPL-3.0-or-later
// What the kinds that change a stretch of a vessel have in common: head of the kind, check of a device's size, numbers before and after.
// Threads: pure functions.
#pragma once
#include <string>

#include "solvers/interventions/geometry/lumen_shape.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

// A kind placed on a segment; schema.params, validate and apply are still empty.
twin::InterventionKind kind_on_vessel(std::string key, std::string label, std::string summary, std::string source, std::string assumes);

// A number of the schema; a changed lumen is meshed anew, so every one of them restarts the run.
core::ParamSpec shape_param(std::string key, std::string label, std::string unit, double fallback, double min, double max, std::string help, std::string source);
// Diameter of a device: 1 mm (small coronary balloons) to 50 mm (largest aortic endografts).
core::ParamSpec device_diameter(std::string key, std::string label, double fallback, std::string help, std::string source);

// check_segment, and the device is at most twice as wide as the healthy vessel within 5 mm of it. `what`: "stent".
core::Result<void> check_device(const twin::TwinModel& model, const twin::InterventionSpec& spec, const std::string& what, double diameter_mm);

// Why a device is wide for its vessel, from 1.25 times the reference diameter on; empty below. `what`: "stent".
std::string oversize_words(const twin::VesselModel& vessel, const twin::Placement& place, const std::string& what, double diameter_mm);

// "<vessel>_<kind>_min_diameter_before_mm" and "... after_mm", area equivalent.
struct DiameterWords {
  std::string before, after;          // behind the vessel's name: "smallest diameter, before the balloon"
  std::string note_after = "area equivalent";
};
void report_diameters(const twin::TwinModel& model, twin::SimulationSetup& setup, const std::string& vessel, const std::string& kind, double before_mm, double after_mm, const DiameterWords& words);

}  // namespace ot::interventions
