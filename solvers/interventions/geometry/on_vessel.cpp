// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/on_vessel.hpp"

#include <fmt/format.h>

namespace ot::interventions {
namespace {

constexpr double landing_mm = 5.0;   // healthy vessel looked at beyond each end for the reference diameter; usual QCA practice
constexpr double least_mm = 1.0, most_mm = 50.0;
constexpr double told_from = 1.25;   // device over reference; about 1.1 is usual for stents and balloons (general knowledge, not verified against a document)

double reference_of(const twin::VesselModel& vessel, const twin::Placement& place) {
  return reference_diameter(*vessel.network, place.branch, place.start_mm, place.start_mm + place.length_mm, landing_mm);
}

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
  const double reference = reference_of(vessel, spec.placement);
  if (diameter_mm > 2 * reference)
    return core::bad_input(fmt::format("A {} of {:.1f} mm is more than twice the vessel's reference diameter of {:.1f} mm (it would tear the wall). Choose at most {:.1f} mm.", what, diameter_mm, reference,
                                       2 * reference));
  return {};
}

std::string oversize_words(const twin::VesselModel& vessel, const twin::Placement& place, const std::string& what, double diameter_mm) {
  if (!vessel.network || place.branch < 0 || std::size_t(place.branch) >= vessel.network->branches.size()) return {};
  const double reference = reference_of(vessel, place);
  if (!(diameter_mm >= told_from * reference)) return {};
  return fmt::format("A {} of {:.2f} mm is {:.1f} times the vessel's reference diameter of {:.2f} mm: it may tear the wall. About 1.1 times is usual.", what, diameter_mm, diameter_mm / reference, reference);
}

void report_diameters(const twin::TwinModel& model, twin::SimulationSetup& setup, const std::string& vessel, const std::string& kind, double before_mm, double after_mm, const DiameterWords& words) {
  const std::string key = vessel + "_" + kind + "_min_diameter_", name = model.find_vessel(vessel)->name + ": ";
  set_quantity(setup, {key + "before_mm", name + words.before, "mm", before_mm, "area equivalent"});
  set_quantity(setup, {key + "after_mm", name + words.after, "mm", after_mm, words.note_after});
}

}  // namespace ot::interventions
