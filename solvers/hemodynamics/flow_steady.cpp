// SPDX-License-Identifier: GPL-3.0-or-later
// Steady flow: pseudo-time iteration with local steps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/flow_run.hpp"

namespace ot::hemo {
using core::units::mmhg_from_pa;

namespace {
constexpr double steady_cfl = 5.0;       // Jacobi-BiCGStab and the streamline term carry to about 6 (flow-numerics.md, pitfalls 3 and 7)
constexpr double longest_passes = 8.0;   // flow-throughs: what has not settled by then oscillates
constexpr double averaged_passes = 3.0;  // of them, at the end, that are averaged
constexpr int most_halvings = 2;
constexpr int least_between = 10;        // steps between new pressure matrices: an unsteady jet would ask for one at every step
constexpr int frame_every = 10;
// A given inlet pressure: after this share of a flow-through (the jets have formed) every step corrects the inflow by this part of what a
// Newton step would, less while a flow that does not settle is averaged. With p_in = pd + outlets (linear in Q) + losses (about Q^1.7 in
// stenosed coronaries: between Poiseuille's 1 and an orifice's 2); the inertia of the blood column, I dQ/dt at these pseudo-steps some
// 1.4 times that slope, bounds the part from above.
constexpr double corrected_from = 0.3, correction = 0.1, averaged_correction = 0.02, losses_exponent = 1.7;
constexpr double pressure_met = 2e-3;
}  // namespace

double FlowRun::first_change(const InitialFlow& from) const {
  FlowStepper s(mesh, problem, profiles, from.peak_speed);
  s.set_state(from.velocity, from.pressure);
  double inflow = 0, volume = 0;
  for (const InflowProfile& p : profiles) inflow += p.rate(0);
  for (const TetShape& t : mesh.shape) volume += double(t.volume);
  s.set_time_step(local_steps(mesh, from.velocity, from.peak_speed, steady_cfl), volume / inflow, bdf1);
  // Two steps: the first one repairs the divergence of interpolated fields.
  if (!s.step(0)) return INFINITY;
  const std::vector<double> once = s.velocity();
  if (!s.step(0)) return INFINITY;
  double change = 0, size = 0;
  for (std::size_t i = 0; i < mesh.nodes(); ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const double d = s.velocity()[3 * i + c] - once[3 * i + c], u = s.velocity()[3 * i + c];
      change += mesh.lumped[i] * d * d, size += mesh.lumped[i] * u * u;
    }
  return std::sqrt(change / std::max(size, 1e-300));
}

core::Result<FlowResult> FlowRun::steady() {
  double volume = 0, inflow = 0;
  for (const TetShape& s : mesh.shape) volume += double(s.volume);
  for (const InflowProfile& p : profiles) inflow += p.rate(0);
  const double through = volume / inflow;  // one flow-through, s
  double cfl = steady_cfl;
  const double wanted_Pa = profiles.size() == 1 ? options.inlet_pressure_Pa : 0.0;
  const auto correct_inflow = [&](const FlowStepper& s, double drop_Pa, double part) {
    const double q = profiles[0].rate(0), p = s.inlet_pressure(0), slope = ((p - drop_Pa) + losses_exponent * drop_Pa) / q;
    if (slope > 0) profiles[0].set_steady_rate(q * std::clamp(1 + part * (wanted_Pa - p) / (slope * q), 0.95, 1.05));
  };
  for (int attempt = 0;; ++attempt) {
    if (wanted_Pa > 0) profiles[0].set_steady_rate(inflow);
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
    int rebuilt = 0, last_rebuild = 0;
    const int rebuild_at[] = {6, 18, 40, 80, 160};
    const double most_passes = problem.max_s > 0 ? problem.max_s / through : longest_passes;
    FlowSnapshot average;  // over the last part of a run that does not settle
    int averaged = 0;
    double drop_low = INFINITY, drop_high = -INFINITY;  // over that part
    std::vector<core::Vec3> average_forces;
    FlowState good = s.state();   // what is kept when the run diverges
    constexpr int good_every = 10;
    for (int k = 0; k < 6000 && passes < most_passes; ++k) {
      if (progress.cancelled()) {
        if (options.on_stopped) {
          auto at = std::make_shared<FlowState>(s.state());
          at->mesh_sha256 = result.mesh_sha256, at->problem_sha256 = result.problem_sha256;
          options.on_stopped(std::move(at));
        }
        return core::cancelled();
      }
      if (k % good_every == 0) good = s.state();
      if (!s.step(0)) {
        failed = true;
        break;
      }
      passes += passes_per_step;
      largest_cfl = s.cfl();
      wall.evaluate(s.velocity(), problem.fluid, shear);
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
      if (options.on_frame && options.frames_per_cycle > 0 && k % frame_every == frame_every - 1) {
        const FlowSnapshot now = snapshot(mesh, s, profiles, 0);
        options.on_frame(frame(k + 1, now.velocity, now.pressure, shear));
      }
      if (k % 4 == 0)
        progress.report(std::min(0.99, std::max(passes / 4.0, std::isfinite(drop_change) ? 1.0 - 0.3 * std::log10(std::max(1.0, std::max(drop_change, shear_change) / problem.steady_tolerance)) : 0.0)),
                        fmt::format("blood flow: step {}, pressure drop {:.2f} mmHg", k + 1, mmhg_from_pa(drops.back())));
      const bool met = !(wanted_Pa > 0) || std::abs(s.inlet_pressure(0) / wanted_Pa - 1) < pressure_met;
      if (passes >= 0.5 && met && drop_change < problem.steady_tolerance && shear_change < problem.steady_tolerance) {
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
        average.power_loss += (now.power_loss - average.power_loss) / averaged;
        drop_low = std::min(drop_low, drops.back()), drop_high = std::max(drop_high, drops.back());
        const std::vector<core::Vec3> forces = s.forces_uN();
        average_forces.resize(forces.size(), core::Vec3::Zero());
        for (std::size_t q = 0; q < forces.size(); ++q) average_forces[q] += (forces[q] - average_forces[q]) / averaged;
      }
      if (wanted_Pa > 0 && passes > corrected_from) correct_inflow(s, drops.back(), passes > most_passes - averaged_passes ? averaged_correction : correction);
      if ((rebuilt < 5 && k + 1 == rebuild_at[rebuilt]) || (largest_cfl > 2.0 * cfl && k >= last_rebuild + least_between)) {
        last_rebuild = k;
        while (rebuilt < 5 && k + 1 >= rebuild_at[rebuilt]) ++rebuilt;
        choose_steps(std::max(0.5 * start.peak_speed, speed_peak(s.velocity())));
      }
    }
    count(s);
    if (failed) {
      if (attempt >= most_halvings) {
        core::Error error = diverged(s, passes * through);
        const core::Vec3 where = s.where();
        if (options.on_divergence && s.restore(good)) {
          const FlowSnapshot now = snapshot(mesh, s, profiles, 0);
          wall.evaluate(now.velocity, problem.fluid, shear);
          options.on_divergence({passes * through, where, frame(double(s.steps), now.velocity, now.pressure, shear)});
        }
        return tl::unexpected<core::Error>(std::move(error));
      }
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
    add_forces(mean ? average_forces : s.forces_uN(), mean ? "average of the iteration" : "");
    add_sections(mean ? average : end);
    if (mean)
      result.quantities.push_back({"pressure_drop_spread_mmhg", "Spread of the pressure drop", "mmHg", mmhg_from_pa(drop_high - drop_low),
                                   fmt::format("largest less smallest over the {:.1f} flow-throughs that were averaged", std::min(passes, averaged_passes))});
    auto state = std::make_shared<FlowState>(s.state());
    state->mesh_sha256 = result.mesh_sha256;
    result.state = std::move(state);
    result.notes.push_back(
        settled ? fmt::format("Settled after {} steps ({:.1f} flow-throughs): pressure drop and largest wall shear change by less than {:g} per flow-through.",
                              s.steps, passes, problem.steady_tolerance)
                : fmt::format("Not settled after {} steps ({:.1f} flow-throughs): the pressure drop still changes by {:.2g} and the largest wall shear by {:.2g} of itself "
                              "per flow-through; the result is the average over the last {:.1f} flow-throughs. The flow may be unsteady by nature: run it pulsatile.",
                              s.steps, passes, drop_change, shear_change, std::min(passes, averaged_passes)));
    if (wanted_Pa > 0)
      result.notes.push_back(fmt::format("The inflow was set so that the inlet is at {:.0f} mmHg: {:.0f} mL/min ({:.0f} guessed).", mmhg_from_pa(wanted_Pa), (mean ? average : end).inlet_flow[0] * 60 / core::units::mm3_per_ml, inflow * 60 / core::units::mm3_per_ml));
    result.quantities.push_back({"steady_change", "Change per flow-through", "", std::max(drop_change, shear_change), "of pressure drop and largest wall shear"});
    return std::move(result);
  }
}

}  // namespace ot::hemo
