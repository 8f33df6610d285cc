// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/studies/play.hpp"

namespace ot::ep {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// The last stimulus: some of its nodes fire within 20 ms (the latency of a stimulus near threshold) and the activation leaves the site: one per cent
// of the excitable tissue, at least twice the site.
bool last_captured(const ActivationRecord& r, const std::vector<std::uint8_t>& excitable, const std::vector<core::Index>& site, double at, double longest) {
  const auto fired = [&](std::size_t n, double until) {
    for (std::uint32_t k = r.begin[n]; k < r.begin[n + 1]; ++k)
      if (double(r.at_ms[k]) >= at - 1e-6 && double(r.at_ms[k]) <= until) return true;
    return false;
  };
  if (std::none_of(site.begin(), site.end(), [&](core::Index n) { return fired(std::size_t(n), at + 20); })) return false;
  std::size_t reached = 0, all = 0;
  for (std::size_t n = 0; n < excitable.size(); ++n) {
    if (!excitable[n]) continue;
    ++all;
    reached += fired(n, at + longest);
  }
  return reached >= std::max(all / 100, std::min(all / 2, 2 * site.size()));
}

class SiteStudy {
 public:
  SiteStudy(std::shared_ptr<const StudyTissue> tissue, StudySite site, const Protocol& protocol, Chamber chamber, KeepPlay keep)
      : tissue_(std::move(tissue)), protocol_(protocol), chamber_(chamber), player_(tissue_, std::move(keep)), nodes_(std::make_shared<const std::vector<core::Index>>(site.nodes)) {
    out_.site = std::move(site);
  }

  core::Result<SiteRun> run(const core::Progress& progress) {
    const auto start = Clock::now();
    core::Result<void> ok;
    switch (protocol_.kind) {
      case ProtocolKind::programmed: ok = programmed(progress); break;
      case ProtocolKind::window: ok = ladder({}, protocol_.s2_first_ms, false, progress); break;
      case ProtocolKind::fixed:
      case ProtocolKind::burst: ok = once(progress); break;
    }
    if (!ok) return core::pass(ok);
    finish();
    out_.finished = true;
    out_.wall_s = since(start);
    return out_;
  }

 private:
  core::Result<void> once(const core::Progress& progress) {
    auto done = attempt(protocol_.kind == ProtocolKind::fixed ? protocol_.couplings_ms : std::vector<double>(), 0, progress);
    if (!done) return core::pass(done);
    return {};
  }

  // S2, then S3, then S4, each shortened until it does not capture; ends at the first re-entry.
  core::Result<void> programmed(const core::Progress& progress) {
    std::vector<double> before;
    double first = protocol_.s2_first_ms;
    for (int level = 0; level < protocol_.extrastimuli; ++level) {
      const core::Progress part = progress.part(double(level) / protocol_.extrastimuli, double(level + 1) / protocol_.extrastimuli);
      if (auto ok = ladder(before, first, true, part); !ok) return ok;
      if (found_ || shortest_captured_ <= 0) return {};
      before.push_back(shortest_captured_ + 20);   // see the header
      first = before.back();
    }
    return {};
  }

  core::Result<void> ladder(const std::vector<double>& before, double first, bool stop_at_reentry, const core::Progress& progress) {
    shortest_captured_ = 0;
    const int steps = std::max(1, int((first - protocol_.shortest_ms) / protocol_.step_ms) + 1);
    for (int i = 0; i < steps; ++i) {
      const double coupling = first - i * protocol_.step_ms;
      progress.report(double(i) / steps, out_.site.name);
      std::vector<double> couplings = before;
      couplings.push_back(coupling);
      auto done = attempt(couplings, protocol_.shortest_ms, progress);
      if (!done) return core::pass(done);
      const Attempt& a = out_.attempts.back();
      if (!a.captured) {
        if (before.empty()) out_.refractory_ms = coupling;
        if (a.found.outcome != Outcome::reentry) return i == 0 && before.empty() ? rise(coupling, stop_at_reentry, progress) : core::Result<void>();
      } else {
        shortest_captured_ = coupling;
      }
      if (stop_at_reentry && a.found.outcome == Outcome::reentry) {
        found_ = true;
        return {};
      }
    }
    return {};
  }

