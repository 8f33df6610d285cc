// SPDX-License-Identifier: GPL-3.0-or-later
// Niederer slab converged in space and time without tuning, by two discretisations; the same two on a strand; and the step of the 500 ms beat
// against a fifth of it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/monodomain_block.hpp"
#include "solvers/electrophysiology/conduction_tuning.hpp"
#include "solvers/electrophysiology/monodomain.hpp"

namespace ot::verify {
namespace {

using nlohmann::json;
using Points = std::array<double, 8>;   // P2..P9, ms

// Edges h across and 2 h along fibres: sqrt(D) is 2.75 times larger there, so that along is never the coarser direction.
core::Result<Points> slab_points(double h, double dt, double weight, const core::Progress& progress) {
  const json spec{{"kind", "tissue"}, {"mesh", {{"box_mm", {20, 7, 3}}, {"edge_mm", {2 * h, h, h}}, {"split", "alternating"}}}, {"fibres", {{"direction", {1, 0, 0}}}},
                  {"conductivity", {{"intra_S_per_m", {0.17, 0.019, 0.019}}, {"extra_S_per_m", {0.62, 0.24, 0.24}}}}, {"dt_ms", dt}, {"end_ms", 60},
                  {"conductivity_tuning", "off"}, {"sodium_interpolation_weight", weight}, {"upstroke", weight > 0 ? "sodium_interpolated" : "nodal"},
                  {"stimuli", {{{"box_mm", {{0, 0, 0}, {1.5, 1.5, 1.5}}}, {"start_ms", 0}, {"duration_ms", 2}, {"amplitude_mV_per_ms", 35.714}}}},
                  {"sensors", {{{"activation_at_mm", {{0, 7, 0}, {20, 0, 0}, {20, 7, 0}, {0, 0, 3}, {0, 7, 3}, {20, 0, 3}, {20, 7, 3}, {10, 3.5, 1.5}}}}}}};
  const auto answer = solve::solve(spec, {}, progress);
  if (!answer) return core::pass(answer);
  Points out;
  for (std::size_t p = 0; p < 8; ++p) {
    const auto& value = (*answer)["quantities"][fmt::format("activation_{}_ms", p)]["value"];
    out[p] = value.is_number() ? value.get<double>() : std::nan("");
  }
  return out;
}

// Through three grids a + b h^2 + c h^4, read at h = 0 (Lagrange in h^2).
double at_zero(const std::array<double, 3>& h, const std::array<double, 3>& t) {
  double limit = 0;
  for (std::size_t g = 0; g < 3; ++g) {
    double share = 1;
    for (std::size_t o = 0; o < 3; ++o)
      if (o != g) share *= h[o] * h[o] / (h[o] * h[o] - h[g] * h[g]);
    limit += share * t[g];
  }
  return limit;
}

// Plus what dt^2 adds on the coarsest grid (second-order step: a third of the difference to half the step).
core::Result<Points> converged(const std::array<double, 3>& h, double weight, const core::Progress& progress) {
  constexpr double dt = 0.05;
  std::array<Points, 3> t;
  for (std::size_t g = 0; g < 3; ++g) {
    auto one = slab_points(h[g], dt, weight, progress);
    if (!one) return core::pass(one);
    t[g] = *one;
  }
  auto half = slab_points(h[0], dt / 2, weight, progress);
  if (!half) return core::pass(half);
  Points out;
  for (std::size_t p = 0; p < 8; ++p) out[p] = at_zero(h, {t[0][p], t[1][p], t[2][p]}) + 4.0 / 3 * ((*half)[p] - t[0][p]);
  return out;
}

constexpr std::array<double, 3> slab_grids{1.0 / 8, 1.0 / 12, 1.0 / 16};   // mm across; all divide 20, 7, 3 and, twice, 20

}  // namespace

Rows slab_converged(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  if (quick) return rows;
  auto nodal = converged(slab_grids, 0, progress);
  if (!nodal) return core::pass(nodal);
  auto interpolated = converged(slab_grids, 1, progress);
  if (!interpolated) return core::pass(interpolated);
  const auto add = [&](const std::string& quantity, double value, double reference, double tolerance, bool relative, const std::string& source) {
    Row row;
    row.name = "ep/slab-converged", row.quantity = quantity, row.value = value, row.reference = reference, row.tolerance = tolerance, row.relative = relative;
    row.source = source;
    rows.push_back(row);
  };
  const std::string band = "issue 4: P8 in 41.7-43.2 ms; Niederer 2011: 42.5-43.0; tuning off, h 1/8, 1/12, 1/16 mm across and twice that along, to h = 0 and dt = 0";
  add("P8_ms_nodal", (*nodal)[6], 42.45, 0.75, false, band);
  add("P8_ms_sodium_interpolated", (*interpolated)[6], 42.45, 0.75, false, band);
  for (std::size_t p = 0; p < 8; ++p)
    add(fmt::format("P{}_ms_sodium_interpolated_against_nodal", p + 2), (*interpolated)[p], (*nodal)[p], 0.01, true, "two discretisations, each extrapolated (issue 4: 1 %)");
  return rows;
}

// The two discretisations of ep/slab-converged on a strand, where fine grids cost nothing: do they tend to one velocity, and what do the slab's grids
// make of it? Lengths in sqrt(D ms).
Rows strand_converged(bool quick, const core::Progress&) {
  const auto start = std::chrono::steady_clock::now();
  const auto* const family = ep::find_ionic_family("ten_tusscher_panfilov_2006");
  const auto parameters = family->parameters(ep::CellType::epi, {}), initial = family->initial(ep::CellType::epi);
  const double across = std::sqrt(0.019 * 0.24 / (0.019 + 0.24) / 1.4);   // mm, chi Cm = 1.4: the slab's sqrt(D ms) across fibres
  const auto time = [&](const std::array<double, 3>& q, double weight) {   // of travel over one length
    std::array<double, 3> t;
    for (std::size_t g = 0; g < 3; ++g) t[g] = 1 / ep::strand_velocity(*family, parameters, initial, q[g], 0.02, weight);
    return at_zero(q, t);
  };
  const std::array<double, 3> fine{0.05, 0.1, 0.15}, slab{slab_grids[0] / across, slab_grids[1] / across, slab_grids[2] / across};
  const double nodal = time(fine, 0), interpolated = time(fine, 1);
  const char* const own = "own strand, q = h / sqrt(D ms) 0.05, 0.1, 0.15, extrapolated as the slab; dt 0.02, TT06 epi";
  std::vector<Row> rows;
  rows.push_back(timed_row("ep/strand-converged", "velocity_sodium_interpolated_over_nodal", nodal / interpolated, 1, 0.001, own, quick, start));
  rows.push_back(timed_row("ep/strand-converged", "velocity_nodal_in_sqrt_D_per_ms", 1 / nodal, 1.989, 0.01 * 1.989, "design/ep-numerics.md section 3: 1.989 at dt 0; dt 0.02 takes 0.5 %", quick, start));
  const char* const bias = "what the grids of ep/slab-converged add to an arrival time across fibres: bound 3 %, so that its figures are read as they are meant";
  rows.push_back(timed_row("ep/strand-converged", "slab_grids_over_fine_nodal", time(slab, 0) / nodal, 1, 0.03, bias, quick, start));
  rows.push_back(timed_row("ep/strand-converged", "slab_grids_over_fine_sodium_interpolated", time(slab, 1) / interpolated, 1, 0.03, bias, quick, start));
  return rows;
}

// Every node of blocks like bench ep/beat-300k's (nodes moved, fibres that turn) and of regular boxes with fibres askew: the largest change of activation
// from dt 0.01 to 0.05, after the stimulus. One place can hide a node whose upstroke stalls at 0 mV.
Rows beat_step_every_node(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  const auto add = [&](const std::string& what, const ep::ElectroProblem& p) -> core::Result<void> {
    const auto start = std::chrono::steady_clock::now();
    constexpr double end_ms = 45;
    const auto value = against_finer_step(p, end_ms, progress);
    if (!value) return core::pass(value);
    const bool all = value->nodes == long(p.mesh->nodes.size());
    rows.push_back(timed_row("ep/beat-step-every-node", "largest_change_of_activation_" + what, all ? value->activation : std::nan(""), 0, 0.03, "own run at dt 0.01 ms; issue 4: activation within 3 %", quick, start));
    return {};
  };
  if (const auto ok = add("moved_nodes_turning_fibres", monodomain_block({6, 4, 2.4}, 0.4, true)); !ok) return core::pass(ok);
  for (const core::Vec3& f : {core::Vec3(1, 0.7, 0.4), core::Vec3(1, -0.5, 0.2), core::Vec3(1, 1, 1)}) {
    auto p = monodomain_block({8, 2.4, 1.2}, 0.4, false);
    auto fibres = std::make_shared<ep::FibreField>();
    fibres->f.assign(p.mesh->tets.size(), f.normalized());
    fibres->s.assign(p.mesh->tets.size(), f.cross(core::Vec3(0, 0, 1)).normalized());
    p.fibres = fibres;
    if (const auto ok = add(fmt::format("fibres_{:g}_{:g}_{:g}", f.x(), f.y(), f.z()), p); !ok) return core::pass(ok);
  }
  return rows;
}

// The step of bench ep/beat-300k: dt 0.05 against 0.01 on a small block whose fibres lie askew to its edges.
Rows beat_step(bool quick, const core::Progress& progress) {
  const auto run = [&](double dt) {
    const json spec{{"kind", "tissue"}, {"mesh", {{"box_mm", {8, 2.4, 1.2}}, {"edge_mm", 0.4}, {"split", "alternating"}}}, {"fibres", {{"direction", {1, 0.7, 0.4}}}},
                    {"conductivity", {{"intra_S_per_m", {0.17, 0.019, 0.019}}, {"extra_S_per_m", {0.62, 0.24, 0.24}}}}, {"dt_ms", dt}, {"end_ms", 450},
                    {"stimuli", {{{"box_mm", {{0, 0, 0}, {1.2, 2.4, 1.2}}}, {"start_ms", 0}, {"duration_ms", 2}, {"amplitude_mV_per_ms", 35.714}}}},
                    {"sensors", {{{"activation_at_mm", {{4, 1.2, 0.4}, {8, 0, 0}, {8, 2.4, 1.2}}}}}}};
    return solve::solve(spec, {}, progress);
  };
  const auto coarse = run(0.05);
  if (!coarse) return core::pass(coarse);
  const auto fine = run(0.01);
  if (!fine) return core::pass(fine);
  std::vector<Row> rows;
  const auto add = [&](const std::string& key, const std::string& quantity, double tolerance, bool relative) {
    const auto &a = (*coarse)["quantities"][key]["value"], &b = (*fine)["quantities"][key]["value"];
    Row row;
    row.name = "ep/beat-step", row.quantity = quantity;
    row.value = a.is_number() ? a.get<double>() : std::nan(""), row.reference = b.is_number() ? b.get<double>() : std::nan("");
    row.tolerance = tolerance, row.relative = relative, row.quick = quick;
    row.source = "own run at dt 0.01 ms; issue 4: activation within 3 %, APD within 1 ms";
    row.wall_s = (*coarse)["wall_s"].get<double>();
    rows.push_back(row);
  };
  for (int place = 0; place < 3; ++place) {
    add(fmt::format("activation_{}_ms", place), fmt::format("activation_at_place_{}_ms", place + 1), 0.03, true);
    add(fmt::format("apd90_{}_beat_1_ms", place), fmt::format("apd90_at_place_{}_ms", place + 1), 1.0, false);
  }
  return rows;
}

}  // namespace ot::verify
