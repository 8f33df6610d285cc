// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/navier_stokes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "solvers/core/place.hpp"
#include "solvers/hemodynamics/field_transfer.hpp"
#include "solvers/hemodynamics/flow_run.hpp"
#include "solvers/hemodynamics/grafts.hpp"
#include "solvers/hemodynamics/network_start.hpp"

namespace ot::hemo {
using core::Index;

namespace {
constexpr double slowest_share = 0.15;   // of the peak speed: floor of the local speed, so that steps differ at most sevenfold
double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
}  // namespace

std::vector<double> local_steps(const FlowMesh& m, const std::vector<double>& u, double peak, double cfl) {
  std::vector<double> node(m.nodes(), 0.0), dt(m.tets());
  for (std::size_t e = 0; e < m.tets(); ++e) {
    double speed = 0;
    for (Index i : m.mesh.tets[e]) {
      const double* v = &u[3 * std::size_t(i)];
      speed = std::max(speed, std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
    }
    for (Index i : m.mesh.tets[e]) node[std::size_t(i)] = std::max(node[std::size_t(i)], speed);
  }
  for (std::size_t e = 0; e < m.tets(); ++e) {
    double speed = slowest_share * peak;
    for (Index i : m.mesh.tets[e]) speed = std::max(speed, node[std::size_t(i)]);
    dt[e] = cfl * double(m.edge[e]) / speed;
  }
  return dt;
}

double speed_peak(const std::vector<double>& u) {
  double most = 0;
  for (std::size_t i = 0; i + 2 < u.size(); i += 3) most = std::max(most, u[i] * u[i] + u[i + 1] * u[i + 1] + u[i + 2] * u[i + 2]);
  return std::sqrt(most);
}

FlowRun::FlowRun(const FlowProblem& p, const core::Progress& g, const FlowOptions& o) : problem(p), progress(g), options(o), mesh(make_flow_mesh(p)), wall(mesh) {
  if (p.network && p.sections > 0) sections = section_probes(mesh.mesh, *p.network, p.sections);
  const double slack = p.mesh->mean_edge();
  for (const core::Vec3& x : p.probes) points.push_back(point_probe(mesh.mesh, x, slack));
}

core::Error FlowRun::diverged(const FlowStepper& s, double t) const {
  const core::Vec3 x = s.where();
  return {core::ErrorCode::computation_failed,
          fmt::format("The flow diverged at t = {:.4g} s near {}: {} (the result would be meaningless). "
                      "Refine the mesh there, use a shorter time step or a lower flow.",
                      t, core::place_words(x), s.trouble())};
}

void FlowRun::count(const FlowStepper& s) {
  result.steps += s.steps;
  result.momentum_iterations += s.momentum_iterations;
  result.pressure_iterations += s.pressure_iterations;
  result.notes.push_back(fmt::format("time in s: assembly {:.2f}, momentum {:.2f}, pressure {:.2f}, multigrid set-up {:.2f}", s.times.assembly,
                                     s.times.momentum, s.times.pressure, s.times.setup));
}

FlowFrame FlowRun::frame(double t, const std::vector<double>& velocity, const std::vector<double>& pressure, const std::vector<double>& shear) const {
  FlowFrame f;
  f.t_s = t;
  f.velocity.resize(3 * mesh.nodes()), f.wall_shear.resize(3 * mesh.nodes()), f.pressure.resize(mesh.nodes());
  for (std::size_t old = 0; old < mesh.nodes(); ++old) {
    const std::size_t i = std::size_t(mesh.new_of_old[old]);
    f.pressure[old] = float(pressure[i]);
    for (std::size_t c = 0; c < 3; ++c) f.velocity[3 * old + c] = float(velocity[3 * i + c]), f.wall_shear[3 * old + c] = float(shear[3 * i + c]);
  }
  return f;
}

void FlowRun::add_forces(const std::vector<core::Vec3>& forces, const char* note) {
  for (std::size_t k = 0; k < forces.size(); ++k)
    for (int c = 0; c < 3; ++c)
      result.quantities.push_back({fmt::format("force_{}_{}_uN", patch_key(problem.mesh.get(), problem.force_patches[k]), "xyz"[c]),
                                   fmt::format("Force of the fluid on {}, {}", patch_label(problem.mesh.get(), problem.force_patches[k]), "xyz"[c]), "uN", forces[k][c], note});
}

void FlowRun::add_sections(const FlowSnapshot& mean) {
  for (const PointProbe& p : points) {
    FlowProbe here;
    for (std::size_t j = 0; j < 4; ++j) {
      here.pressure_Pa += p.weight[j] * mean.pressure[std::size_t(p.nodes[j])];
      for (std::size_t c = 0; c < 3; ++c) here.velocity_mm_s[Eigen::Index(c)] += p.weight[j] * mean.velocity[3 * std::size_t(p.nodes[j]) + c];
    }
    result.probes.push_back(here);
  }
  if (sections.empty()) return;
  std::map<int, double> outlet_flow;
  for (std::size_t k = 0; k < mesh.outlets.size(); ++k) outlet_flow[problem.outlets[k].patch] = mean.outlet_flow[k];
  const std::vector<double> given = branch_flows(*problem.network, outlet_flow);
  std::vector<double> grafts;
  if (!problem.grafts.empty()) {
    std::vector<float> velocity(mean.velocity.size());
    for (std::size_t old = 0; 3 * old < velocity.size(); ++old)
      for (std::size_t c = 0; c < 3; ++c) velocity[3 * old + c] = float(mean.velocity[3 * std::size_t(mesh.new_of_old[old]) + c]);
    grafts = measured_graft_flows(problem, velocity);
  }
  double worst = 0;
  for (const SectionProbe& p : sections) {
    result.sections.push_back({p.branch, p.arc_mm, p.area_mm2, p.flow(mean.velocity), given[std::size_t(p.branch)] - led_past(problem, grafts, p.branch, p.arc_mm), p.pressure(mean.pressure)});
    const FlowSection& s = result.sections.back();
    if (s.given_mm3_s != 0) worst = std::max(worst, std::abs(s.flow_mm3_s / s.given_mm3_s - 1));
  }
  result.quantities.push_back({"section_flow_error_rel", "Largest flow error of a section", "", worst, "integral of u.n over plane sections against the flow of the outlets behind them"});
}

core::Result<FlowResult> run_navier_stokes(const FlowProblem& problem, const core::Progress& progress, std::shared_ptr<const FlowResult> warm_start) {
  FlowOptions options;
  options.warm_start = std::move(warm_start);
  return run_navier_stokes(problem, progress, options);
}

core::Result<FlowResult> run_navier_stokes(const FlowProblem& problem, const core::Progress& progress, const FlowOptions& options) {
  const double begin = seconds();
  if (auto ok = check_conditions(problem); !ok) return core::pass(ok);
  if (auto ok = check_mesh_conditions(problem); !ok) return core::pass(ok);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.0, "blood flow: preparing the mesh");
  FlowRun run(problem, progress, options);
  for (std::size_t k = 0; k < run.points.size(); ++k)
    if (!run.points[k].inside)
      return core::bad_input(fmt::format("Probe {} at ({:.2f}, {:.2f}, {:.2f}) mm lies outside the lumen (there is no blood to measure). Move it inside.", k, problem.probes[k][0], problem.probes[k][1], problem.probes[k][2]));
  FlowResult& r = run.result;
  r.mode = core::Mode::full;
  r.problem_sha256 = problem.sha256();
  r.mesh_sha256 = problem.mesh->sha256();
  for (std::size_t k = 0; k < problem.inlets.size(); ++k) {
    std::string note;
    run.profiles.emplace_back(run.mesh.mesh, run.mesh.inlets[k], problem.inlets[k], problem.fluid, problem.steady, problem.cycle_s, note);
    if (!note.empty()) r.notes.push_back(std::move(note));
  }
  // Viscous start: at the mean flow when steady, at the largest flow of the cycle when pulsatile (it sets the speed scale).
  double at = 0, most = -1;
  if (!problem.steady)
    for (int k = 0; k < 400; ++k) {
      double rate = 0;
      for (const InflowProfile& p : run.profiles) rate += std::abs(p.rate(problem.cycle_s * k / 400));
      if (rate > most) most = rate, at = problem.cycle_s * k / 400;
    }
  run.start_time = at;
  InletState inlet;
  inlet_state(run.mesh, run.profiles, at, inlet);
  std::vector<OutletLine> lines;
  for (const Outlet& o : problem.outlets) lines.push_back({o.rp + o.rd, o.pd});
  auto start = core::Result<InitialFlow>(core::computation_failed(""));
  const bool tree = problem.steady && problem.start == FlowStart::automatic && bool(check_network_conditions(problem));
  if (tree) start = network_start(run.mesh, problem, inlet, progress);
  const bool from_network = bool(start);
  if (!from_network && progress.cancelled()) return core::cancelled();
  if (!from_network) start = initial_flow(run.mesh, inlet, problem.fluid.viscosity_Pa_s, lines, progress);
  if (!start) return core::pass(start);
  const char* cold = from_network ? "the network's flow" : "viscous flow";
  run.start = std::move(*start);
  const auto& warm_start = options.warm_start;
  if (warm_start && problem.steady) {
    if (warm_start->mesh_sha256 == r.mesh_sha256 && warm_start->velocity.size() == 3 * run.mesh.nodes()) {
      for (std::size_t old = 0; old < run.mesh.nodes(); ++old) {
        const std::size_t i = std::size_t(run.mesh.new_of_old[old]);
        run.start.pressure[i] = double(warm_start->pressure[old]);
        for (std::size_t c = 0; c < 3; ++c)
          run.start.velocity[3 * i + c] = run.mesh.fixed[i] ? inlet.velocity[3 * i + c] : double(warm_start->velocity[3 * old + c]);
      }
      r.notes.push_back("Started from an earlier result on the same mesh.");
    } else if (options.warm_mesh && options.warm_mesh->sha256() == warm_start->mesh_sha256 && warm_start->velocity.size() == 3 * options.warm_mesh->nodes.size()) {
      const CarriedFlow carried = carry_flow(*options.warm_mesh, warm_start->velocity, warm_start->pressure, run.mesh.mesh.nodes);
      InitialFlow other = run.start;
      other.pressure = carried.pressure;
      for (std::size_t i = 0; i < run.mesh.nodes(); ++i)
        for (std::size_t c = 0; c < 3; ++c) other.velocity[3 * i + c] = run.mesh.fixed[i] ? inlet.velocity[3 * i + c] : carried.velocity[3 * i + c];
      other.peak_speed = std::max(other.peak_speed, speed_peak(other.velocity));
      const double here = run.first_change(other), viscous = run.first_change(run.start);
      const bool carry = here < viscous;
      if (carry) run.start = std::move(other);
      r.notes.push_back(fmt::format("A first step changes the flow carried over from the earlier mesh by {:.1f} % and {} by {:.1f} %: the run started from {} ({} of {} nodes lie outside the earlier lumen).",
                                    100 * here, cold, 100 * viscous, carry ? "the earlier flow" : cold, carried.outside, run.mesh.nodes()));
    } else {
      r.notes.push_back(fmt::format("The earlier result is on another mesh that was not given, so the run started from {}.", cold));
    }
  }
  if (problem.steady && options.resume) {   // where a run of this problem was stopped
    const FlowState& from = *options.resume;
    if (from.mesh_sha256 != r.mesh_sha256 || from.problem_sha256 != r.problem_sha256 || from.velocity.size() != run.start.velocity.size() || from.pressure.size() != run.start.pressure.size())
      return core::bad_input("The state to go on from is not that of a stopped run of this steady flow (mesh or conditions differ). Start it anew.");
    run.start.velocity = from.velocity;
    for (std::size_t i = 0; i < run.mesh.nodes(); ++i) run.start.pressure[i] = from.pressure[i] * problem.fluid.density_g_per_mm3;   // kinematic in the state
    run.start.peak_speed = std::max(run.start.peak_speed, speed_peak(run.start.velocity));
    r.notes.push_back("The run was stopped and went on from where it had come to.");
  }
  auto done = problem.steady ? run.steady() : run.pulsatile();
  if (done) {
    done->wall_s = seconds() - begin;
    progress.report(1.0, "blood flow: done");
  }
  return done;
}

}  // namespace ot::hemo
