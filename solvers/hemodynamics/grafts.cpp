// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/grafts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/sections.hpp"

namespace ot::hemo {
namespace {

// Whether the place lies on the native way of the graft; `found`: whether there is such a way.
bool on_native_way(const core::VesselNetwork& network, const Graft& g, int branch, double arc, bool& found) {
  int b = g.to_branch;
  double end = g.to_mm;
  bool on = false;
  for (std::size_t guard = 0; guard <= network.branches.size() && b >= 0; ++guard) {
    const double begin = b == g.from_branch ? g.from_mm : 0.0;
    on = on || (b == branch && arc > begin && arc < end);
    if (b == g.from_branch) {
      found = end > begin;
      return on && found;
    }
    b = network.branches[std::size_t(b)].parent;
    if (b >= 0) end = network.branches[std::size_t(b)].length();
  }
  found = false;
  return false;
}

}  // namespace

core::Result<void> check_grafts(const FlowProblem& p) {
  const auto& branches = p.network->branches;
  for (std::size_t k = 0; k < p.grafts.size(); ++k) {
    const Graft& g = p.grafts[k];
    const auto lies = [&](int b, double arc) { return b >= 0 && b < int(branches.size()) && arc > 0 && arc < branches[std::size_t(b)].length(); };
    if (!lies(g.from_branch, g.from_mm) || !lies(g.to_branch, g.to_mm))
      return core::bad_input(fmt::format("Graft {} begins or ends beside its branch (it joins nothing). Place it between the ends of a branch.", k + 1));
    bool way = false;
    on_native_way(*p.network, g, g.to_branch, 0, way);
    if (!way) return core::bad_input(fmt::format("Graft {} does not end downstream of where it begins (it would lead the blood in a circle). Turn it round.", k + 1));
    const core::VesselBranch& v = g.line;
    bool sound = v.points.size() >= 2 && v.radius.size() == v.points.size() && v.arc.size() == v.points.size() && g.free_from_mm >= 0 && g.free_to_mm > g.free_from_mm && g.free_to_mm <= v.length() + 1e-9;
    for (double r : v.radius) sound = sound && r > 0 && std::isfinite(r);
    if (!sound) return core::bad_input(fmt::format("Graft {} has no length or no lumen (no blood can pass). Place it again.", k + 1));
  }
  return {};
}

double led_past(const FlowProblem& p, const std::vector<double>& graft_flow, int branch, double arc) {
  double sum = 0;
  bool way = false;
  for (std::size_t k = 0; k < p.grafts.size() && k < graft_flow.size(); ++k)
    if (on_native_way(*p.network, p.grafts[k], branch, arc, way)) sum += graft_flow[k];
  return sum;
}

std::vector<double> measured_graft_flows(const FlowProblem& p, const std::vector<float>& velocity) {
  std::vector<double> flows;
  for (const Graft& g : p.grafts) {
    core::VesselNetwork alone;
    alone.branches = {g.line};
    flows.push_back(section_flow(*p.mesh, alone, velocity, 0, 0.5 * (g.free_from_mm + g.free_to_mm)));
  }
  return flows;
}

void add_graft_quantities(const FlowProblem& p, const std::vector<double>& graft_flow, double inflow, std::vector<core::Quantity>& quantities) {
  for (std::size_t k = 0; k < p.grafts.size(); ++k) {
    const std::string key = k == 0 ? "graft" : fmt::format("graft_{}", k + 1), name = k == 0 ? "graft" : fmt::format("graft {}", k + 1);
    quantities.push_back({key + "_flow_ml_min", "Flow, " + name, "mL/min", graft_flow[k] * 60 / core::units::mm3_per_ml, "of the mean flow"});
    quantities.push_back({key + "_flow_share", "Share of the " + name, "", inflow != 0 ? graft_flow[k] / inflow : 0.0, "of the inflow of the vessel"});
  }
}

}  // namespace ot::hemo
