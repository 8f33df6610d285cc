// SPDX-License-Identifier: GPL-3.0-or-later
// Pulsatile flow: time steps over the cycles, with the averages of the last one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/flow_run.hpp"

namespace ot::hemo {
using core::Index;
using core::units::mmhg_from_pa;

namespace {

constexpr int most_substeps = 256;     // of a given step; beyond it the given step is refused
constexpr int most_setbacks = 6;       // halvings after divergence in one run
constexpr int checkpoint_every = 20;   // given steps
constexpr double relax_below = 0.4;    // of the largest CFL number: substeps are halved again

double size_of(const double* v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

// Sums over the last cycle.
struct Averages {
  FlowSnapshot mean;
  std::vector<double> shear_size;
  std::vector<core::Vec3> forces;
  void add(const FlowSnapshot& now, const std::vector<Index>& wall_nodes, const std::vector<core::Vec3>& force, double share) {
    const auto blend = [share](std::vector<double>& a, const std::vector<double>& b) {
      if (a.empty()) a.assign(b.size(), 0.0);
      for (std::size_t q = 0; q < b.size(); ++q) a[q] += b[q] * share;
    };
    blend(mean.velocity, now.velocity), blend(mean.pressure, now.pressure), blend(mean.shear, now.shear);
    blend(mean.inlet_flow, now.inlet_flow), blend(mean.inlet_pressure, now.inlet_pressure);
    blend(mean.outlet_flow, now.outlet_flow), blend(mean.outlet_pressure, now.outlet_pressure);
    mean.power_loss += now.power_loss * share;
    if (shear_size.empty()) shear_size.assign(now.pressure.size(), 0.0);
    for (Index i : wall_nodes) shear_size[std::size_t(i)] += size_of(&now.shear[3 * std::size_t(i)]) * share;
    forces.resize(force.size(), core::Vec3::Zero());
    for (std::size_t k = 0; k < force.size(); ++k) forces[k] += force[k] * share;
  }
  // To and from one list, each part behind its length.
  void save(std::vector<double>& to) const {
    const auto put = [&](const std::vector<double>& v) { to.push_back(double(v.size())), to.insert(to.end(), v.begin(), v.end()); };
    for (const auto* v : {&mean.velocity, &mean.pressure, &mean.shear, &mean.inlet_flow, &mean.inlet_pressure, &mean.outlet_flow, &mean.outlet_pressure, &shear_size}) put(*v);
    std::vector<double> rest{mean.power_loss};
    for (const core::Vec3& f : forces) rest.insert(rest.end(), {f[0], f[1], f[2]});
    put(rest);
  }
  bool load(const double* from, const double* end) {
    const auto take = [&](std::vector<double>& v) {
      if (from == end || !(*from >= 0) || *from > double(end - from - 1)) return false;
      const std::size_t size = std::size_t(*from);
      v.assign(from + 1, from + 1 + size);
      from += 1 + size;
      return true;
    };
    for (auto* v : {&mean.velocity, &mean.pressure, &mean.shear, &mean.inlet_flow, &mean.inlet_pressure, &mean.outlet_flow, &mean.outlet_pressure, &shear_size})
      if (!take(*v)) return false;
    std::vector<double> rest;
    if (!take(rest) || rest.size() % 3 != 1) return false;
    mean.power_loss = rest[0];
    forces.clear();
    for (std::size_t k = 1; k < rest.size(); k += 3) forces.emplace_back(rest[k], rest[k + 1], rest[k + 2]);
    return true;
  }
};
constexpr std::size_t own_numbers = 5;   // worst balance, largest CFL number, quiet steps, setbacks, finest division: before the averages of a stopped run

// Outlets at t = 0 as a network of their resistances and the vessel's own would have them after many cycles.
void charge_outlets(std::vector<Windkessel>& outlets, const std::vector<InflowProfile>& profiles, const InitialFlow& start, double start_rate,
                    double inlet_pressure, double cycle, double dt, int steps) {
  if (!(std::abs(start_rate) > 0)) return;
  std::vector<double> vessel(outlets.size());
  for (std::size_t k = 0; k < outlets.size(); ++k) {
    const double q = start.outlet_flow[k];
    vessel[k] = q != 0 ? std::max(0.0, (inlet_pressure - outlets[k].pressure_line(q)) / q) : 0.0;
  }
  double mean = 0, first = 0;
  for (int k = 0; k < steps; ++k)
    for (const InflowProfile& p : profiles) mean += p.rate(cycle * k / steps) / steps;
  for (const InflowProfile& p : profiles) first += p.rate(0);
  for (std::size_t k = 0; k < outlets.size(); ++k) {
    const double share = start.outlet_flow[k] / start_rate;
    outlets[k].start(share * first, share * mean, dt);
  }
  constexpr int most_cycles = 200;
  constexpr double periodic = 1e-7;
  for (int round = 0; round < most_cycles; ++round) {
    double change = 0, size = 1e-30;
    std::vector<double> before;
    for (const Windkessel& w : outlets) before.push_back(w.capacitor_Pa());
    for (int n = 1; n <= steps; ++n) {
      double rate = 0, conductance = 0, source = 0;
      for (const InflowProfile& p : profiles) rate += p.rate(cycle * n / steps);
      for (std::size_t k = 0; k < outlets.size(); ++k) {
        const double z = outlets[k].impedance(dt) + vessel[k];
        conductance += 1 / z, source += outlets[k].history(dt) / z;
      }
      const double p = (rate + source) / conductance;
      for (std::size_t k = 0; k < outlets.size(); ++k) outlets[k].advance((p - outlets[k].history(dt)) / (outlets[k].impedance(dt) + vessel[k]), dt);
    }
    for (std::size_t k = 0; k < outlets.size(); ++k) change = std::max(change, std::abs(outlets[k].capacitor_Pa() - before[k])), size = std::max(size, std::abs(before[k]));
    if (change <= periodic * size) break;
  }
}

}  // namespace

core::Result<FlowResult> FlowRun::pulsatile() {
  double most_rate = 0, start_rate = 0;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    double most = 0;
    for (int k = 0; k < 400; ++k) most = std::max(most, std::abs(profiles[i].rate(problem.cycle_s * k / 400)));
    most_rate += most;
    start_rate += profiles[i].rate(start_time);
  }
  const double peak = start.peak_speed;  // that of the largest flow
  const int per_cycle = int(std::ceil(problem.cycle_s / problem.dt_s - 1e-9));
  const double given_dt = problem.cycle_s / per_cycle;
  int split = 1;
  {
    const std::vector<double> limit = local_steps(mesh, start.velocity, peak, 1.0);
    const double needed = given_dt / *std::min_element(limit.begin(), limit.end()) / problem.largest_cfl;
    if (needed > most_substeps)
      return core::bad_input(fmt::format("The time step of {:.4g} s is {:.0f} times too large for this mesh and flow (blood would cross {:.0f} cells in one step). Use {:.2g} s or less.",
                                         problem.dt_s, needed, needed * problem.largest_cfl, problem.dt_s / needed));
    if (!options.resume) split = std::max(1, int(std::ceil(needed)));
  }
  FlowStepper s(mesh, problem, profiles, peak);
  double t0 = 0;
  if (options.resume) {
    const FlowState& from = *options.resume;
    if (from.mesh_sha256 != result.mesh_sha256 || !s.restore(from))
      return core::bad_input("The state to go on from belongs to another mesh or other outlets (its fields do not fit). Start this case anew.");
    if (!from.problem_sha256.empty() && from.problem_sha256 != result.problem_sha256)
      return core::bad_input("The state to go on from is that of a stopped run of other conditions (its sums and curves do not fit). Start this run anew, or give the conditions it had.");
    t0 = from.t_s;
    split = std::max(1, int(std::lround(given_dt / from.dt_s)));
    s.resume_step(from.dt_s, bdf2);
  } else {
    InletState inlet;
    inlet_state(mesh, profiles, 0, inlet);
    double inlet_pressure = 0;
    {
      const Cap& cap = mesh.inlets.front();
      for (Index i : cap.nodes) inlet_pressure += start.pressure[std::size_t(i)] / double(cap.nodes.size());
    }
    charge_outlets(s.windkessels(), profiles, start, start_rate, inlet_pressure, problem.cycle_s, given_dt, per_cycle);
    // Viscous flow at t = 0, or the inlet's profile along a straight lumen, is the start of the first cycle.
    std::vector<OutletLine> lines;
    for (const Windkessel& w : s.windkessels()) lines.push_back({w.impedance(given_dt), w.history(given_dt)});
    auto first = initial_flow(mesh, inlet, problem.fluid.viscosity_Pa_s, lines, progress);
    if (!first) return core::pass(first);
    bool developed = false;
    if (problem.start == FlowStart::automatic || problem.start == FlowStart::developed) {
      developed = developed_velocity(mesh, inlet, first->velocity);
      if (!developed && problem.start == FlowStart::developed)
        return core::bad_input("The lumen is not a straight prism on one inlet (the inlet's profile cannot be carried along it). Use the start \"viscous\".");
      if (developed) result.notes.push_back("The lumen is straight, so the run started from the inlet's velocity profile everywhere.");
    }
    if (problem.start == FlowStart::rest)
      for (std::size_t i = 0; i < mesh.nodes(); ++i)
        for (std::size_t c = 0; c < 3; ++c)
          if (!mesh.fixed[i]) first->velocity[3 * i + c] = 0;
    s.set_state(first->velocity, first->pressure);
    s.start_step(given_dt);
    s.set_time_step(std::vector<double>(mesh.tets(), given_dt / split), given_dt / split, bdf2);
    for (int k = 0; k < 2 && developed; ++k)
      if (!s.adjust_pressure(given_dt / split)) break;
  }
  // Times are counted in given steps from 0, so that a run that goes on sees the same bits as one that never stopped.
  const double from_step = t0 / given_dt, whole = std::round(from_step);
  const double first_step = std::abs(from_step - whole) < 1e-6 ? whole : from_step;
  const auto time_of = [&](double step) { return given_dt * (first_step + step); };
  if (split > 1) result.notes.push_back(fmt::format("The time step of {:.4g} s was divided by {} to keep the CFL number near {:.0f}.", problem.dt_s, split, problem.largest_cfl));

