// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/widen.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ot::interventions {

namespace {
constexpr double transition_mm = 2.0;   // see the header comment
constexpr double least_told_mm = 0.05;  // below a strut's half thickness
}

Stretch stretch_of(const twin::VesselSetup& vessel, const twin::InterventionSpec& spec) {
  Stretch s;
  s.branch = spec.placement.branch;
  s.start_mm = std::max(0.0, spec.placement.start_mm);
  s.end_mm = std::min(spec.placement.start_mm + spec.placement.length_mm, vessel.network->branches[std::size_t(s.branch)].length());
  return s;
}

Widened widen(const twin::SimulationSetup& setup, twin::VesselSetup& vessel, const Stretch& s) {
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
  ReshapedLumen reshaped = reshape_lumen(vessel.lumen, vessel.network, s.branch, s.start_mm - taper, s.end_mm + taper, rule, neighbours_of(setup, vessel));
  if (reshaped.held_mm > least_told_mm) {
    const auto name = [&](int b) {
      const std::string& given = vessel.network->branches[std::size_t(b)].name;
      return given.empty() ? fmt::format("branch {}", b) : given;
    };
    out.held = fmt::format("{} near ({:.1f}, {:.1f}, {:.1f}) mm keeps the wall {:.2f} mm from opening further there",
                           !reshaped.held_by_vessel.empty() ? "the wall of " + reshaped.held_by_vessel : reshaped.held_by < 0 || reshaped.held_by == s.branch ? "the same vessel farther along" : fmt::format("the wall of {}", name(reshaped.held_by)), reshaped.held_at.x(), reshaped.held_at.y(),
                           reshaped.held_at.z(), reshaped.held_mm);
  }
  if (reshaped.largest_move_mm == 0) return out;
  vessel.lumen = std::move(reshaped.lumen);
  vessel.network = std::move(reshaped.network);
  vessel.lumen_changed = out.changed = true;
  out.after_mm = least_diameter(*vessel.network, s.branch, s.start_mm, s.end_mm);
  return out;
}

void say_held(const Widened& widened, const std::string& device, const std::string& vessel_name, twin::SimulationSetup& setup) {
  if (!widened.held.empty()) setup.notes.push_back(fmt::format("{} does not open fully in {}: {}. Choose a smaller device or another place.", device, vessel_name, widened.held));
}

}  // namespace ot::interventions