  // The first S2 met refractory tissue: longer ones until one captures, so that a site with long action potentials is not given up.
  core::Result<void> rise(double from, bool stop_at_reentry, const core::Progress& progress) {
    for (double coupling = from + protocol_.step_ms; coupling < protocol_.s1_interval_ms; coupling += protocol_.step_ms) {
      auto done = attempt({coupling}, protocol_.shortest_ms, progress);
      if (!done) return core::pass(done);
      const Attempt& a = out_.attempts.back();
      if (stop_at_reentry && a.found.outcome == Outcome::reentry) found_ = true;
      if (a.captured) shortest_captured_ = coupling;
      else out_.refractory_ms = coupling;
      if (a.captured || found_) return {};
    }
    return {};
  }

  core::Result<void> attempt(const std::vector<double>& couplings, double shortest, const core::Progress& progress) {
    std::vector<TimedStimulus> stimuli;
    double t = 0;
    for (int b = 0; b < protocol_.s1_beats; ++b) stimuli.push_back({b * protocol_.s1_interval_ms, nodes_});
    if (!stimuli.empty()) t = stimuli.back().at_ms;
    Attempt a;
    a.couplings_ms = couplings;
    if (protocol_.kind == ProtocolKind::burst)
      for (int b = 0; b < protocol_.burst_beats; ++b) a.couplings_ms.push_back(protocol_.burst_interval_ms);
    double before = t;
    for (double c : a.couplings_ms) {
      before = t;
      t += c;
      stimuli.push_back({t, nodes_});
    }
    a.last_stimulus_ms = t;
    const double end = t + protocol_.observe_ms;
    auto record = player_.play(stimuli, protocol_.stimulus_ms, end, before + std::max(shortest, 1.0), progress);
    if (!record) return core::pass(record);
    const auto& excitable = tissue_->excitable();
    a.captured = last_captured(*record, excitable, *nodes_, t, std::min(protocol_.observe_ms, 300.0));
    a.found = classify(*record, excitable, t, a.captured, protocol_.cycles_needed, chamber_);
    const bool better = out_.best < 0 || (a.found.outcome == Outcome::reentry && !out_.induced());
    out_.attempts.push_back(a);
    if (a.found.outcome == Outcome::reentry) {
      const double c = couplings.empty() ? 0 : couplings.back();
      if (out_.window_to_ms == 0) out_.window_to_ms = c;
      out_.window_from_ms = c;
    }
    if (better || (!out_.induced() && a.captured)) out_.best = int(out_.attempts.size()) - 1;
    if (better && a.found.outcome == Outcome::reentry) best_record_ = std::move(*record);
    return {};
  }

  // Exits, filaments and the last cycles of the re-entry found.
  void finish() {
    if (!out_.induced()) return;
    const Attempt& a = out_.attempts[std::size_t(out_.best)];
    const double cycle = a.found.cycle_length_ms, to = std::min(best_record_.end_ms, a.found.last_activation_ms);
    const ElectroProblem& p = tissue_->problem();
    out_.exits = find_exits(p, best_record_, cycle, to);
    const auto conducting = conducting_tets(p);
    for (double t = std::max(a.last_stimulus_ms, to - 2 * cycle); t <= to; t += 10)
      out_.filaments.push_back(filaments_at(*p.mesh, conducting, phase_at(best_record_, t, cycle), t));
    ActivationRecord& keep = out_.last_cycles;
    keep.end_ms = best_record_.end_ms;
    keep.begin.assign(best_record_.nodes() + 1, 0);
    for (std::size_t n = 0; n < best_record_.nodes(); ++n) {
      for (std::uint32_t k = best_record_.begin[n]; k < best_record_.begin[n + 1]; ++k) {
        if (double(best_record_.at_ms[k]) < to - 3 * cycle) continue;
        keep.at_ms.push_back(best_record_.at_ms[k]);
        keep.repolarised_ms.push_back(best_record_.repolarised_ms[k]);
      }
      keep.begin[n + 1] = std::uint32_t(keep.at_ms.size());
    }
  }

  std::shared_ptr<const StudyTissue> tissue_;
  Protocol protocol_;
  Chamber chamber_;
  Player player_;
  std::shared_ptr<const std::vector<core::Index>> nodes_;
  SiteRun out_;
  ActivationRecord best_record_;
  double shortest_captured_ = 0;
  bool found_ = false;
};

}  // namespace

