// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/play.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

// FULL: without an activation for so long nothing moves any more. The slowest conduction that still succeeds waits a few tens of ms.
constexpr double silence_ms = 150;
constexpr double sample_ms = 1.0;   // of FULL; upstrokes last 1 to 3 ms on meshes in use

bool same(const TimedStimulus& a, const TimedStimulus& b) { return a.at_ms == b.at_ms && *a.nodes == *b.nodes; }

}  // namespace

core::Result<std::shared_ptr<const StudyTissue>> StudyTissue::make(const ElectroProblem& problem, core::Mode mode, double cycle_length_ms, const core::Progress& progress) {
  OT_EXPECT(problem.mesh != nullptr);
  auto tissue = std::make_shared<StudyTissue>();
  tissue->problem_ = problem;
  tissue->problem_.cycle_length_ms = cycle_length_ms;
  tissue->problem_.electrodes.clear();   // no ECG: it would be computed every millisecond
  tissue->mode_ = mode;
  tissue->excitable_.assign(problem.mesh->nodes.size(), 0);
  for (std::size_t t = 0; t < problem.mesh->tets.size(); ++t)
    if (problem.regions.empty() || problem.regions[problem.tissue.empty() ? 0 : problem.tissue[t]].conducting)
      for (core::Index n : problem.mesh->tets[t]) tissue->excitable_[std::size_t(n)] = 1;
  if (mode == core::Mode::fast) {
    auto made = ReentryTissue::make(tissue->problem_, {}, progress);
    if (!made) return core::pass(made);
    tissue->fast_ = *made;
    tissue->notes_ = (*made)->notes();
    for (std::size_t n = 0; n < tissue->excitable_.size(); ++n) tissue->excitable_[n] = tissue->excitable_[n] && (*made)->excitable(core::Index(n));
  }
  return std::shared_ptr<const StudyTissue>(std::move(tissue));
}

core::Result<ActivationRecord> Player::play(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms, double next_ms, const core::Progress& progress) {
  OT_EXPECT(!stimuli.empty() && std::is_sorted(stimuli.begin(), stimuli.end(), [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; }));
  if (tissue_->mode() == core::Mode::full) return play_full(stimuli, stimulus_ms, end_ms, next_ms, progress);
  // The longest checkpoint whose list begins ours and that lies before our next stimulus.
  const std::size_t before = stimuli.size() - 1;
  std::size_t from = 0;
  ReentryRun run(tissue_->fast());
  const Checkpoint* start = nullptr;
  for (const Checkpoint& c : kept_) {
    if (c.stimuli.size() > before || c.stimuli.size() <= from || !std::equal(c.stimuli.begin(), c.stimuli.end(), stimuli.begin(), same)) continue;
    if (c.run.time() > stimuli[c.stimuli.size()].at_ms) continue;
    start = &c;
    from = c.stimuli.size();
  }
  if (start) run = start->run;
  for (std::size_t k = from; k < stimuli.size(); ++k) {
    if (k == before && before > from) {
      if (!run.advance(std::min(next_ms, stimuli[k].at_ms), progress)) return core::cancelled();
      std::erase_if(kept_, [&](const Checkpoint& c) { return c.stimuli.size() >= before; });
      kept_.push_back({{stimuli.begin(), stimuli.begin() + std::ptrdiff_t(before)}, run});
    }
    run.stimulate(*stimuli[k].nodes, stimuli[k].at_ms, stimulus_ms);
    if (k + 1 < stimuli.size() && k + 1 < before)
      if (!run.advance(stimuli[k + 1].at_ms - 1e-6, progress)) return core::cancelled();
  }
  if (!run.advance(end_ms, progress)) return core::cancelled();
  return run.record(end_ms);
}

std::string Player::attempt_key(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms) const {
  core::Hasher h;
  h.text(restart_key(tissue_->problem())).text(usable_instruction_sets().front()).value(stimulus_ms).value(end_ms);
  for (const TimedStimulus& s : stimuli) {
    h.value(s.at_ms).value(std::uint64_t(s.nodes->size()));
    for (const core::Index n : *s.nodes) h.value(n);
  }
  return h.hex();
}

core::Result<ActivationRecord> Player::play_full(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms, double next_ms, const core::Progress& progress) {
  const AttemptFiles files(keep_.folder);
  const std::string key = files.on() ? attempt_key(stimuli, stimulus_ms, end_ms) : std::string();
  if (ActivationRecord done; files.find_done(key, done)) {
    if (keep_.on_continued) keep_.on_continued(end_ms);
    return done;
  }
  ElectroProblem p = tissue_->problem();
  p.sites.clear();
  for (const TimedStimulus& s : stimuli) {
    ActivationSite site;
    site.name = "stimulus";
    site.nodes = *s.nodes;
    site.start_ms = s.at_ms;
    site.duration_ms = stimulus_ms;
    p.sites.push_back(std::move(site));
  }
  p.end_ms = end_ms;
  p.frame_every_ms = sample_ms;
  // From where: this attempt as it was left, or the beats it shares with the one before.
  FullPoint point{nullptr, FullTrace(p)};
  const std::size_t before = stimuli.size() - 1;
  if (files.find_going(key, point)) {
    if (keep_.on_continued) keep_.on_continued(point.state->t_ms);
  } else if (full_.point.state && full_.stimulus_ms == stimulus_ms && full_.stimuli.size() == before && std::equal(full_.stimuli.begin(), full_.stimuli.end(), stimuli.begin(), same) &&
             full_.point.state->t_ms <= stimuli.back().at_ms) {
    point = full_.point;
  }
  const auto stop = std::make_shared<core::CancelFlag>();
  bool finished_early = false;
  const double last_stimulus = stimuli.back().at_ms;
  MonodomainRun run;
  run.restart = point.state;
  run.on_frame = [&](const ElectroFrame& frame, const Ecg&) {
    point.trace.see(frame);
    const double t = frame.t_ms;
    if (progress.cancelled()) stop->cancel();
    progress.report(std::min(1.0, t / end_ms), "monodomain");
    if (t > last_stimulus + silence_ms && t > std::max(point.trace.last_activation_ms(), stimuli.front().at_ms) + silence_ms) {
      finished_early = true;
      stop->cancel();
    }
  };
  // Before the last stimulus of this attempt and of any that differs in it alone.
  const double shared_ms = std::floor(std::min(next_ms, last_stimulus));
  if (before > 0 && shared_ms > (point.state ? point.state->t_ms : 0.0)) {
    run.save_at_ms = shared_ms;
    run.on_saved = [&](const MonodomainState& state) { full_ = {{stimuli.begin(), stimuli.begin() + std::ptrdiff_t(before)}, stimulus_ms, {std::make_shared<const MonodomainState>(state), point.trace}}; };
  }
  auto kept_at = std::chrono::steady_clock::now();
  if (files.on()) {
    run.state_every_ms = keep_.every_ms;
    run.on_state = [&](const MonodomainState& state) {
      const auto now = std::chrono::steady_clock::now();
      if (std::chrono::duration<double>(now - kept_at).count() < keep_.least_s) return;
      files.keep_going(key, state, point.trace);
      kept_at = now;
    };
  }
  const auto result = run_monodomain_with(p, run, core::Progress(nullptr, stop));
  if (!result && !(finished_early && result.error().code == core::ErrorCode::cancelled)) return core::pass(result);
  if (progress.cancelled()) return core::cancelled();
  ActivationRecord r = point.trace.record(end_ms);   // quiet until then
  files.keep_done(key, r);
  return r;
}

}  // namespace ot::ep
