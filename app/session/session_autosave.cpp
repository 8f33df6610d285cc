// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Session that keeps what was made: whole cases by jobs, image edits in a journal at once. Where the journal lies:
//   a case in a folder        beside case.json
//   the built-in case         in the user's data folder, like its plans
//   a case never saved        <data folder>/recovery/<id>, where the case is written first; removed when it is saved or closed on purpose
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/session/case_codec.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/session_impl.hpp"
#include "solvers/core/hash.hpp"

namespace ot::session {
namespace fs = std::filesystem;

std::string clock_now() {
  const std::time_t t = std::time(nullptr);
  std::tm local{};
  localtime_r(&t, &local);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

fs::path user_data_folder() {
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  if (data && *data) return fs::path(data) / "organtwin";
  if (home && *home) return fs::path(home) / ".local/share/organtwin";
  return {};
}

// Plans and edits of a read-only case (the built-in one), one folder per twin.
fs::path private_plans_folder(const std::string& twin_sha256) {
  const fs::path base = user_data_folder();
  return base.empty() ? base : base / "plans" / twin_sha256.substr(0, 16);
}

namespace {
// Tells the states of two cases apart; no secret, so the clock, the process and a counter do.
std::string fresh_edit_id() {
  static std::uint64_t count = 0;
  core::Hasher hasher;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  hasher.value(static_cast<std::int64_t>(now.tv_sec)).value(static_cast<std::int64_t>(now.tv_nsec)).value(static_cast<std::int64_t>(getpid())).value(++count);
  return hasher.hex().substr(0, 32);
}
}  // namespace

void Session::Impl::start_autosave() {
  journal.close();
  journal_folder.clear();
  pending.clear();
  since_save.clear();
  base_saving = blobs_saving = case_saving = false;
  if (data->edit_id.empty()) change_data([](CaseData& d) { d.edit_id = fresh_edit_id(); });
  if (!folder.empty() && folder.parent_path() == user_data_folder() / "recovery") {   // goes on being unsaved
    recovery_folder = journal_folder = folder;
    folder.clear();
    if (auto ok = journal.open(journal_folder, data->edit_id); !ok) message = ok.error().message;
  } else if (!folder.empty()) journal_folder = folder;
  else if (data->patient.built_in && !plans_folder.empty()) journal_folder = plans_folder;
}

void Session::Impl::journal_edit(const std::string& name, const ImageData& now, const DeltaSteps& deltas, bool labels_same) {
  JournalEntry entry;
  entry.number = data->edits_held + 1;
  entry.name = name;
  entry.image = now;
  entry.deltas = deltas;
  entry.labels_same = labels_same;
  if (labels_same || !deltas.empty()) entry.image.labels = nullptr;
  change_data([&](CaseData& d) { d.edits_held = entry.number; });
  if (case_saving) since_save.push_back(entry);
  if (journal_folder.empty() && !base_saving) {
    if (user_data_folder().empty()) return;   // no home: nowhere to keep anything
    keep_for_recovery();   // its state holds this edit already
    return;
  }
  pending.push_back(std::move(entry));
  flush_journal();
}

void Session::Impl::flush_journal() {
  if (pending.empty() || journal_folder.empty() || base_saving || blobs_saving) return;
  if (!journal.is_open())
    if (auto ok = journal.open(journal_folder, data->edit_id); !ok) {
      message = ok.error().message;
      pending.clear();
      return;
    }
  while (!pending.empty()) {
    BlobWriter writer = BlobWriter::by_identity();
    writer.know(names.get());
    const Json record = encode_entry(pending.front(), writer);
    if (writer.unknown() > 0) {
      // A new volume or a label map on another grid: written by a job, this entry and those after it wait.
      blobs_saving = true;
      jobs.start(Lane::save, "", "Saving an edit", [this, entry = pending.front(), names = this->names, known = std::make_shared<const BlobNames>(*names), where = journal_folder](const core::Progress&) -> core::Result<JobRunner::Completion> {
        std::error_code ec;
        fs::create_directories(where / "edit-blobs", ec);
        auto blobs = std::make_shared<BlobWriter>(where / "edit-blobs");
        blobs->know(known.get());
        (void)encode_entry(entry, *blobs);
        auto failed = blobs->state();
        return JobRunner::Completion([this, blobs, names, known, entry, failed] {   // entry: its objects stay as they were named
          names->add(blobs->used());
          if (names != this->names) return;   // another case was opened meanwhile
          blobs_saving = false;
          if (!failed) {
            message = failed.error().message;
            pending.pop_front();
          }
          flush_journal();
        });
      });
      return;
    }
    if (auto ok = journal.append(record); !ok) {
      message = ok.error().message;
      pending.clear();
      return;
    }
    pending.pop_front();
    autosaved = clock_now();
  }
  tell(Change::saved);
}

void Session::Impl::keep_for_recovery() {
  if (!folder.empty() || data->patient.built_in || !recovery_folder.empty() || user_data_folder().empty()) return;
  recovery_folder = user_data_folder() / "recovery" / data->edit_id;
  base_saving = true;
  jobs.start(Lane::save, "recovery", "Keeping the case for recovery", [this, data = this->data, names = this->names, where = recovery_folder](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto used = std::make_shared<BlobNames>();
    auto saved = save_case(*data, where, progress, nullptr, used.get());
    return JobRunner::Completion([this, data, names, used, where, saved] {
      if (recovery_folder != where) return;   // saved or closed meanwhile
      base_saving = false;
      if (!saved) {
        message = saved.error().message;
        pending.clear();
        return;
      }
      names->add(*used);
      journal_folder = where;
      if (auto ok = journal.open(journal_folder, this->data->edit_id); !ok) message = ok.error().message;   // its lock says that someone is here
      flush_journal();
    });
  });
}

fs::path Session::recoverable() {
  fs::path newest;
  fs::file_time_type when{};
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(user_data_folder() / "recovery", ec)) {
    if (!fs::exists(entry.path() / "case.json", ec)) continue;
    const int file = ::open((entry.path() / "edits.journal").c_str(), O_RDONLY | O_CLOEXEC);
    const bool in_use = file >= 0 && ::flock(file, LOCK_SH | LOCK_NB) != 0;
    if (file >= 0) ::close(file);
    const auto at = fs::last_write_time(entry.path() / "case.json", ec);
    if (!in_use && (newest.empty() || at > when)) {
      newest = entry.path();
      when = at;
    }
  }
  return newest;
}

void Session::Impl::drop_recovery() {
  if (recovery_folder.empty()) return;
  if (journal_folder == recovery_folder) {
    journal.close();
    journal_folder.clear();
  }
  std::error_code ec;
  fs::remove_all(recovery_folder, ec);
  recovery_folder.clear();
}

// adopt_folder: the case lives there from now on. Edits made while the job runs go into the journal of the new state.
void Session::Impl::start_save(const fs::path& where, bool adopt_folder) {
  case_saving = true;
  since_save.clear();
  jobs.start(Lane::save, "save " + where.string(), "Saving " + where.filename().string(),
             [this, where, adopt_folder, data = this->data, names = this->names, known = std::make_shared<const BlobNames>(*names)](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
               auto used = std::make_shared<BlobNames>();
               auto saved = save_case(*data, where, progress, known.get(), used.get());
               return JobRunner::Completion([this, where, adopt_folder, data, names, used, saved] {   // data: its objects stay as they were named
                 if (names != this->names) return;   // another case was opened meanwhile
                 case_saving = false;
                 if (!saved) {
                   message = saved.error().message;
                   tell(Change::saved);
                   return;
                 }
                 names->add(*used);
                 if (adopt_folder) {
                   drop_recovery();
                   journal.close();
                   if (data->patient.built_in && journal_folder == plans_folder && journal_folder != where) drop_edits(journal_folder);   // the teaching case is as delivered again
                   folder = plans_folder = where;
                   journal_folder = where;
                 }
                 // What the saved state does not hold yet.
                 pending.assign(since_save.begin(), since_save.end());
                 since_save.clear();
                 if (!journal.is_open())
                   if (auto ok = journal.open(journal_folder, this->data->edit_id); !ok) message = ok.error().message;
                 if (journal.is_open())
                   if (auto ok = journal.restart(); !ok) message = ok.error().message;
                 flush_journal();
                 autosaved = clock_now();
                 if (this->data->plans != data->plans) autosave();
                 tell(Change::saved);
               });
             });
  tell(Change::jobs);
}

}  // namespace ot::session
