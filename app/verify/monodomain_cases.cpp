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

constexpr const char* coarse_words = "coarse for conduction";   // of the solver's note

constexpr double along_mm2_per_ms = 0.17 * 0.62 / (0.17 + 0.62) / 1.4, across_mm2_per_ms = 0.019 * 0.24 / (0.019 + 0.24) / 1.4;   // chi Cm = 1.4

struct SecondBeat {
  double velocity = 0;      // m/s; 0: blocked
  bool coarse_said = false;  // the run warns that its cells are too coarse
};

// Velocity of the second beat on the middle third of a strand of one row of cubes. Lengths go with sqrt(D),
// so that strands along and across fibres see the same wave.
core::Result<SecondBeat> second_beat(double edge, double diffusivity, double coupling, const core::Progress& progress) {
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
  SecondBeat out;
  for (const auto& note : (*answer)["notes"]) out.coarse_said = out.coarse_said || note.get<std::string>().find(coarse_words) != std::string::npos;
  const auto& q = (*answer)["quantities"];
  if (!q.contains("activation_0_beat_2_ms") || !q.contains("activation_1_beat_2_ms")) return out;
  const auto &a = q["activation_0_beat_2_ms"]["value"], &b = q["activation_1_beat_2_ms"]["value"];
  if (a.is_number() && b.is_number()) out.velocity = (at[1] - at[0]) / (b.get<double>() - a.get<double>());
  return out;
}

struct Premature {
  std::map<double, double> velocity;   // of each coupling, m/s
  double block = 0;                    // longest coupling that is blocked
  bool coarse_said = false;
};

core::Result<Premature> premature_beats(double edge, double diffusivity, const core::Progress& progress) {
  Premature out;
  for (const double coupling : {360.0, 345.0, 330.0, 320.0, 315.0, 310.0, 305.0, 300.0, 295.0, 290.0}) {
    const auto beat = second_beat(edge, diffusivity, coupling, progress);
    if (!beat) return core::pass(beat);
    out.velocity[coupling] = beat->velocity;
    out.coarse_said = out.coarse_said || beat->coarse_said;
    if (beat->velocity == 0.0) {
      out.block = coupling;
      break;
    }
  }
  return out;
}

constexpr double couplings[] = {360.0, 345.0, 330.0, 320.0};
double velocity_at(const Premature& p, double coupling, double otherwise) {
  const auto at = p.velocity.find(coupling);
  return at == p.velocity.end() ? otherwise : at->second;
}
// The same number of sqrt(D ms) per cell as 0.05 mm along fibres: the plane wave only knows h / sqrt(D).
const double fine_across = 0.05 * std::sqrt(across_mm2_per_ms / along_mm2_per_ms);

Rows premature(const std::string& name, double edge, double fine_edge, double diffusivity, bool quick, const core::Progress& progress) {
  RowTable table{name, quick};
  if (quick) return table.rows;
  const auto fine = premature_beats(fine_edge, diffusivity, progress);
  if (!fine) return core::pass(fine);
  const auto coarse = premature_beats(edge, diffusivity, progress);
  if (!coarse) return core::pass(coarse);
  const std::string source = fmt::format("own run at h {:.3g} mm, the same step and cells (issue 4); default weight", fine_edge);
  for (const double c : couplings) table.add_relative(fmt::format("s2_velocity_m_per_s_at_{:g}_ms", c), velocity_at(*coarse, c, 0.0), velocity_at(*fine, c, std::nan("")), 0.10, source);
  table.add("blocking_interval_ms", coarse->block, fine->block, 10, source);
  return table.rows;
}

}  // namespace

Rows premature_along(bool quick, const core::Progress& p) { return premature("ep/premature-beat-along-0.5", 0.5, 0.05, along_mm2_per_ms, quick, p); }
Rows premature_across(bool quick, const core::Progress& p) { return premature("ep/premature-beat-across-0.3", 0.3, fine_across, across_mm2_per_ms, quick, p); }

// 0.5 mm across fibres is too coarse for a bound: the figures are reported in the source, and what must hold is that the run warns.
Rows premature_across_coarse(bool quick, const core::Progress& progress) {
  RowTable table{"ep/premature-beat-across-0.5", quick};
  if (quick) return table.rows;
  const auto fine = premature_beats(fine_across, across_mm2_per_ms, progress);
  if (!fine) return core::pass(fine);
  const auto coarse = premature_beats(0.5, across_mm2_per_ms, progress);
  if (!coarse) return core::pass(coarse);
  std::string reported;
  for (const double c : couplings) reported += fmt::format("{}S2 {:g} ms {:+.1f} %", reported.empty() ? "" : ", ", c, 100 * (velocity_at(*coarse, c, 0.0) / velocity_at(*fine, c, std::nan("")) - 1));
  table.add("run_warns_of_coarse_cells", coarse->coarse_said, 1, 0, fmt::format("issue 4: reported and warned about; velocity against h {:.3g} mm: {}; block {:g} against {:g} ms", fine_across, reported, coarse->block, fine->block));
  return table.rows;
}

}  // namespace ot::verify