  std::vector<core::Series> series;
  const auto curve = [&](std::string name, std::string unit) { series.push_back({std::move(name), std::move(unit), "s", {}, {}}); };
  for (const Inlet& i : problem.inlets) curve(patch_label(problem.mesh.get(), i.patch) + " flow", "mm3/s"), curve(patch_label(problem.mesh.get(), i.patch) + " pressure", "Pa");
  for (const Outlet& o : problem.outlets) curve(patch_label(problem.mesh.get(), o.patch) + " flow", "mm3/s"), curve(patch_label(problem.mesh.get(), o.patch) + " pressure", "Pa");
  for (std::size_t k = 0; k < sections.size(); ++k) curve(fmt::format("section {} flow", k + 1), "mm3/s"), curve(fmt::format("section {} pressure", k + 1), "Pa");
  for (std::size_t k = 0; k < points.size(); ++k) {
    for (char c : {'x', 'y', 'z'}) curve(fmt::format("probe {} velocity {}", k + 1, c), "mm/s");
    curve(fmt::format("probe {} pressure", k + 1), "Pa");
  }
  for (int patch : problem.force_patches)
    for (char c : {'x', 'y', 'z'}) curve(fmt::format("{} force {}", patch_label(problem.mesh.get(), patch), c), "uN");