const char* name_of(ProtocolKind kind) {
  switch (kind) {
    case ProtocolKind::programmed: return "programmed";
    case ProtocolKind::fixed: return "fixed";
    case ProtocolKind::burst: return "burst";
    case ProtocolKind::window: return "window";
  }
  return "";
}

core::Result<void> check(const Protocol& p) {
  const auto in = [](double x, double low, double high) { return std::isfinite(x) && x >= low && x <= high; };
  if (!in(p.s1_interval_ms, 150, 5000)) return core::wrong_usage(fmt::format("An S1 interval of {:g} ms cannot be used (cells are paced at it). Give 150 to 5000 ms.", p.s1_interval_ms));
  if (p.s1_beats < 1 || p.s1_beats > 100) return core::wrong_usage("The train of S1 has 1 to 100 beats. Usual: 6.");
  if (p.extrastimuli < 1 || p.extrastimuli > 3) return core::wrong_usage("There are 1 to 3 extra-stimuli (S2, S3, S4).");
  if (!in(p.step_ms, 1, 100)) return core::wrong_usage("Couplings are shortened by 1 to 100 ms at a time. Usual: 10.");
  if (!in(p.shortest_ms, 50, 2000) || !in(p.s2_first_ms, p.shortest_ms, p.s1_interval_ms))
    return core::wrong_usage(fmt::format("S2 goes from {:g} down to {:g} ms: the first must lie between the shortest (50 ms at least) and the S1 interval of {:g} ms.", p.s2_first_ms, p.shortest_ms, p.s1_interval_ms));
  if (p.kind == ProtocolKind::fixed && p.couplings_ms.size() > 20) return core::wrong_usage("A fixed sequence has at most 20 extra-stimuli.");
  for (double c : p.couplings_ms)
    if (!in(c, 20, 5000)) return core::wrong_usage(fmt::format("A coupling of {:g} ms cannot be used. Give 20 to 5000 ms.", c));
  if (p.kind == ProtocolKind::burst && (!in(p.burst_interval_ms, 50, 2000) || p.burst_beats < 1 || p.burst_beats > 200))
    return core::wrong_usage("A burst has 1 to 200 beats at 50 to 2000 ms.");
  if (!in(p.observe_ms, 100, 60000)) return core::wrong_usage("Observe 100 to 60000 ms after the last stimulus. Usual: 1200.");
  if (p.cycles_needed < 1 || p.cycles_needed > 100) return core::wrong_usage("Re-entry needs 1 to 100 cycles by the rule. Usual: 2.");
  if (!in(p.stimulus_ms, 0.1, 20)) return core::wrong_usage("A stimulus lasts 0.1 to 20 ms. Usual: 2.");
  return {};
}

std::vector<core::Index> nodes_near(const ElectroProblem& p, const core::Vec3& at, double radius, double reach) {
  const core::TetMesh& mesh = *p.mesh;
  std::vector<char> excitable(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (p.regions.empty() || p.regions[p.tissue.empty() ? 0 : p.tissue[t]].conducting)
      for (core::Index n : mesh.tets[t]) excitable[std::size_t(n)] = 1;
  std::vector<core::Index> out;
  core::Index nearest = -1;
  double least = reach;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
    if (!excitable[n]) continue;
    const double d = (mesh.nodes[n] - at).norm();
    if (d <= radius) out.push_back(core::Index(n));
    if (d < least) {
      least = d;
      nearest = core::Index(n);
    }
  }
  if (out.empty() && nearest >= 0) out.push_back(nearest);
  return out;
}

PacedPlace paced_place(const core::TetMesh& mesh, const StudySite& site, double radius_mm) {
  PacedPlace out{site.at_mm, std::numeric_limits<double>::infinity()};
  for (core::Index n : site.nodes)
    if (const double d = (mesh.nodes[std::size_t(n)] - site.at_mm).norm(); d < out.moved_mm) out = {mesh.nodes[std::size_t(n)], d};
  return out.moved_mm <= radius_mm || site.nodes.empty() ? PacedPlace{site.at_mm, 0} : out;
}

