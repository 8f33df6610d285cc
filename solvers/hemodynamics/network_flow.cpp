// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/network_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <optional>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/blood_viscosity.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/flow_quantities.hpp"
#include "solvers/hemodynamics/grafts.hpp"
#include "solvers/hemodynamics/network_probes.hpp"
#include "solvers/hemodynamics/network_tree.hpp"

namespace ot::hemo {
namespace {

using core::units::mmhg_from_pa;

// What was asked and only the three-dimensional model has.
void say_left_out(const FlowProblem& p, std::vector<std::string>& notes) {
  if (p.fluid.carreau_yasuda)
    notes.push_back("Carreau-Yasuda blood: FAST takes at every station the viscosity of developed flow at the rate that passes there.");
  const InletProfile profile = p.inlets[0].profile;
  if (profile == InletProfile::womersley || profile == InletProfile::rectangular)
    notes.push_back(fmt::format("FAST uses the parabolic profile at the inlet (a {} one was asked for). Use FULL for it.", profile == InletProfile::womersley ? "Womersley" : "rectangular"));
  if (!p.force_patches.empty()) notes.push_back("FAST has no force of the fluid on a wall: it is left out. Use FULL for it.");
}

// How much above the mean the flow is while the beat loses most of its energy: int |Q|3 / int Q2, over the mean.
double energy_factor(const FlowProblem& p) {
  constexpr int samples = 400;
  constexpr double most = 4;
  double two = 0, three = 0;
  for (int k = 0; k < samples; ++k) {
    const double q = std::abs(flow_at(p.inlets[0], p.cycle_s * k / samples, p.cycle_s));
    two += q * q, three += q * q * q;
  }
  const double mean = mean_flow(p.inlets[0], p.cycle_s);
  return mean > 0 && two > 0 ? std::clamp(three / two / mean, 1.0, most) : 1.0;
}

void say_beat(const FlowProblem& p, const BeatAnswer& beat, std::vector<std::string>& notes) {
  const std::string wall = p.vessel_wall.by_young() ? fmt::format("Young's modulus {:.3g} kPa, thickness {:.3g} mm", 1e-3 * p.vessel_wall.young_Pa, p.vessel_wall.thickness_mm) : "E h / r0 by Olufsen 2000";
  switch (network_model_of(p)) {
    case NetworkModel::one_d: notes.push_back(fmt::format("FAST followed the beat as pulse waves in an elastic tree (1-D; wall: {}; a lesion is a loss on a wall of the calibre beside it).", wall)); break;
    case NetworkModel::quasi_steady: notes.push_back("Quasi-steady network: inertia and wall compliance are left out."); break;
    default: notes.push_back(fmt::format("FAST followed the beat in a lumped tree: losses, inertia of the blood and compliance of the wall ({}) piece by piece (RLC).", wall));
  }
  notes.push_back(fmt::format("The beat was repeated {} times until it followed itself within {:.1g} of its pulse. Quantities and pull-back are averages of the last beat; losses are those marched at the mean flow and at the flow that carries most energy.", beat.beats, beat.periodicity));
  if (!(beat.periodicity < periodic_enough)) notes.push_back(fmt::format("After {} beats the pressure still changes by {:.2g} of its pulse: this is no periodic state yet. Check compliances and resistances behind the outlets.", beat.beats, beat.periodicity));
}

using PieceOffsets = std::vector<std::size_t>;   // of a piece's first point among those of a beat

// Curves of the last beat: at the caps, at the probes, and along the centreline.
void write_beat(const FlowProblem& p, const BeatAnswer& beat, const std::vector<std::size_t>& value_of, std::size_t main_outlet, NetworkProbes& probes, const PieceOffsets& offset, FlowResult& r) {
  const std::size_t samples = beat.t_s.size(), outlets = p.outlets.size();
  const auto curve = [&](const std::string& name, const char* unit, const std::vector<double>& values, std::size_t stride, std::size_t at) {
    r.series.push_back({name, unit, "s", beat.t_s, {}});
    for (std::size_t k = 0; k < samples; ++k) r.series.back().values.push_back(values[k * stride + at]);
  };
  const std::string in = patch_label(p.mesh.get(), p.inlets[0].patch);
  curve(in + " flow", "mm3/s", beat.flow_mm3_s, beat.points, 0), curve(in + " pressure", "Pa", beat.pressure_Pa, beat.points, 0);
  for (std::size_t o = 0; o < outlets; ++o) {
    const std::string name = patch_label(p.mesh.get(), p.outlets[o].patch);
    curve(name + " flow", "mm3/s", beat.outlet_mm3_s, outlets, o), curve(name + " pressure", "Pa", beat.outlet_Pa, outlets, o);
  }
  probes.begin(r.series);
  for (std::size_t k = 0; k < samples; ++k) probes.record(beat.t_s[k], [&](std::size_t piece, std::size_t point) { return beat.pressure_Pa[k * beat.points + offset[piece] + point]; },
                                                          [&](std::size_t piece, std::size_t point) { return beat.flow_mm3_s[k * beat.points + offset[piece] + point]; }, r.series);
  constexpr std::size_t frames = 50;   // of a beat along the centreline: enough for the eye
  const std::size_t every = std::max<std::size_t>(1, samples / frames);
  for (std::size_t k = every - 1; k < samples; k += every) {
    r.along.t_s.push_back(beat.t_s[k]);
    for (std::size_t i : value_of) r.along.pressure_Pa.push_back(float(beat.pressure_Pa[k * beat.points + i])), r.along.flow_mm3_s.push_back(float(beat.flow_mm3_s[k * beat.points + i]));
  }
  double high_in = -INFINITY, low_in = INFINITY, high_out = -INFINITY, high_drop = -INFINITY;
  for (std::size_t k = 0; k < samples; ++k) {
    const double a = beat.pressure_Pa[k * beat.points], b = beat.outlet_Pa[k * outlets + main_outlet];
    high_in = std::max(high_in, a), low_in = std::min(low_in, a), high_out = std::max(high_out, b), high_drop = std::max(high_drop, a - b);
  }
  const auto add = [&](const char* key, const char* label, double pa, const char* note) { r.quantities.push_back({key, label, "mmHg", mmhg_from_pa(pa), note}); };
  add("peak_to_peak_gradient_mmhg", "Peak-to-peak gradient", high_in - high_out, "highest inlet less highest outlet pressure, as a catheter reads a coarctation");
  add("peak_gradient_mmhg", "Peak instantaneous gradient", high_drop, "largest simultaneous difference inlet to main outlet");
  add("inlet_systolic_mmhg", "Highest pressure at the inlet", high_in, "of the last beat"), add("inlet_diastolic_mmhg", "Lowest pressure at the inlet", low_in, "of the last beat");
}

}  // namespace

core::Result<FlowResult> run_network(const FlowProblem& problem, const core::Progress& progress, double marched_k_t) {
  const auto begin = std::chrono::steady_clock::now();
  if (auto ok = check_conditions(problem); !ok) return core::pass(ok);
  if (auto ok = check_network_conditions(problem); !ok) return core::pass(ok);
  if (progress.cancelled()) return core::cancelled();
  const Inlet& inlet = problem.inlets[0];

  FlowResult r;
  r.mode = core::Mode::fast;
  r.problem_sha256 = problem.sha256();
  say_left_out(problem, r.notes);
  NetworkTree tree(problem, marched_k_t);
  const core::VesselNetwork& network = tree.pieces().network;
  std::vector<double> point_pressure, outlet_flow(problem.outlets.size(), 0.0), outlet_pressure(problem.outlets.size(), 0.0);
  std::vector<double> branch_flow(network.branches.size(), 0.0), graft_flow(problem.grafts.size(), 0.0);
  double inlet_flow = 0, inlet_pressure = 0, power_loss = 0;   // the last Pa mm3/s = nW
  NetworkProbes probes(problem, tree.pieces(), r.notes);
  PieceOffsets offset;
  for (std::size_t b = 0, at = 0; b < network.branches.size(); at += network.branches[b++].points.size()) offset.push_back(at);
  // At the mean flow: what a steady problem asks for, and where a beat begins.
  std::vector<double> z, s;
  for (const Outlet& o : problem.outlets) z.push_back(o.rp + o.rd), s.push_back(o.pd);
  if (!tree.settle(problem, mean_flow(inlet, problem.cycle_s), z, s))
    return core::computation_failed("The fast flow was not solved (the pressures would be wrong). Check radii and resistances for extreme values.");
  std::optional<BeatAnswer> beat;
  if (problem.steady) {
    for (std::size_t b = 0; b < network.branches.size(); ++b) {
      branch_flow[b] = tree.flow(b);
      for (std::size_t k = 0; k < network.branches[b].points.size(); ++k) point_pressure.push_back(tree.pressure(b, k));
      if (tree.outlet(b) >= 0) outlet_flow[std::size_t(tree.outlet(b))] = tree.flow(b), outlet_pressure[std::size_t(tree.outlet(b))] = point_pressure.back();
    }
    for (std::size_t g = 0; g < graft_flow.size(); ++g) graft_flow[g] = tree.graft_flow(g);
    inlet_flow = tree.flow(0), inlet_pressure = tree.pressure(0, 0);
    power_loss = tree.flow(0) * tree.total_begin(0);
    for (std::size_t b = 0; b < network.branches.size(); ++b)
      if (tree.outlet(b) >= 0) power_loss -= tree.flow(b) * tree.total_end(b);
    probes.average(1.0, [&](std::size_t piece, std::size_t point) { return tree.pressure(piece, point); }, [&](std::size_t piece, std::size_t) { return tree.flow(piece); });
    r.steps = 1;
  } else {
    if (marched_k_t > 0) tree.span(problem, energy_factor(problem));
    const BeatNetwork start = tree.beat();
    auto solved = network_model_of(problem) == NetworkModel::one_d ? run_wave_beat(problem, start, progress) : run_lumped_beat(problem, start, progress);
    if (!solved) return core::pass(solved);
    beat = std::move(*solved);
    // Means over the beat.
    const std::size_t samples = beat->t_s.size(), outlets = problem.outlets.size();
    std::vector<double> point_flow(beat->points, 0.0);
    point_pressure.assign(beat->points, 0.0);
    for (std::size_t k = 0; k < samples; ++k) {
      for (std::size_t i = 0; i < beat->points; ++i) point_pressure[i] += beat->pressure_Pa[k * beat->points + i] / double(samples), point_flow[i] += beat->flow_mm3_s[k * beat->points + i] / double(samples);
      const auto power = [&](double flow, double pressure, double radius) { return flow * (pressure + 0.5 * problem.fluid.density_g_per_mm3 * std::pow(flow / circle_area(radius), 2)) / double(samples); };
      power_loss += power(beat->flow_mm3_s[k * beat->points], beat->pressure_Pa[k * beat->points], network.branches[0].radius[0]);
      for (std::size_t b = 0; b < network.branches.size(); ++b)
        if (const int o = tree.outlet(b); o >= 0) power_loss -= power(beat->outlet_mm3_s[k * outlets + std::size_t(o)], beat->outlet_Pa[k * outlets + std::size_t(o)], network.branches[b].radius.back());
      probes.average(1.0 / double(samples), [&](std::size_t piece, std::size_t point) { return beat->pressure_Pa[k * beat->points + offset[piece] + point]; },
                     [&](std::size_t piece, std::size_t point) { return beat->flow_mm3_s[k * beat->points + offset[piece] + point]; });
      for (std::size_t o = 0; o < outlets; ++o) outlet_flow[o] += beat->outlet_mm3_s[k * outlets + o] / double(samples), outlet_pressure[o] += beat->outlet_Pa[k * outlets + o] / double(samples);
    }
    std::size_t at = 0;
    for (std::size_t b = 0; b < network.branches.size(); at += network.branches[b++].points.size()) branch_flow[b] = point_flow[at + network.branches[b].points.size() / 2];
    for (std::size_t g = 0; g < graft_flow.size(); at += start.grafts[g++].line->points.size()) graft_flow[g] = point_flow[at + start.grafts[g].line->points.size() / 2];
    inlet_flow = point_flow[0], inlet_pressure = point_pressure[0];
    r.steps = beat->steps;
    say_beat(problem, *beat, r.notes);
  }

  const ApparentViscosity viscosity(problem.fluid);
  double most_shear = 0;
  std::size_t b = 0, at = 0;   // piece, and its first value in point_pressure
  std::vector<std::size_t> value_of;   // [pull-back] in point_pressure
  for (std::size_t whole = 0; whole < problem.network->branches.size(); ++whole)
    for (std::size_t point = 0; point < problem.network->branches[whole].points.size(); ++point) {
      // The given points only, each once: on an anastomosis that of the piece upstream. Pieces lie in the order of the branches.
      const core::VesselBranch& v = problem.network->branches[whole];
      const auto& origin = tree.pieces().origin;
      constexpr double close = 1e-6;   // mm
      while (origin[b].first < int(whole) || origin[b].second + network.branches[b].length() < v.arc[point] - close) at += network.branches[b++].points.size();
      const auto& arcs = network.branches[b].arc;
      const std::size_t i = std::size_t(std::lower_bound(arcs.begin(), arcs.end(), v.arc[point] - origin[b].second - close) - arcs.begin());
      const std::size_t k = point;
      r.pullback.push_back({int(whole), v.arc[k], point_pressure[at + i], v.radius[k], branch_flow[b]});
      value_of.push_back(at + i);
      most_shear = std::max(most_shear, 4 * viscosity.in_tube(branch_flow[b], v.radius[k]) * std::abs(branch_flow[b]) / (std::numbers::pi * v.radius[k] * v.radius[k] * v.radius[k]));
    }
  std::size_t largest = 0;
  double out = 0;
  for (std::size_t k = 0; k < outlet_flow.size(); ++k) {
    out += outlet_flow[k];
    if (outlet_flow[k] > outlet_flow[largest]) largest = k;
  }
  const core::TetMesh* names = problem.mesh.get();
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = {}) {
    r.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  add("pressure_drop_mmhg", "Pressure drop", "mmHg", mmhg_from_pa(inlet_pressure - outlet_pressure[largest]), fmt::format("static, inlet to {}", patch_label(names, problem.outlets[largest].patch)));
  add("max_wss_pa", "Largest wall shear stress", "Pa", most_shear, "of developed laminar flow at the local radius: an estimate");
  add("energy_loss_mw", "Energy loss", "mW", power_loss * 1e-6, "total pressure times flow, in less out, with the mean speed of each cap");
  add("reynolds", "Reynolds number at the inlet", "", 2 * problem.fluid.density_g_per_mm3 * std::abs(inlet_flow) / (std::numbers::pi * network.branches[0].radius[0] * viscosity.in_tube(inlet_flow, network.branches[0].radius[0])), "of the mean flow");
  add("mass_balance_rel", "Mass balance", "", inlet_flow != 0 ? std::abs(inlet_flow - out) / std::abs(inlet_flow) : 0.0, "|in - out| / in");
  const double per_min = 60 / core::units::mm3_per_ml;
  add(patch_key(names, inlet.patch) + "_flow_ml_min", "Flow, " + patch_label(names, inlet.patch), "mL/min", inlet_flow * per_min);
  add(patch_key(names, inlet.patch) + "_pressure_mmhg", "Pressure, " + patch_label(names, inlet.patch), "mmHg", mmhg_from_pa(inlet_pressure), "static");
  for (std::size_t k = 0; k < outlet_flow.size(); ++k) {
    const int patch = problem.outlets[k].patch;
    add(patch_key(names, patch) + "_flow_ml_min", "Flow, " + patch_label(names, patch), "mL/min", outlet_flow[k] * per_min);
    add(patch_key(names, patch) + "_pressure_mmhg", "Pressure, " + patch_label(names, patch), "mmHg", mmhg_from_pa(outlet_pressure[k]), "static");
  }
  add_flow_shares(problem, outlet_flow, r.quantities);
  add_graft_quantities(problem, graft_flow, inlet_flow, r.quantities);
  r.probes = probes.means();
  if (beat) write_beat(problem, *beat, value_of, largest, probes, offset, r);
  r.momentum_iterations = tree.iterations + (beat ? beat->iterations : 0);
  r.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return r;
}

core::Result<double> flow_for_inlet_pressure(const FlowProblem& problem, double pressure_Pa) {
  FlowProblem trial = problem;
  trial.steady = true;
  if (auto ok = check_conditions(trial); !ok) return core::pass(ok);
  if (auto ok = check_network_conditions(trial); !ok) return core::pass(ok);
  // One tree for all flows that are tried: the flow is found for frozen losses, then the branches whose flow moved are marched again.
  NetworkTree tree(trial, marched_expansion_loss);
  std::vector<double> z, s;
  for (const Outlet& o : trial.outlets) {
    const Windkessel w(o, true);
    z.push_back(w.impedance(1.0)), s.push_back(w.history(1.0));
  }
  const auto excess = [&](double q) -> core::Result<double> {
    if (!tree.solve(q, z, s)) return core::computation_failed(fmt::format("The fast flow was not solved at {:.3g} mm3/s (no flow could be found for the pressure). Check radii and resistances for extreme values.", q));
    return tree.pressure(0, 0) - pressure_Pa;
  };
  const double close = 1e-6 * std::max(1.0, std::abs(pressure_Pa));
  double q = mean_flow(problem.inlets[0], problem.cycle_s);
  for (int round = 0; round < NetworkTree::most_rounds; ++round) {
    // Bracket around the last flow, then regula falsi (Illinois): the inlet pressure rises with the flow.
    double a = 1e-6 * q, b = q;
    auto above = excess(b), below = excess(a);
    if (!below) return core::pass(below);
    if (!above) return core::pass(above);
    for (int k = 0; k < 7 && *above < 0; ++k) {
      a = b, below = above;
      b *= 2;
      above = excess(b);
      if (!above) return core::pass(above);
    }
    if (!(*below <= 0) || !(*above >= 0))
      return core::bad_input(fmt::format("No flow gives an inlet pressure of {:.1f} mmHg with these outlets (their distal pressure alone gives {:.1f} mmHg). Check the outlet resistances.",
                                         mmhg_from_pa(pressure_Pa), mmhg_from_pa(*below + pressure_Pa)));
    double fa = *below, fb = *above;
    q = b;
    for (int k = 0; k < 60 && fb - fa > 0; ++k) {
      q = (a * fb - b * fa) / (fb - fa);
      const auto f = excess(q);
      if (!f) return core::pass(f);
      if (std::abs(*f) < close) break;
      if ((*f > 0) == (fb > 0)) {
        b = q, fb = *f;
        fa *= 0.5;
      } else {
        a = b, fa = fb;
        b = q, fb = *f;
      }
    }
    if (!tree.march_all(trial, 1e-4)) break;   // the pressure is met to 1e-5 of itself (tested)
  }
  return q;
}

}  // namespace ot::hemo
