// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/hash.hpp"

namespace ot::verify {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

Rows pipe(const std::string& name, const std::string& mode, double edge, double tolerance, bool quick, const core::Progress& progress) {
  const auto answer = solve::solve(json::parse(pipe_case(edge, mode.c_str())), {}, progress);
  if (!answer) return core::pass(answer);
  // gradient over the middle half of the pipe: the ends feel the caps
  const auto& curve = (*answer)["series"]["pressure_along_centreline"];
  double s0 = 0, s1 = 0, s2 = 0, t0 = 0, t1 = 0;
  for (std::size_t i = 0; i < curve["arc_mm"].size(); ++i) {
    const double x = curve["arc_mm"][i].get<double>();
    if (x < 5 || x > 15 || curve["values"][i].is_null()) continue;
    const double y = curve["values"][i].get<double>();
    s0 += 1, s1 += x, s2 += x * x, t0 += y, t1 += x * y;
  }
  Row row;
  row.name = name;
  row.quantity = "pressure_gradient_Pa_per_mm";
  row.value = -(s0 * t1 - s1 * t0) / (s0 * s2 - s1 * s1);
  row.reference = 8 * 0.0035 * 1000.0 / (M_PI * std::pow(2.0, 4));
  row.tolerance = tolerance;
  row.source = "Hagen-Poiseuille, 8 mu Q / (pi R^4)";
  row.wall_s = (*answer)["wall_s"].get<double>();
  row.quick = quick;
  return std::vector<Row>{with_settings(std::move(row), pipe_settings(edge, mode.c_str()))};
}

}  // namespace

// R 2 mm, L 20 mm, Q 1000 mm3/s: Re = 4 rho Q / (pi mu D) = 96.
std::string pipe_case(double edge, const char* mode) {
  return json{{"kind", "flow"}, {"domain", {{"tube_mm", {{"radius", 2.0}, {"length", 20.0}}}, {"edge_mm", edge}}}, {"inlets", {{{"cap", 1}, {"flow_mm3_per_s", {{0.0, 1000.0}}}, {"profile", "parabolic"}}}},
              {"outlets", {{{"cap", 2}, {"resistance_Pa_s_per_mm3", 0.1}}}}, {"mode", mode}, {"sections", 40}}.dump();
}

std::string pipe_settings(double edge, const char* mode) { return fmt::format("steady, defaults of solve, edge {:g} mm; case {}", edge, core::sha256_hex(pipe_case(edge, mode)).substr(0, 16)); }

Rows poiseuille_pressure(bool quick, const core::Progress& p) { return pipe("flow/poiseuille-pressure", "full", quick ? 0.3 : 0.25, 0.01, quick, p); }
Rows poiseuille_network(bool quick, const core::Progress& p) { return pipe("flow/poiseuille-network", "fast", 0.4, 0.01, quick, p); }

Rows phantom_dice(bool quick, const core::Progress& progress) {
  if (quick) return std::vector<Row>{};
  const auto start = Clock::now();
  auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.2));
  if (!phantom) return core::pass(phantom);
  auto segmented = imaging::find_recipe("cardiac_ct")->run(phantom->ct, progress.part(0.2, 1));
  if (!segmented) return core::pass(segmented);
  std::vector<Row> rows;
  for (const int label : {core::labels::lv_blood_pool, core::labels::lv_myocardium, core::labels::aorta}) {
    Row row;
    row.name = "imaging/phantom-dice";
    for (const auto& l : core::labels::heart())
      if (l.value == label) row.quantity = "dice_" + l.key;
    row.value = core::dice(segmented->labels, phantom->truth, label);
    row.reference = 1.0;
    row.tolerance = 0.10;   // Dice >= 0.90: issue 2
    row.source = "known truth of the phantom";
    row.wall_s = std::chrono::duration<double>(Clock::now() - start).count();
    rows.push_back(row);
  }
  return rows;
}

Rows phantom_mesh(bool quick, const core::Progress& progress) {
  const auto start = Clock::now();
  auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.3));
  if (!phantom) return core::pass(phantom);
  imaging::HeartMeshParams params;
  params.edge_mm = quick ? 2.0 : 1.2;
  auto mesh = imaging::biventricular_mesh(phantom->truth, {}, params, progress.part(0.3, 1));
  if (!mesh) return core::pass(mesh);
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  const auto row = [&](const std::string& quantity, double value, double reference, double tolerance) {
    Row r;
    r.name = "mesh/phantom-quality";
    r.quantity = quantity;
    r.value = value;
    r.reference = reference;
    r.tolerance = tolerance;
    r.relative = false;
    r.source = "issue 3: zero inverted, smallest dihedral >= 8 degrees, median >= 40";
    r.wall_s = wall;
    r.quick = quick;
    return r;
  };
  return std::vector<Row>{row("inverted", static_cast<double>(mesh->quality.inverted), 0, 0), row("dihedral_below_8_deg", std::max(0.0, 8.0 - mesh->quality.min_dihedral_deg), 0, 0),
                          row("median_below_40_deg", std::max(0.0, 40.0 - mesh->quality.median_dihedral_deg), 0, 0), row("parts", static_cast<double>(mesh->quality.parts), 1, 0)};
}

}  // namespace ot::verify
