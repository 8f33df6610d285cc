// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the membrane kernels and of CiPA's long pacing, and what vouches for it: the timed loop itself carried through a beat, against a tenth of its step.
//
// Bounds: a kernel reads and writes its rows once a step, which the triad measured beside it turns into a time; a single cell stays in the first-level cache, where the bound is the kernel
// called in a loop with the cell's lanes and nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "app/verify/ionic_cases.hpp"
#include "app/verify/speed.hpp"
#include "app/verify/triad.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/reaction/aligned.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::verify {
namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }
constexpr double kernel_dt_ms = 0.01;   // at 0.02 this first-order loop is 1.0 (CiPAORdv1.0) and 1.3 ms (Courtemanche) from its limit

std::vector<const ep::IonicFamily*> families() {
  std::vector<const ep::IonicFamily*> all;
  for (const ep::IonicModel& m : ep::builtin_ionic_models())
    if (all.empty() || all.back() != m.family) all.push_back(m.family);
  return all;
}

// Blocks of epicardial cells at the published state, and one step of all of them: what is timed and what is verified.
class Blocks {
 public:
  Blocks(const ep::IonicFamily& family, int blocks, int lanes = ep::block_nodes)
      : state_size_(std::size_t(family.states) * bn), param_size_(std::size_t(family.params) * bn), lanes_(lanes), kernel_(ep::best_kernel(family)), state_(std::size_t(blocks) * state_size_),
        param_(std::size_t(blocks) * param_size_), v_(std::size_t(blocks) * bn), i_(v_.size()), e_(v_.size()) {
    const auto column = family.parameters(ep::CellType::epi, {}), y = family.initial(ep::CellType::epi);
    for (std::size_t b = 0; b < std::size_t(blocks); ++b)
      for (std::size_t l = 0; l < bn; ++l) {
        for (std::size_t s = 0; s < std::size_t(family.states); ++s) state_[b * state_size_ + s * bn + l] = y[s + 1];
        for (std::size_t p = 0; p < std::size_t(family.params); ++p) param_[b * param_size_ + p * bn + l] = column[p];
        v_[b * bn + l] = y[0];
      }
  }
  void step(std::size_t b, double dt, double stimulus) {
    kernel_({lanes_, dt, 0.0, state_.data() + b * state_size_, param_.data() + b * param_size_, v_.data() + b * bn, v_.data() + b * bn, i_.data() + b * bn, e_.data() + b * bn});
    for (std::size_t l = b * bn; l < b * bn + std::size_t(lanes_); ++l) v_[l] += dt * (stimulus - i_[l]);
  }
  double v() const { return v_[0]; }

 private:
  static constexpr std::size_t bn = ep::block_nodes;
  std::size_t state_size_, param_size_;
  int lanes_;
  ep::KernelStep kernel_;
  ep::AlignedVector state_, param_, v_, i_, e_;
};

// APD90 of one beat by that step, from the crossing of the middle of the upstroke; NaN when there is none within 900 ms.
double apd90(const ep::IonicFamily& family, double dt) {
  Blocks cell(family, 1, ep::lane_multiple);
  const long steps = std::lround(900 / dt), stimulated = std::lround(family.stimulus_ms / dt);
  std::vector<double> v{cell.v()};
  v.reserve(std::size_t(steps) + 1);
  for (long k = 0; k < steps; ++k) {
    cell.step(0, dt, k < stimulated ? family.stimulus_mV_per_ms : 0.0);
    v.push_back(cell.v());
  }
  const auto peak = std::max_element(v.begin(), v.end());
  const auto crossing = [&](double level, bool up, std::size_t from) {
    for (std::size_t k = from + 1; k < v.size(); ++k)
      if (up ? v[k - 1] < level && v[k] >= level : v[k - 1] > level && v[k] <= level) return (double(k - 1) + (level - v[k - 1]) / (v[k] - v[k - 1])) * dt;
    return std::nan("");
  };
  return crossing(*peak - 0.9 * (*peak - v[0]), false, std::size_t(peak - v.begin())) - crossing(0.5 * (*peak + v[0]), true, 0);
}

std::string kernel_settings(const ep::IonicFamily& family) {
  return fmt::format("{}, epicardial, dt {:g} ms, one kernel call a step, V by forward Euler, instructions {}, no tables, double precision{}", family.key, kernel_dt_ms, ep::usable_instruction_sets().front(),
                     family.key == "ten_tusscher_panfilov_2006" ? ", rates of gates in single" : "");
}
std::string kernel_bench(const ep::IonicFamily& family) { return "ionic/kernel: " + family.key; }
// Rows a step reads and writes: states twice, parameters, V twice, rate of V, current, reversal potential.
double kernel_bytes(const ep::IonicFamily& family) { return 8.0 * (2 * family.states + family.params + 5); }

}  // namespace

