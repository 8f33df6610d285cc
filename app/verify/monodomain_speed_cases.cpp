// SPDX-License-Identifier: GPL-3.0-or-later
// What vouches for the speed rows of the monodomain solver: the problems they time, made by the same functions, against accepted figures and a finer step.
#include <fmt/format.h>

#include <cmath>

#include "app/solve/box_mesh.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "app/verify/monodomain_block.hpp"
#include "app/verify/speed.hpp"
#include "solvers/electrophysiology/monodomain.hpp"

namespace ot::verify {
namespace {

constexpr const char* step_source = "own run at dt 0.01 ms on the same mesh; issue 4: activation within 3 % and APD within 1 ms";

// Activation, and APD90 where end_ms lets nodes repolarise: `whole` asks that every node does.
core::Result<void> step_error_rows(RowTable& table, const std::string& what, const ep::ElectroProblem& p, double end_ms, bool whole, const core::Progress& progress) {
  const auto off = against_finer_step(p, end_ms, progress);
  if (!off) return core::pass(off);
  const auto nodes = double(p.mesh->nodes.size());
  const auto add = [&](const std::string& quantity, double value, double bound) {
    table.at_most(quantity + what, value, bound, step_source);
    table.rows.back() = with_settings(table.rows.back(), settings_of(p));
  };
  add("largest_change_of_activation", off->nodes > 0 ? off->activation : std::nan(""), 0.03);
  if (!whole) return {};
  add("largest_change_of_apd90_ms", off->apd_ms, 1.0);
  add("nodes_without_both", nodes - double(std::min(off->nodes, off->repolarised)), 0);
  return {};
}

}  // namespace

core::Result<StepError> against_finer_step(ep::ElectroProblem p, double end_ms, const core::Progress& progress) {
  p.end_ms = p.frame_every_ms = end_ms;
  const auto coarse = ep::run_monodomain(p, {}, progress.part(0, p.dt_ms > 0.01 ? 0.01 / p.dt_ms : 0.5));
  if (!coarse) return core::pass(coarse);
  p.dt_ms = 0.01;
  const auto fine = ep::run_monodomain(p, {}, progress.part(0.2, 1));
  if (!fine) return core::pass(fine);
  StepError out;
  constexpr double after_stimulus = 2.5;   // ms: it lasts 2, nodes within it cross 0 mV by it
  for (std::size_t i = 0; i < fine->activation_ms.size(); ++i) {
    const double a = double(coarse->activation_ms[i]), b = double(fine->activation_ms[i]);
    if (!(b < 0.9 * end_ms) && !(a < 0.9 * end_ms)) continue;
    if (std::isnan(a) || std::isnan(b)) return StepError{std::nan(""), std::nan(""), out.nodes, out.repolarised};
    ++out.nodes;
    if (b > after_stimulus) out.activation = std::max(out.activation, std::abs(a / b - 1));
    const double ra = double(coarse->repolarisation_ms[i]), rb = double(fine->repolarisation_ms[i]);
    if (!(ra < 0.9 * end_ms) && !(rb < 0.9 * end_ms)) continue;
    ++out.repolarised;
    const double change = std::abs((ra - a) - (rb - b));
    if (!(change <= out.apd_ms)) out.apd_ms = change;   // NaN stays
  }
  return out;
}

// The slab against the accepted vector with every node stepping, and the irregular block at every node against a fifth of the step.
Rows monodomain_step_rows(bool quick, const core::Progress& progress) {
  RowTable table{"ep/monodomain-step", quick};
  ep::ElectroProblem slab = slab_of_the_step();
  slab.end_ms = quick ? 12 : 60;   // P5, or all
  slab.frame_every_ms = slab.end_ms;
  const auto run = ep::run_monodomain(slab, {}, progress.part(0, 0.3));
  if (!run) return core::pass(run);
  const core::Vec3 place[8] = {{0, 7, 0}, {20, 0, 0}, {20, 7, 0}, {0, 0, 3}, {0, 7, 3}, {20, 0, 3}, {20, 7, 3}, {10, 3.5, 1.5}};
  for (std::size_t p = 0; p < 8; ++p) {
    if (quick && accepted_slab_ms[p] > slab.end_ms) continue;
    const auto at = solve::locate(*slab.mesh, place[p]);
    double value = 0;
    for (std::size_t k = 0; k < 4; ++k) value += at.weight[k] > 0 ? at.weight[k] * double(run->activation_ms[std::size_t(at.node[k])]) : 0.0;
    table.add_relative(fmt::format("slab_P{}_activation_ms", p + 2), value, accepted_slab_ms[p], 0.04, "Niederer 2011; shared/reference/niederer/SPEC.md");
    table.rows.back() = with_settings(table.rows.back(), settings_of(slab));
  }
  if (auto ok = step_error_rows(table, "_askew_block", askew_block_of_the_step(), quick ? 6 : 60, false, progress.part(0.3, 1)); !ok) return core::pass(ok);
  return table.rows;
}

Rows monodomain_step_heart_rows(bool quick, const core::Progress& progress) {
  RowTable table{"ep/monodomain-step-heart", quick};
  const auto heart = heart_of_the_step(progress.part(0, 0.1));
  if (!heart) return core::pass(heart);
  if (auto ok = step_error_rows(table, "", *heart, quick ? 8 : heart->end_ms, !quick, progress.part(0.1, 1)); !ok) return core::pass(ok);
  return table.rows;
}

Rows beat_of_300k_rows(bool quick, const core::Progress& progress) {
  RowTable table{"ep/beat-300k", quick};
  const ep::ElectroProblem p = beat_of_300k();
  if (auto ok = step_error_rows(table, "", p, quick ? 5 : p.end_ms, !quick, progress); !ok) return core::pass(ok);
  return table.rows;
}

}  // namespace ot::verify
