// SPDX-License-Identifier: GPL-3.0-or-later
// Journal of image edits: <folder>/edits.journal, appended to after every edit, undo and redo, so that a crash loses none of them; large new
// objects (another volume, a label map on another grid) go to <folder>/edit-blobs. Format: resources/docs/dev/edit-file.md.
// A record reaches the system before append() returns (it survives the end of this program); a thread then has it written to the disk.
// Threads: one owner thread; replay_edits on any.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/session/blob_store.hpp"
#include "app/session/case.hpp"
#include "imaging/edit/label_delta.hpp"

namespace ot::session {

using DeltaSteps = std::vector<std::pair<std::shared_ptr<const imaging::LabelDelta>, bool>>;   // delta, forward

// One edit. `image` without its labels unless they were replaced as a whole.
struct JournalEntry {
  std::uint64_t number = 0;
  std::string name;
  ImageData image;
  DeltaSteps deltas;
  bool labels_same = true;
};
Json encode_entry(const JournalEntry& entry, BlobWriter& blobs);

class EditJournal {
 public:
  EditJournal();
  ~EditJournal();
  // Continues the journal in `folder` after its last whole record, or starts one. A journal of another case is set aside as
  // edits.journal.old. Fails when another program has it open or nothing can be written there.
  core::Result<void> open(const std::filesystem::path& folder, const std::string& edit_id);
  void close();
  bool is_open() const;
  core::Result<void> append(const Json& record);
  // Nothing of it is needed any more (all is in case.json).
  core::Result<void> restart();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Applies the records of `folder` that `data` does not hold yet. What cannot be applied ends it and is set aside; the sentence says so.
// Empty when there was nothing to say: no records, or those of a case of one's own that was closed on purpose.
std::string replay_edits(CaseData& data, const std::filesystem::path& folder, BlobReader& blobs);

// Edits kept in `folder` that live elsewhere now; no journal may be open there.
void drop_edits(const std::filesystem::path& folder);

}  // namespace ot::session
