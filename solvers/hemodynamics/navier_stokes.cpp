// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/navier_stokes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/flow_quantities.hpp"

namespace ot::hemo {
namespace {
using core::Index;
using core::units::mmhg_from_pa;

constexpr double steady_cfl = 5.0;       // Jacobi-BiCGStab and the streamline term carry to about 6 (flow-numerics.md, pitfalls 3 and 7)
constexpr double slowest_share = 0.15;   // of the peak speed: floor of the local speed, so that steps differ at most sevenfold
constexpr double pulsatile_cfl = 8.0;    // above it the given step is divided
constexpr double longest_passes = 8.0;   // flow-throughs: what has not settled by then oscillates
constexpr double averaged_passes = 3.0;  // of them, at the end, that are averaged
constexpr int most_halvings = 2;
constexpr int most_substeps = 64;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// dt = cfl * edge / speed, with the largest speed among the tets that share a node.
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

struct Run {
  const FlowProblem& problem;
  const core::Progress& progress;
  FlowMesh mesh;
  std::vector<InflowProfile> profiles;
  InitialFlow start;
  double start_time = 0;   // of the cycle: where `start` was computed
  WallShear wall;
  FlowResult result;

  Run(const FlowProblem& p, const core::Progress& g) : problem(p), progress(g), mesh(make_flow_mesh(p)), wall(mesh) {}

  core::Error diverged(const FlowStepper& s, double t) const {
    const core::Vec3 x = s.where();
    return {core::ErrorCode::computation_failed,
            fmt::format("The flow diverged at t = {:.4g} s near ({:.1f}, {:.1f}, {:.1f}) mm: {} (the result would be meaningless). "
                        "Refine the mesh there, use a shorter time step or a lower flow.",
                        t, x[0], x[1], x[2], s.trouble())};
  }

  void count(const FlowStepper& s) {
    result.steps += s.steps;
    result.momentum_iterations += s.momentum_iterations;
    result.pressure_iterations += s.pressure_iterations;
    result.notes.push_back(fmt::format("time in s: assembly {:.2f}, momentum {:.2f}, pressure {:.2f}, multigrid set-up {:.2f}", s.times.assembly,
                                       s.times.momentum, s.times.pressure, s.times.setup));
  }

