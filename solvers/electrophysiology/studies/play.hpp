// SPDX-License-Identifier: GPL-3.0-or-later
// Plays a list of stimuli on one twin: FAST (event-driven re-entry) or FULL (monodomain), each activation of each node recorded.
// Both keep the beats before the last stimulus, so that a ladder of couplings repeats only what differs. FULL can be kept on disk too (KeepPlay): the attempt that goes on,
// and what goes on after the shared beats, are the uninterrupted ones bit for bit.
// FULL: activations are upward crossings of 0 mV (IonicFamily::upstroke_mV) between samples every millisecond, repolarisation 90 % of the way down from the beat's peak.
// Fails:    as the solvers; cancelled. Threads: a Tissue is shared and const; a Player belongs to one thread.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "solvers/electrophysiology/reentry/reentry.hpp"
#include "solvers/electrophysiology/studies/full_trace.hpp"

namespace ot::ep {

struct TimedStimulus {
  double at_ms = 0;
  std::shared_ptr<const std::vector<core::Index>> nodes;
};

class StudyTissue {
 public:
  // cycle_length_ms: restitution and initial states belong to it (the interval of S1).
  static core::Result<std::shared_ptr<const StudyTissue>> make(const ElectroProblem& problem, core::Mode mode, double cycle_length_ms, const core::Progress& progress);
  const ElectroProblem& problem() const { return problem_; }
  core::Mode mode() const { return mode_; }
  const std::vector<std::uint8_t>& excitable() const { return excitable_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::shared_ptr<const ReentryTissue>& fast() const { return fast_; }   // null for FULL

 private:
  ElectroProblem problem_;
  core::Mode mode_ = core::Mode::fast;
  std::shared_ptr<const ReentryTissue> fast_;
  std::vector<std::uint8_t> excitable_;
  std::vector<std::string> notes_;
};

// FULL on disk: attempts that ended and the one under way, so that a study that was stopped goes on inside it.
struct KeepPlay {
  std::filesystem::path folder;                      // of one site; empty: nothing is kept
  double every_ms = 20, least_s = 5;                 // simulated time between states, and at least so long on the clock
  std::function<void(double t_ms)> on_continued;     // an attempt went on from there (its end: it was done)
};

class Player {
 public:
  explicit Player(std::shared_ptr<const StudyTissue> tissue, KeepPlay keep = {}) : tissue_(std::move(tissue)), keep_(std::move(keep)) {}
  // Until end_ms, or earlier when nothing moves any more. next_ms: no other list that shares all stimuli but the last has its last one earlier.
  core::Result<ActivationRecord> play(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms, double next_ms, const core::Progress& progress);

 private:
  core::Result<ActivationRecord> play_full(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms, double next_ms, const core::Progress& progress);
  std::string attempt_key(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms) const;

  struct Checkpoint {
    std::vector<TimedStimulus> stimuli;
    ReentryRun run;
  };
  struct FullCheckpoint {
    std::vector<TimedStimulus> stimuli;
    double stimulus_ms = 0;
    FullPoint point;
  };
  std::shared_ptr<const StudyTissue> tissue_;
  KeepPlay keep_;
  FullCheckpoint full_;
  std::vector<Checkpoint> kept_;   // by length of their list
};

}  // namespace ot::ep
