// SPDX-License-Identifier: GPL-3.0-or-later
// Rows and bench of the lumped (0D) networks. The reference tables lie in $ORGANTWIN_SHARED/reference/hemodynamics/svzerod_cases.
#include "app/verify/lumped_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <sstream>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::verify {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Wall = std::chrono::steady_clock;

using Table = std::map<std::string, std::map<std::string, std::vector<std::pair<double, double>>>>;  // name, column, (time, value)

core::Result<Table> read_table(const std::string& text, const std::string& what) {
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  const auto split = [](const std::string& s) {
    std::vector<std::string> out;
    std::istringstream parts(s);
    for (std::string p; std::getline(parts, p, ',');) {
      if (!p.empty() && p.back() == '\r') p.pop_back();
      out.push_back(p);
    }
    return out;
  };
  const auto columns = split(line);
  Table table;
  while (std::getline(in, line)) {
    const auto cells = split(line);
    if (cells.size() != columns.size()) return core::bad_input(fmt::format("{} has a line with {} of {} columns (it cannot be compared). Use the table as delivered.", what, cells.size(), columns.size()));
    for (std::size_t k = 2; k < cells.size(); ++k) table[cells[0]][columns[k]].emplace_back(std::strtod(cells[1].c_str(), nullptr), std::strtod(cells[k].c_str(), nullptr));
  }
  return table;
}

fs::path cases_folder() {
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  const fs::path folder = shared && *shared ? fs::path(shared) / "reference/hemodynamics/svzerod_cases" : fs::path();
  return !folder.empty() && fs::exists(folder / "result") ? folder : fs::path();
}

core::Result<std::vector<SeriesGap>> gaps_between(const Table& table, const hemo::lumped::Result& run);

SeriesGap worst_of(const std::vector<SeriesGap>& gaps) {
  return *std::max_element(gaps.begin(), gaps.end(), [](const SeriesGap& a, const SeriesGap& b) { return a.relative < b.relative; });
}

// The source's own scheme (generalised alpha), at a 16th and a 32nd of the case's step and Richardson's extrapolation of the two at second
// order: how far the published table is from it, which no correct integrator can be nearer to, and how far our own integrator.
struct Refined {
  std::string said;
  double table = 0;   // the least of the three
};
core::Result<Refined> against_refined(const std::string& text, const Table& table, const hemo::lumped::Result& own, const core::Progress& progress) {
  Refined out;
  out.table = INFINITY;
  hemo::lumped::Result coarse;
  for (const int refine : {16, 32}) {
    auto run = hemo::lumped::run(text, {hemo::lumped::Scheme::generalised_alpha, refine}, progress);
    if (!run) {
      out.said += fmt::format("; the source's scheme at 1/{} of the step: {}", refine, run.error().message);
      return out;
    }
    for (const bool extrapolated : {false, true}) {
      if (extrapolated && refine == 16) break;
      auto compared = *run;
      if (extrapolated)
        for (std::size_t k = 0; k < compared.y.size(); ++k)
          for (std::size_t v = 0; v < compared.y[k].size(); ++v) compared.y[k][v] += (compared.y[k][v] - coarse.y[k][v]) / 3;
      auto of_table = gaps_between(table, compared);
      if (!of_table) return core::pass(of_table);
      const SeriesGap published = worst_of(*of_table), ours = worst_of(gaps_between_runs(own, compared));
      out.table = std::min(out.table, published.relative);
      out.said += fmt::format("; from the source's scheme {}: table {:.2e} ({}), own {:.2e} ({})", extrapolated ? std::string("extrapolated") : fmt::format("at 1/{} of the step", refine), published.relative, published.series, ours.relative,
                              ours.series);
    }
    coarse = std::move(*run);
  }
  return out;
}