  core::Result<FlowResult> steady();
  core::Result<FlowResult> pulsatile();
};

core::Result<FlowResult> Run::steady() {
  double volume = 0, inflow = 0;
  for (const TetShape& s : mesh.shape) volume += double(s.volume);
  for (const InflowProfile& p : profiles) inflow += p.rate(0);
  const double through = volume / inflow;  // one flow-through, s
  double cfl = steady_cfl;
  for (int attempt = 0;; ++attempt) {
    FlowStepper s(mesh, problem, profiles, start.peak_speed);
    s.set_state(start.velocity, start.pressure);
    double passes_per_step = 0, peak = start.peak_speed;
    const auto choose_steps = [&](double speed) {
      peak = speed;
      const std::vector<double> dt = local_steps(mesh, s.velocity(), peak, cfl);
      double steps = 0;
      for (std::size_t e = 0; e < mesh.tets(); ++e) steps += double(mesh.shape[e].volume) / dt[e];
      passes_per_step = inflow / steps;
      s.set_time_step(dt, through, bdf1);
    };
    choose_steps(start.peak_speed);
    std::vector<double> shear, drops, shears;
    double largest_cfl = 0, passes = 0, drop_change = INFINITY, shear_change = INFINITY;
    bool failed = false, settled = false;
    int rebuilt = 0;
    const int rebuild_at[] = {6, 18, 40, 80, 160};
    const double most_passes = problem.max_s > 0 ? problem.max_s / through : longest_passes;
    FlowSnapshot average;  // over the last part of a run that does not settle
    int averaged = 0;
    for (int k = 0; k < 6000 && passes < most_passes; ++k) {
      if (progress.cancelled()) return core::cancelled();
      if (!s.step(0)) {
        failed = true;
        break;
      }
      passes += passes_per_step;
      largest_cfl = s.cfl();
      wall.evaluate(s.velocity(), problem.fluid.viscosity_Pa_s, shear);
      double mean = 0, largest = 0;
      std::size_t at = 0;
      wall.summarise(shear, mean, largest, at);
      std::size_t main_outlet = 0;
      for (std::size_t o = 0; o < mesh.outlets.size(); ++o)
        if (s.outlet_flow()[o] > s.outlet_flow()[main_outlet]) main_outlet = o;
      drops.push_back(s.inlet_pressure(0) - s.outlet_pressure(main_outlet));
      shears.push_back(largest);
      // Change over the last eighth of a flow-through (at least eight steps), per flow-through.
      const std::size_t window = std::max<std::size_t>(8, std::size_t(std::ceil(0.125 / passes_per_step)));
      if (drops.size() > window) {
        const double per = 1.0 / (double(window) * passes_per_step);
        const auto change = [&](const std::vector<double>& v) {
          double low = v.back(), high = v.back();
          for (std::size_t q = v.size() - 1 - window; q < v.size(); ++q) low = std::min(low, v[q]), high = std::max(high, v[q]);
          return (high - low) / std::max(std::abs(v.back()), 1e-12) * per;
        };
        drop_change = change(drops);
        shear_change = change(shears);
      }
      if (k % 4 == 0)
        progress.report(std::min(0.99, std::max(passes / 4.0, std::isfinite(drop_change) ? 1.0 - 0.3 * std::log10(std::max(1.0, std::max(drop_change, shear_change) / problem.steady_tolerance)) : 0.0)),
                        fmt::format("blood flow: step {}, pressure drop {:.2f} mmHg", k + 1, mmhg_from_pa(drops.back())));
      if (passes >= 0.5 && drop_change < problem.steady_tolerance && shear_change < problem.steady_tolerance) {
        settled = true;
        break;
      }
      if (passes > most_passes - averaged_passes) {
        const FlowSnapshot now = snapshot(mesh, s, profiles, 0);
        ++averaged;
        const auto blend = [&](std::vector<double>& a, const std::vector<double>& b) {
          if (a.empty()) a.assign(b.size(), 0.0);
          for (std::size_t q = 0; q < b.size(); ++q) a[q] += (b[q] - a[q]) / averaged;
        };
        blend(average.velocity, now.velocity), blend(average.pressure, now.pressure), blend(average.shear, shear);
        blend(average.inlet_flow, now.inlet_flow), blend(average.inlet_pressure, now.inlet_pressure);
        blend(average.outlet_flow, now.outlet_flow), blend(average.outlet_pressure, now.outlet_pressure);
        average.mass_balance_rel = std::max(average.mass_balance_rel, now.mass_balance_rel);
      }
      if ((rebuilt < 5 && k + 1 == rebuild_at[rebuilt]) || largest_cfl > 2.0 * cfl) {
        while (rebuilt < 5 && k + 1 >= rebuild_at[rebuilt]) ++rebuilt;
        choose_steps(std::max(0.5 * start.peak_speed, speed_peak(s.velocity())));
      }
    }
    count(s);
    if (failed) {
      if (attempt >= most_halvings) return tl::unexpected<core::Error>(diverged(s, passes * through));
      cfl /= 2;
      result.notes.push_back(fmt::format("The steady iteration diverged ({}); started again with CFL {:.1f}.", s.trouble(), cfl));
      continue;
    }
    FlowSnapshot end = snapshot(mesh, s, profiles, 0);
    end.shear = shear;
    end.cfl_max = largest_cfl;
    average.cfl_max = largest_cfl;
    const bool mean = !settled && averaged > 1;
    describe(problem, mesh, wall, mean ? average : end, mean ? average : end, result);
    result.notes.push_back(
        settled ? fmt::format("Settled after {} steps ({:.1f} flow-throughs): pressure drop and largest wall shear change by less than {:g} per flow-through.",
                              s.steps, passes, problem.steady_tolerance)
                : fmt::format("Not settled after {} steps ({:.1f} flow-throughs): the pressure drop still changes by {:.2g} and the largest wall shear by {:.2g} of itself "
                              "per flow-through; the result is the average over the last {:.1f} flow-throughs. The flow may be unsteady by nature: run it pulsatile.",
                              s.steps, passes, drop_change, shear_change, std::min(passes, averaged_passes)));
    result.quantities.push_back({"steady_change", "Change per flow-through", "", std::max(drop_change, shear_change), "of pressure drop and largest wall shear"});
    return std::move(result);
  }
}

core::Result<FlowResult> Run::pulsatile() {
  double most_rate = 0, start_rate = 0, mean_rate = 0;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    double most = 0;
    for (int k = 0; k < 400; ++k) most = std::max(most, std::abs(profiles[i].rate(problem.cycle_s * k / 400)));
    most_rate += most;
    start_rate += profiles[i].rate(start_time);
    mean_rate += mean_flow(problem.inlets[i], problem.cycle_s);
  }
  const double peak = start.peak_speed;  // already that of the largest flow
  int per_cycle = int(std::ceil(problem.cycle_s / problem.dt_s - 1e-9)), split = 1;
  {
    const std::vector<double> limit = local_steps(mesh, start.velocity, peak, 1.0);
    const double needed = problem.cycle_s / per_cycle / *std::min_element(limit.begin(), limit.end()) / pulsatile_cfl;
    if (needed > most_substeps)
      return core::bad_input(fmt::format("The time step of {:.4g} s is {:.0f} times too large for this mesh and flow (blood would cross {:.0f} cells in one step). Use {:.2g} s or less.",
                                         problem.dt_s, needed, needed * pulsatile_cfl, problem.dt_s / needed));
    split = std::max(1, int(std::ceil(needed)));
  }
  for (int attempt = 0;; ++attempt) {
    if (split > 1) result.notes.push_back(fmt::format("The time step of {:.4g} s was divided by {} to keep the CFL number near {:.0f}.", problem.dt_s, split, pulsatile_cfl));
    const int steps = per_cycle * split;
    const double dt = problem.cycle_s / steps;
    FlowStepper s(mesh, problem, profiles, peak);
    InletState inlet;
    inlet_state(mesh, profiles, 0, inlet);
    for (std::size_t k = 0; k < s.windkessels().size(); ++k) {
      const double share = start.outlet_flow[k];  // of the largest flow
      s.windkessels()[k].start(share * inlet.rate / start_rate, share * mean_rate / start_rate, dt);
    }
    {  // viscous flow at t = 0 is the start of the first cycle
      std::vector<OutletLine> lines;
      for (const Windkessel& w : s.windkessels()) lines.push_back({w.impedance(dt), w.history(dt)});
      auto first = initial_flow(mesh, inlet, problem.fluid.viscosity_Pa_s, lines, progress);
      if (!first) return core::pass(first);
      s.set_state(first->velocity, first->pressure);
    }
    s.set_time_step(std::vector<double>(mesh.tets(), dt), dt, bdf2);

    std::vector<core::Series> series;
    const auto curve = [&](std::string name, std::string unit) { series.push_back({std::move(name), std::move(unit), "s", {}, {}}); };
    for (const Inlet& i : problem.inlets) curve(patch_label(problem.mesh.get(), i.patch) + " flow", "mm3/s"), curve(patch_label(problem.mesh.get(), i.patch) + " pressure", "Pa");
    for (const Outlet& o : problem.outlets) curve(patch_label(problem.mesh.get(), o.patch) + " flow", "mm3/s"), curve(patch_label(problem.mesh.get(), o.patch) + " pressure", "Pa");

    FlowSnapshot mean, now;
    std::vector<double> shear, shear_size(mesh.nodes(), 0.0);
    double t = 0, worst_balance = 0, largest_cfl = 0;
    bool failed = false;
    for (int cycle = 0; cycle < problem.cycles && !failed; ++cycle)
      for (int k = 1; k <= steps; ++k) {
        if (progress.cancelled()) return core::cancelled();
        t = problem.cycle_s * (cycle + double(k) / steps);
        if (!s.step(t)) {
          failed = true;
          break;
        }
        largest_cfl = std::max(largest_cfl, s.cfl());
        std::size_t c = 0;
        const auto push = [&](double v) { series[c].t.push_back(t), series[c].values.push_back(v), ++c; };
        double in = 0, out = 0;
        for (std::size_t i = 0; i < profiles.size(); ++i) push(profiles[i].rate(t)), push(s.inlet_pressure(i)), in += profiles[i].rate(t);
        for (std::size_t o = 0; o < mesh.outlets.size(); ++o) push(s.outlet_flow()[o]), push(s.outlet_pressure(o)), out += s.outlet_flow()[o];
        worst_balance = std::max(worst_balance, std::abs(in - out) / most_rate);
        if (k % 8 == 0)
          progress.report(std::min(0.99, (cycle + double(k) / steps) / problem.cycles), fmt::format("blood flow: cycle {} of {}, t = {:.3f} s", cycle + 1, problem.cycles, t));
        if (cycle + 1 < problem.cycles) continue;
        // Averages over the last cycle.
        now = snapshot(mesh, s, profiles, t);
        wall.evaluate(s.velocity(), problem.fluid.viscosity_Pa_s, now.shear);
        const auto blend = [&](std::vector<double>& a, const std::vector<double>& b) {
          if (a.empty()) a.assign(b.size(), 0.0);
          for (std::size_t q = 0; q < b.size(); ++q) a[q] += b[q] / steps;
        };
        blend(mean.velocity, now.velocity), blend(mean.pressure, now.pressure), blend(mean.shear, now.shear);
        blend(mean.inlet_flow, now.inlet_flow), blend(mean.inlet_pressure, now.inlet_pressure);
        blend(mean.outlet_flow, now.outlet_flow), blend(mean.outlet_pressure, now.outlet_pressure);
        for (Index i : wall.nodes()) {
          const double* v = &now.shear[3 * std::size_t(i)];
          shear_size[std::size_t(i)] += std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / steps;
        }
      }
    count(s);
    if (failed) {
      if (attempt >= most_halvings) return tl::unexpected<core::Error>(diverged(s, t));
      split *= 2;
      result.notes.push_back(fmt::format("The run diverged at t = {:.4g} s ({}); started again with half the step.", t, s.trouble()));
      continue;
    }
    mean.mass_balance_rel = worst_balance;
    mean.cfl_max = largest_cfl;
    // Wall shear of the averages is the time average of its size (TAWSS); the direction of the mean is kept.
    double least_osi = 0, osi_sum = 0, area = 0;
    std::vector<double> tawss = mean.shear;
    for (std::size_t k = 0; k < wall.nodes().size(); ++k) {
      const std::size_t i = std::size_t(wall.nodes()[k]);
      double* v = &tawss[3 * i];
      const double size = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
      const double osi = shear_size[i] > 0 ? 0.5 * (1 - size / shear_size[i]) : 0.0;
      if (wall.inner(k)) osi_sum += osi * wall.area(k), area += wall.area(k), least_osi = std::max(least_osi, osi);
      const double scale = size > 0 ? shear_size[i] / size : 0.0;
      for (int c = 0; c < 3; ++c) v[c] *= scale;
    }
    mean.shear = tawss;
    describe(problem, mesh, wall, now, mean, result);
    result.quantities.push_back({"max_osi", "Largest oscillatory shear index", "", least_osi, "0 to 0.5"});
    result.quantities.push_back({"mean_osi", "Mean oscillatory shear index", "", area > 0 ? osi_sum / area : 0.0, "area average"});
    for (core::Quantity& q : result.quantities)
      if (q.key == "max_wss_pa" || q.key == "mean_wss_pa") q.note += "; time average of the last cycle";
    result.series = std::move(series);
    result.notes.push_back("Quantities and pull-back are averages of the last cycle; fields are those at its end.");
    return std::move(result);
  }
}

}  // namespace

