// SPDX-License-Identifier: GPL-3.0-or-later
// Model: the lumen of a stretch becomes what it would be without disease: a circular lumen whose diameter is interpolated along the
//   centreline between the healthy ends (the reference of quantitative angiography), never narrower than it is.
//   The best any device could do: the upper bound of the gain in FFR.
// Source: interpolated reference diameter, Reiber et al. 1985, Circulation 71:280; idealised artery for planning PCI: Taylor et al. 2013, JACC 61:2233.
#include "solvers/interventions/ideal_lumen/ideal_lumen.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "solvers/interventions/geometry/on_vessel.hpp"
#include "solvers/interventions/geometry/widen.hpp"

namespace ot::interventions {
namespace {

constexpr double noise = 0.02;   // of the radius: what a healthy wall lacks of the interpolated reference without being narrow

core::Result<void> validate(const twin::TwinModel& model, const twin::InterventionSpec& spec) { return check_segment(model, spec, "The ideal lumen"); }

core::Result<void> apply(const twin::TwinModel& model, const twin::InterventionSpec& spec, twin::SimulationSetup& setup) {
  twin::VesselSetup& vessel = vessel_of(setup, spec);
  Stretch s = stretch_of(vessel, spec);
  const core::VesselBranch line = vessel.network->branches[std::size_t(s.branch)];
  std::vector<double> reference = core::reference_diameters(line);
  for (double& d : reference) d *= 1 - 0.01 * spec.params.number("residual_percent");
  s.slack = noise;
  s.radius = [&](double arc) {
    const auto i = std::size_t(std::upper_bound(line.arc.begin(), line.arc.end(), arc) - line.arc.begin());
    if (i == 0) return 0.5 * reference.front();
    if (i >= line.arc.size()) return 0.5 * reference.back();
    const double w = (arc - line.arc[i - 1]) / (line.arc[i] - line.arc[i - 1]);
    return 0.5 * (reference[i - 1] + w * (reference[i] - reference[i - 1]));
  };
  const Widened wide = widen(setup, vessel, s);
  say_held(wide, "Stretch " + spec.id, model.find_vessel(vessel.key)->name, setup);
  if (!wide.changed) {
    setup.notes.push_back(fmt::format("The stretch {} of {} is nowhere narrower than its reference: the lumen is unchanged.", spec.id, model.find_vessel(vessel.key)->name));
    return {};
  }
  report_diameters(model, setup, vessel.key, "ideal_lumen", wide.before_mm, wide.after_mm, {"smallest diameter, before", "smallest diameter of the ideal lumen"});
  return {};
}

}  // namespace

twin::InterventionKind ideal_lumen() {
  auto kind = kind_on_vessel("ideal_lumen", "Ideal lumen", "Removes a stenosis: the lumen gets the diameter interpolated between the healthy ends.",
                             "Interpolated reference diameter: Reiber et al. 1985, Circulation 71:280; idealised artery: Taylor et al. 2013, JACC 61:2233.",
                             "Both ends of the branch are taken to be healthy; it is the most any device could gain, not what one will.");
  kind.schema.params = {
      shape_param("residual_percent", "Residual stenosis", "%", 0.0, 0.0, 50.0, "Narrowing of the reference diameter that is left; 0 is the healthy vessel.",
                  "below 20 % counts as a good result of stenting, below 50 % of a balloon (ACC/AHA PCI guideline, general knowledge)"),
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
