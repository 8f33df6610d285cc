// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/network_probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

namespace ot::hemo {

NetworkProbes::NetworkProbes(const FlowProblem& problem, const Pieces& pieces, std::vector<std::string>& notes) : means_(problem.probes.size()) {
  constexpr double beside = 1.5;   // radii
  for (std::size_t k = 0; k < problem.probes.size(); ++k) {
    int branch = 0;
    double arc = 0, distance = 0;
    Spot spot;
    if (problem.network->locate(problem.probes[k], branch, arc, distance)) {
      const double radius = problem.network->radius_at(branch, arc);
      if (distance > beside * radius) notes.push_back(fmt::format("Probe {} lies {:.1f} mm beside the centreline (radius {:.1f} mm there); FAST reads the section next to it.", k + 1, distance, radius));
      for (std::size_t p = 0; p < pieces.origin.size(); ++p)
        if (pieces.origin[p].first == branch && pieces.origin[p].second <= arc) spot.piece = p;   // pieces lie in the order of the branches
      const auto& arcs = pieces.network.branches[spot.piece].arc;
      const double local = arc - pieces.origin[spot.piece].second;
      const auto after = std::upper_bound(arcs.begin(), arcs.end(), local);
      spot.point = std::size_t(std::clamp<std::ptrdiff_t>(after - arcs.begin() - 1, 0, std::ptrdiff_t(arcs.size()) - 2));
      const double span = arcs[spot.point + 1] - arcs[spot.point];
      spot.share = span > 0 ? std::clamp((local - arcs[spot.point]) / span, 0.0, 1.0) : 0.0;
      spot.area_mm2 = std::numbers::pi * radius * radius;
      spot.along = problem.network->tangent_at(branch, arc);
    }
    spots_.push_back(spot);
  }
}

FlowProbe NetworkProbes::at(const Spot& s, const PressureOf& pressure, const FlowOf& flow) const {
  return {(1 - s.share) * pressure(s.piece, s.point) + s.share * pressure(s.piece, s.point + 1), ((1 - s.share) * flow(s.piece, s.point) + s.share * flow(s.piece, s.point + 1)) / s.area_mm2 * s.along};
}

void NetworkProbes::average(double weight, const PressureOf& pressure, const FlowOf& flow) {
  for (std::size_t k = 0; k < spots_.size(); ++k) {
    const FlowProbe now = at(spots_[k], pressure, flow);
    means_[k].pressure_Pa += weight * now.pressure_Pa;
    means_[k].velocity_mm_s += weight * now.velocity_mm_s;
  }
}

void NetworkProbes::begin(std::vector<core::Series>& series) {
  first_ = series.size();
  for (std::size_t k = 0; k < spots_.size(); ++k) {
    for (char c : {'x', 'y', 'z'}) series.push_back({fmt::format("probe {} velocity {}", k + 1, c), "mm/s", "s", {}, {}});
    series.push_back({fmt::format("probe {} pressure", k + 1), "Pa", "s", {}, {}});
    series.push_back({fmt::format("probe {} flow", k + 1), "mm3/s", "s", {}, {}});
  }
}

void NetworkProbes::record(double t, const PressureOf& pressure, const FlowOf& flow, std::vector<core::Series>& series) const {
  std::size_t c = first_;
  const auto push = [&](double v) { series[c].t.push_back(t), series[c].values.push_back(v), ++c; };
  for (const Spot& spot : spots_) {
    const FlowProbe now = at(spot, pressure, flow);
    for (int d = 0; d < 3; ++d) push(now.velocity_mm_s[d]);
    push(now.pressure_Pa);
    push(now.velocity_mm_s.dot(spot.along) * spot.area_mm2);
  }
}

}  // namespace ot::hemo
