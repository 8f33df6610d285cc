// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the monodomain step without meshing and set-up, and one whole beat of a heart-sized block.
//
// Bytes per node and step are counted from the arrays the passes touch (monodomain_step.cpp), as if nothing stayed in a cache; flops of the
// membrane are those of its source with 20 per exponential and 25 per logarithm. The memory bound divides the bytes by a triad
// measured beside it, the compute bound is the membrane kernel alone on 8192 nodes (cache-resident).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>

#include "app/verify/cases.hpp"
#include "app/verify/hearts.hpp"
#include "app/verify/monodomain_block.hpp"
#include "app/verify/triad.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/monodomain_step.hpp"

namespace ot::verify {
namespace {

using core::Vec3;
using Clock = std::chrono::steady_clock;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

double kernel_ns(const ep::IonicFamily& family) {
  constexpr int blocks = 128, steps = 20;
  const std::size_t bn = ep::block_nodes, states = std::size_t(family.states) * bn, params = std::size_t(family.params) * bn;
  ep::AlignedVector state(blocks * states), param(params), v(blocks * bn), i(blocks * bn), e(blocks * bn);
  const auto column = family.parameters(ep::CellType::epi, {}), y = family.initial(ep::CellType::epi);
  for (std::size_t l = 0; l < bn; ++l) {
    for (std::size_t p = 0; p < column.size(); ++p) param[p * bn + l] = column[p];
    for (std::size_t b = 0; b < blocks; ++b) {
      v[b * bn + l] = y[0];
      for (std::size_t s = 0; s + 1 < y.size(); ++s) state[b * states + s * bn + l] = y[s + 1];
    }
  }
  const ep::KernelStep kernel = ep::best_kernel(family);
  double best = 1e300;
  for (int repeat = 0; repeat < 4; ++repeat) {
    const double start = thread_cpu_s();
    for (int step = 0; step < steps; ++step)
      for (std::size_t b = 0; b < blocks; ++b)
        kernel({ep::block_nodes, 0.05, 0.0, state.data() + b * states, param.data(), v.data() + b * bn, v.data() + b * bn, i.data() + b * bn, e.data() + b * bn});
    best = std::min(best, thread_cpu_s() - start);
  }
  return best * 1e9 / (blocks * bn * steps);
}

// Rows of one problem: on one thread and on all.
core::Result<void> step_rows(std::vector<BenchRow>& rows, const std::string& name, const ep::ElectroProblem& p, const std::string& vouched_by, bool whole_beat, const core::Progress& progress) {
  const auto tissue = ep::set_up_tissue(p, progress);
  if (!tissue) return core::pass(tissue);
  const int before = core::thread_count();
  double alone = 0, triad_alone = 0;
  for (const int threads : before == 1 ? std::vector<int>{1} : std::vector<int>{1, before}) {
    core::set_thread_count(threads);
    ep::MonodomainStep step(p, *tissue);
    const auto some = [&](int steps) {
      for (int k = 0; k < steps; ++k)
        if (progress.cancelled() || step.advance().inner_node >= 0) return false;
      return true;
    };
    bool ok = some(80);   // the front has left the stimulus
    constexpr int measured = 400;   // 4 to 24 ms: the front grows and goes through the middle, far more of it than in the mean of a beat
    const auto start = Clock::now();
    const double cpu = thread_cpu_s();
    const long iterations = step.iterations();
    ok = ok && some(measured);
    const double wall = since(start), used = thread_cpu_s() - cpu;
    const double triad = triad_GB_per_s(threads == 1);
    core::set_thread_count(before);
    if (progress.cancelled()) return core::cancelled();
    if (!ok) return tl::unexpected<core::Error>({core::ErrorCode::computation_failed, "The benchmark's run left its range."});
    const double n = double(tissue->n), per_step = double(step.iterations() - iterations) / measured, couplings = double(tissue->col.size()) / n;
    const double states = tissue->family->states;
    // First pass: state twice; matrix (4 + 4 a coupling, padded to eights), v; kv kd dv dv_before i_before both, e_na u written, correction mass
    // inverse read. Finish: u dv v peak both, rest, armed. Where solved: u inverse read, z r p s written; an iteration: matrix, z mass read, w
    // written, then w inverse read, z p s r dv both; at the end z read, z and u written.
    const double solved = step.solved_share(), padded = step.padded_couplings() / n;
    const double bytes = 8 * (2 * states + padded + 1 + 10 + 2 + 3) + 8 * (8 + 1) + 1 + solved * 8 * (2 + 4 + 3) + per_step * solved * 8 * (padded + 3 + 2 + 10);
    const double flops = 1150 + 3 * padded + 24 + 6 + per_step * solved * (3 * padded + 4 + 12);
    const double ns = (threads == 1 ? used : wall) * 1e9 / (n * measured), memory = bytes / triad, compute = kernel_ns(*tissue->family) / threads;
    if (threads == 1) alone = ns, triad_alone = triad;
    BenchRow row{name,
                 {{"nodes", n}, {"steps", measured}, {"bytes_per_node_step", bytes}, {"flops_per_node_step", flops}, {"couplings_per_node", couplings},
                  {"iterations_per_step", per_step}, {"solved_share", solved}, {"triad_GB_per_s", triad}, {"memory_bound_ns", memory}, {"membrane_alone_ns", compute},
                  {"ratio_to_sum_of_bounds", ns / (memory + compute)}, {"wall_ns", wall * 1e9 / (n * measured)}},
                 threads, ns, threads == 1 ? "ns of CPU per node and step" : "ns per node and step", 120,
                 "issue 4: at most 120 on one core; bounds measured beside it: bytes over triad, membrane kernel alone", vouched_by};
    if (threads > 1) row.size.push_back({"speed_up_over_that_of_the_triad", alone / ns / (triad / triad_alone)});
    row.settings = settings_of(p);
    rows.push_back(std::move(row));
    if (threads != 1 || !whole_beat) continue;
    // On to the end: in a heart with its conduction system fronts are everywhere from 4 to 24 ms, for the rest of the beat nowhere.
    const long steps = std::lround(p.end_ms / p.dt_ms) - 80 - measured;
    core::set_thread_count(1);
    const double from = thread_cpu_s();
    ok = some(int(steps));
    const double rest = thread_cpu_s() - from;
    core::set_thread_count(before);
    if (progress.cancelled()) return core::cancelled();
    if (!ok) return tl::unexpected<core::Error>({core::ErrorCode::computation_failed, "The benchmark's run left its range."});
    rows.push_back({name + "-beat", {{"nodes", n}, {"steps", double(steps) + measured}, {"end_ms", p.end_ms}}, 1, (used + rest) * 1e9 / (n * (double(steps) + measured)), "ns of CPU per node and step, mean of a beat", 120,
                    "issue 4: at most 120 on one core", vouched_by, settings_of(p)});
  }
  return {};
}

}  // namespace

std::string settings_of(const ep::ElectroProblem& p) {
  ep::ElectroProblem any_end = p;
  any_end.end_ms = any_end.frame_every_ms = 1;
  const std::string weight = !p.upstroke_sodium_interpolation ? "nodal" : p.sodium_interpolation_weight < 0 ? "sodium interpolated, default weight" : fmt::format("sodium interpolated, weight {:g}", p.sodium_interpolation_weight);
  return fmt::format("{}; dt {:g} ms, CG tolerance {:g}, upstroke {}, tuning {}, tissue at rest {}; no tables, double precision, rates of TT06 gates in single; mesh {}, problem {}", p.ionic_model, p.dt_ms, p.solver_tolerance, weight,
                     p.conductivity_tuning ? "on" : "off", p.skip_tissue_at_rest ? "left out" : "computed", p.mesh->sha256().substr(0, 16), any_end.sha256().substr(0, 16));
}

ep::ElectroProblem monodomain_block(const Vec3& size, double edge, bool askew) {
  ep::ElectroProblem p;
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(size, edge, core::BoxSplit::alternating));
  auto fibres = std::make_shared<ep::FibreField>();
  if (askew) {
    std::uint32_t seed = 12345;
    for (Vec3& x : mesh->nodes)
      for (int a = 0; a < 3; ++a) {
        seed = seed * 1664525u + 1013904223u;   // Numerical Recipes' generator: the same mesh everywhere
        if (x[a] > 1e-9 && x[a] < size[a] - 1e-9) x[a] += (double(seed >> 8) / 8388608.0 - 1.0) * 0.2 * edge;
      }
  }
  for (const core::Tet& t : mesh->tets) {
    const double turn = askew ? (mesh->nodes[std::size_t(t[0])].z() / size.z() - 0.5) * 2 * M_PI / 3 : 0.0;
    fibres->f.push_back(Vec3(std::cos(turn), std::sin(turn), 0));
    fibres->s.push_back(Vec3(-std::sin(turn), std::cos(turn), 0));
  }
  p.mesh = mesh;
  p.fibres = fibres;
  p.tissue.assign(mesh->tets.size(), 0);
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  p.cycle_length_ms = 0;
  ep::ActivationSite site;
  for (std::size_t n = 0; n < mesh->nodes.size(); ++n)
    if (mesh->nodes[n].maxCoeff() < 1.51) site.nodes.push_back(core::Index(n));
  p.sites = {site};
  return p;
}

