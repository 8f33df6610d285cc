// SPDX-License-Identifier: GPL-3.0-or-later
// Blobs of a case folder: CBOR documents (nlohmann::json) named by the SHA-256 of their bytes.
// Objects that are shared in memory are stored once and come back shared.
#pragma once
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::core {
struct Volume;
struct LabelMap;
}  // namespace ot::core
namespace ot::ep {
struct ElectroResult;
}

namespace ot::session {

using Json = nlohmann::json;

// What decoding throws inside app/session; caught in load_case and turned into a sentence.
class DamagedCase : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Arrays of plain numbers as CBOR byte strings, little-endian.
template <class T>
Json pack(const std::vector<T>& v) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<std::uint8_t> bytes(v.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), v.data(), bytes.size());
  return Json::binary(std::move(bytes));
}
template <class T>
std::vector<T> unpack(const Json& json) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto& bytes = json.get_binary();
  if (bytes.size() % sizeof(T) != 0) throw DamagedCase("an array has the wrong length");
  std::vector<T> v(bytes.size() / sizeof(T));
  if (!v.empty()) std::memcpy(v.data(), bytes.data(), bytes.size());
  return v;
}

// The large types whose blobs name no other blob: only these may be reused without looking inside.
template <class T>
inline constexpr bool is_leaf_blob = std::is_same_v<T, core::Volume> || std::is_same_v<T, core::LabelMap> || std::is_same_v<T, ep::ElectroResult>;

// Names of the blobs of objects that were read or written before, so that they are neither encoded nor written again.
class BlobNames {
 public:
  void add(const std::shared_ptr<const void>& object, const std::string& name) { names_[object.get()] = {object, name}; }
  void add(const BlobNames& other) {
    for (const auto& [address, entry] : other.names_) names_[address] = entry;
  }
  // Empty when not known; an address that was freed and used again does not count.
  std::string find(const void* address) const {
    const auto at = names_.find(address);
    return at == names_.end() || at->second.first.expired() ? "" : at->second.second;
  }
  void forget(const void* address) { names_.erase(address); }   // its content is about to change

 private:
  std::map<const void*, std::pair<std::weak_ptr<const void>, std::string>> names_;
};

class BlobWriter {
 public:
  explicit BlobWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // Writes nothing and names each object by its address: to see whether two values share their big parts.
  static BlobWriter by_identity() {
    BlobWriter w{{}};
    w.identity_ = true;
    return w;
  }
  // Name of the blob; null pointer gives "".
  template <class T>
  std::string put(const std::shared_ptr<const T>& object) {
    if (!object) return "";
    auto& name = done_[object.get()];
    if (name.empty() && known_ && (identity_ || is_leaf_blob<T>)) name = reuse(known_->find(object.get()));
    if (name.empty() && identity_) {
      name = "@" + std::to_string(reinterpret_cast<std::uintptr_t>(object.get()));
      ++unknown_;
    }
    if (name.empty()) name = store(encode(*object, *this));
    if (!identity_) used_.add(object, name);
    return name;
  }
  // The large objects named here are not encoded again when their blob is in the folder; by_identity() takes every name as it is.
  void know(const BlobNames* known) { known_ = known; }
  const BlobNames& used() const { return used_; }
  std::size_t unknown() const { return unknown_; }   // by_identity(): objects without a name
  const core::Result<void>& state() const { return state_; }
  const std::set<std::string>& names() const { return names_; }
  // A save that was given up leaves the folder as it was.
  void remove_new() {
    std::error_code ignored;
    for (const auto& path : fresh_) std::filesystem::remove(path, ignored);
    fresh_.clear();
  }

 private:
  std::string store(const Json& json);
  std::string reuse(const std::string& name);
  std::filesystem::path folder_;
  bool identity_ = false;
  const BlobNames* known_ = nullptr;
  BlobNames used_;
  std::size_t unknown_ = 0;
  std::map<const void*, std::string> done_;
  std::set<std::string> names_;
  std::vector<std::filesystem::path> fresh_;   // written by this writer
  core::Result<void> state_;
};

class BlobReader {
 public:
  BlobReader(std::filesystem::path folder, core::Progress progress, std::size_t expected)
      : folder_(std::move(folder)), progress_(std::move(progress)), expected_(expected) {}
  template <class T>
  std::shared_ptr<const T> get(const Json& name_json) {
    const std::string name = name_json.get<std::string>();
    if (name.empty()) return nullptr;
    auto& slot = done_[name];
    if (!slot) {
      auto object = std::make_shared<T>();
      decode(load(name), *object, *this);
      used_.add(object, name);
      slot = std::move(object);
    }
    return std::static_pointer_cast<const T>(slot);
  }

  // Another folder with blobs, looked into when the first has not got one (blobs of the edit journal).
  void also(std::filesystem::path folder) { more_.push_back(std::move(folder)); }
  const BlobNames& used() const { return used_; }

 private:
  Json load(const std::string& name);   // checks the hash; throws DamagedCase
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> more_;
  BlobNames used_;
  core::Progress progress_;
  std::size_t expected_, loaded_ = 0;
  std::map<std::string, std::shared_ptr<const void>> done_;
};

}  // namespace ot::session
