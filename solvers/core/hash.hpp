// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 over typed data: identity of meshes, label maps, setups and results.
// Every add() mixes in the length, so that "ab","c" and "a","bc" differ.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ot::core {

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hasher& bytes(const void* data, std::size_t size);
  Hasher& text(std::string_view value);
  template <class T>
  Hasher& value(const T& v) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    return bytes(&v, sizeof v);
  }
  template <class T>
  Hasher& array(std::span<const T> v) {
    static_assert(std::is_trivially_copyable_v<T>);
    value<std::uint64_t>(v.size());
    return bytes(v.data(), v.size_bytes());
  }
  template <class T>
  Hasher& array(const std::vector<T>& v) {
    return array(std::span<const T>(v));
  }
  std::string hex();  // 64 lower-case digits; the hasher is spent

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string sha256_hex(std::string_view data);

}  // namespace ot::core