core::Result<StudyResult> run_study(const ElectroProblem& problem, const std::vector<StudySite>& sites, const Protocol& protocol, core::Mode mode, const StudyOptions& options,
                                    const core::Progress& progress) {
  const auto start = Clock::now();
  OT_EXPECT(problem.mesh && problem.fibres);
  if (auto ok = check(protocol); !ok) return core::pass(ok);
  if (sites.empty()) return core::wrong_usage("The study has no pacing site (nothing to play). Choose segments or points.");
  for (const StudySite& s : sites) {
    if (s.nodes.empty()) return core::bad_input(fmt::format("The site \"{}\" lies outside conducting tissue (it would capture nothing). Move it onto the muscle.", s.name));
    for (core::Index n : s.nodes)
      if (n < 0 || std::size_t(n) >= problem.mesh->nodes.size()) return core::bad_input(fmt::format("The site \"{}\" names a node outside the mesh. Place it again.", s.name));
  }
  StudyResult out;
  out.mode = mode;
  out.protocol = protocol;
  out.problem_sha256 = problem.sha256();
  out.mesh_sha256 = problem.mesh->sha256();
  out.runs.resize(sites.size());
  std::vector<std::size_t> todo;
  for (std::size_t s = 0; s < sites.size(); ++s) {
    const auto known = std::find_if(options.known.begin(), options.known.end(), [&](const SiteRun& r) { return r.finished && r.site.key == sites[s].key && r.site.nodes == sites[s].nodes; });
    if (known != options.known.end()) out.runs[s] = *known;
    else todo.push_back(s);
  }
  std::shared_ptr<const StudyTissue> tissue;
  if (!todo.empty()) {
    auto made = StudyTissue::make(problem, mode, protocol.s1_interval_ms, progress.part(0, 0.1));
    if (!made) return core::pass(made);
    tissue = *made;
    out.notes = tissue->notes();
  }
  const Chamber chamber = conducts_in_atria_alone(problem) ? Chamber::atria : Chamber::ventricles;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::vector<double> fraction(sites.size(), 0.0);
  std::vector<core::Result<void>> done(sites.size());
  std::atomic<bool> failed{false};
  // One worker per thread takes the next site; regions inside a run then stay serial.
  const std::ptrdiff_t workers = std::min<std::ptrdiff_t>(core::thread_count(), std::ptrdiff_t(todo.size()));
  core::parallel_chunks(workers, 1, [&](std::ptrdiff_t, std::ptrdiff_t) {
    for (std::size_t k = next++; k < todo.size() && !failed && !progress.cancelled(); k = next++) {
      const std::size_t s = todo[k];
      const auto sink = [&, s](double f, std::string_view) {
        const std::lock_guard lock(mutex);
        fraction[s] = f;
        const double all = std::accumulate(fraction.begin(), fraction.end(), 0.0) / double(todo.size());
        progress.report(0.1 + 0.9 * std::min(1.0, all), fmt::format("{} of {} sites done", std::count(fraction.begin(), fraction.end(), 1.0), todo.size()));
      };
      KeepPlay keep;
      if (mode == core::Mode::full && !options.keep.empty()) {
        keep.folder = options.keep / sites[s].key;
        keep.every_ms = options.keep_every_ms;
        keep.least_s = options.keep_least_s;
        if (options.on_continued)
          keep.on_continued = [&, s](double t_ms) {
            const std::lock_guard lock(mutex);
            options.on_continued(sites[s], t_ms);
          };
      }
      SiteStudy study(tissue, sites[s], protocol, chamber, std::move(keep));
      auto run = study.run(progress.with(sink));
      if (!run) {
        done[s] = core::pass(run);
        failed = true;
        return;
      }
      out.runs[s] = std::move(*run);
      sink(1.0, "");
      if (options.on_run) {
        const std::lock_guard lock(mutex);
        options.on_run(out.runs[s]);
      }
    }
  });
  if (progress.cancelled()) return core::cancelled();
  for (const auto& ok : done)
    if (!ok) return core::pass(ok);
  for (const SiteRun& r : out.runs) {
    if (!r.induced()) continue;
    ++out.induced;
    const double c = r.attempts[std::size_t(r.best)].found.cycle_length_ms;
    out.shortest_cycle_ms = out.shortest_cycle_ms == 0 ? c : std::min(out.shortest_cycle_ms, c);
    out.longest_cycle_ms = std::max(out.longest_cycle_ms, c);
  }
  out.wall_s = since(start);
  progress.report(1.0, "study done");
  return out;
}

