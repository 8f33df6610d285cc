// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/pacer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

constexpr double active_mV = -80;   // above it some cell of the batch is in its action potential
constexpr double first_step_ms = 0.005, shortest_step_ms = 1e-6;   // after an edge of the stimulus; a step that still fails here never will

auto out_of_range(int beat, double t) {
  return core::computation_failed(fmt::format(
      "The cell left the range of +-200 mV, or is no longer a number, {:.2f} ms into beat {} (the result would be meaningless). "
      "Try a smaller time step, a weaker stimulus or less extreme channel scales.", t, beat + 1));
}

}  // namespace

core::Result<long> pace_beat(CellBatch& batch, const IonicFamily& family, const Pacing& p, int beat, const core::Progress& progress,
                             const std::function<void(double)>& sample) {
  OT_EXPECT(p.dt_ms > 0 || family.two_stage);
  sample(0.0);
  if (p.dt_ms > 0) {
    const long steps = std::lround(std::ceil(p.cycle_ms / p.dt_ms - 1e-9));
    const double dt = p.cycle_ms / double(steps);
    for (long k = 0; k < steps; ++k) {
      const double drive = p.stimulus_mV_per_ms * stimulus_share(double(k) * dt, dt, p.stimulus_start_ms, p.stimulus_ms);
      if (family.two_stage) {
        batch.try_midpoint(dt, drive);
        batch.accept();
      } else {
        batch.step(dt, drive);
      }
      if ((k & 255) == 0) {
        if (progress.cancelled()) return core::cancelled();
        if (!batch.sound()) return out_of_range(beat, double(k + 1) * dt);
      }
      sample(k + 1 == steps ? p.cycle_ms : double(k + 1) * dt);
    }
    if (!batch.sound() || !batch.finite()) return out_of_range(beat, p.cycle_ms);
    return steps;
  }

  const double edges[] = {p.stimulus_start_ms, p.stimulus_start_ms + p.stimulus_ms, p.cycle_ms};
  double t = 0, dt = first_step_ms;
  long steps = 0;
  for (const double edge : edges) {
    if (edge <= t) continue;
    const double drive = edge == edges[1] ? p.stimulus_mV_per_ms : 0.0;
    if (t > 0) dt = first_step_ms;
    while (t < edge) {
      const double left = edge - t;
      double now = std::min(dt, batch.highest_v() > active_mV ? p.longest_active_ms : p.longest_ms);
      if (now >= left * (1 - 1e-12)) now = left;
      else if (2 * now > left) now = 0.5 * left;   // no sliver before the edge
      const double error = batch.try_midpoint(now, drive) / p.tolerance_mV;
      if (!(error <= 3.0) && now > shortest_step_ms) {
        dt = now * (std::isfinite(error) ? std::max(0.2, 0.8 / std::sqrt(error)) : 0.1);
        continue;
      }
      batch.accept();
      t = now == left ? edge : t + now;
      const double next = now * std::clamp(0.9 / std::sqrt(std::max(error, 1e-12)), 0.3, 2.0);
      dt = now < dt ? std::max(next, std::min(dt, 2.0 * next)) : next;
      if ((++steps & 255) == 0 && progress.cancelled()) return core::cancelled();
      if (!batch.sound()) return out_of_range(beat, t);
      sample(t);
    }
  }
  if (!batch.finite()) return out_of_range(beat, p.cycle_ms);
  return steps;
}

}  // namespace ot::ep
