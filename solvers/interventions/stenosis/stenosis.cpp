// SPDX-License-Identifier: GPL-3.0-or-later
// Model: concentric narrowing, r(s) = r0(s) [1 - p/2 (1 + cos(2 pi (s - middle) / length))], p = share of the diameter.
// Source: the cosine profile of Young & Tsai 1973, J Biomech 6:395, used by the stenosis benchmarks since.
#include "solvers/interventions/stenosis/stenosis.hpp"

#include <cmath>
#include <numbers>

#include "solvers/interventions/geometry/on_vessel.hpp"

namespace ot::interventions {
namespace {

core::Result<void> validate(const twin::TwinModel& model, const twin::InterventionSpec& spec) { return check_segment(model, spec, "The stenosis"); }

core::Result<void> apply(const twin::TwinModel& model, const twin::InterventionSpec& spec, twin::SimulationSetup& setup) {
  const double share = spec.params.number("diameter_percent") / 100.0;
  if (share == 0) return {};
  twin::VesselSetup& vessel = vessel_of(setup, spec);
  const double start = spec.placement.start_mm, length = spec.placement.length_mm, middle = start + 0.5 * length;
  const RadiusRule rule = [&](double arc, double rho) {
    if (std::abs(arc - middle) >= 0.5 * length) return rho;
    return rho * (1.0 - 0.5 * share * (1.0 + std::cos(2 * std::numbers::pi * (arc - middle) / length)));
  };
  const double before = least_diameter(*vessel.network, spec.placement.branch, start, start + length);
  ReshapedLumen reshaped = reshape_lumen(vessel.lumen, vessel.network, spec.placement.branch, start, start + length, rule);
  if (reshaped.largest_move_mm == 0) return {};
  vessel.lumen = std::move(reshaped.lumen);
  vessel.network = std::move(reshaped.network);
  vessel.lumen_changed = true;
  const double after = least_diameter(*vessel.network, spec.placement.branch, start, start + length);
  report_diameters(model, setup, vessel.key, "stenosis", before, after, {"smallest diameter, before the narrowing", "smallest diameter, after the narrowing"});
  return {};
}

}  // namespace

twin::InterventionKind stenosis() {
  auto kind = kind_on_vessel("stenosis", "Stenosis", "Narrows a stretch of a vessel with a cosine profile.",
                             "Cosine profile: Young and Tsai 1973, J Biomech 6:395, doi 10.1016/0021-9290(73)90099-7.",
                             "The narrowing is round and central; real plaque is one-sided and rough.");
  kind.schema.params = {
      shape_param("diameter_percent", "Diameter narrowed by", "%", 50.0, 0.0, 90.0, "Share of the local diameter taken away at the throat; 0 leaves the vessel as it is.",
                  "moderate stenosis 50-69 %, severe 70-99 % (CAD-RADS 2.0)"),
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
