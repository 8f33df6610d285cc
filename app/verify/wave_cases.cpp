// SPDX-License-Identifier: GPL-3.0-or-later
// Rows and bench of one-dimensional networks. Reference data: $ORGANTWIN_SHARED/reference/hemodynamics.
#include "app/verify/wave_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numbers>
#include <sstream>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::verify {
namespace {

namespace fs = std::filesystem;
using Wall = std::chrono::steady_clock;

fs::path reference_folder(const char* part) {
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  const fs::path folder = shared && *shared ? fs::path(shared) / "reference/hemodynamics" / part : fs::path();
  return !folder.empty() && fs::exists(folder) ? folder : fs::path();
}

double at(const std::vector<double>& t, const std::vector<double>& v, double x) {
  const auto after = std::upper_bound(t.begin(), t.end(), x);
  if (after == t.begin()) return v.front();
  if (after == t.end()) return v.back();
  const std::size_t k = std::size_t(after - t.begin());
  return v[k - 1] + (v[k] - v[k - 1]) * (x - t[k - 1]) / (t[k] - t[k - 1]);
}

struct Known {
  const char *folder, *yaml, *inflow;
};
constexpr Known networks[] = {{"boileau2015_1d", "aortic_bifurcation_openbf_spec.yaml", "aortic_bifurcation_inlet_flow_m3s.csv"},
                              {"boileau2015_1d", "adan56_openbf_spec.yaml", "adan56_inlet_flow_m3s.csv"},
                              {"other_networks_1d", "alastruey2007_circle_of_willis_openbf_spec.yaml", "alastruey2007_inlet_flow_m3s.csv"},
                              {"other_networks_1d", "matthys2007_37artery_invitro_openbf_spec.yaml", "matthys2007_inlet_flow_m3s.csv"}};

core::Result<hemo::WaveProblem> adan56() {
  const fs::path folder = reference_folder("boileau2015_1d");
  return hemo::load_openbf(folder / networks[1].yaml, folder / networks[1].inflow);
}
std::string adan56_settings(const hemo::WaveProblem& p) { return fmt::format("{}, {} segments, cells of {:g} mm, Courant number {:g}, 2 s of flow from rest", networks[1].yaml, p.segments.size(), p.cell_mm, p.courant); }

}  // namespace

core::Result<WaveGap> compare_boileau(const fs::path& folder, const std::string& name, double initial_Pa, double cell_mm, const core::Progress& progress) {
  auto problem = hemo::load_openbf(folder / (name + "_openbf_spec.yaml"), folder / (name + "_inlet_flow_m3s.csv"));
  if (!problem) return core::pass(problem);
  for (auto& s : problem->segments) s.initial_Pa = initial_Pa;
  problem->cell_mm = cell_mm;
  problem->cycles = 30;
  problem->periodic = 1e-4;
  problem->samples = 1000;
  auto run = hemo::run_wave_network(*problem, progress);
  if (!run) return core::pass(run);
  auto text = core::read_file(folder / (name + "_FV1D_last_cycle.csv"));
  if (!text) return core::pass(text);
  std::istringstream in(*text);
  WaveGap gap;
  double p_sum = 0, q_sum = 0;
  int count = 0;
  for (std::string line; std::getline(in, line);) {
    double t = 0, p = 0, q = 0;
    if (std::sscanf(line.c_str(), "%lf,%lf,%lf", &t, &p, &q) != 3) continue;  // the header
    const auto& m = run->vessels[0].middle;
    gap.pressure += std::abs(at(run->t, m.pressure_Pa, t) - 1e3 * p);
    gap.flow += std::abs(at(run->t, m.flow_mm3_s, t) - 1e3 * q);
    p_sum += std::abs(1e3 * p), q_sum += std::abs(1e3 * q);
    ++count;
  }
  if (count < 100) return core::bad_input("The reference curve has fewer than 100 points (it cannot be compared). Use the file as delivered.");
  gap.pressure /= p_sum, gap.flow /= q_sum;
  gap.run = std::move(*run);
  return gap;
}

hemo::WaveProblem smooth_bifurcation(double cell_mm) {
  hemo::WaveProblem p;
  p.fluid = {1.06e-3, 0.004};
  const auto segment = [](const char* name, int from, int to, double length, double r_in, double r_out, double young) {
    hemo::WaveSegment s;
    s.name = name, s.from = from, s.to = to, s.length_mm = length, s.radius_in_mm = r_in, s.radius_out_mm = r_out, s.young_Pa = young, s.wall_mm = 0.12 * r_in, s.zeta = 9, s.reference_Pa = s.initial_Pa = 9467;
    return s;
  };
  p.segments = {segment("parent", 1, 2, 96, 8.6, 8.0, 5e5), segment("left", 2, 3, 96, 6.0, 5.6, 7e5), segment("right", 2, 4, 80, 5.0, 5.0, 7e5)};
  for (int k : {1, 2}) {
    hemo::WaveEnd& e = p.segments[std::size_t(k)].end;
    e.kind = hemo::WaveEnd::windkessel, e.r1 = 0.068, e.r2 = 3.1, e.c = 0.367, e.outlet_Pa = 9467;  // at rest at t = 0: a smooth solution
  }
  p.inlet_node = 1;
  for (int k = 0; k <= 20000; ++k) {
    const double t = 5e-5 * k;
    p.inflow.emplace_back(t, t < 0.4 ? 25000 * std::pow(std::sin(std::numbers::pi * t / 0.4), 4) : 0.0);  // mm3/s: three derivatives are continuous
  }
  p.cell_mm = cell_mm, p.cycles = 1, p.samples = 100;
  return p;
}

