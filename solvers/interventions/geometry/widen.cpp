// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/widen.hpp"

#include <algorithm>

namespace ot::interventions {

namespace {
constexpr double transition_mm = 2.0;   // see the header comment
}

Stretch stretch_of(const twin::VesselSetup& vessel, const twin::InterventionSpec& spec) {
  Stretch s;
  s.branch = spec.placement.branch;
  s.start_mm = std::max(0.0, spec.placement.start_mm);
  s.end_mm = std::min(spec.placement.start_mm + spec.placement.length_mm, vessel.network->branches[std::size_t(s.branch)].length());
  return s;
}

Widened widen(twin::VesselSetup& vessel, const Stretch& s) {
  const double length = vessel.network->branches[std::size_t(s.branch)].length();
  double widest = 0;
  for (int k = 0; k <= 40; ++k) widest = std::max(widest, s.radius(s.start_mm + (s.end_mm - s.start_mm) * k / 40));
  const double taper = std::max(transition_mm, 0.5 * widest);
  const RadiusRule rule = [&](double arc, double rho) {
    const double wanted = s.radius(std::clamp(arc, s.start_mm, s.end_mm));
    if (rho >= wanted) return rho;
    const double outside = std::max({s.start_mm - arc, arc - s.end_mm, 0.0});
    const double lacking = s.slack > 0 ? smooth_step(((wanted - rho) / wanted - s.slack) / s.slack) : 1.0;
    const double share = lacking * smooth_step(1.0 - outside / taper) * smooth_step(arc / taper) * smooth_step((length - arc) / taper);
    return rho + share * (wanted - rho);
  };
  Widened out;
  out.before_mm = out.after_mm = least_diameter(*vessel.network, s.branch, s.start_mm, s.end_mm);
  ReshapedLumen reshaped = reshape_lumen(vessel.lumen, vessel.network, s.branch, s.start_mm - taper, s.end_mm + taper, rule);
  if (reshaped.largest_move_mm == 0) return out;
  vessel.lumen = std::move(reshaped.lumen);
  vessel.network = std::move(reshaped.network);
  vessel.lumen_changed = out.changed = true;
  out.after_mm = least_diameter(*vessel.network, s.branch, s.start_mm, s.end_mm);
  return out;
}

}  // namespace ot::interventions
