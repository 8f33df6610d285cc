// SPDX-License-Identifier: GPL-3.0-or-later
// What a study reads from a FULL run: every activation and repolarisation of every node, frame by frame, and the files that let the run go on elsewhere.
// Model:    activation: upward crossing of the cells' level (IonicFamily::upstroke_mV) between frames, linear; repolarisation: 90 % of the way down from the beat's peak to the first frame's potential.
// In/out:   frames of all mesh nodes in mV -> ActivationRecord; the same as bytes with their hash and a key.
// Fails:    what cannot be read or belongs to another question is not there (false). Threads: one thread.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "solvers/electrophysiology/monodomain_state.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/reentry/record.hpp"

namespace ot::ep {

class FullTrace {
 public:
  FullTrace() = default;
  explicit FullTrace(const ElectroProblem& problem);   // nothing seen yet

  void see(const ElectroFrame& frame);                 // in the order of time; a frame seen twice changes nothing
  double now_ms() const { return now_; }
  double last_activation_ms() const { return last_; }  // 0 before the first
  ActivationRecord record(double end_ms) const;

  std::string bytes() const;
  bool take(const std::string& bytes);                 // of a trace of the same mesh; else false and unchanged

 private:
  struct Node {
    float before = 0, peak = -200, rest = 0;
    float up = 0;                                      // 1: activated and not yet repolarised
  };
  std::vector<float> level_;                           // [nodes] mV
  std::vector<Node> node_;
  std::vector<std::vector<std::pair<float, float>>> beats_;
  double now_ = 0, last_ = 0;
};

// A run that goes on: the solver's state and the trace of the same instant.
struct FullPoint {
  std::shared_ptr<const MonodomainState> state;
  FullTrace trace;
};

// One folder of one site: attempt.otms and attempt.ottr (the attempt under way), done-<key>.ottr (attempts that have ended).
class AttemptFiles {
 public:
  explicit AttemptFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}   // empty: keeps nothing
  bool on() const { return !folder_.empty(); }
  // Attempts that ended.
  bool find_done(const std::string& key, ActivationRecord& record) const;
  void keep_done(const std::string& key, const ActivationRecord& record) const;
  // The one under way; `point.trace` is of the right mesh and empty.
  bool find_going(const std::string& key, FullPoint& point) const;
  void keep_going(const std::string& key, const MonodomainState& state, const FullTrace& trace) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace ot::ep
