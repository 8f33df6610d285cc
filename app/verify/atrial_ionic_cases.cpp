// SPDX-License-Identifier: GPL-3.0-or-later
// Atrial, Purkinje and phenomenological cells.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/verify/ionic_cases.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::verify {
namespace {

double since(std::chrono::steady_clock::time_point t) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count(); }

struct RateRow {
  double cycle_ms, apd50_ms, apd90_ms;
};

// Rows of one model of rate_dependence.csv, slowest first; empty without the folder.
std::vector<RateRow> reference_rates(const std::string& model) {
  const char* const shared = std::getenv("ORGANTWIN_SHARED");
  std::vector<RateRow> rows;
  if (!shared || !*shared) return rows;
  std::ifstream in(std::filesystem::path(shared) / "reference/ionic/rate_dependence.csv");
  for (std::string line; std::getline(in, line);) {
    std::stringstream cells(line);
    std::array<std::string, 4> cell;
    for (auto& c : cell) std::getline(cells, c, ',');
    if (cell[0] == model) rows.push_back({std::stod(cell[1]), std::stod(cell[2]), std::stod(cell[3])});
  }
  return rows;
}

// 500 beats at 2000 ms, then 300 at each shorter cycle length, every one starting from the state before. 600 ms belongs to the
// history although its row is kept back.
Rows rate_dependence(const std::string& name, const std::string& model, const std::string& reference, double stimulus, double duration, bool quick,
                     const core::Progress& progress) {
  std::vector<Row> rows;
  const auto wanted = reference_rates(reference);
  if (quick || wanted.empty()) return rows;
  const auto start = std::chrono::steady_clock::now();
  std::vector<double> state;
  const std::array<double, 8> cycles{2000, 1500, 1000, 750, 600, 500, 400, 350};
  for (std::size_t c = 0; c < cycles.size(); ++c) {
    ep::CellProblem cell;
    cell.model = model;
    cell.cycle_length_ms = cycles[c];
    cell.beats = c == 0 ? 500 : 300;
    cell.dt_ms = 0.02;
    cell.stimulus_mV_per_ms = stimulus;
    cell.stimulus_ms = duration;
    cell.initial_state = state;
    const auto run = ep::run_cell(cell, progress.part(double(c) / cycles.size(), double(c + 1) / cycles.size()));
    if (!run) return core::pass(run);
    state = run->final_state;
    for (const RateRow& r : wanted) {
      if (r.cycle_ms != cycles[c]) continue;
      Row row;
      row.name = name;
      row.quantity = fmt::format("apd90_ms_at_{:.0f}", r.cycle_ms);
      row.value = run->apd90_ms;
      row.reference = r.apd90_ms;
      row.tolerance = 3.0;
      row.relative = false;
      row.source = "reference/ionic/rate_dependence.csv: 500 beats at 2000 ms, then 300 per cycle length";
      row.wall_s = since(start);
      rows.push_back(row);
    }
  }
  return rows;
}