std::vector<fs::path> tables() {
  std::vector<fs::path> found;
  const fs::path folder = cases_folder();
  if (folder.empty()) return found;
  for (const auto& entry : fs::directory_iterator(folder / "result")) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

fs::path case_of(const fs::path& table) { return table.parent_path().parent_path() / "input" / (table.stem().string() + ".json"); }

Row row_of(const std::string& name, const fs::path& table, const std::string& what, const std::vector<SeriesGap>& gaps, double tolerance, bool quick, Wall::time_point start) {
  const SeriesGap worst = worst_of(gaps);
  Row row;
  row.name = name + "/" + table.stem().string();
  row.quantity = fmt::format("{}_of_{}_series_relative_to_their_maximum (worst: {})", what, gaps.size(), worst.series);
  row.value = worst.relative;
  row.tolerance = tolerance;
  row.relative = false;
  row.source = "svZeroDSolver c7b0ca0, tests/cases (10 decimals)";
  row.wall_s = std::chrono::duration<double>(Wall::now() - start).count();
  row.quick = quick;
  return row;
}

}  // namespace

core::Result<std::vector<SeriesGap>> compare_lumped(const fs::path& case_json, const fs::path& result_csv, const hemo::lumped::Options& options, const core::Progress& progress) {
  auto text = core::read_file(case_json);
  if (!text) return core::pass(text);
  auto reference_text = core::read_file(result_csv);
  if (!reference_text) return core::pass(reference_text);
  auto reference = read_table(*reference_text, result_csv.string());
  if (!reference) return core::pass(reference);
  auto run = hemo::lumped::run(*text, options, progress);
  if (!run) return core::pass(run);
  return gaps_between(*reference, *run);
}

namespace {

core::Result<std::vector<SeriesGap>> gaps_between(const Table& table, const hemo::lumped::Result& of) {
  const Table* const reference = &table;
  const hemo::lumped::Result* const run = &of;
  std::map<std::string, std::map<std::string, int>> variable;
  for (std::size_t k = 0; k < run->variables.size(); ++k) variable[run->variables[k]]["y"] = int(k);
  for (const auto& v : run->vessels) variable[v.name] = {{"flow_in", v.flow_in}, {"flow_out", v.flow_out}, {"pressure_in", v.pressure_in}, {"pressure_out", v.pressure_out}};
  std::vector<SeriesGap> gaps;
  for (const auto& [name, columns] : *reference)
    for (const auto& [column, curve] : columns) {
      if (!variable.count(name) || !variable[name].count(column)) return core::bad_input(fmt::format("The run has no series {} {} (the table names one). Case and table do not belong together.", name, column));
      const int k = variable[name][column];
      SeriesGap gap;
      gap.series = name + " " + column;
      double most = 0;
      for (const auto& [t, v] : curve) most = std::max(most, std::abs(v));
      for (const auto& [t, v] : curve) {
        auto at = std::lower_bound(run->t.begin(), run->t.end(), t);
        if (at == run->t.end() || (at != run->t.begin() && t - *(at - 1) < *at - t)) --at;
        if (std::abs(*at - t) > 1e-6) return core::bad_input(fmt::format("The run has no time point {} (the table has one). Case and table do not belong together.", t));
        gap.relative = std::max(gap.relative, std::abs(run->y[std::size_t(at - run->t.begin())][std::size_t(k)] - v) / (most > 0 ? most : 1.0));
        ++gap.points;
      }
      gaps.push_back(gap);
    }
  if (gaps.empty()) return core::bad_input("The table holds no series (nothing was compared). Use the table as delivered.");
  return gaps;
}

}  // namespace

std::vector<SeriesGap> gaps_between_runs(const hemo::lumped::Result& run, const hemo::lumped::Result& reference) {
  std::vector<SeriesGap> gaps;
  for (std::size_t v = 0; v < reference.variables.size(); ++v) {
    SeriesGap gap;
    gap.series = reference.variables[v];
    double most = 0;
    for (const auto& y : reference.y) most = std::max(most, std::abs(y[v]));
    OT_EXPECT(run.y.size() == reference.y.size());
    for (std::size_t k = 0; k < reference.y.size(); ++k, ++gap.points) gap.relative = std::max(gap.relative, std::abs(run.y[k][v] - reference.y[k][v]) / (most > 0 ? most : 1.0));
    gaps.push_back(std::move(gap));
  }
  return gaps;
}

