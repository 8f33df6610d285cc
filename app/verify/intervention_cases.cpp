// SPDX-License-Identifier: GPL-3.0-or-later
// Lesion size against published lesions; the atrial twin of code-generated labels: sinus beat and rings around the veins.
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "app/session/atria.hpp"
#include "app/session/studies.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/hearts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/interventions/ablation/lesion_size.hpp"

namespace ot::verify {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Rows lesion_size_rows(bool quick, const core::Progress&) {
  constexpr const char* name = "ep/lesion-size";
  const auto start = Clock::now();
  constexpr const char* pooled = "mean of 120 ex-vivo lesions each, Sci Rep 2025, 10.1038/s41598-025-06533-5 (abstract; forces pooled, 15 g taken); tolerance: the two standard deviations the model states";
  constexpr const char* single = "mean ex-vivo lesions of 90 W for 4 s at 10 and 20 g, temperature-controlled tip (abstract, QDot-Micro study); tolerance: the two standard deviations the model states";
  const struct { double power, force, time, depth, diameter; const char* source; } measured[] = {{50, 15, 15, 4.49, 9.13, pooled}, {50, 15, 4, 2.42, 6.02, pooled}, {90, 15, 4, 3.16, 7.34, pooled}, {90, 10, 4, 2.9, 6.1, single}, {90, 20, 4, 2.9, 6.8, single}};
  std::vector<Row> rows;
  for (const auto& m : measured) {
    const auto s = interventions::rf_lesion_size({m.power, m.force, m.time});
    const std::string at = fmt::format("{:g}W_{:g}g_{:g}s", m.power, m.force, m.time);
    rows.push_back(timed_row(name, "depth_mm_" + at, s.depth_mm, m.depth, 2 * s.depth_sd_mm, m.source, quick, start));
    rows.push_back(timed_row(name, "diameter_mm_" + at, 2 * s.radius_mm, m.diameter, 4 * s.radius_sd_mm, m.source, quick, start));
  }
  return rows;
}

Rows atria_rows(bool quick, const core::Progress& progress) {
  constexpr const char* name = "ep/atria-sinus-and-pvi";
  auto start = Clock::now();
  session::AtriaCaseParams params;
  params.edge_mm = 1.5;
  const auto made = session::make_atria(four_chambers(), params, progress.part(0, 0.3));
  if (!made) return core::pass(made);
  std::vector<Row> rows;
  const auto templates = ep::make_templates(made->heart->baseline, {});
  if (!templates) return core::pass(templates);
  const auto beat = ep::run_fast(made->heart->baseline, *templates, progress.part(0.3, 0.4));
  if (!beat) return core::pass(beat);
  const auto value = [&](const char* key) {
    for (const auto& q : beat->quantities)
      if (q.key == key) return q.value;
    return std::nan("");
  };
  constexpr const char* normal = "normal P wave 80 to 120 ms (issue 4 and textbook electrocardiography): an interval of 100 +- 20 ms; ellipsoid atria of 75 and 86 ml";
  rows.push_back(timed_row(name, "p_wave_ms", value("p_wave_ms"), 100, 20, normal, quick, start));
  rows.push_back(timed_row(name, "total_activation_ms", value("total_activation_ms"), 100, 20, normal, quick, start));
  rows.push_back(timed_row(name, "activated_percent", value("activated_percent"), 100, 0.1, "healthy atria are activated as a whole", quick, start));
  session::CaseData data;
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "atria";
  twin->heart = made->heart;
  data.twin = twin;
  auto sets = session::atrial_lesion_sets(*twin);
  if (!sets) return core::pass(sets);
  double at = 0.4;
  for (auto& set : *sets) {
    if (set.key == "roof") continue;
    for (const bool closed : {true, false}) {
      start = Clock::now();
      if (!closed) {   // a quarter of the ring is left out
        set.spec.params.set("closed", false);
        set.spec.placement.points_mm.resize(set.spec.placement.points_mm.size() * 3 / 4);
      }
      const auto proof = session::prove_lesions(data, {set.spec}, set.inside, set.outside, progress.part(at, at + 0.15));
      at += 0.15;
      if (!proof) return core::pass(proof);
      constexpr const char* source = "a closed ring through the wall isolates the veins both ways, an open one does not (issue 4)";
      const std::string what = set.key + (closed ? "_closed" : "_open");
      rows.push_back(timed_row(name, "leaves_" + what, std::isfinite(proof->delay_ab_ms), !closed, 0, source, quick, start));
      rows.push_back(timed_row(name, "enters_" + what, std::isfinite(proof->delay_ba_ms), !closed, 0, source, quick, start));
    }
  }
  return rows;
}

}  // namespace ot::verify