namespace {
ep::ElectroProblem every_node(ep::ElectroProblem p) {   // what one costs
  p.skip_tissue_at_rest = false;
  return p;
}
}  // namespace

ep::ElectroProblem slab_of_the_step() { return every_node(monodomain_block({20, 7, 3}, 0.2, false)); }
ep::ElectroProblem askew_block_of_the_step() { return every_node(monodomain_block({16, 16, 16}, 0.4, true)); }
ep::ElectroProblem beat_of_300k() {
  ep::ElectroProblem p = monodomain_block({26.4, 26.4, 26.4}, 0.4, true);   // 67^3 = 300,763 nodes
  p.end_ms = 500;
  return p;
}
core::Result<ep::ElectroProblem> heart_of_the_step(const core::Progress& progress) {
  const auto patient = phantom_patient(progress.part(0, 0.7));
  if (!patient) return core::pass(patient);
  const auto heart = heart_of(patient->mesh, "none", progress.part(0.7, 1));
  if (!heart) return core::pass(heart);
  return every_node((*heart)->baseline);
}

BenchRows bench_monodomain_step(const core::Progress& progress) {
  std::vector<BenchRow> rows;
  if (auto ok = step_rows(rows, "ep/monodomain-step-slab", slab_of_the_step(), "ep/monodomain-step", false, progress); !ok) return core::pass(ok);
  if (auto ok = step_rows(rows, "ep/monodomain-step-askew", askew_block_of_the_step(), "ep/monodomain-step", false, progress); !ok) return core::pass(ok);
  return rows;
}

