// SPDX-License-Identifier: GPL-3.0-or-later
// Session: the open case with undo, jobs and autosave. The desktop binds to it; it knows no Qt.
// Threads: one owner thread (the GUI's). poll() about 30 times a second; observers are called from poll() and from edits.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/jobs.hpp"

namespace ot::session {

// What changed, so that a panel updates only what it shows.
enum class Change { case_replaced, plans, selection, results, jobs, saved, frame };

class Session {
 public:
  Session();
  ~Session();

  // --- case ---
  std::shared_ptr<const CaseData> data() const;           // never null; an empty case at first
  const std::filesystem::path& folder() const;            // empty when never saved
  void open(const std::filesystem::path& folder);         // a job; Change::case_replaced when done
  void replace(CaseData data, std::filesystem::path folder);
  void build_coarse_builtin();                            // a job: quick phantom twin when no installed case was found
  void import_image(const std::filesystem::path& path);   // a job: image -> recipe -> twin -> FAST baseline
  core::Result<void> save_as(const std::filesystem::path& folder);
  std::string autosaved_at() const;                       // "10:42:07", empty when not yet

  // --- plans; every edit is one undo step with a name a person reads ---
  int plan_count() const;
  int active_plan() const;
  void set_active_plan(int plan);
  int add_plan(const std::string& title, int copy_of);                 // returns its index
  void remove_plan(int plan);
  core::Result<void> add(int plan, twin::InterventionSpec spec);        // validated against the twin; refused = unchanged
  core::Result<void> update(int plan, const twin::InterventionSpec& spec);   // same id; consecutive updates of one id merge
  void remove(int plan, const std::string& id);
  void set_enabled(int plan, const std::string& id, bool enabled);
  bool can_undo() const;
  bool can_redo() const;
  std::string undo_name() const;                          // "lesion line 1"
  std::string redo_name() const;
  void undo();
  void redo();

  // --- results: null until computed for the plan's present scenario ---
  std::shared_ptr<const twin::RunResult> result(int plan, core::Mode mode) const;
  std::shared_ptr<const twin::RunResult> best_result(int plan) const;  // FULL when there is one, else FAST
  bool stale(int plan) const;                             // no result fits the present scenario
  void run(int plan, core::Mode mode);                    // a job; FAST is also started by every edit
  std::shared_ptr<const twin::Frame> take_frame();        // newest live frame of a FULL run, or null

  // --- jobs and messages ---
  JobRunner& jobs();
  std::string last_message() const;                       // last error or hint in words; empty when none
  void set_message(std::string message);

  using Observer = std::function<void(Change)>;
  int observe(Observer observer);
  void unobserve(int id);
  void poll();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::session
