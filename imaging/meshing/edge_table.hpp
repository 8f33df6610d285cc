// SPDX-License-Identifier: GPL-3.0-or-later
// Edge (two node numbers as one 64-bit key) -> small number, by open addressing: an order of magnitude faster than std::unordered_map
// at the millions of look-ups a lattice needs. Nothing is ever erased. Threads: find() is const and safe.
#pragma once
#include <cstdint>
#include <vector>

namespace ot::imaging {

class EdgeTable {
 public:
  explicit EdgeTable(std::size_t expected = 16) {
    std::size_t n = 32;
    while (n < 2 * expected) n *= 2;
    key_.assign(n, empty);
    value_.assign(n, 0);
  }
  // Pointer to the value, null when absent.
  const std::int32_t* find(std::uint64_t key) const {
    for (std::size_t i = slot(key);; i = (i + 1) & (key_.size() - 1)) {
      if (key_[i] == key) return &value_[i];
      if (key_[i] == empty) return nullptr;
    }
  }
  bool has(std::uint64_t key) const { return find(key) != nullptr; }
  // True when the key is new; an old key keeps its value.
  bool insert(std::uint64_t key, std::int32_t value) {
    if (2 * (used_ + 1) > key_.size()) grow();
    for (std::size_t i = slot(key);; i = (i + 1) & (key_.size() - 1)) {
      if (key_[i] == key) return false;
      if (key_[i] == empty) {
        key_[i] = key, value_[i] = value, ++used_;
        return true;
      }
    }
  }
  std::size_t size() const { return used_; }

 private:
  static constexpr std::uint64_t empty = ~std::uint64_t(0);
  std::size_t slot(std::uint64_t key) const {
    // Finaliser of MurmurHash3 (Appleby, public domain).
    key ^= key >> 33, key *= 0xff51afd7ed558ccdULL, key ^= key >> 33, key *= 0xc4ceb9fe1a85ec53ULL, key ^= key >> 33;
    return std::size_t(key) & (key_.size() - 1);
  }
  void grow() {
    EdgeTable bigger(key_.size());
    for (std::size_t i = 0; i < key_.size(); ++i)
      if (key_[i] != empty) bigger.insert(key_[i], value_[i]);
    *this = std::move(bigger);
  }
  std::vector<std::uint64_t> key_;
  std::vector<std::int32_t> value_;
  std::size_t used_ = 0;
};

}  // namespace ot::imaging
