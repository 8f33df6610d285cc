// SPDX-License-Identifier: GPL-3.0-or-later
// JobRunner: background work that never touches the caller's data. Lanes work side by side, each first come first served:
// `quick` (FAST answers, one at a time, newest replaces waiting ones with the same key), `heavy` (FULL runs, opening, rebuilding),
// `image` (segmentation and label edits, so that they do not wait for a FULL run), `save` (writing cases: cancel_all() and the
// destructor let these finish, for what a person made must not get lost).
// Threads: every public function and every completion runs on the owner's thread; poll() delivers what has happened.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::session {

enum class JobState { waiting, running, done, failed, cancelled };
enum class Lane { quick, heavy, image, save };

struct JobStatus {
  int id = 0;
  std::string key;          // as given to start(); what a job is for is told by this, never by its title
  std::string title;        // "Full model, plan A"
  std::string what;         // "monodomain, 212 of 500 ms"
  double fraction = 0;      // 0..1
  double elapsed_s = 0;
  double left_s = -1;       // estimate, < 0 unknown
  JobState state = JobState::waiting;
  bool cancelling = false;  // was told to stop and has not yet
  std::string error;        // when failed
};

class JobRunner {
 public:
  JobRunner();
  ~JobRunner();             // cancels everything but saving and waits (each job stops within a second)

  // `work` runs on a lane's thread and captures only immutable inputs; what it returns runs inside poll() afterwards.
  // A waiting job with the same non-empty key is replaced; a running one with the same key is cancelled.
  using Completion = std::function<void()>;
  using Work = std::function<core::Result<Completion>(const core::Progress&)>;
  int start(Lane lane, std::string key, std::string title, Work work);
  void cancel(int id);
  void cancel_all();                       // all but the lane `save`
  bool busy() const;
  bool busy(Lane lane) const;
  int active(std::string_view key_start) const;   // id of the first waiting or running job whose key begins so, 0: none
  std::vector<JobStatus> status() const;   // waiting, running, and the failed ones not yet dismissed
  void dismiss(int id);

  void poll();                             // owner's thread, about 30 times a second
  void wait_until_idle();                  // for tests and the command line

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::session
