// SPDX-License-Identifier: GPL-3.0-or-later
// What a Session is made of; shared by session.cpp and session_images.cpp only.
#pragma once
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "app/session/edit_journal.hpp"
#include "app/session/history.hpp"
#include "app/session/session.hpp"

namespace ot::session {

// States of cancelled FULL flow runs, the newest few; written by workers.
class StoppedFlow {
 public:
  void keep(std::shared_ptr<const hemo::FlowState> state) {
    constexpr std::size_t most = 3;   // some ten megabytes each
    const std::lock_guard lock(mutex_);
    states_.push_back(std::move(state));
    if (states_.size() > most) states_.pop_front();
  }
  std::vector<std::shared_ptr<const hemo::FlowState>> states() const {   // newest last: the one that counts
    const std::lock_guard lock(mutex_);
    return {states_.begin(), states_.end()};
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const hemo::FlowState>> states_;
};

struct Session::Impl {
  std::shared_ptr<const CaseData> data = std::make_shared<CaseData>();
  std::filesystem::path folder;          // where edits are saved; empty: not saved yet
  std::filesystem::path plans_folder;    // autosave target
  std::string autosaved, message;
  int active = 0;
  History history;
  std::shared_ptr<twin::FrameMailbox> mailbox;
  std::shared_ptr<StoppedFlow> stopped = std::make_shared<StoppedFlow>();
  std::deque<std::shared_ptr<const twin::RunResult>> parts;   // computed outside runs, newest last; taken over by problem hash
  std::map<int, Observer> observers;
  int next_observer = 1;
  bool jobs_were_busy = false;

  // Each state of an image that meshes depend on (labels, planes) has a number; undo brings the number back. The hash of a state is
  // known for those a mesh could have been made from, so that no edit has to hash a whole label map.
  std::map<std::string, std::uint64_t> version;            // by image key
  std::map<std::uint64_t, std::string> sha_of_version;
  std::uint64_t next_version = 1;
  std::string changed_image;
  std::weak_ptr<const core::LabelMap> borrowed_from;        // present labels when borrow_labels() was called
  std::map<std::string, int> image_jobs;                    // job id by image key

  // A label map that is some edits away from the present one: reused instead of copying hundreds of megabytes per stroke.
  struct Spare {
    std::string key;
    std::shared_ptr<core::LabelMap> map;
    DeltaSteps behind;
  } spare;

  // Voxels per label, counted once over the whole map and then kept up to date by each edit.
  struct Counts {
    std::weak_ptr<const core::LabelMap> of;
    std::array<std::int64_t, 256> voxels{};
    bool follows = false;                                   // the edit was counted, its map is about to become the present one
  };
  std::map<std::string, Counts> counts;                     // by image key

  // Autosave of image edits: entries wait here until the journal can take them (session_autosave.cpp).
  EditJournal journal;
  std::deque<JournalEntry> pending;
  std::vector<JournalEntry> since_save;                     // made while a save was running: they go into the journal of the new state
  bool base_saving = false, blobs_saving = false, case_saving = false;
  std::shared_ptr<BlobNames> names = std::make_shared<BlobNames>();
  std::filesystem::path journal_folder, recovery_folder;    // recovery: where a case that was never saved is kept

  JobRunner jobs;   // last: its destructor waits for work that may still look at the rest

  void tell(Change change);
  void change_data(const std::function<void(CaseData&)>& edit);
  void autosave();
  // `show`: the plan shown afterwards; without it the present one, as far as it is still there.
  void commit(std::string name, std::vector<Plan> after, std::string merge_key = {}, std::optional<int> show = {});
  // labels_sha256: of the images' labels, in order, when a job has computed them already.
  void adopt(CaseData fresh, std::filesystem::path where, bool writable, std::vector<std::string> labels_sha256, std::shared_ptr<BlobNames> known = nullptr);
  void restore_private_plans();

  // --- session_images.cpp ---
  std::shared_ptr<const ImageData> image(const std::string& key) const;   // null when there is none
  void count_versions(const std::vector<std::string>& labels_sha256);
  std::shared_ptr<core::LabelMap> writable_labels(const ImageData& image);
  void set_image(ImageData fresh);
  void keep_spare(const ImageData& before, const DeltaSteps& steps);
  void land(HistoryStep step, ImageData after, const ImageData& before);
  void apply_step(const HistoryStep& step, bool forward);

  // --- session_autosave.cpp ---
  void start_autosave();                                    // of a case just adopted
  void journal_edit(const std::string& name, const ImageData& now, const DeltaSteps& deltas, bool labels_same);
  void flush_journal();
  void keep_for_recovery();                                 // writes the whole case once, then the journal continues beside it
  void drop_recovery();
  void start_save(const std::filesystem::path& where, bool adopt_folder);
};

std::string clock_now();                                    // "10:42:07"
std::filesystem::path user_data_folder();                   // $XDG_DATA_HOME/organtwin; empty when there is no home
std::filesystem::path private_plans_folder(const std::string& twin_sha256);

// Everything of an image but its labels' voxels is equal (shared parts by identity).
bool same_but_labels(const ImageData& a, const ImageData& b);
// One undo step from `before` to `after`; deltas are computed unless given. No value when nothing changed.
std::optional<HistoryStep> image_step(const std::string& name, const ImageData& before, const ImageData& after, const std::string& merge_key,
                                      std::shared_ptr<const imaging::LabelDelta> known = nullptr);
std::vector<std::string> labels_sha256(const CaseData& data);

}  // namespace ot::session
