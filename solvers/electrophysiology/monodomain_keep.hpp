// SPDX-License-Identifier: GPL-3.0-or-later
// Writes and takes up again what keep_run.hpp promises. Used by the monodomain solver alone.
// Threads: one thread; folders of running programs are locked (flock).
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "solvers/electrophysiology/keep_run.hpp"
#include "solvers/electrophysiology/monodomain_record.hpp"
#include "solvers/electrophysiology/monodomain_state.hpp"

namespace ot::ep {

class RunKeeper {
 public:
  // key: of the question in full (problem, probes, kernels).
  RunKeeper(const KeepRun& how, std::string key);
  ~RunKeeper();
  RunKeeper(const RunKeeper&) = delete;
  RunKeeper& operator=(const RunKeeper&) = delete;

  bool on() const { return lock_ >= 0; }
  // The state to go on from, with the empty `record` filled up to there. Null: nothing usable is kept, and `record` is empty.
  std::shared_ptr<const MonodomainState> take_up(MonodomainRecord& record);
  void start_over();                                  // what was taken up is of no use
  bool due(double t_ms) const;
  void keep(const MonodomainState& state, const MonodomainRecord& record);
  // Words for the error: where it lies. Empty when it could not be written.
  std::string keep_last_good(const MonodomainState& state, const core::TetMesh& mesh, const ElectroFrame& frame) const;
  bool took_long() const;                             // longer than least_s: worth keeping at the end

 private:
  void give_up(const std::string& why);

  const KeepRun& how_;
  std::string key_;
  int lock_ = -1;
  double kept_ms_ = 0;
  std::chrono::steady_clock::time_point began_, kept_at_;
  MonodomainRecord::Mark mark_;
  bool started_ = false;                              // the record on disk is of this run
};

}  // namespace ot::ep