std::string generated_tree(int levels, int points_per_cycle, int cycles) {
  constexpr double rho = 1.06, mu = 0.04;      // g/cm3, poise: cgs units as svZeroDSolver's vascular cases
  constexpr double eh_over_r = 2.5e6;          // dyn/cm2: Eh/r of large arteries
  const double murray = std::pow(2.0, -1.0 / 3.0);
  json vessels = json::array(), junctions = json::array(), conditions = json::array();
  json q = json::array(), t = json::array();
  for (int k = 0; k < points_per_cycle; ++k) {
    const double x = double(k) / (points_per_cycle - 1);
    t.push_back(x);
    q.push_back(80 + 60 * std::sin(2 * std::numbers::pi * x) + 25 * std::sin(4 * std::numbers::pi * x));
  }
  q.back() = q.front();
  conditions.push_back({{"bc_name", "INFLOW"}, {"bc_type", "FLOW"}, {"bc_values", {{"Q", q}, {"t", t}}}});
  int id = 0;
  const int leaves = 1 << (levels - 1);
  for (int level = 0; level < levels; ++level)
    for (int k = 0; k < (1 << level); ++k, ++id) {
      const double r = 0.6 * std::pow(murray, level), length = 20 * r, area = std::numbers::pi * r * r;
      json v{{"vessel_id", id}, {"vessel_name", fmt::format("v{}", id)}, {"vessel_length", length}, {"zero_d_element_type", "BloodVessel"}};
      v["zero_d_element_values"] = {{"R_poiseuille", 8 * mu * length / (std::numbers::pi * std::pow(r, 4))}, {"C", 1.5 * area * length / eh_over_r}, {"L", rho * length / area}, {"stenosis_coefficient", 0.1 * rho / (2 * area * area)}};
      if (level == 0) v["boundary_conditions"]["inlet"] = "INFLOW";
      if (level == levels - 1) {
        const std::string out = fmt::format("OUT{}", id);
        v["boundary_conditions"]["outlet"] = out;
        conditions.push_back({{"bc_name", out}, {"bc_type", "RCR"}, {"bc_values", {{"Rp", 100.0 * leaves}, {"C", 1e-3 / leaves}, {"Rd", 1400.0 * leaves}, {"Pd", 0.0}}}});
      } else {
        const int child = (1 << (level + 1)) - 1 + 2 * k;
        junctions.push_back({{"junction_name", fmt::format("J{}", id)}, {"junction_type", "NORMAL_JUNCTION"}, {"inlet_vessels", {id}}, {"outlet_vessels", {child, child + 1}}});
      }
      vessels.push_back(std::move(v));
    }
  return json{{"simulation_parameters", {{"number_of_cardiac_cycles", cycles}, {"number_of_time_pts_per_cardiac_cycle", points_per_cycle}}}, {"boundary_conditions", conditions}, {"junctions", junctions}, {"vessels", vessels}}.dump();
}

Rows lumped_svzerod(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  for (const fs::path& table : tables()) {
    const auto start = Wall::now();
    auto gaps = compare_lumped(case_of(table), table, {}, progress);
    if (!gaps) return core::pass(gaps);
    rows.push_back(row_of("flow/lumped/svzerod", table, "largest_difference", *gaps, 1e-6, quick, start));
  }
  return rows;
}

