// SPDX-License-Identifier: GPL-3.0-or-later
// FAST over a beat on centreline trees: against FULL on a narrowed tube, against the published finite-volume curves of Boileau's carotid
// built through a VesselNetwork, the speed of its wave in closed form, and RLC against 1-D where the wave is long.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <sstream>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/flow_domains.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/hemodynamics/one_dimensional/wave_network.hpp"

namespace ot::verify {
namespace {

namespace fs = std::filesystem;
constexpr double pi = std::numbers::pi;

core::VesselNetwork tube(double radius, double length) {
  core::VesselNetwork n;
  n.inlet_patch = 1;
  n.branches.emplace_back();
  core::VesselBranch& b = n.branches[0];
  b.outlet_patch = 2;
  const int points = int(std::ceil(length / 0.5));
  for (int k = 0; k <= points; ++k) b.arc.push_back(length * k / points), b.points.emplace_back(0, 0, length * k / points), b.radius.push_back(radius);
  return n;
}

hemo::FlowProblem beat_on(core::VesselNetwork network, std::vector<std::pair<double, double>> flow, double cycle_s) {
  hemo::FlowProblem p;
  p.network = std::make_shared<core::VesselNetwork>(std::move(network));
  p.inlets = {{1, std::move(flow), hemo::InletProfile::parabolic}};
  p.steady = false, p.cycle_s = cycle_s, p.dt_s = cycle_s / 1000;
  return p;
}

const core::Series* curve(const hemo::FlowResult& r, const std::string& name) {
  for (const auto& s : r.series)
    if (s.name == name) return &s;
  return nullptr;
}
double value(const hemo::FlowResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  return NAN;
}
double at(const core::Series& s, double t) {   // periodic: the last sample is the first instant of the next beat
  const auto after = std::upper_bound(s.t.begin(), s.t.end(), t);
  if (after == s.t.end()) return s.values.back();
  const std::size_t k = std::size_t(after - s.t.begin());
  const double t0 = k > 0 ? s.t[k - 1] : 0.0, v0 = k > 0 ? s.values[k - 1] : s.values.back();
  return v0 + (s.values[k] - v0) * (t - t0) / (s.t[k] - t0);
}
double half_rise(const core::Series& s) {
  const auto [low, high] = std::minmax_element(s.values.begin(), s.values.end());
  const double half = 0.5 * (*low + *high);
  for (std::size_t k = 1; k < s.values.size(); ++k)
    if (s.values[k - 1] < half && s.values[k] >= half) return s.t[k - 1] + (s.t[k] - s.t[k - 1]) * (half - s.values[k - 1]) / (s.values[k] - s.values[k - 1]);
  return NAN;
}

// A lesion of 55 % over 6 mm in a 3 mm tube, flow between 600 and 2000 mm3/s.
core::Result<hemo::FlowProblem> narrowed(double cells) {
  constexpr double radius = 1.5, degree = 0.55, length = 6, before = 8, behind = 28;
  hemo::Revolution shape;
  for (double z = -before; z < behind + 1e-9; z += 0.05) {
    const double off = z - length / 2;
    shape.profile.emplace_back(z, std::abs(off) < length / 2 ? radius * (1 - degree / 2 * (1 + std::cos(2 * pi * off / length))) : radius);
  }
  shape.edge_mm = radius * (1 - degree) / cells, shape.axial_ratio = 2.5, shape.wall_grading = 0.6;
  auto made = hemo::revolution_mesh(shape);
  if (!made) return core::pass(made);
  hemo::FlowProblem p;
  p.network = std::make_shared<core::VesselNetwork>(std::move(made->network));
  p.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  hemo::Inlet inlet{hemo::domain_inlet, {}, hemo::InletProfile::parabolic};
  for (int k = 0; k < 80; ++k) inlet.flow.emplace_back(0.01 * k, 1200 + 600 * std::sin(2 * pi * k / 80) + 200 * std::sin(4 * pi * k / 80));
  p.inlets = {inlet};
  p.outlets = {{hemo::domain_outlet, 1, 0.05, 6, 600}};
  p.steady = false, p.cycle_s = 0.8, p.cycles = 2, p.dt_s = 0.004;
  return p;
}

core::Result<void> against_full(bool quick, const core::Progress& progress, std::vector<Row>& rows) {
  RowTable table{"flow/fast-beat/lesion", quick};
  auto p = narrowed(quick ? 2.5 : 8);
  if (!p) return core::pass(p);
  const auto full = hemo::run_navier_stokes(*p, progress);
  if (!full) return core::pass(full);
  const std::string source = fmt::format("own pulsatile Navier-Stokes solve, {} tetrahedra; 55 % over 6 mm, 1200 mm3/s in the mean", p->mesh->tets.size());
  for (const auto& [model, name] : {std::pair{hemo::NetworkModel::rlc, "RLC"}, {hemo::NetworkModel::one_d, "1-D"}}) {
    p->network_model = model;
    const auto fast = hemo::run_network(*p);
    if (!fast) return core::pass(fast);
    table.add_relative(fmt::format("mean_pressure_drop_mmhg, {}", name), value(*fast, "pressure_drop_mmhg"), value(*full, "pressure_drop_mmhg"), 0.08, source);
    table.add_relative(fmt::format("peak_gradient_mmhg, {}", name), value(*fast, "peak_gradient_mmhg"), value(*full, "peak_gradient_mmhg"), 0.08, source);
  }
  for (Row& r : table.rows) rows.push_back(std::move(r));
  return {};
}

// The file's vessel as a tree: its radius holds at the file's pressure, that of a VesselNetwork at the mean one, on the same tube law:
// sqrt(A) = sqrt(A0) (1 + (P - P0) / b), so E h of the wall rises with the square of the radius.
core::Result<void> against_boileau(const fs::path& folder, std::vector<Row>& rows) {
  RowTable table{"flow/fast-beat/carotid", true};
  auto file = hemo::load_openbf(folder / "common_carotid_openbf_spec.yaml", folder / "common_carotid_inlet_flow_m3s.csv");
  if (!file) return core::pass(file);
  const hemo::WaveSegment& s = file->segments.front();
  const double cycle = file->inflow.back().first;
  auto flow = file->inflow;
  const double mean = hemo::mean_flow({1, flow, hemo::InletProfile::parabolic}, cycle), beta = 4.0 / 3.0 * s.young_Pa * s.wall_mm / s.radius_in_mm;
  const double total = s.end.r1 + s.end.r2, mean_Pa = s.end.outlet_Pa + total * mean + 0.5 * 8 * file->fluid.viscosity_Pa_s * s.length_mm * mean / (pi * std::pow(s.radius_in_mm, 4));
  const double radius = s.radius_in_mm * (1 + (mean_Pa - s.reference_Pa) / beta);   // the file's holds at its reference pressure
  hemo::FlowProblem p = beat_on(tube(radius, s.length_mm), flow, cycle);
  p.fluid = file->fluid;
  p.vessel_wall.young_Pa = s.young_Pa, p.vessel_wall.thickness_mm = s.wall_mm * std::pow(radius / s.radius_in_mm, 2);
  p.outlets = {{2, s.end.r1, s.end.c, s.end.r2, s.end.outlet_Pa}};
  p.probes = {core::Vec3(0, 0, 0.5 * s.length_mm)};
  auto text = core::read_file(folder / "common_carotid_FV1D_last_cycle.csv");
  if (!text) return core::pass(text);
  for (const auto& [model, name, most_p, most_q] : {std::tuple{hemo::NetworkModel::one_d, "1-D", 0.005, 0.01}, {hemo::NetworkModel::rlc, "RLC", 0.01, 0.03}}) {
    p.network_model = model;
    const auto fast = hemo::run_network(p);
    if (!fast) return core::pass(fast);
    const auto *pressure = curve(*fast, "probe 1 pressure"), *rate = curve(*fast, "probe 1 flow");
    std::istringstream in(*text);
    double dp = 0, dq = 0, p_sum = 0, q_sum = 0;
    for (std::string line; std::getline(in, line);) {
      double t = 0, kpa = 0, ml = 0;
      if (std::sscanf(line.c_str(), "%lf,%lf,%lf", &t, &kpa, &ml) != 3) continue;   // the header
      dp += std::abs(at(*pressure, t) - 1e3 * kpa), dq += std::abs(at(*rate, t) - 1e3 * ml), p_sum += std::abs(1e3 * kpa), q_sum += std::abs(1e3 * ml);
    }
    const std::string source = "Boileau et al. 2015, finite volumes, common carotid, built through a VesselNetwork";
    table.at_most(fmt::format("pressure_mean_difference_relative_to_mean, {}", name), dp / p_sum, most_p, source);
    table.at_most(fmt::format("flow_mean_difference_relative_to_mean_of_its_magnitude, {}", name), dq / q_sum, most_q, source);
  }
  for (Row& r : table.rows) rows.push_back(std::move(r));
  return {};
}

core::Result<void> wave_speed(std::vector<Row>& rows) {
  RowTable table{"flow/fast-beat/wave-speed", true};
  constexpr double radius = 4, length = 400, young = 4e5, wall = 0.8;
  std::vector<std::pair<double, double>> flow;
  for (int k = 0; k < 800; ++k) flow.emplace_back(1e-3 * k, 200 + (k > 100 && k < 160 ? 1000 * std::pow(std::sin(pi * (k - 100) / 60.0), 2) : 0.0));
  hemo::FlowProblem p = beat_on(tube(radius, length), flow, 0.8);
  p.fluid.viscosity_Pa_s = 1e-4;   // nearly no friction: the closed form has none
  p.vessel_wall.young_Pa = young, p.vessel_wall.thickness_mm = wall;
  const double rho = p.fluid.density_g_per_mm3, c = std::sqrt(2.0 / 3.0 * young * wall / (rho * radius));
  p.outlets = {{2, rho * c / (pi * radius * radius), 0, 0, 12000}};
  for (const auto& [model, name, most] : {std::tuple{hemo::NetworkModel::one_d, "1-D", 0.01}, {hemo::NetworkModel::rlc, "RLC", 0.03}}) {
    p.network_model = model;
    const auto r = hemo::run_network(p, {}, 0);
    if (!r) return core::pass(r);
    table.add_relative(fmt::format("wave_speed_mm_s, {}", name), length / (half_rise(*curve(*r, "patch 2 pressure")) - half_rise(*curve(*r, "patch 1 pressure"))), c, most, "Moens-Korteweg with Poisson's ratio 1/2: c2 = 2 E h / (3 rho r)");
  }
  for (Row& r : table.rows) rows.push_back(std::move(r));
  return {};
}

}  // namespace

Rows flow_fast_beat(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  if (auto ok = wave_speed(rows); !ok) return core::pass(ok);
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  const fs::path folder = shared && *shared ? fs::path(shared) / "reference/hemodynamics/boileau2015_1d" : fs::path();
  if (!folder.empty() && fs::exists(folder))
    if (auto ok = against_boileau(folder, rows); !ok) return core::pass(ok);
  if (auto ok = against_full(quick, progress, rows); !ok) return core::pass(ok);
  return rows;
}

}  // namespace ot::verify
