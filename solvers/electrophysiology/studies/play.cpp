// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/play.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reentry/cell_kinds.hpp"

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
  if (tissue_->mode() == core::Mode::full) return play_full(stimuli, stimulus_ms, end_ms, progress);
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

core::Result<ActivationRecord> Player::play_full(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms, const core::Progress& progress) const {
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
  const std::size_t nn = p.mesh->nodes.size();
  struct Node {
    float before = 0, peak = -200, rest = 0;
    bool up = false;
  };
  std::vector<Node> state(nn);
  std::vector<std::vector<std::pair<float, float>>> beats(nn);
  const auto stop = std::make_shared<core::CancelFlag>();
  bool finished_early = false;
  double last = stimuli.front().at_ms, now = 0;
  const double last_stimulus = stimuli.back().at_ms;
  std::vector<float> level_of(nn, float(find_ionic_family(p.ionic_model)->upstroke_mV));
  if (ionic_models_of(p).size() > 1) {
    const auto region = node_regions(p);
    for (std::size_t n = 0; n < nn; ++n)
      level_of[n] = float(find_ionic_family(ionic_model_of(p, region[n], p.cell_type.empty() ? CellType::epi : CellType(p.cell_type[n])))->upstroke_mV);
  }
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const auto on_frame = [&](const ElectroFrame& frame, const Ecg&) {
    const auto& v = *frame.v_mV;
    const double t = frame.t_ms;
    const bool first = t == 0;
    for (std::size_t n = 0; n < nn; ++n) {
      Node& s = state[n];
      const float x = v[n], level = level_of[n];
      if (first) s = {x, x, x, false};
      if (s.before < level && x >= level) {
        const double when = now + (t - now) * double((level - s.before) / (x - s.before));
        if (!beats[n].empty() && std::isnan(beats[n].back().second)) beats[n].back().second = float(when);
        beats[n].push_back({float(when), nan});
        s.peak = x;
        s.up = true;
        last = std::max(last, when);
      }
      if (s.up) {
        s.peak = std::max(s.peak, x);
        const float down = s.rest + 0.1f * (s.peak - s.rest);
        if (x <= down) {
          beats[n].back().second = float(now + (t - now) * double((s.before - down) / std::max(1e-6f, s.before - x)));
          s.up = false;
        }
      }
      s.before = x;
    }
    now = t;
    if (progress.cancelled()) stop->cancel();
    progress.report(std::min(1.0, t / end_ms), "monodomain");
    if (t > last_stimulus + silence_ms && t > last + silence_ms) {
      finished_early = true;
      stop->cancel();
    }
  };
  const auto result = run_monodomain(p, on_frame, core::Progress(nullptr, stop));
  if (!result && !(finished_early && result.error().code == core::ErrorCode::cancelled)) return core::pass(result);
  if (progress.cancelled()) return core::cancelled();
  ActivationRecord r;
  r.end_ms = end_ms;   // quiet until then
  r.begin.assign(nn + 1, 0);
  for (std::size_t n = 0; n < nn; ++n) {
    for (const auto& [at, until] : beats[n]) {
      r.at_ms.push_back(at);
      r.repolarised_ms.push_back(until);
    }
    r.begin[n + 1] = std::uint32_t(r.at_ms.size());
  }
  return r;
}

}  // namespace ot::ep