  struct Checkpoint {
    long step = 0;
    FlowState state;
    Averages averages;
    std::size_t points = 0;
    double worst_balance = 0, largest_cfl = 0;
    long quiet = 0;
  };
  Averages averages;
  FlowSnapshot now;
  double worst_balance = 0, largest_cfl = 0;
  int setbacks = 0, most_split = split;
  long quiet = 0;  // given steps since the last change of the step
  long done_before = 0;   // by the run that was stopped and goes on here
  if (options.resume && !options.resume->problem_sha256.empty()) {
    const FlowState& from = *options.resume;
    const double *own = from.averages.data(), *end = own + from.averages.size();
    if (from.series.size() != series.size() || from.averages.size() < own_numbers || !averages.load(own + own_numbers, end) || from.steps_done < 0 || from.steps_done >= long(problem.cycles) * per_cycle)
      return core::bad_input("The state of the stopped run is not whole (its sums or curves are missing). Start this run anew.");
    worst_balance = own[0], largest_cfl = own[1], quiet = long(own[2]), setbacks = int(own[3]), most_split = int(own[4]);
    series = from.series, done_before = from.steps_done;
    result.notes.push_back(fmt::format("The run was stopped at t = {:.4g} s and went on from there.", t0));
  }
  const long all_steps = long(problem.cycles) * per_cycle - done_before;
  Checkpoint safe{0, s.state(), averages, series[0].t.size(), worst_balance, largest_cfl, quiet};
  const auto stopped = [&](const Checkpoint& at) {
    if (!options.on_stopped) return;
    auto out = std::make_shared<FlowState>(at.state);
    out->mesh_sha256 = result.mesh_sha256, out->problem_sha256 = result.problem_sha256;
    out->t_s = time_of(double(at.step)), out->steps_done = done_before + at.step;
    out->averages = {at.worst_balance, at.largest_cfl, double(at.quiet), double(setbacks), double(most_split)};
    at.averages.save(out->averages);
    out->series = series;
    for (core::Series& c : out->series) c.t.resize(at.points), c.values.resize(at.points);
    options.on_stopped(std::move(out));
  };
  const int kept = kept_beat_frames(mesh.nodes(), per_cycle);
  if (kept == 0) result.notes.push_back(fmt::format("No frames of the beat were kept ({} nodes take too much memory): means can be painted, the beat cannot be played.", mesh.nodes()));
  for (long n = 0; n < all_steps;) {
    bool failed = false;
    double t = time_of(double(n)), cfl = 0;
    for (int k = 1; k <= split && !failed; ++k) {
      if (progress.cancelled()) {   // within a divided step the last checkpoint is where it can go on
        stopped(k == 1 ? Checkpoint{n, s.state(), averages, series[0].t.size(), worst_balance, largest_cfl, quiet} : safe);
        return core::cancelled();
      }
      t = time_of(double(n) + double(k) / split);
      failed = !s.step(t);
      cfl = std::max(cfl, s.cfl());
    }
    if (failed) {
      if (setbacks >= most_setbacks || split * 2 > most_substeps) {
        s.restore(safe.state);
        if (options.on_divergence) {
          const FlowSnapshot good = snapshot(mesh, s, profiles, time_of(double(safe.step)));
          std::vector<double> shear;
          wall.evaluate(good.velocity, problem.fluid, shear);
          options.on_divergence({t, s.where(), frame(time_of(double(safe.step)), good.velocity, good.pressure, shear)});
        }
        count(s);
        core::Error error = diverged(s, t);
        error.message += fmt::format(" The last good state is that of t = {:.4g} s.", time_of(double(safe.step)));
        return tl::unexpected<core::Error>(std::move(error));
      }
      ++setbacks;
      split *= 2;
      quiet = 0;
      most_split = std::max(most_split, split);
      result.notes.push_back(fmt::format("The run diverged at t = {:.4g} s ({}); taken again from t = {:.4g} s with the step divided by {}.", t, s.trouble(), time_of(double(safe.step)), split));
      s.restore(safe.state);
      s.set_time_step(std::vector<double>(mesh.tets(), given_dt / split), given_dt / split, bdf2);
      n = safe.step, averages = safe.averages, worst_balance = safe.worst_balance, largest_cfl = safe.largest_cfl;
      for (core::Series& c : series) c.t.resize(safe.points), c.values.resize(safe.points);
      std::erase_if(result.beat, [&](const FlowFrame& f) { return f.t_s > given_dt * (double(n - (all_steps - per_cycle)) + 0.5); });
      continue;
    }
    ++n, ++quiet;
    largest_cfl = std::max(largest_cfl, cfl);
    std::size_t c = 0;
    const auto push = [&](double v) { series[c].t.push_back(t), series[c].values.push_back(v), ++c; };
    double in = 0, out = 0;
    for (std::size_t i = 0; i < profiles.size(); ++i) push(profiles[i].rate(t)), push(s.inlet_pressure(i)), in += profiles[i].rate(t);
    for (std::size_t o = 0; o < mesh.outlets.size(); ++o) push(s.outlet_flow()[o]), push(s.outlet_pressure(o)), out += s.outlet_flow()[o];
    worst_balance = std::max(worst_balance, std::abs(in - out) / most_rate);
    for (const SectionProbe& p : sections) push(p.flow(s.velocity())), push(p.pressure(s.kinematic_pressure()) * problem.fluid.density_g_per_mm3);
    for (const PointProbe& p : points) {
      for (std::size_t d = 0; d < 3; ++d) {
        double v = 0;
        for (std::size_t j = 0; j < 4; ++j) v += p.weight[j] * s.velocity()[3 * std::size_t(p.nodes[j]) + d];
        push(v);
      }
      double v = 0;
      for (std::size_t j = 0; j < 4; ++j) v += p.weight[j] * s.pressure_Pa(std::size_t(p.nodes[j]));
      push(v);
    }
    const std::vector<core::Vec3> forces = s.forces_uN();
    for (const core::Vec3& f : forces) push(f[0]), push(f[1]), push(f[2]);
    if (n % 4 == 0)
      progress.report(std::min(0.99, double(n) / double(all_steps)), fmt::format("blood flow: cycle {} of {}, t = {:.3f} s", (done_before + n - 1) / per_cycle + 1, problem.cycles, t));
    const bool last_cycle = n > all_steps - per_cycle;
    const bool wanted = options.on_frame && options.frames_per_cycle > 0 &&
                        ((done_before + n) * options.frames_per_cycle) / per_cycle != ((done_before + n - 1) * options.frames_per_cycle) / per_cycle;
    if (last_cycle || wanted) {
      now = snapshot(mesh, s, profiles, t);
      wall.evaluate(s.velocity(), problem.fluid, now.shear);
      if (wanted) options.on_frame(frame(t, now.velocity, now.pressure, now.shear));
      if (last_cycle) averages.add(now, wall.nodes(), forces, 1.0 / per_cycle);
      const long in_beat = n - (all_steps - per_cycle);
      if (last_cycle && (in_beat * kept) / per_cycle != ((in_beat - 1) * kept) / per_cycle) result.beat.push_back(frame(given_dt * double(in_beat), now.velocity, now.pressure, now.shear));
    }
    // The step follows the speed: shorter at once, longer only after a while.
    if (cfl > 1.25 * problem.largest_cfl && split < most_substeps && n < all_steps) {
      split = std::min(most_substeps, std::max(split + 1, int(std::ceil(split * cfl / problem.largest_cfl))));
      s.set_time_step(std::vector<double>(mesh.tets(), given_dt / split), given_dt / split, bdf2);
      quiet = 0;
    } else if (split > 1 && cfl < relax_below * problem.largest_cfl && quiet > checkpoint_every && n < all_steps) {
      split = (split + 1) / 2;
      s.set_time_step(std::vector<double>(mesh.tets(), given_dt / split), given_dt / split, bdf2);
      quiet = 0;
    }
    if (split > most_split) {
      most_split = split;
      result.notes.push_back(fmt::format("At t = {:.4g} s the CFL number was {:.1f}; the step of {:.4g} s was divided by {}.", t, cfl, problem.dt_s, split));
    }
    if (n % checkpoint_every == 0) safe = {n, s.state(), averages, series[0].t.size(), worst_balance, largest_cfl, quiet};
  }
  if (result.beat.size() != std::size_t(kept)) {
    result.beat.clear();
    result.notes.push_back("The run was stopped within its last beat: its means are whole, but the beat cannot be played (frames before the stop are not kept).");
  }
  count(s);
  FlowSnapshot& mean = averages.mean;
  mean.mass_balance_rel = worst_balance;
  mean.cfl_max = largest_cfl;
  // Fields and numbers of the wall. RRT = 1 / |mean shear| (physiology_and_models.json, wss_indices).
  double most_osi = 0, osi_sum = 0, area = 0, most_rrt = 0;
  result.tawss.assign(mesh.nodes(), 0.0f), result.osi.assign(mesh.nodes(), 0.0f), result.rrt.assign(mesh.nodes(), 0.0f);
  result.mean_wall_shear.assign(3 * mesh.nodes(), 0.0f);
  std::vector<Index> old_of(mesh.nodes());
  for (std::size_t old = 0; old < mesh.nodes(); ++old) old_of[std::size_t(mesh.new_of_old[old])] = Index(old);
  std::vector<double> tawss = mean.shear;
  for (std::size_t k = 0; k < wall.nodes().size(); ++k) {
    const std::size_t i = std::size_t(wall.nodes()[k]), old = std::size_t(old_of[i]);
    double* v = &tawss[3 * i];
    const double size = size_of(v), all = averages.shear_size[i];
    const double osi = all > 0 ? std::max(0.0, 0.5 * (1 - size / all)) : 0.0;
    result.tawss[old] = float(all), result.osi[old] = float(osi), result.rrt[old] = size > 0 ? float(1 / size) : 0.0f;
    for (std::size_t c = 0; c < 3; ++c) result.mean_wall_shear[3 * old + c] = float(v[c]);
    if (wall.inner(k)) {
      osi_sum += osi * wall.area(k), area += wall.area(k), most_osi = std::max(most_osi, osi);
      if (size > 0) most_rrt = std::max(most_rrt, 1 / size);
    }
    const double scale = size > 0 ? all / size : 0.0;
    for (int c = 0; c < 3; ++c) v[c] *= scale;
  }
  const std::vector<double> vector_mean = mean.shear;
  mean.shear = tawss;
  describe(problem, mesh, wall, now, mean, result);
  add_forces(averages.forces, "mean of the last cycle");
  add_sections(mean);
  const auto add = [&](const char* key, const char* label, const char* unit, double value, const char* note) { result.quantities.push_back({key, label, unit, value, note}); };
  add("max_osi", "Largest oscillatory shear index", "", most_osi, "0 to 0.5");
  add("mean_osi", "Mean oscillatory shear index", "", area > 0 ? osi_sum / area : 0.0, "area average");
  add("max_rrt_per_pa", "Largest relative residence time", "1/Pa", most_rrt, "1 / |mean wall shear|");
  // Pressures over the last cycle: what a catheter in each place would show.
  const std::size_t first = series[0].t.size() - std::size_t(per_cycle);
  std::size_t main_outlet = 0;
  for (std::size_t o = 0; o < mesh.outlets.size(); ++o)
    if (mean.outlet_flow[o] > mean.outlet_flow[main_outlet]) main_outlet = o;
  const std::vector<double>& pin = series[1].values;
  const std::vector<double>& pout = series[2 * profiles.size() + 2 * main_outlet + 1].values;
  double high_in = -INFINITY, high_out = -INFINITY, high_drop = -INFINITY;
  for (std::size_t q = first; q < pin.size(); ++q) high_in = std::max(high_in, pin[q]), high_out = std::max(high_out, pout[q]), high_drop = std::max(high_drop, pin[q] - pout[q]);
  add("peak_to_peak_gradient_mmhg", "Peak-to-peak gradient", "mmHg", mmhg_from_pa(high_in - high_out), "highest inlet less highest outlet pressure, as a catheter reads a coarctation");
  add("peak_gradient_mmhg", "Peak instantaneous gradient", "mmHg", mmhg_from_pa(high_drop), "largest simultaneous difference inlet to main outlet");
  for (core::Quantity& q : result.quantities)
    if (q.key == "max_wss_pa" || q.key == "mean_wss_pa") q.note += "; time average of the last cycle";
  result.series = std::move(series);
  result.notes.push_back("Quantities and pull-back are averages of the last cycle; fields are those at its end.");
  auto state = std::make_shared<FlowState>(s.state());
  state->mesh_sha256 = result.mesh_sha256;
  state->t_s = time_of(double(all_steps));
  result.state = std::move(state);
  return std::move(result);
}

}  // namespace ot::hemo