double wave_difference(const hemo::WaveResult& a, const hemo::WaveResult& b) {
  double most = 0;
  for (std::size_t v = 0; v < a.vessels.size(); ++v) {
    const auto &x = a.vessels[v].middle.pressure_Pa, &y = b.vessels[v].middle.pressure_Pa;
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += (x[k] - y[k]) * (x[k] - y[k]);
    const auto [low, high] = std::minmax_element(y.begin(), y.end());
    most = std::max(most, std::sqrt(sum / double(x.size())) / (*high - *low));
  }
  return most;
}

core::Result<double> wave_order(double h, const core::Progress& progress) {
  std::vector<hemo::WaveResult> runs;
  for (const double cell : {h, h / 2, h / 4}) {
    auto r = hemo::run_wave_network(smooth_bifurcation(cell), progress);
    if (!r) return core::pass(r);
    runs.push_back(std::move(*r));
  }
  return std::log2(wave_difference(runs[0], runs[1]) / wave_difference(runs[1], runs[2]));
}

Rows wave_boileau(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  const fs::path folder = reference_folder("boileau2015_1d");
  if (folder.empty()) return rows;
  for (const auto& [name, initial] : {std::pair<const char*, double>{"common_carotid", 10933}, {"upper_thoracic_aorta", 9467}}) {  // Pa: boileau2015_spec.json
    const auto start = Wall::now();
    auto gap = compare_boileau(folder, name, initial, hemo::WaveProblem{}.cell_mm, progress);
    if (!gap) return core::pass(gap);
    const std::string source = "Boileau 2015, finite-volume 1D curves at mid-length (doi 10.1002/cnm.2732)";
    rows.push_back(timed_row(std::string("flow/one-d/boileau-") + name, "pressure_mean_difference_relative_to_mean", gap->pressure, 0, 0.005, source, quick, start));
    rows.push_back(timed_row(std::string("flow/one-d/boileau-") + name, "flow_mean_difference_relative_to_mean_of_its_magnitude", gap->flow, 0, 0.01, source, quick, start));
  }
  return rows;
}

Rows wave_convergence(bool quick, const core::Progress& progress) {
  const auto start = Wall::now();
  auto order = wave_order(8, progress);
  if (!order) return core::pass(order);
  return std::vector<Row>{timed_row("flow/one-d/convergence", "observed_order_of_mid_pressures_cells_8_4_2_mm", *order, 2, 0.25, "second-order scheme, tapered bifurcation with Windkessel ends, Richardson", quick, start)};
}

Rows wave_networks(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  for (const Known& k : networks) {
    const fs::path folder = reference_folder(k.folder);
    if (folder.empty()) return rows;
    const auto start = Wall::now();
    auto problem = hemo::load_openbf(folder / k.yaml, folder / k.inflow);
    if (!problem) return core::pass(problem);
    problem->cycles = 60;
    problem->periodic = 1e-3;
    auto run = hemo::run_wave_network(*problem, progress);
    if (!run) return core::pass(run);
    const std::string name = std::string("flow/one-d/periodic-") + std::string(k.yaml).substr(0, std::string(k.yaml).find("_openbf"));
    rows.push_back(timed_row(name, fmt::format("difference_of_the_last_two_cycles_over_the_pulse (after {} cycles)", run->cycles), run->periodicity, 0, 1e-3, "periodicity: no curve is published with this network", quick, start));
    rows.push_back(timed_row(name, "inflow_minus_outflow_minus_storage_over_inflow", run->mass_error, 0, 1e-3, "mass", quick, start));
  }
  auto problem = adan56();
  if (!problem) return core::pass(problem);
  const auto start = Wall::now();
  problem->end_s = 2;
  std::vector<hemo::WaveResult> runs;
  for (const double cell : {problem->cell_mm, problem->cell_mm / 2}) {
    problem->cell_mm = cell;
    auto run = hemo::run_wave_network(*problem, progress);
    if (!run) return core::pass(run);
    runs.push_back(std::move(*run));
  }
  rows.push_back(timed_row("flow/one-d/adan56-grid", "rms_difference_of_mid_pressures_to_half_the_cells_over_the_pulse", wave_difference(runs[0], runs[1]), 0, 5e-3, "own refinement, settings of bench flow/one-d-adan56", quick, start));
  rows.back() = with_settings(rows.back(), adan56_settings(*adan56()));
  return rows;
}

BenchRows bench_wave_adan56(const core::Progress& progress) {
  std::vector<BenchRow> rows;
  if (reference_folder("boileau2015_1d").empty()) return rows;
  auto problem = adan56();
  if (!problem) return core::pass(problem);
  problem->end_s = 2;
  const auto start = Wall::now();
  const std::clock_t cpu = std::clock();
  auto run = hemo::run_wave_network(*problem, progress);
  if (!run) return core::pass(run);
  const double wall = std::chrono::duration<double>(Wall::now() - start).count(), used = double(std::clock() - cpu) / CLOCKS_PER_SEC;
  // per cell and stage: 2 square roots and 4 divisions that do not pipeline, about 35 cycles of 3 GHz; everything stays in the second-level cache
  const double bound = double(run->cells) * double(run->steps) * 2 * 35 / 3e9;
  rows.push_back({"flow/one-d-adan56", {{"vessels", 77}, {"cells", double(run->cells)}, {"steps", double(run->steps)}, {"flow_s", 2}, {"wall_s", wall}}, 1, used, "CPU s", bound, "square roots and divisions at 3 GHz", "flow/one-d/adan56-grid", adan56_settings(*problem)});
  return rows;
}

}  // namespace ot::verify