std::string cipa_settings(int beats) {
  const ep::CellProblem p = cipa_protocol(beats);
  return fmt::format("{}, {} beats at {:g} ms, steps chosen by {:g} mV of error, two stages, no tables, double precision", p.model, p.beats, p.cycle_length_ms, p.tolerance_mV);
}

std::vector<Timed> timed_kernels() {
  std::vector<Timed> all;
  for (const ep::IonicFamily* family : families())
    all.push_back({kernel_bench(*family), "ionic/kernels", [family](const core::Progress&) -> core::Result<std::string> { return kernel_settings(*family); }});
  return all;
}

Rows ionic_kernel_rows(bool quick, const core::Progress& progress) {
  RowTable table{"ionic/kernels", quick};
  for (const ep::IonicFamily* family : families()) {
    if (progress.cancelled()) return core::cancelled();
    const double coarse = apd90(*family, kernel_dt_ms), fine = apd90(*family, 0.1 * kernel_dt_ms);
    table.add("apd90_ms_" + family->key, coarse, fine, 1.0, "the same loop at dt 0.001 ms; issue 4: 1 ms");
    table.rows.back() = with_settings(table.rows.back(), kernel_settings(*family));
  }
  return table.rows;
}

BenchRows bench_cipa(const core::Progress& progress) {
  constexpr int beats = 1000;
  const double start = thread_cpu_s();
  const ep::CellProblem problem = cipa_protocol(beats);
  const auto cell = ep::run_cell(problem, progress);
  if (!cell) return core::pass(cell);
  const double took = thread_cpu_s() - start;
  // The same kernel alone, with the eight lanes of one cell.
  const ep::IonicFamily& family = *ep::find_ionic_model(problem.model)->family;
  Blocks one(family, 1, ep::lane_multiple);
  constexpr int calls = 20000;
  double alone = 1e300;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const double from = thread_cpu_s();
    for (int k = 0; k < calls; ++k) one.step(0, 1e-3, 0);
    alone = std::min(alone, (thread_cpu_s() - from) * 1e9 / calls);
  }
  const double steps = double(cell->steps), per_step = took * 1e9 / steps;
  return std::vector<BenchRow>{{"ionic/cipa-1000-beats",
                                {{"beats", beats}, {"steps", steps}, {"cycle_length_ms", problem.cycle_length_ms}, {"ns_per_cell_step", per_step}, {"bytes_per_cell_step", 2 * kernel_bytes(family)}, {"kernel_alone_ns", alone},
                                 {"ratio_to_two_kernel_calls", per_step / (2 * alone)}},
                                1, took, "CPU s", 8, "issue 4: 8 s on one core (aim 3); two kernel calls of eight lanes a step, one lane used; the rows stay in the first-level cache, so the kernel alone is the bound", "ionic/cipa-control-qnet",
                                cipa_settings(beats)}};
}

BenchRows bench_ionic_kernels(const core::Progress& progress) {
  constexpr int blocks = 128, steps = 50;
  std::vector<BenchRow> rows;
  const int before = core::thread_count();
  for (const ep::IonicFamily* family : families()) {
    if (progress.cancelled()) return core::cancelled();
    for (const int threads : before == 1 ? std::vector<int>{1} : std::vector<int>{1, before}) {
      Blocks cells(*family, blocks);
      core::set_thread_count(threads);
      double best = 1e300;
      for (int repeat = 0; repeat < 3; ++repeat) {
        const auto start = Clock::now();
        for (int step = 0; step < steps; ++step)
          core::parallel_chunks(blocks, 4, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
            for (auto b = from; b < to; ++b) cells.step(std::size_t(b), kernel_dt_ms, 0);
          });
        best = std::min(best, since(start));
      }
      const double triad = triad_GB_per_s(), bytes = kernel_bytes(*family), ns = best * 1e9 / (double(blocks) * ep::block_nodes * steps);
      rows.push_back({kernel_bench(*family),
                      {{"nodes", double(blocks) * ep::block_nodes}, {"steps", steps}, {"bytes_per_node_step", bytes}, {"triad_GB_per_s", triad}, {"memory_bound_ns", bytes / triad}, {"ratio_to_memory_bound", ns / (bytes / triad)}}, threads, ns,
                      "ns per node and step", 0, "bytes of every row over the triad measured beside it; above it exponentials and divisions decide", "ionic/kernels", kernel_settings(*family)});
    }
    core::set_thread_count(before);
  }
  return rows;
}

}  // namespace ot::verify