core::Result<BlockProof> prove_block(const ElectroProblem& with, const ElectroProblem& without, const StudySite& a, const StudySite& b, core::Mode mode, const core::Progress& progress,
                                     const ElectroProblem* sealed) {
  BlockProof out;
  const double window = 1000;   // ms: several times what any detour over a heart takes
  double part = 0;
  const auto delay = [&](const ElectroProblem& p, const StudySite& from, const StudySite& to) -> core::Result<double> {
    if (from.nodes.empty() || to.nodes.empty()) return core::bad_input("A pacing site of the block proof lies outside conducting tissue. Move it onto the muscle beside the line.");
    const double step = sealed ? 1.0 / 6 : 0.25;
    const core::Progress share = progress.part(std::min(1.0, part), std::min(1.0, part + step));
    part += step;
    auto tissue = StudyTissue::make(p, mode, p.cycle_length_ms > 0 ? p.cycle_length_ms : 1000, share.part(0, 0.5));
    if (!tissue) return core::pass(tissue);
    Player player(*tissue);
    auto record = player.play({{0.0, std::make_shared<const std::vector<core::Index>>(from.nodes)}}, 2.0, window, 1.0, share.part(0.5, 1.0));
    if (!record) return core::pass(record);
    double first = std::numeric_limits<double>::infinity();
    for (core::Index n : to.nodes)
      if (record->count(std::size_t(n)) > 0) first = std::min(first, double(record->at_ms[record->begin[std::size_t(n)]]));
    return first;
  };
  const auto set = [](double& value, const core::Result<double>& from) -> core::Result<void> {
    if (!from) return core::pass(from);
    value = *from;
    return {};
  };
  if (auto ok = set(out.delay_ab_without_ms, delay(without, a, b)); !ok) return core::pass(ok);
  if (auto ok = set(out.delay_ba_without_ms, delay(without, b, a)); !ok) return core::pass(ok);
  if (auto ok = set(out.delay_ab_ms, delay(with, a, b)); !ok) return core::pass(ok);
  if (auto ok = set(out.delay_ba_ms, delay(with, b, a)); !ok) return core::pass(ok);
  // A gap of some millimetres costs a few milliseconds, the way round a line tens of them; twice the time and 20 ms parts the two. A gap far from both places costs as much: past the
  // sealed lesions a wave comes later still.
  double round_ab = 0, round_ba = 0;
  if (sealed && std::isfinite(out.delay_ab_ms))
    if (auto ok = set(round_ab, delay(*sealed, a, b)); !ok) return core::pass(ok);
  if (sealed && std::isfinite(out.delay_ba_ms))
    if (auto ok = set(round_ba, delay(*sealed, b, a)); !ok) return core::pass(ok);
  const auto no_gap = [](double now, double round) { return std::isinf(now) || now >= round - std::max(2.0, 0.1 * round); };
  const auto blocked = [&](double now, double before, double round) { return std::isinf(now) || (now >= std::max(2 * before, before + 20) && std::isfinite(round) && no_gap(now, round)); };
  out.block_ab = blocked(out.delay_ab_ms, out.delay_ab_without_ms, round_ab);
  out.block_ba = blocked(out.delay_ba_ms, out.delay_ba_without_ms, round_ba);
  const bool never = std::isinf(out.delay_ab_ms) && std::isinf(out.delay_ba_ms);
  const auto a_little_late = [&](double now, double before, double round) { return std::isfinite(round) && no_gap(now, round) && now > before + std::max(5.0, 0.2 * before); };
  const bool cannot_tell = sealed && !out.block_ab && !out.block_ba && a_little_late(out.delay_ab_ms, out.delay_ab_without_ms, round_ab) && a_little_late(out.delay_ba_ms, out.delay_ba_without_ms, round_ba);
  out.verdict = out.block_ab && out.block_ba ? (never ? "Block in both directions: neither side reaches the other." : "Block in both directions: each side is reached late, by a way round.")
                : out.block_ab || out.block_ba ? "Block in one direction only."
                : cannot_tell ? "No proof of block: a wave comes later than without the lesions, but a short way round their ends cannot be told from a gap. Add the lesions the line ends at, or prove it nearer to the line."
                              : "No block: the line conducts, through a gap or tissue left alive.";
  return out;
}

}  // namespace ot::ep
