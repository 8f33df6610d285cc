// SPDX-License-Identifier: GPL-3.0-or-later
// Niederer slab converged in space and time without tuning, by two discretisations; and the step of the 500 ms beat against a fifth of it.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"

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

// Through three grids a + b h^2 + c h^4, read at h = 0, plus what dt^2 adds on the coarsest (second-order step: a third of the
// difference to half the step).
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
  for (std::size_t p = 0; p < 8; ++p) {
    double limit = 0;
    for (std::size_t g = 0; g < 3; ++g) {   // Lagrange in h^2 at 0
      double share = 1;
      for (std::size_t o = 0; o < 3; ++o)
        if (o != g) share *= h[o] * h[o] / (h[o] * h[o] - h[g] * h[g]);
      limit += share * t[g][p];
    }
    out[p] = limit + 4.0 / 3 * ((*half)[p] - t[0][p]);
  }
  return out;
}

}  // namespace

Rows slab_converged(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  if (quick) return rows;
  const std::array<double, 3> grids{1.0 / 8, 1.0 / 12, 1.0 / 16};   // mm across; all divide 20, 7, 3 and, twice, 20
  auto nodal = converged(grids, 0, progress);
  if (!nodal) return core::pass(nodal);
  auto interpolated = converged(grids, 1, progress);
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
