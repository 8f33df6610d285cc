// SPDX-License-Identifier: GPL-3.0-or-later
// Model: where the wall lies within the device it is pushed out to the device's radius, never in; outside, the change falls
//   smoothly to zero over a transition of max(2 mm, half the device radius), and before both ends of the branch (caps, forks).
//   The length is that of the expanded device (foreshortening is taken as already subtracted). Neglected: recoil, struts as
//   obstacles to flow, plaque mechanics, straightening of the vessel.
// Source: lumen widened to the nominal device over its length, as in virtual stenting for FFRct: Kim et al. 2014, JACC
//   Cardiovasc Interv 7:72 (method); the transition length is a choice of this program.
#include "solvers/interventions/stent/stent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "solvers/interventions/geometry/lumen_shape.hpp"

namespace ot::interventions {
namespace {

using twin::InterventionSpec;

constexpr double landing_mm = 5.0;       // healthy vessel looked at beyond each end for the reference diameter; usual QCA practice
constexpr double transition_mm = 2.0;    // see the header comment

core::Result<void> validate(const twin::TwinModel& model, const InterventionSpec& spec) {
  if (auto ok = check_segment(model, spec, "The stent"); !ok) return ok;
  const twin::VesselModel& vessel = *model.find_vessel(spec.placement.vessel);
  const double start = spec.placement.start_mm, end = start + spec.placement.length_mm;
  const double reference = reference_diameter(*vessel.network, spec.placement.branch, start, end, landing_mm);
  const double diameter = spec.params.number("diameter_mm");
  if (diameter > 2 * reference)
    return core::bad_input(fmt::format("A stent of {:.1f} mm is more than twice the vessel's reference diameter of {:.1f} mm (it would tear the wall). Choose at most {:.1f} mm.", diameter, reference, 2 * reference));
  return {};
}

core::Result<void> apply(const twin::TwinModel& model, const InterventionSpec& spec, twin::SimulationSetup& setup) {
  twin::VesselSetup& vessel = vessel_of(setup, spec);
  const int branch = spec.placement.branch;
  const core::VesselBranch& line = vessel.network->branches[branch];
  const double device = 0.5 * spec.params.number("diameter_mm");
  const double start = std::max(0.0, spec.placement.start_mm), end = std::min(start + spec.placement.length_mm, line.length());
  const double taper = std::max(transition_mm, 0.5 * device);
  const RadiusRule rule = [&](double arc, double rho) {
    if (rho >= device) return rho;
    const double outside = std::max({start - arc, arc - end, 0.0});
    const double share = smooth_step(1.0 - outside / taper) * smooth_step(arc / taper) * smooth_step((line.length() - arc) / taper);
    return rho + share * (device - rho);
  };
  const double before = least_diameter(*vessel.network, branch, start, end);
  ReshapedLumen reshaped = reshape_lumen(*vessel.lumen, *vessel.network, branch, start - taper, end + taper, rule);
  const std::string name = model.find_vessel(vessel.key)->name;
  if (reshaped.largest_move_mm == 0) {
    setup.notes.push_back(fmt::format("Stent {} ({:.2f} mm) touches the wall of {} nowhere: the lumen is unchanged.", spec.id, 2 * device, name));
    return {};
  }
  vessel.lumen = std::move(reshaped.lumen);
  vessel.network = std::move(reshaped.network);
  vessel.lumen_changed = true;
  const double after = least_diameter(*vessel.network, branch, start, end);
  set_quantity(setup, {vessel.key + "_stent_min_diameter_before_mm", name + ": smallest diameter in the stent, before", "mm", before, "area equivalent"});
  set_quantity(setup, {vessel.key + "_stent_min_diameter_after_mm", name + ": smallest diameter in the stent, after", "mm", after, "area equivalent"});
  set_quantity(setup, {vessel.key + "_stent_expansion_percent", name + ": stent expansion", "%", 100.0 * after / (2 * device), "smallest diameter over nominal; length is that of the expanded device"});
  return {};
}

}  // namespace

twin::InterventionKind stent() {
  using core::Liveness;
  twin::InterventionKind kind;
  kind.key = "stent";
  kind.label = "Stent";
  kind.summary = "Widens a stretch of a vessel to the diameter of the device.";
  kind.source = "Virtual stenting by restoring the lumen to the nominal device: Kim et al. 2014, JACC Cardiovasc Interv 7:72, doi 10.1016/j.jcin.2013.05.024.";
  kind.placement = twin::Placement::Kind::segment;
  kind.schema.name = "Stent";
  kind.schema.params = {
      {"diameter_mm", "Diameter", "mm", 3.0, 1.0, 50.0, {}, "Inner diameter of the expanded device. The wall is moved out to it, never in.", "coronary stents about 2.25-5 mm, aortic endografts up to about 46 mm (device catalogues, general knowledge)", Liveness::restart},
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
