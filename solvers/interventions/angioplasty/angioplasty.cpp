// SPDX-License-Identifier: GPL-3.0-or-later
// Model: the balloon pushes the wall out to its diameter over its length, then the vessel recoils by a share of that diameter; never
//   narrower than before (geometry/widen.hpp). Neglected: dissection, plaque shift, late remodelling.
// Source: elastic recoil after balloon angioplasty: Rensing et al. 1990, Am J Cardiol 66:1039 (part of the balloon's size is lost at once).
#include "solvers/interventions/angioplasty/angioplasty.hpp"

#include <fmt/format.h>

#include "solvers/interventions/geometry/widen.hpp"

namespace ot::interventions {
namespace {

constexpr double landing_mm = 5.0;   // healthy vessel looked at beyond each end for the reference diameter; as for stents

core::Result<void> validate(const twin::TwinModel& model, const twin::InterventionSpec& spec) {
  if (auto ok = check_segment(model, spec, "The balloon"); !ok) return ok;
  const twin::VesselModel& vessel = *model.find_vessel(spec.placement.vessel);
  const double start = spec.placement.start_mm, reference = reference_diameter(*vessel.network, spec.placement.branch, start, start + spec.placement.length_mm, landing_mm);
  const double diameter = spec.params.number("diameter_mm");
  if (diameter > 2 * reference)
    return core::bad_input(fmt::format("A balloon of {:.1f} mm is more than twice the vessel's reference diameter of {:.1f} mm (it would tear the wall). Choose at most {:.1f} mm.", diameter, reference, 2 * reference));
  return {};
}

core::Result<void> apply(const twin::TwinModel& model, const twin::InterventionSpec& spec, twin::SimulationSetup& setup) {
  twin::VesselSetup& vessel = vessel_of(setup, spec);
  Stretch s = stretch_of(vessel, spec);
  const double left = 0.5 * spec.params.number("diameter_mm") * (1 - 0.01 * spec.params.number("recoil_percent"));
  s.radius = [left](double) { return left; };
  const Widened wide = widen(vessel, s);
  const std::string name = model.find_vessel(vessel.key)->name;
  if (!wide.changed) {
    setup.notes.push_back(fmt::format("Balloon {} leaves {:.2f} mm after recoil, less than {} has there: the lumen is unchanged.", spec.id, 2 * left, name));
    return {};
  }
  set_quantity(setup, {vessel.key + "_angioplasty_min_diameter_before_mm", name + ": smallest diameter, before the balloon", "mm", wide.before_mm, "area equivalent"});
  set_quantity(setup, {vessel.key + "_angioplasty_min_diameter_after_mm", name + ": smallest diameter, after the balloon", "mm", wide.after_mm, "area equivalent, after recoil"});
  return {};
}

}  // namespace

twin::InterventionKind angioplasty() {
  using core::Liveness;
  twin::InterventionKind kind;
  kind.key = "angioplasty";
  kind.label = "Balloon";
  kind.summary = "Widens a stretch of a vessel with a balloon; part of the gain recoils.";
  kind.source = "Elastic recoil of part of the balloon's size: Rensing et al. 1990, Am J Cardiol 66:1039.";
  kind.placement = twin::Placement::Kind::segment;
  kind.schema.name = "Balloon";
  kind.schema.params = {
      {"diameter_mm", "Balloon diameter", "mm", 3.0, 1.0, 50.0, {}, "Diameter of the inflated balloon.", "coronary balloons 1.5-5 mm, peripheral ones up to 12 mm and more (device catalogues, general knowledge)", Liveness::restart},
      {"recoil_percent", "Recoil", "%", 20.0, 0.0, 60.0, {}, "Share of the balloon's diameter lost when it is let down.", "acute recoil of a fifth to a third of the diameter is usual without a stent (general knowledge); set it from the angiogram", Liveness::restart},
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
