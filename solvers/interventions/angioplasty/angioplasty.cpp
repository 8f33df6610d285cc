// SPDX-License-Identifier: GPL-3.0-or-later
// Model: the balloon pushes the wall out to its diameter over its length, then the vessel recoils by a share of that diameter; never
//   narrower than before (geometry/widen.hpp). Neglected: dissection, plaque shift, late remodelling.
// Source: elastic recoil after balloon angioplasty: Rensing et al. 1990, Am J Cardiol 66:1039 (part of the balloon's size is lost at once).
#include "solvers/interventions/angioplasty/angioplasty.hpp"

#include <fmt/format.h>

#include "solvers/interventions/geometry/on_vessel.hpp"
#include "solvers/interventions/geometry/widen.hpp"

namespace ot::interventions {
namespace {

core::Result<void> validate(const twin::TwinModel& model, const twin::InterventionSpec& spec) { return check_device(model, spec, "balloon", spec.params.number("diameter_mm")); }

core::Result<void> apply(const twin::TwinModel& model, const twin::InterventionSpec& spec, twin::SimulationSetup& setup) {
  twin::VesselSetup& vessel = vessel_of(setup, spec);
  Stretch s = stretch_of(vessel, spec);
  const double left = 0.5 * spec.params.number("diameter_mm") * (1 - 0.01 * spec.params.number("recoil_percent"));
  s.radius = [left](double) { return left; };
  const Widened wide = widen(setup, vessel, s);
  if (auto wide_words = oversize_words(*model.find_vessel(vessel.key), spec.placement, "balloon", spec.params.number("diameter_mm")); !wide_words.empty()) setup.notes.push_back(std::move(wide_words));
  say_held(wide, "Balloon " + spec.id, model.find_vessel(vessel.key)->name, setup);
  if (!wide.changed) {
    setup.notes.push_back(fmt::format("Balloon {} leaves {:.2f} mm after recoil, less than {} has there: the lumen is unchanged.", spec.id, 2 * left, model.find_vessel(vessel.key)->name));
    return {};
  }
  report_diameters(model, setup, vessel.key, "angioplasty", wide.before_mm, wide.after_mm,
                   {"smallest diameter, before the balloon", "smallest diameter, after the balloon", "area equivalent, after recoil"});
  return {};
}

}  // namespace

twin::InterventionKind angioplasty() {
  auto kind = kind_on_vessel("angioplasty", "Balloon", "Widens a stretch of a vessel with a balloon; part of the gain recoils.",
                             "Elastic recoil of part of the balloon's size: Rensing et al. 1990, Am J Cardiol 66:1039.",
                             "The share that recoils is a population value; dissection, shifted plaque and later narrowing are left out.");
  kind.schema.params = {
      device_diameter("diameter_mm", "Balloon diameter", 3.0, "Diameter of the inflated balloon.", "coronary balloons 1.5-5 mm, peripheral ones up to 12 mm and more (device catalogues, general knowledge)"),
      shape_param("recoil_percent", "Recoil", "%", 20.0, 0.0, 60.0, "Share of the balloon's diameter lost when it is let down.",
                  "acute recoil of a fifth to a third of the diameter is usual without a stent (general knowledge); set it from the angiogram"),
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