BenchRows bench_monodomain_heart(const core::Progress& progress) {
  std::vector<BenchRow> rows;
  const auto heart = heart_of_the_step(progress.part(0, 0.3));
  if (!heart) return core::pass(heart);
  if (auto ok = step_rows(rows, "ep/monodomain-step-heart", *heart, "ep/monodomain-step-heart", true, progress.part(0.3, 1)); !ok) return core::pass(ok);
  return rows;
}

BenchRows bench_beat(const core::Progress& progress) {
  ep::ElectroProblem p = beat_of_300k();
  const auto start = Clock::now();
  const std::clock_t cpu = std::clock();
  long frames = 0;
  double longest_gap = 0;
  std::optional<Clock::time_point> last;
  ep::MonodomainRun how;
  how.on_frame = how.on_live = [&](const ep::ElectroFrame&, const ep::Ecg&) {   // what the window gets
    if (last) longest_gap = std::max(longest_gap, since(*last));
    last = Clock::now();
    ++frames;
  };
  p.frame_every_ms = 5;
  const auto run = ep::run_monodomain_with(p, how, progress);
  if (!run) return core::pass(run);
  const double wall = since(start), used = double(std::clock() - cpu) / CLOCKS_PER_SEC;
  long reached = 0;
  for (float t : run->activation_ms) reached += std::isfinite(t) ? 1 : 0;
  return std::vector<BenchRow>{{"ep/beat-300k",
                                {{"nodes", double(p.mesh->nodes.size())}, {"tets", double(p.mesh->tets.size())}, {"steps", double(run->steps)}, {"frames_per_s", double(frames) / wall}, {"longest_gap_between_frames_s", longest_gap},
                                 {"activated_share", double(reached) / double(run->activation_ms.size())}, {"cpu_s", used}},
                                core::thread_count(), wall, "s, set-up included", 300, "issue 4: one 500 ms beat, 300k nodes, TT06, dt 0.05 within 5 min on 2 cores", "ep/beat-300k", settings_of(p)}};
}

}  // namespace ot::verify
