// SPDX-License-Identifier: GPL-3.0-or-later
// Which stimuli of a train start an action potential, and how long those last: also beyond the next stimulus.
// A stimulus is captured when the cell had repolarised before it, to the 90 % level of the last captured beat (before there is one: to 90 %
//   of the way from this beat's peak, at least 0 mV, to the model's published resting potential), and V then rises above 0 mV.
// An action potential without a stimulus: V rises above 0 mV, from that level, before the stimulus of a cycle or more than 100 ms after it (cells with automaticity, or with little IK1).
//   Only voltages decide, so every model with an action potential in mV can be asked.
// Fails: never. Threads: one object is used by one thread.
#pragma once
#include <string>
#include <vector>

#include "solvers/electrophysiology/reaction/beat.hpp"

namespace ot::ep {

inline constexpr double stimulated_within_ms = 100;   // our choice: upstrokes of captured stimuli come within tens of ms
inline constexpr double alternating_apd_ms = 5;   // APD90 from beat to beat, as the restitution study has it (studies/restitution_study.hpp)

class PacedResponse {
 public:
  enum class Answer { captured, not_repolarised, no_upstroke };
  PacedResponse(double published_rest_mV, double stimulus_start_ms, double cycle_ms) : rest_(published_rest_mV), start_(stimulus_start_ms), cycle_(cycle_ms) {}

  void sample(double t_ms, double v_mV);               // every step of the running beat, t from the start of the cycle
  double unprompted_ms() const { return unprompted_at_; }   // of the running beat: its first action potential without a stimulus; NaN: none
  Answer end_beat(const Biomarkers* measured);         // nullptr: this beat is not followed

  struct Summary {
    int stimuli = 0, captured = 0;                     // of the followed beats
    int every = 0;                                     // n > 1: each n-th stimulus was captured lately, seen twice or more; else 0
    double apd90_ms = Biomarkers::nan;                 // mean of the captured beats whose repolarisation was seen
    int unprompted = 0;                                // action potentials without a stimulus
    double unprompted_ms = Biomarkers::nan;            // the earliest of them after the stimulus of its cycle
    bool alternates = false;
    double longer_ms = Biomarkers::nan, shorter_ms = Biomarkers::nan;   // of the last two when they alternate
    std::string note;                                  // empty: every stimulus captured, no alternans
  };
  Summary summary() const;

 private:
  double rest_, start_, cycle_;
  bool has_reference_ = false;
  double level_ = 0;                                   // of 90 % repolarisation of the last captured beat
  double before_ = 0, peak_ = -1e300, last_t_ = 0, last_v_ = 0;
  double open_level_ = Biomarkers::nan, since_upstroke_ = 0;   // a captured beat that has not repolarised; ms from its upstroke to the start of this cycle
  bool armed_ = false;                                 // V has been at the level of repolarisation since it was above 0 mV
  double unprompted_at_ = Biomarkers::nan, unprompted_first_ = Biomarkers::nan;
  int unprompted_in_beat_ = 0, unprompted_ = 0;
  std::vector<Answer> followed_;
  std::vector<double> apd90_;                          // of captured, followed beats
};

}  // namespace ot::ep
