// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/edit_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "app/session/case_codec.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

constexpr const char *file_name = "edits.journal", *closed_name = "edits.closed", *blobs_name = "edit-blobs";   // closed: the length of a journal that was left on purpose
// One record of the largest step (a segmentation of 512 x 512 x 2000 voxels as runs) stays far below; more is damage.
constexpr std::uint64_t largest_record = std::uint64_t(1) << 31;
constexpr std::size_t head_size = 8 + 64;   // length, SHA-256 in hex

std::string header(const std::string& edit_id) { return "organtwin-edits 1 " + edit_id + "\n"; }

std::string frame(const std::vector<std::uint8_t>& bytes) {
  const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string out(8, '\0');
  const std::uint64_t size = bytes.size();
  for (int n = 0; n < 8; ++n) out[static_cast<std::size_t>(n)] = static_cast<char>(size >> (8 * n));
  out += core::sha256_hex(view);
  out.append(view);
  return out;
}

// Whole records, and how many bytes of the file they fill with the header.
struct Content {
  std::string edit_id;
  std::vector<std::string_view> records;
  std::size_t good = 0;
};
Content split(const std::string& text) {
  Content c;
  const std::size_t line = text.find('\n');
  constexpr std::string_view magic = "organtwin-edits 1 ";
  if (line == std::string::npos || text.compare(0, magic.size(), magic) != 0) return c;
  c.edit_id = text.substr(magic.size(), line - magic.size());
  c.good = line + 1;
  while (text.size() - c.good >= head_size) {
    std::uint64_t size = 0;
    for (int n = 0; n < 8; ++n) size |= std::uint64_t(static_cast<std::uint8_t>(text[c.good + static_cast<std::size_t>(n)])) << (8 * n);
    if (size > largest_record || size > text.size() - c.good - head_size) break;
    const std::string_view record(text.data() + c.good + head_size, size);
    if (core::sha256_hex(record) != std::string_view(text).substr(c.good + 8, 64)) break;
    c.records.push_back(record);
    c.good += head_size + size;
  }
  return c;
}

Json encode_table(const std::vector<core::LabelInfo>& table) {
  Json out = Json::array();
  for (const auto& l : table) out.push_back({{"value", l.value}, {"key", l.key}, {"name", l.name}, {"color", l.color}, {"assumed", l.assumed}});
  return out;
}
std::vector<core::LabelInfo> decode_table(const Json& json) {
  std::vector<core::LabelInfo> out;
  for (const auto& l : json) out.push_back({l.at("value").get<int>(), l.at("key").get<std::string>(), l.at("name").get<std::string>(), l.at("color").get<core::Color>(), l.at("assumed").get<bool>()});
  return out;
}

Json encode_delta(const imaging::LabelDelta& d, bool forward) {
  Json json{{"size", d.size}, {"changed", d.changed}, {"low", d.box.low}, {"high", d.box.high}, {"runs", Json::binary(d.runs)}, {"forward", forward}};
  if (d.table_changed) {
    json["table_before"] = encode_table(d.table_before);
    json["table_after"] = encode_table(d.table_after);
  }
  return json;
}
imaging::LabelDelta decode_delta(const Json& json) {
  imaging::LabelDelta d;
  d.size = json.at("size").get<std::array<int, 3>>();
  d.changed = json.at("changed").get<std::size_t>();
  d.box = {json.at("low").get<std::array<int, 3>>(), json.at("high").get<std::array<int, 3>>()};
  d.runs = json.at("runs").get_binary();
  d.table_changed = json.contains("table_before");
  if (d.table_changed) {
    d.table_before = decode_table(json.at("table_before"));
    d.table_after = decode_table(json.at("table_after"));
  }
  if (!imaging::well_formed(d)) throw DamagedCase("an edit has damaged runs");
  return d;
}

// Label maps that only this replay holds, by image key: written in place.
using Private = std::map<std::string, std::shared_ptr<core::LabelMap>>;