// Issue 5, "our own integrator at half the step agrees to 1e-4": with itself at the case's step in every series; and with the table, where
// the table is within 1e-4 of what the source's scheme gives when its step is refined. Where it is not, no integrator that is right can be
// nearer, so the row says how far table and own are from that and compares nothing with the table.
Rows lumped_own(bool quick, const core::Progress& progress) {
  constexpr double agrees = 1e-4;
  std::vector<Row> rows;
  for (const fs::path& table : tables()) {
    const auto start = Wall::now();
    auto text = core::read_file(case_of(table)), reference_text = core::read_file(table);
    if (!text) return core::pass(text);
    if (!reference_text) return core::pass(reference_text);
    auto published = read_table(*reference_text, table.string());
    if (!published) return core::pass(published);
    auto at_step = hemo::lumped::run(*text, {hemo::lumped::Scheme::own, 1}, progress);
    if (!at_step) return core::pass(at_step);
    auto at_half = hemo::lumped::run(*text, {hemo::lumped::Scheme::own, 2}, progress);
    if (!at_half) return core::pass(at_half);
    Row itself = row_of("flow/lumped/own-half-step", table, "own_integrator_at_the_step_of_the_case_against_itself_at_half_the_step", gaps_between_runs(*at_step, *at_half), agrees, quick, start);
    itself.source = fmt::format("svZeroDSolver c7b0ca0, tests/cases; {} steps of the case in {} parts, at half the step {} in {}", at_step->steps, at_step->parts, at_half->steps, at_half->parts);
    auto gaps = gaps_between(*published, *at_half);
    if (!gaps) return core::pass(gaps);
    Row with_table = row_of("flow/lumped/own-half-step", table, "own_at_half_the_step_against_the_table,_largest_difference", *gaps, agrees, quick, start);
    if (with_table.value <= agrees) {
      rows.push_back(std::move(itself)), rows.push_back(std::move(with_table));
      continue;
    }
    auto refined = against_refined(*text, *published, *at_half, progress);
    if (!refined) return core::pass(refined);
    const bool reference = refined->table <= agrees;
    (reference ? with_table : itself).source += refined->said;
    if (!reference) itself.source += fmt::format("; from the table {:.2e} ({}): not scored, the table is not a solution of its equations to 1e-4", with_table.value, worst_of(*gaps).series);
    rows.push_back(std::move(itself));
    if (reference) rows.push_back(std::move(with_table));
  }
  return rows;
}

namespace {
constexpr int tree_points[] = {101, 501};   // per cycle
std::string tree_case(int points) { return generated_tree(8, points, 3); }   // 255 vessels
std::string tree_settings(int points) { return fmt::format("255 vessels, 3 cycles of {} points, generalised alpha of the source, its tolerances; case {}", points, core::sha256_hex(tree_case(points)).substr(0, 16)); }
}  // namespace

Rows lumped_tree(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  for (const int points : tree_points) {
    const auto start = Wall::now();
    auto timed = hemo::lumped::run(tree_case(points), {}, progress);
    if (!timed) return core::pass(timed);
    auto own = hemo::lumped::run(tree_case(points), {hemo::lumped::Scheme::own, 1}, progress);
    if (!own) return core::pass(own);
    const auto worst = worst_of(gaps_between_runs(*timed, *own));
    rows.push_back(timed_row("flow/lumped/tree-255", fmt::format("largest_difference_of_any_variable_to_our_own_integrator_at_{}_points_a_cycle", points), worst.relative, 0, 1e-3, "Radau IIA of order 5 with error control, of its largest value; " + worst.series, quick, start));
    rows.back() = with_settings(rows.back(), tree_settings(points));
  }
  return rows;
}

BenchRows bench_lumped_tree(const core::Progress& progress) {
  std::vector<BenchRow> rows;
  for (const int points : tree_points) {
    const std::string text = tree_case(points);
    const auto start = Wall::now();
    const std::clock_t cpu = std::clock();
    auto r = hemo::lumped::run(text, {}, progress);
    if (!r) return core::pass(r);
    const double wall = std::chrono::duration<double>(Wall::now() - start).count(), used = double(std::clock() - cpu) / CLOCKS_PER_SEC;
    // 12 bytes per entry of the matrix and of L and U, about 6 entries per unknown, twice per Newton iteration
    const double bytes = double(r->iterations) * double(r->variables.size()) * 6 * 2 * 12 * 2;
    BenchRow row{"flow/lumped-tree-255", {{"vessels", 255}, {"unknowns", double(r->variables.size())}, {"steps", double(r->steps)}, {"newton_iterations", double(r->iterations)}, {"cpu_ms", 1e3 * used}}, 1, 1e3 * wall, "ms, reading included", 1e3 * bytes / 2e10,
                 "bytes of matrix and factors per iteration at 20 GB/s from the second-level cache", "flow/lumped/tree-255", tree_settings(points)};
    rows.push_back(row);
  }
  return rows;
}

}  // namespace ot::verify
