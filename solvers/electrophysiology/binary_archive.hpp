// SPDX-License-Identifier: GPL-3.0-or-later
// Values and arrays one behind the other as they lie in memory: for files that only the same machine reads again.
// Fails: a reader that meets the end too early has `ok` false from then on and leaves what it was given as it was. Threads: none of its own.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ot::ep {

class ArchiveWriter {
 public:
  template <class T>
  void value(const T& x) { out.append(reinterpret_cast<const char*>(&x), sizeof x); }
  template <class C>
  void array(const C& x) {
    value(std::uint64_t(x.size()));
    if (!x.empty()) out.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(x[0]));
  }
  std::string out;
};

class ArchiveReader {
 public:
  explicit ArchiveReader(std::string_view in) : in_(in) {}
  template <class T>
  void value(T& x) {
    if (!ok || in_.size() - at_ < sizeof x) { ok = false; return; }
    std::memcpy(&x, in_.data() + at_, sizeof x);
    at_ += sizeof x;
  }
  template <class C>
  void array(C& x) {
    std::uint64_t n = 0;
    value(n);
    if (!ok || (in_.size() - at_) / sizeof(typename C::value_type) < n) { ok = false; return; }
    x.resize(n);
    if (n > 0) std::memcpy(x.data(), in_.data() + at_, n * sizeof(typename C::value_type));
    at_ += n * sizeof(typename C::value_type);
  }
  bool at_end() const { return at_ == in_.size(); }
  bool ok = true;

 private:
  std::string_view in_;
  std::size_t at_ = 0;
};

}  // namespace ot::ep