// Aliev-Panfilov by Dormand-Prince 5(4), error per step 1e-10 of 1; V at the end of every step (at most 0.01 ms).
struct AdaptiveBeat {
  std::vector<double> t, v;
};
AdaptiveBeat adaptive_aliev_panfilov(double end_ms, double stimulus_start, double stimulus_ms, double stimulus) {
  using State = std::array<double, 2>;
  const auto rate = [&](const State& y, bool on) -> State {
    constexpr double k = 8, a = 0.15, eps0 = 0.002, mu1 = 0.2, mu2 = 0.3, unit = 12.9;
    const double u = y[0], v = y[1];
    return {(-k * u * (u - a) * (u - 1) - u * v) / unit + (on ? stimulus / 100.0 : 0.0), (eps0 + mu1 * v / (u + mu2)) * (-v - k * u * (u - a - 1)) / unit};
  };
  AdaptiveBeat beat;
  State y{0, 0};
  double t = 0, h = 1e-3;
  beat.t.push_back(0);
  beat.v.push_back(-80);
  for (const double until : {stimulus_start, stimulus_start + stimulus_ms, end_ms}) {
    const bool on = until == stimulus_start + stimulus_ms;
    while (t < until - 1e-12) {
      h = std::min({h, 0.01, until - t});
      constexpr double A[7][6] = {{}, {1.0 / 5}, {3.0 / 40, 9.0 / 40}, {44.0 / 45, -56.0 / 15, 32.0 / 9},
                                  {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
                                  {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
                                  {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
      constexpr double E[7] = {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40};
      State k[7], next = y;
      for (int s = 0; s < 7; ++s) {
        next = y;
        for (int j = 0; j < s; ++j)
          for (int d = 0; d < 2; ++d) next[d] += h * A[s][j] * k[j][d];
        k[s] = rate(next, on);
      }
      double error = 0;
      for (int d = 0; d < 2; ++d) {
        double e = 0;
        for (int s = 0; s < 7; ++s) e += h * E[s] * k[s][d];
        error = std::max(error, std::abs(e));
      }
      if (error > 1e-10) {
        h *= std::max(0.2, 0.9 * std::pow(1e-10 / error, 0.2));
        continue;
      }
      y = next;   // the last stage is the fifth-order solution
      t += h;
      beat.t.push_back(t);
      beat.v.push_back(-80 + 100 * y[0]);
      h *= error > 0 ? std::min(5.0, 0.9 * std::pow(1e-10 / error, 0.2)) : 5.0;
    }
  }
  return beat;
}

}  // namespace

// At 0.02 ms the steepest slope, which lies at the very end of the 2 ms stimulus, is 3.6 % low; at 0.01 ms all bounds hold.
Rows ionic_courtemanche(bool quick, const core::Progress& p) { return ionic_beat("ionic/courtemanche1998-beat", "courtemanche_1998", "courtemanche1998", quick, p, 0.02); }
Rows ionic_stewart(bool quick, const core::Progress& p) { return ionic_beat("ionic/stewart2009-beat", "stewart_2009", "stewart2009_purkinje", quick, p); }
Rows ionic_courtemanche_rates(bool quick, const core::Progress& p) { return rate_dependence("ionic/courtemanche1998-rates", "courtemanche_1998", "courtemanche1998", 20, 2, quick, p); }
Rows ionic_stewart_rates(bool quick, const core::Progress& p) { return rate_dependence("ionic/stewart2009-rates", "stewart_2009", "stewart2009_purkinje", 52, 1, quick, p); }

Rows ionic_aliev_panfilov(bool quick, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  ep::CellProblem cell;
  cell.model = "aliev_panfilov_1996";
  cell.beats = 1;
  cell.dt_ms = 0.02;
  const auto run = ep::run_cell(cell, progress);
  if (!run) return core::pass(run);
  const AdaptiveBeat exact = adaptive_aliev_panfilov(600, 10, 2, 20);
  std::size_t peak = 0, steepest = 0;
  double slope = 0;
  for (std::size_t k = 0; k + 1 < exact.v.size(); ++k) {
    if (exact.v[k] > exact.v[peak]) peak = k;
    const double s = (exact.v[k + 1] - exact.v[k]) / (exact.t[k + 1] - exact.t[k]);
    if (s > slope) {
      slope = s;
      steepest = k;
    }
  }
  const auto apd = [&](double share) {
    const double level = exact.v[peak] - share * (exact.v[peak] + 80);
    for (std::size_t k = peak; k + 1 < exact.v.size(); ++k)
      if (exact.v[k + 1] <= level)
        return exact.t[k] + (exact.v[k] - level) / (exact.v[k] - exact.v[k + 1]) * (exact.t[k + 1] - exact.t[k]) - 0.5 * (exact.t[steepest] + exact.t[steepest + 1]);
    return std::nan("");
  };
  std::vector<Row> rows;
  const auto add = [&](const char* quantity, double value, double reference) {
    Row row;
    row.name = "ionic/aliev_panfilov1996-beat";
    row.quantity = quantity;
    row.value = value;
    row.reference = reference;
    row.tolerance = 0.001;
    row.source = "own Dormand-Prince 5(4) integration, error per step 1e-10";
    row.quick = quick;
    row.wall_s = since(start);
    rows.push_back(row);
  };
  add("vpeak_mV", run->vpeak_mV, exact.v[peak]);
  add("dvdt_max_V_per_s", run->dvdt_max_V_per_s, slope);
  add("apd50_ms", run->apd50_ms, apd(0.5));
  add("apd90_ms", run->apd90_ms, apd(0.9));
  return rows;
}

}  // namespace ot::verify
