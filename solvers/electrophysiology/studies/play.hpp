// SPDX-License-Identifier: GPL-3.0-or-later
// Plays a list of stimuli on one twin: FAST (event-driven re-entry) or FULL (monodomain), each activation of each node recorded.
// FAST keeps checkpoints of the beats before the last stimulus, so that a ladder of couplings repeats only what differs.
// FULL: activations are upward crossings of 0 mV (IonicFamily::upstroke_mV) between samples every millisecond, repolarisation 90 % of the way down from the beat's peak.
// Fails:    as the solvers; cancelled. Threads: a Tissue is shared and const; a Player belongs to one thread.
#pragma once
#include <memory>
#include <vector>

#include "solvers/electrophysiology/reentry/reentry.hpp"

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

class Player {
 public:
  explicit Player(std::shared_ptr<const StudyTissue> tissue) : tissue_(std::move(tissue)) {}
  // Until end_ms, or earlier when nothing moves any more. next_ms: no other list that shares all stimuli but the last has its last one earlier.
  core::Result<ActivationRecord> play(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms, double next_ms, const core::Progress& progress);

 private:
  core::Result<ActivationRecord> play_full(const std::vector<TimedStimulus>& stimuli, double stimulus_ms, double end_ms, const core::Progress& progress) const;

  struct Checkpoint {
    std::vector<TimedStimulus> stimuli;
    ReentryRun run;
  };
  std::shared_ptr<const StudyTissue> tissue_;
  std::vector<Checkpoint> kept_;   // by length of their list
};

}  // namespace ot::ep
