// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/flow_quantities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/grafts.hpp"
#include "solvers/hemodynamics/sections.hpp"

namespace ot::hemo {
using core::units::mmhg_from_pa;

std::string patch_label(const core::TetMesh* mesh, int patch) {
  if (mesh) {
    const auto at = mesh->patch_names.find(patch);
    if (at != mesh->patch_names.end() && !at->second.empty()) return at->second;
  }
  return fmt::format("patch {}", patch);
}

std::string patch_key(const core::TetMesh* mesh, int patch) {
  std::string key = patch_label(mesh, patch);
  for (char& c : key) c = std::isalnum(static_cast<unsigned char>(c)) ? char(std::tolower(static_cast<unsigned char>(c))) : '_';
  return key;
}

namespace {

// integral of (p + rho |u|^2 / 2) u.n over a cap; four points, exact to degree 3 (Strang & Fix 1973).
double outward_power(const FlowMesh& m, const Cap& cap, const std::vector<double>& u, const std::vector<double>& p, double rho) {
  constexpr double share[4] = {-27.0 / 48, 25.0 / 48, 25.0 / 48, 25.0 / 48};
  constexpr double corner[4][3] = {{1.0 / 3, 1.0 / 3, 1.0 / 3}, {0.6, 0.2, 0.2}, {0.2, 0.6, 0.2}, {0.2, 0.2, 0.6}};
  double sum = 0;
  for (core::Index f : cap.faces) {
    const core::Triangle& t = m.mesh.boundary[std::size_t(f)].nodes;
    const core::Vec3& x0 = m.mesh.nodes[std::size_t(t[0])];
    const core::Vec3 area = 0.5 * (m.mesh.nodes[std::size_t(t[1])] - x0).cross(m.mesh.nodes[std::size_t(t[2])] - x0);
    for (int q = 0; q < 4; ++q) {
      core::Vec3 v = core::Vec3::Zero();
      double pressure = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        const double w = corner[q][k];
        pressure += w * p[std::size_t(t[k])];
        for (int c = 0; c < 3; ++c) v[c] += w * u[3 * std::size_t(t[k]) + std::size_t(c)];
      }
      sum += share[q] * (pressure + 0.5 * rho * v.squaredNorm()) * v.dot(area);
    }
  }
  return sum;
}

}  // namespace

void add_flow_shares(const FlowProblem& problem, const std::vector<double>& outlet_flow, std::vector<core::Quantity>& quantities) {
  double all = 0;
  for (double q : outlet_flow) all += q;
  if (outlet_flow.size() < 2 || !(all > 0)) return;
  const core::TetMesh* names = problem.mesh.get();
  for (std::size_t k = 0; k < outlet_flow.size(); ++k)
    quantities.push_back({patch_key(names, problem.outlets[k].patch) + "_share_percent", "Share of the flow, " + patch_label(names, problem.outlets[k].patch), "%", 100 * outlet_flow[k] / all, "of all that leaves"});
}

FlowSnapshot snapshot(const FlowMesh& m, const FlowStepper& s, const std::vector<InflowProfile>& profiles, double t) {
  FlowSnapshot now;
  now.velocity = s.velocity();
  now.pressure.resize(m.nodes());
  for (std::size_t i = 0; i < m.nodes(); ++i) now.pressure[i] = s.pressure_Pa(i);
  double in = 0, out = 0;
  for (std::size_t k = 0; k < profiles.size(); ++k) {
    now.inlet_flow.push_back(profiles[k].rate(t));
    now.inlet_pressure.push_back(s.inlet_pressure(k));
    in += now.inlet_flow.back();
  }
  now.outlet_flow = s.outlet_flow();
  for (double q : now.outlet_flow) out += q;
  for (std::size_t k = 0; k < m.outlets.size(); ++k) now.outlet_pressure.push_back(s.outlet_pressure(k));
  now.mass_balance_rel = in != 0 ? std::abs(in - out) / std::abs(in) : 0;
  now.cfl_max = s.cfl();
  const double rho = s.density();
  for (const Cap& cap : m.inlets) now.power_loss -= outward_power(m, cap, now.velocity, now.pressure, rho);
  // The pressure of an outlet is uniform, so its work takes the consistent flow; the integral of u.n is a per cent off.
  const std::vector<double> nothing(m.nodes(), 0.0);
  for (std::size_t k = 0; k < m.outlets.size(); ++k)
    now.power_loss -= outward_power(m, m.outlets[k], now.velocity, nothing, rho) + s.outlet_pressure(k) * s.outlet_flow()[k];
  return now;
}

