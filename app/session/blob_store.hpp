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

class BlobWriter {
 public:
  explicit BlobWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // Name of the blob; null pointer gives "".
  template <class T>
  std::string put(const std::shared_ptr<const T>& object) {
    if (!object) return "";
    auto& name = done_[object.get()];
    if (name.empty()) name = store(encode(*object, *this));
    return name;
  }
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
  std::filesystem::path folder_;
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
      slot = std::move(object);
    }
    return std::static_pointer_cast<const T>(slot);
  }

 private:
  Json load(const std::string& name);   // checks the hash; throws DamagedCase
  std::filesystem::path folder_;
  core::Progress progress_;
  std::size_t expected_, loaded_ = 0;
  std::map<std::string, std::shared_ptr<const void>> done_;
};

}  // namespace ot::session
