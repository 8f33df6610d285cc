// SPDX-License-Identifier: GPL-3.0-or-later
// Spiral wave and figure of eight on a sheet one element thick, Mitchell-Schaeffer, cross-field S1-S2: period under refinement, and
// singularities. No period is published for these parameters: the reference is our own finer grid.
#include <fmt/format.h>

#include <cmath>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"

namespace ot::verify {
namespace {

using nlohmann::json;

// g_Na 0.7: tau_in 0.43 ms, a wave of 0.26 m/s and 188 ms at D 0.1 mm2/ms, so that a turn fits into 50 mm. S1 is the left edge. S2 comes when
// the tail of S1 is in the middle: a quarter of the sheet makes one spiral, a strip with two free ends a pair.
constexpr double side_mm = 50, end_ms = 2000, settled_ms = 1000;
json sheet(double h, bool eight) {
  const json s2 = eight ? json{{0, 15, 0}, {25, 35, h}} : json{{0, 0, 0}, {25, 25, h}};
  const auto stimulus = [&](const json& box, double at) { return json{{"box_mm", box}, {"start_ms", at}, {"duration_ms", 2}, {"amplitude_mV_per_ms", 30}}; };
  return {{"kind", "tissue"}, {"model", "mitchell_schaeffer_2003"}, {"mesh", {{"box_mm", {side_mm, side_mm, h}}, {"edge_mm", h}, {"split", "alternating"}}},
          {"conductivity", {{"intra_S_per_m", {0.28, 0.28, 0.28}}, {"extra_S_per_m", {0.28, 0.28, 0.28}}}}, {"channels", {{"g_Na", 0.7}}}, {"dt_ms", 0.1}, {"end_ms", end_ms},
          {"stimuli", {stimulus({{0, 0, 0}, {2, side_mm, h}}, 0), stimulus(s2, 330)}}, {"rotation", {{"from_ms", settled_ms}, {"every_ms", 5}, {"reach_mm", 5}}}};
}

Rows rotate(const std::string& name, bool eight, bool quick, const core::Progress& progress) {
  const double coarse = 0.7, fine = 0.5;   // at 1 mm (h / sqrt D 3.2) the spiral is 2.8 % fast
  double period[2] = {0, 0}, places[2] = {0, 0}, wall[2] = {0, 0};
  for (int k = 0; k < 2; ++k) {
    const auto answer = solve::solve(sheet(k == 0 ? coarse : fine, eight), {}, progress);
    if (!answer) return core::pass(answer);
    const auto& q = (*answer)["quantities"];
    period[k] = q["rotation_period_ms"]["value"].get<double>();
    places[k] = q["singularities"]["value"].get<double>();
    wall[k] = (*answer)["wall_s"].get<double>();
  }
  std::vector<Row> rows;
  const auto add = [&](const std::string& quantity, double value, double reference, double tolerance, bool relative, const std::string& source, double seconds) {
    Row row;
    row.name = name, row.quantity = quantity, row.value = value, row.reference = reference, row.tolerance = tolerance, row.relative = relative;
    row.source = source, row.wall_s = seconds, row.quick = quick;
    rows.push_back(row);
  };
  add(fmt::format("period_ms_at_{:g}_mm", coarse), period[0], period[1] > 0 ? period[1] : std::nan(""), 0.02, true, fmt::format("own run at {:g} mm: 2 % under refinement (issue 4)", fine), wall[0]);
  for (int k = 0; k < 2; ++k)
    add(fmt::format("places_with_singularities_at_{:g}_mm", k == 0 ? coarse : fine), places[k], eight ? 2 : 1, 0, false, "one tip of a spiral, two of a pair", wall[k]);
  return rows;
}

}  // namespace

Rows spiral_wave(bool quick, const core::Progress& p) { return rotate("ep/spiral-wave", false, quick, p); }
Rows figure_of_eight(bool quick, const core::Progress& p) { return rotate("ep/spiral-figure-of-eight", true, quick, p); }

}  // namespace ot::verify