void replay(CaseData& data, const Json& json, BlobReader& blobs, Private& mine) {
  ImageData fresh = decode_image(json.at("image"), blobs);
  for (auto& image : data.images) {
    if (image.key != fresh.key) continue;
    if (json.at("labels").get<std::string>() != "whole") {
      fresh.labels = image.labels;
      if (const Json& deltas = json.at("deltas"); !deltas.empty()) {
        if (!image.labels) throw DamagedCase("an edit belongs to labels that are not there");
        auto& map = mine[image.key];
        if (!map || map != image.labels) map = std::make_shared<core::LabelMap>(*image.labels);
        for (const auto& one : deltas)
          if (!imaging::apply(*map, decode_delta(one), one.at("forward").get<bool>())) throw DamagedCase("an edit does not fit the labels");
        fresh.labels = map;
      }
    }
    image = std::move(fresh);
    return;
  }
  throw DamagedCase("an edit names an image that is not there");
}

}  // namespace

Json encode_entry(const JournalEntry& entry, BlobWriter& blobs) {
  Json deltas = Json::array();
  for (const auto& [delta, forward] : entry.deltas) deltas.push_back(encode_delta(*delta, forward));
  const bool whole = !entry.labels_same && entry.deltas.empty();
  return {{"number", entry.number}, {"name", entry.name}, {"image", encode_image(entry.image, blobs)}, {"labels", whole ? "whole" : "runs"}, {"deltas", deltas}};
}

struct EditJournal::Impl {
  int file = -1;
  std::string edit_id;
  fs::path path;
  off_t size = 0;
  // The writer to the disk: fdatasync can take long, so it is not done by the owner.
  std::mutex mutex;
  std::condition_variable wake;
  bool dirty = false, stop = false, locked = false;
  std::thread syncer;

  void sync_loop() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return dirty || stop; });
      if (!dirty) return;
      dirty = false;
      const int f = file;
      lock.unlock();
      ::fdatasync(f);
      lock.lock();
    }
  }
  core::Result<void> write_all(const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto n = ::write(file, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        const int why = errno;
        (void)!::ftruncate(file, size);   // no half record stays
        return core::bad_input(fmt::format("An edit could not be saved to {} ({}; it would be lost in a crash). Free some space, then save the case.", path.string(), std::strerror(why)));
      }
      done += static_cast<std::size_t>(n);
    }
    size += static_cast<off_t>(bytes.size());
    const std::lock_guard lock(mutex);
    dirty = true;
    wake.notify_all();
    return {};
  }
};

EditJournal::EditJournal() : impl_(std::make_unique<Impl>()) {}
EditJournal::~EditJournal() { close(); }

bool EditJournal::is_open() const { return impl_->file >= 0; }

void EditJournal::close() {
  if (impl_->syncer.joinable()) {
    {
      const std::lock_guard lock(impl_->mutex);
      impl_->stop = true;
    }
    impl_->wake.notify_all();
    impl_->syncer.join();
    impl_->stop = false;
  }
  if (impl_->file < 0) return;
  if (impl_->locked) (void)core::write_file(impl_->path.parent_path() / closed_name, std::to_string(impl_->size));
  impl_->locked = false;
  ::close(impl_->file);
  impl_->file = -1;
}