core::Result<FlowResult> run_navier_stokes(const FlowProblem& problem, const core::Progress& progress,
                                           std::shared_ptr<const FlowResult> warm_start) {
  const double begin = seconds();
  if (auto ok = check_conditions(problem); !ok) return core::pass(ok);
  if (auto ok = check_mesh_conditions(problem); !ok) return core::pass(ok);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.0, "blood flow: preparing the mesh");
  Run run(problem, progress);
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
  if (!problem.steady && !(most > 0))
    return core::bad_input("The inflow is zero throughout the cycle (there is no flow to compute). Give a waveform that moves blood.");
  run.start_time = at;
  InletState inlet;
  inlet_state(run.mesh, run.profiles, at, inlet);
  std::vector<OutletLine> lines;
  for (const Outlet& o : problem.outlets) lines.push_back({o.rp + o.rd, o.pd});
  auto start = initial_flow(run.mesh, inlet, problem.fluid.viscosity_Pa_s, lines, progress);
  if (!start) return core::pass(start);
  run.start = std::move(*start);
  if (warm_start && problem.steady) {
    if (warm_start->mesh_sha256 == r.mesh_sha256 && warm_start->velocity.size() == 3 * run.mesh.nodes()) {
      for (std::size_t old = 0; old < run.mesh.nodes(); ++old) {
        const std::size_t i = std::size_t(run.mesh.new_of_old[old]);
        run.start.pressure[i] = double(warm_start->pressure[old]);
        for (std::size_t c = 0; c < 3; ++c)
          run.start.velocity[3 * i + c] = run.mesh.fixed[i] ? inlet.velocity[3 * i + c] : double(warm_start->velocity[3 * old + c]);
      }
      r.notes.push_back("Started from an earlier result on the same mesh.");
    } else {
      r.notes.push_back("The earlier result is on another mesh, so the run started from viscous flow.");
    }
  }
  auto done = problem.steady ? run.steady() : run.pulsatile();
  if (done) {
    done->wall_s = seconds() - begin;
    progress.report(1.0, "blood flow: done");
  }
  return done;
}

}  // namespace ot::hemo
