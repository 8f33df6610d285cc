// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/on_vessel.hpp"

#include <fmt/format.h>

namespace ot::interventions {
namespace {

constexpr double landing_mm = 5.0;   // healthy vessel looked at beyond each end for the reference diameter; usual QCA practice
constexpr double least_mm = 1.0, most_mm = 50.0;

}  // namespace

twin::InterventionKind kind_on_vessel(std::string key, std::string label, std::string summary, std::string source, std::string assumes) {
  twin::InterventionKind kind;
  kind.key = std::move(key);
  kind.label = std::move(label);
  kind.summary = std::move(summary);
  kind.source = std::move(source);
  kind.assumes = std::move(assumes);
  kind.placement = twin::Placement::Kind::segment;
  kind.schema.name = kind.label;
  return kind;
}

core::ParamSpec shape_param(std::string key, std::string label, std::string unit, double fallback, double min, double max, std::string help, std::string source) {
  return {std::move(key), std::move(label), std::move(unit), fallback, min, max, {}, std::move(help), std::move(source), core::Liveness::restart};
}

core::ParamSpec device_diameter(std::string key, std::string label, double fallback, std::string help, std::string source) {
  return shape_param(std::move(key), std::move(label), "mm", fallback, least_mm, most_mm, std::move(help), std::move(source));
}

core::Result<void> check_device(const twin::TwinModel& model, const twin::InterventionSpec& spec, const std::string& what, double diameter_mm) {
  if (auto ok = check_segment(model, spec, "The " + what); !ok) return ok;
  const twin::VesselModel& vessel = *model.find_vessel(spec.placement.vessel);
  const double start = spec.placement.start_mm;
  const double reference = reference_diameter(*vessel.network, spec.placement.branch, start, start + spec.placement.length_mm, landing_mm);
  if (diameter_mm > 2 * reference)
    return core::bad_input(fmt::format("A {} of {:.1f} mm is more than twice the vessel's reference diameter of {:.1f} mm (it would tear the wall). Choose at most {:.1f} mm.", what, diameter_mm, reference,
                                       2 * reference));
  return {};
}

void report_diameters(const twin::TwinModel& model, twin::SimulationSetup& setup, const std::string& vessel, const std::string& kind, double before_mm, double after_mm, const DiameterWords& words) {
  const std::string key = vessel + "_" + kind + "_min_diameter_", name = model.find_vessel(vessel)->name + ": ";
  set_quantity(setup, {key + "before_mm", name + words.before, "mm", before_mm, "area equivalent"});
  set_quantity(setup, {key + "after_mm", name + words.after, "mm", after_mm, words.note_after});
}

}  // namespace ot::interventions
