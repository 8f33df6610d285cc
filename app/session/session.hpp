// SPDX-License-Identifier: GPL-3.0-or-later
// Session: the open case with undo, jobs and autosave. The desktop binds to it; it knows no Qt.
// Threads: one owner thread (the GUI's). poll() about 30 times a second; observers are called from poll() and from edits.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <array>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/jobs.hpp"
#include "imaging/edit/label_delta.hpp"

namespace ot::session {

// What changed, so that a panel updates only what it shows.
// measured: recorded ECGs or electro-anatomical maps.
// image: labels, planes, landmarks or anything else of one image (changed_image() says which). model: meshes and twin were made new.
enum class Change { case_replaced, plans, selection, results, jobs, saved, frame, image, model, measured };

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
  core::Result<void> save_as(const std::filesystem::path& folder);       // refused at once, or a job; Change::saved when done
  // The newest case that an ended session (a crash, a power cut) did not save; open() it to go on. Empty when there is none.
  static std::filesystem::path recoverable();
  std::string autosaved_at() const;                       // "10:42:07", empty when not yet

  // --- images: labels, valve planes, landmarks, guided input, measurements ---
  // `change` edits a copy; what it changed becomes ONE undo step (labels as a delta) and is autosaved. Consecutive steps with the same
  // non-empty merge key become one. To edit labels, put a new LabelMap into ImageData::labels. Nothing changed: no step.
  core::Result<void> update_image(const std::string& image_key, std::string step_name, const std::function<void(ImageData&)>& change, std::string merge_key = {});
  // Volume of every label value, ml. Counts the whole map the first time, then each edit keeps it up to date. Zeros without labels.
  std::array<double, 256> label_volumes_ml(const std::string& image_key);
  // Keys of the labels with at least one voxel; nothing where the present map was not counted yet. label_volumes_ml() counts at once,
  // take_label_voxels() takes what a job counted of `labels` (ignored when they are not the present ones any more).
  std::optional<std::vector<std::string>> labels_present(const std::string& image_key) const;
  void take_label_voxels(const std::string& image_key, const std::shared_ptr<const core::LabelMap>& labels, const std::array<std::int64_t, 256>& voxels);
  // The quick way for brushes, without copying or comparing whole maps: take a private copy of the present labels, write into it, and hand
  // it back with what was changed. Null when the image has no labels. The copy must be handed back or dropped.
  std::shared_ptr<core::LabelMap> borrow_labels(const std::string& image_key);
  core::Result<void> update_labels(const std::string& image_key, std::string step_name, std::shared_ptr<core::LabelMap> labels, imaging::LabelDelta delta, std::string merge_key = {});
  // Handed back unchanged: kept for the next borrow_labels().
  void return_labels(const std::string& image_key, std::shared_ptr<core::LabelMap> labels);
  // A job on a copy of the image; the function it returns is applied to the image as one undo step (it may be called on a copy of itself).
  using ImageWork = std::function<core::Result<std::function<void(ImageData&)>>(const ImageData&, const core::Progress&)>;
  void run_image_job(const std::string& image_key, std::string title, std::string step_name, ImageWork work);
  void segment(const std::string& image_key, const std::string& recipe);   // a job; lands as one undo step
  bool image_busy(const std::string& image_key) const;    // a job will change this image: tools wait
  std::string changed_image() const;                      // key of the image Change::image was told for
  // --- the model made from the labels ---
  void rebuild();                                         // a job: meshes, twin and FAST from the present labels; one undo step
  // A job on the meshes of a copy of the case (patches, vessels, part meshes); a twin that it took away is built again. One undo step.
  using ModelWork = std::function<core::Result<void>(CaseData&, const core::Progress&)>;
  void run_model_job(std::string title, std::string step_name, ModelWork work);
  // --- what was measured in the patient: recorded ECGs and electro-anatomical maps; one undo step, the case is saved ---
  void update_measured(std::string step_name, const std::function<void(CaseData&)>& change);
  using MeasuredWork = std::function<core::Result<std::function<void(CaseData&)>>(const CaseData&, const core::Progress&)>;
  void run_measured_job(std::string title, std::string step_name, MeasuredWork work);   // a job; its function is applied as one step
  bool model_out_of_date() const;                         // a mesh was made from other labels than the present ones
  std::string rebuild_loses() const;                      // "2 results are computed again; 1 FULL result is dropped", empty when nothing
  std::size_t undo_memory() const;                        // bytes kept for undo

  // --- plans; every edit is one undo step with a name a person reads ---
  int plan_count() const;
  int active_plan() const;
  void set_active_plan(int plan);
  int add_plan(const std::string& title, int copy_of);                 // returns its index
  void remove_plan(int plan);
  core::Result<void> add(int plan, twin::InterventionSpec spec);        // validated against the twin; refused = unchanged
  // Several as one undo step with this name; when one of them is refused none is added.
  core::Result<void> add_group(int plan, std::vector<twin::InterventionSpec> specs, const std::string& step_name);
  core::Result<void> update(int plan, const twin::InterventionSpec& spec);   // same id; consecutive updates of one id merge
  void close_step();                                      // the next update is an undo step of its own (a drag has ended)
  void remove(int plan, const std::string& id);
  void set_enabled(int plan, const std::string& id, bool enabled);
  bool can_undo() const;
  bool can_redo() const;
  bool changed_more_than_plans() const;   // images, model or measured data differ from what was opened (plans of the built-in case are kept by themselves)
  std::string undo_name() const;                          // "lesion line 1"
  std::string redo_name() const;
  void undo();
  void redo();

  // --- results: null until computed for the plan's present scenario ---
  std::shared_ptr<const twin::RunResult> result(int plan, core::Mode mode) const;
  std::shared_ptr<const twin::RunResult> best_result(int plan) const;  // FULL when there is one, else FAST
  bool ended_early(int plan) const;   // the FULL result stops before the end of the beat the model asks for (a quick demo)
  bool stale(int plan) const;                             // no result fits the present scenario
  void run(int plan, core::Mode mode);                    // a job; FAST is also started by every edit
  // A part of a plan that was computed by itself (one vessel's FULL flow behind a drag): runs of the same problem take it over.
  void take_over(std::shared_ptr<const twin::RunResult> part);
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