void describe(const FlowProblem& problem, const FlowMesh& m, const WallShear& wall, const FlowSnapshot& end,
              const FlowSnapshot& mean, FlowResult& r) {
  const std::size_t n = m.nodes();
  r.velocity.resize(3 * n);
  r.wall_shear.resize(3 * n);
  r.pressure.resize(n);
  for (std::size_t old = 0; old < n; ++old) {
    const std::size_t i = std::size_t(m.new_of_old[old]);
    r.pressure[old] = float(end.pressure[i]);
    for (std::size_t c = 0; c < 3; ++c) {
      r.velocity[3 * old + c] = float(end.velocity[3 * i + c]);
      r.wall_shear[3 * old + c] = float(end.shear[3 * i + c]);
    }
  }

  std::size_t largest = 0;
  std::map<int, double> outlet_flow;
  for (std::size_t k = 0; k < m.outlets.size(); ++k) {
    outlet_flow[problem.outlets[k].patch] = mean.outlet_flow[k];
    if (mean.outlet_flow[k] > mean.outlet_flow[largest]) largest = k;
  }
  const core::TetMesh* names = problem.mesh.get();
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = {}) {
    r.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  add("pressure_drop_mmhg", "Pressure drop", "mmHg", mmhg_from_pa(mean.inlet_pressure[0] - mean.outlet_pressure[largest]),
      fmt::format("static, inlet to {}", patch_label(names, problem.outlets[largest].patch)));
  double mean_shear = 0, max_shear = 0;
  std::size_t at = 0;
  wall.summarise(mean.shear, mean_shear, max_shear, at);
  add("max_wss_pa", "Largest wall shear stress", "Pa", max_shear,
      wall.nodes().empty() ? "" : fmt::format("near ({:.1f}, {:.1f}, {:.1f}) mm; rims of caps left out", m.mesh.nodes[std::size_t(wall.nodes()[at])][0],
                                              m.mesh.nodes[std::size_t(wall.nodes()[at])][1], m.mesh.nodes[std::size_t(wall.nodes()[at])][2]));
  add("mean_wss_pa", "Mean wall shear stress", "Pa", mean_shear, "area average; rims of caps left out");
  double fastest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double* u = &mean.velocity[3 * i];
    fastest = std::max(fastest, std::sqrt(u[0] * u[0] + u[1] * u[1] + u[2] * u[2]));
  }
  add("peak_speed_m_s", "Peak speed", "m/s", fastest / 1000);
  double in = 0;
  for (double q : mean.inlet_flow) in += q;
  const double diameter = 2 * m.inlets[0].radius_mm();
  add("reynolds", "Reynolds number at the inlet", "", 4 * problem.fluid.density_g_per_mm3 * std::abs(mean.inlet_flow[0]) / (std::numbers::pi * diameter * problem.fluid.viscosity_Pa_s),
      "of the mean flow and the diameter of equal area");
  add("mass_balance_rel", "Mass balance", "", mean.mass_balance_rel, "|in - out| / in with the flows of the discrete continuity equation");
  add("cfl_max", "Largest CFL number", "", mean.cfl_max);
  add("energy_loss_mw", "Energy loss", "mW", mean.power_loss * 1e-6, "total pressure times flow, inlets less outlets");
  for (std::size_t k = 0; k < m.inlets.size(); ++k) {
    const int patch = problem.inlets[k].patch;
    add(patch_key(names, patch) + "_flow_ml_min", "Flow, " + patch_label(names, patch), "mL/min", mean.inlet_flow[k] * 60 / core::units::mm3_per_ml);
    add(patch_key(names, patch) + "_pressure_mmhg", "Pressure, " + patch_label(names, patch), "mmHg", mmhg_from_pa(mean.inlet_pressure[k]), "area mean, static");
  }
  for (std::size_t k = 0; k < m.outlets.size(); ++k) {
    const int patch = problem.outlets[k].patch;
    add(patch_key(names, patch) + "_flow_ml_min", "Flow, " + patch_label(names, patch), "mL/min", mean.outlet_flow[k] * 60 / core::units::mm3_per_ml);
    add(patch_key(names, patch) + "_pressure_mmhg", "Pressure, " + patch_label(names, patch), "mmHg", mmhg_from_pa(mean.outlet_pressure[k]), "static");
  }
  add_flow_shares(problem, mean.outlet_flow, r.quantities);
  if (problem.network) {
    std::vector<float> pressure(n);
    for (std::size_t old = 0; old < n; ++old) pressure[old] = float(mean.pressure[std::size_t(m.new_of_old[old])]);
    r.pullback = pullback_curve(*problem.mesh, *problem.network, pressure, outlet_flow);
    if (!problem.grafts.empty()) {
      std::vector<float> velocity(3 * n);
      for (std::size_t old = 0; old < n; ++old)
        for (std::size_t c = 0; c < 3; ++c) velocity[3 * old + c] = float(mean.velocity[3 * std::size_t(m.new_of_old[old]) + c]);
      const std::vector<double> grafts = measured_graft_flows(problem, velocity);
      for (PullbackPoint& p : r.pullback) p.flow_mm3_s -= led_past(problem, grafts, p.branch, p.arc_mm);
      add_graft_quantities(problem, grafts, mean.inlet_flow[0], r.quantities);
    }
  }
}

}  // namespace ot::hemo
