// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cmath>
#include <ctime>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "app/verify/monodomain_block.hpp"
#include "app/verify/triad.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {
namespace {

using nlohmann::json;

// Runs f with one thread and with all, restoring the budget.
template <class F>
core::Result<void> for_threads(F&& f) {
  const int before = core::thread_count();
  core::Result<void> ok;
  for (const int n : before == 1 ? std::vector<int>{1} : std::vector<int>{1, before}) {
    core::set_thread_count(n);
    ok = f(n);
    if (!ok) break;
  }
  core::set_thread_count(before);
  return ok;
}

}  // namespace

BenchRows bench_triad(const core::Progress&) {
  std::vector<BenchRow> rows;
  auto ok = for_threads([&](int threads) -> core::Result<void> {
    rows.push_back({"machine/triad", {{"doubles", 1e7}}, threads, triad_GB_per_s(), "GB/s", 0, "", "STREAM triad, own code"});
    return {};
  });
  if (!ok) return core::pass(ok);
  return rows;
}

BenchRows bench_monodomain(const core::Progress& progress) {
  std::vector<BenchRow> rows;
  json spec = slab_spec(0.2, "alternating");
  spec["end_ms"] = 20;
  auto ok = for_threads([&](int threads) -> core::Result<void> {
    auto answer = solve::solve(spec, {}, progress);
    if (!answer) return core::pass(answer);
    const double nodes = (*answer)["quantities"]["nodes"]["value"].get<double>(), steps = (*answer)["iterations"].get<double>(), wall = (*answer)["wall_s"].get<double>();
    rows.push_back({"ep/monodomain-slab", {{"nodes", nodes}, {"steps", steps}}, threads, wall * 1e9 / (nodes * steps), "ns per node and step", 120, "issue 4: at most 120 on one core, set-up and tuning included here", "ep/slab-0.2-alternating", slab_settings(spec, *answer)});
    return {};
  });
  if (!ok) return core::pass(ok);
  // The 60 ms run of issue 4: CPU time of the whole process on one thread, tissue at rest left out and not.
  const int before = core::thread_count();
  core::set_thread_count(1);
  for (const bool skip : {true, false}) {
    json whole = spec;
    whole["end_ms"] = 60;
    if (!skip) whole["skip_tissue_at_rest"] = false;
    const std::clock_t start = std::clock();
    const auto answer = solve::solve(whole, {}, progress);
    if (!answer) {
      core::set_thread_count(before);
      return core::pass(answer);
    }
    const double cpu = double(std::clock() - start) / CLOCKS_PER_SEC, nodes = (*answer)["quantities"]["nodes"]["value"].get<double>(), steps = (*answer)["iterations"].get<double>();
    rows.push_back({"ep/monodomain-slab-60-ms", {{"nodes", nodes}, {"steps", steps}, {"rest_left_out", skip ? 1.0 : 0.0}}, 1, cpu, "CPU s, meshing, set-up and tuning included", 10, "issue 4: at most 10 s on one core", "ep/slab-0.2-alternating", slab_settings(whole, *answer)});
  }
  core::set_thread_count(before);
  return rows;
}

BenchRows bench_pipe(const core::Progress& progress) {
  std::vector<BenchRow> rows;
  const double edge = 0.25;   // as flow/poiseuille-pressure without --quick
  const json spec = json::parse(pipe_case(edge, "full"));
  auto ok = for_threads([&](int threads) -> core::Result<void> {
    auto answer = solve::solve(spec, {}, progress);
    if (!answer) return core::pass(answer);
    const double tets = (*answer)["quantities"]["tets"]["value"].get<double>(), steps = (*answer)["iterations"].get<double>();
    rows.push_back({"flow/steady-pipe", {{"tets", tets}, {"steps", steps}}, threads, (*answer)["wall_s"].get<double>(), "s, meshing included", 0, "", "flow/poiseuille-pressure", pipe_settings(edge, "full")});
    return {};
  });
  if (!ok) return core::pass(ok);
  return rows;
}

}  // namespace ot::verify