core::Result<void> EditJournal::open(const fs::path& folder, const std::string& edit_id) {
  close();
  std::error_code ec;
  fs::create_directories(folder, ec);
  impl_->path = folder / file_name;
  impl_->edit_id = edit_id;
  const auto refused = [&](const std::string& why) {
    close();
    return core::bad_input(fmt::format("Edits of the images cannot be saved by themselves in {} ({}). Save the case under another name.", folder.string(), why));
  };
  std::size_t keep = 0;
  if (auto text = core::read_file(impl_->path); text) {
    const Content content = split(*text);
    if (content.edit_id == edit_id) keep = content.good;
    else if (!text->empty()) fs::rename(impl_->path, folder / (std::string(file_name) + ".old"), ec);
  }
  impl_->file = ::open(impl_->path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (impl_->file < 0) return refused(std::strerror(errno));
  if (::flock(impl_->file, LOCK_EX | LOCK_NB) != 0) return refused("the case is open in another window");
  impl_->locked = true;
  fs::remove(folder / closed_name, ec);
  if (::ftruncate(impl_->file, static_cast<off_t>(keep)) != 0) return refused(std::strerror(errno));
  impl_->size = static_cast<off_t>(keep);
  if (keep == 0)
    if (auto ok = impl_->write_all(header(edit_id)); !ok) {
      close();
      return ok;
    }
  impl_->syncer = std::thread([this] { impl_->sync_loop(); });
  return {};
}

core::Result<void> EditJournal::append(const Json& record) { return impl_->write_all(frame(Json::to_cbor(record))); }

core::Result<void> EditJournal::restart() {
  if (::ftruncate(impl_->file, 0) != 0) return core::bad_input(fmt::format("{} cannot be emptied ({}).", impl_->path.string(), std::strerror(errno)));
  impl_->size = 0;
  std::error_code ec;
  fs::remove_all(impl_->path.parent_path() / blobs_name, ec);
  return impl_->write_all(header(impl_->edit_id));
}

void drop_edits(const fs::path& folder) {
  std::error_code ec;
  for (const char* name : {file_name, closed_name}) fs::remove(folder / name, ec);
  fs::remove_all(folder / blobs_name, ec);
}

std::string replay_edits(CaseData& data, const fs::path& folder, BlobReader& blobs) {
  const fs::path path = folder / file_name;
  std::error_code ec;
  if (!fs::exists(path, ec)) return {};
  auto text = core::read_file(path);
  if (!text) return "Edits after the last save could not be read: " + text.error().message;
  const Content content = split(*text);
  if (content.edit_id != data.edit_id) return {};   // of an older state or another case: left alone
  blobs.also(folder / blobs_name);
  std::size_t good = content.records.size();
  std::string damage;
  for (;;) {   // at most twice: all records, else those before the damaged one
    CaseData next = data;   // parts are shared
    Private mine;
    int applied = 0;
    std::size_t at = 0;
    try {
      for (; at < good; ++at) {
        const Json json = Json::from_cbor(content.records[at].begin(), content.records[at].end());
        const auto number = json.at("number").get<std::uint64_t>();
        if (number <= next.edits_held) continue;
        replay(next, json, blobs, mine);
        next.edits_held = number;
        ++applied;
      }
    } catch (const std::exception& e) {
      OT_EXPECT(at < good && damage.empty());
      good = at;
      damage = e.what();
      continue;
    }
    std::string out;
    if (applied > 0) {
      data = std::move(next);
      // A case of one's own that was left on purpose is simply as it was left.
      const auto closed = core::read_file(folder / closed_name);
      const bool on_purpose = closed && *closed == std::to_string(text->size());
      const char *s = applied == 1 ? "" : "s", *are = applied == 1 ? "is" : "are";
      if (!on_purpose) out = fmt::format("The last session ended unexpectedly: {} edit{} made after the last save {} back.", applied, s, are);
      else if (data.patient.built_in) out = fmt::format("{} edit{} of the teaching case from your last session {} back. Saved under a name of its own (Ctrl+S) they go there, and the teaching case is as delivered again.", applied, s, are);
    }
    if (!damage.empty()) {
      fs::rename(path, folder / (std::string(file_name) + ".damaged"), ec);
      out += fmt::format("{}The edits after that are damaged ({}) and were set aside as {}.damaged. Check the labels, then save the case.", out.empty() ? "" : " ", damage, file_name);
    }
    return out;
  }
}

}  // namespace ot::session
