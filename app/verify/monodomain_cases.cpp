// SPDX-License-Identifier: GPL-3.0-or-later
// Premature beats of the monodomain solver on strands: conduction and block against a fine grid.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"

namespace ot::verify {
namespace {

using nlohmann::json;

constexpr double along_mm2_per_ms = 0.17 * 0.62 / (0.17 + 0.62) / 1.4, across_mm2_per_ms = 0.019 * 0.24 / (0.019 + 0.24) / 1.4;   // chi Cm = 1.4

// Velocity of the second beat (m/s) on the middle third of a strand of one row of cubes, 0 when it is blocked. Lengths go with sqrt(D),
// so that strands along and across fibres see the same wave.
core::Result<double> second_beat(double edge, double diffusivity, double coupling, const core::Progress& progress) {
  const double unit = std::sqrt(diffusivity), length = std::ceil(70 * unit / edge) * edge, at[2] = {24 * unit, 48 * unit};
  const double sigma = diffusivity * 1.4;
  const json spec{{"kind", "tissue"}, {"mesh", {{"box_mm", {length, edge, edge}}, {"edge_mm", edge}, {"split", "alternating"}}},
                  {"fibres", {{"direction", {1, 0, 0}}}},
                  {"conductivity", {{"intra_S_per_m", {2 * sigma, 2 * sigma, 2 * sigma}}, {"extra_S_per_m", {2 * sigma, 2 * sigma, 2 * sigma}}}},
                  {"dt_ms", 0.02}, {"end_ms", coupling + 60},
                  {"stimuli", {{{"box_mm", {{0, 0, 0}, {5 * unit, edge, edge}}}, {"start_ms", {0, coupling}}, {"duration_ms", 2}, {"amplitude_mV_per_ms", 35.714}}}},
                  {"sensors", {{{"activation_at_mm", {{at[0], 0, 0}, {at[1], 0, 0}}}}}}};
  const auto answer = solve::solve(spec, {}, progress);
  if (!answer) return core::pass(answer);
  const auto& q = (*answer)["quantities"];
  if (!q.contains("activation_0_beat_2_ms") || !q.contains("activation_1_beat_2_ms")) return 0.0;
  const auto &a = q["activation_0_beat_2_ms"]["value"], &b = q["activation_1_beat_2_ms"]["value"];
  return a.is_number() && b.is_number() ? (at[1] - at[0]) / (b.get<double>() - a.get<double>()) : 0.0;
}

Rows premature(const std::string& name, double edge, double fine_edge, double diffusivity, bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  if (quick) return rows;
  double block[2] = {0, 0};
  std::map<double, double> velocity[2];
  for (int grid = 0; grid < 2; ++grid)
    for (const double coupling : {360.0, 345.0, 330.0, 320.0, 315.0, 310.0, 305.0, 300.0, 295.0, 290.0}) {
      const auto v = second_beat(grid == 0 ? fine_edge : edge, diffusivity, coupling, progress);
      if (!v) return core::pass(v);
      velocity[grid][coupling] = *v;
      if (*v == 0.0) {
        block[grid] = coupling;
        break;
      }
    }
  const auto add = [&](const std::string& quantity, double value, double reference, double tolerance, bool relative) {
    Row row;
    row.name = name;
    row.quantity = quantity;
    row.value = value;
    row.reference = reference;
    row.tolerance = tolerance;
    row.relative = relative;
    row.source = fmt::format("own run at h {:.3g} mm, the same step and cells (issue 4); default weight", fine_edge);
    row.quick = quick;
    rows.push_back(row);
  };
  for (const double coupling : {360.0, 345.0, 330.0, 320.0})
    add(fmt::format("s2_velocity_m_per_s_at_{:g}_ms", coupling), velocity[1].count(coupling) ? velocity[1][coupling] : 0.0,
        velocity[0].count(coupling) ? velocity[0][coupling] : std::nan(""), 0.10, true);
  add("blocking_interval_ms", block[1], block[0], 10, false);
  return rows;
}

}  // namespace

Rows premature_along(bool quick, const core::Progress& p) { return premature("ep/premature-beat-along-0.5", 0.5, 0.05, along_mm2_per_ms, quick, p); }
// The same number of sqrt(D ms) per cell as 0.05 mm along fibres: the plane wave only knows h / sqrt(D).
Rows premature_across(bool quick, const core::Progress& p) {
  return premature("ep/premature-beat-across-0.3", 0.3, 0.05 * std::sqrt(across_mm2_per_ms / along_mm2_per_ms), across_mm2_per_ms, quick, p);
}

}  // namespace ot::verify
