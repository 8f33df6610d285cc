// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain_keep.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::ep {
namespace fs = std::filesystem;
namespace {

constexpr char magic[8] = {'O', 'T', 'M', 'R', 0, 0, 0, 1};
constexpr std::size_t key_size = 64, head_size = sizeof magic + key_size;
constexpr std::size_t piece_head = sizeof(std::uint64_t) + sizeof(std::int64_t) + 64;   // bytes, step it goes up to, SHA-256 of what follows

fs::path state_file(const fs::path& folder) { return folder / "state.otms"; }
fs::path record_file(const fs::path& folder) { return folder / "record.otmr"; }

int lock_folder(const fs::path& folder) {
  const int file = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) != 0) {
    ::close(file);
    return -1;
  }
  return file;
}

// Appended and on the disk when it returns true.
bool append(const fs::path& file, const std::string& bytes) {
  const int f = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (f < 0) return false;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(f, bytes.data() + done, bytes.size() - done);
    if (n <= 0) break;
    done += std::size_t(n);
  }
  const bool ok = done == bytes.size() && ::fsync(f) == 0;
  return ::close(f) == 0 && ok;
}

}  // namespace

RunKeeper::RunKeeper(const KeepRun& how, std::string key) : how_(how), key_(std::move(key)), began_(std::chrono::steady_clock::now()), kept_at_(began_) {
  if (how_.folder.empty()) return;
  OT_EXPECT(key_.size() == key_size);
  std::error_code ec;
  fs::create_directories(how_.folder, ec);
  if (!ec) lock_ = lock_folder(how_.folder);
  if (lock_ < 0 && how_.on_note)
    how_.on_note(fmt::format("The run is not kept while it goes on: {} cannot be written or another program is computing the same. Stopped, it would start from the beginning.", how_.folder.string()));
}

RunKeeper::~RunKeeper() {
  if (lock_ >= 0) ::close(lock_);   // the lock goes with it
}

void RunKeeper::give_up(const std::string& why) {
  if (how_.on_note) how_.on_note(why);
  ::close(lock_);
  lock_ = -1;
}

std::shared_ptr<const MonodomainState> RunKeeper::take_up(MonodomainRecord& record) {
  if (!on() || how_.fresh) return nullptr;
  std::error_code ec;
  if (!fs::exists(state_file(how_.folder), ec)) return nullptr;
  auto state = read_state(state_file(how_.folder));
  const auto kept = core::read_file(record_file(how_.folder));
  if (!state || !kept || kept->size() < head_size || std::memcmp(kept->data(), magic, sizeof magic) != 0 || kept->compare(sizeof magic, key_size, key_) != 0) return nullptr;
  std::vector<std::string_view> pieces;
  std::size_t at = head_size;
  bool reached = false;
  while (!reached) {
    if (kept->size() - at < piece_head) return nullptr;
    std::uint64_t size = 0;
    std::int64_t steps = 0;
    std::memcpy(&size, kept->data() + at, sizeof size);
    std::memcpy(&steps, kept->data() + at + sizeof size, sizeof steps);
    const std::string sum = kept->substr(at + sizeof size + sizeof steps, 64);
    at += piece_head;
    if (kept->size() - at < size) return nullptr;
    pieces.push_back(std::string_view(*kept).substr(at, size));
    at += size;
    if (core::sha256_hex(pieces.back()) != sum) return nullptr;
    reached = steps == state->steps;
  }
  for (const auto piece : pieces) {
    ArchiveReader from(piece);
    if (!record.read(from)) {
      record.clear();
      return nullptr;
    }
  }
  if (at < kept->size()) fs::resize_file(record_file(how_.folder), at, ec);   // of a state that was never finished
  if (ec) {
    record.clear();
    return nullptr;
  }
  started_ = true;
  mark_ = record.mark();
  kept_ms_ = state->t_ms;
  return std::make_shared<const MonodomainState>(std::move(*state));
}

void RunKeeper::start_over() {
  started_ = false;
  mark_ = {};
  kept_ms_ = 0;
}

bool RunKeeper::took_long() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count() >= how_.least_s; }

bool RunKeeper::due(double t_ms) const {
  return on() && t_ms >= kept_ms_ + how_.every_ms - 1e-9 && std::chrono::duration<double>(std::chrono::steady_clock::now() - kept_at_).count() >= how_.least_s;
}

void RunKeeper::keep(const MonodomainState& state, const MonodomainRecord& record) {
  if (!on()) return;
  std::error_code ec;
  if (!started_) {
    fs::remove(state_file(how_.folder), ec);
    if (!core::write_file(record_file(how_.folder), std::string(magic, sizeof magic) + key_)) return give_up("The run is not kept while it goes on: its folder cannot be written.");
    started_ = true;
  }
  ArchiveWriter piece;
  record.write_since(mark_, piece);
  ArchiveWriter head;
  head.value(std::uint64_t(piece.out.size()));
  head.value(std::int64_t(state.steps));
  if (!append(record_file(how_.folder), head.out + core::sha256_hex(piece.out) + piece.out) || !write_state(state, state_file(how_.folder)))
    return give_up(fmt::format("The run is no longer kept while it goes on (the disk is full?): stopped, it would start again from {:.0f} ms.", kept_ms_));
  mark_ = record.mark();
  kept_ms_ = state.t_ms;
  kept_at_ = std::chrono::steady_clock::now();
}

std::string RunKeeper::keep_last_good(const MonodomainState& state, const core::TetMesh& mesh, const ElectroFrame& frame) const {
  if (!on() || !write_state(state, how_.folder / "last_good.otms")) return {};
  const std::string picture = how_.on_last_good ? how_.on_last_good(mesh, frame, how_.folder) : std::string();
  return fmt::format(" The last good state, of {:.2f} ms, lies in {}{}.", state.t_ms, (how_.folder / "last_good.otms").string(), picture.empty() ? "" : ", for viewers in " + picture);
}

void drop_kept(const fs::path& folder) {
  std::error_code ec;
  if (folder.empty() || !fs::exists(folder, ec)) return;
  // Parts (atria, ventricles) lie one level down.
  std::vector<int> locks;
  bool free = true;
  const auto take = [&](const fs::path& at) {
    if (!fs::exists(at / "lock", ec)) return;
    const int lock = lock_folder(at);
    if (lock < 0) free = false;
    else locks.push_back(lock);
  };
  take(folder);
  for (const auto& entry : fs::directory_iterator(folder, ec))
    if (entry.is_directory(ec)) take(entry.path());
  if (free) fs::remove_all(folder, ec);
  for (const int lock : locks) ::close(lock);
}

}  // namespace ot::ep
