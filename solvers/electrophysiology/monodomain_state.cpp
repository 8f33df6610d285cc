// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain_state.hpp"

#include <fmt/format.h>

#include <cstring>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"

namespace ot::ep {
namespace {

constexpr char magic[8] = {'O', 'T', 'M', 'S', 0, 0, 0, 2};

class Writer {
 public:
  template <class T>
  void value(const T& x) { out_.append(reinterpret_cast<const char*>(&x), sizeof x); }
  template <class C>
  void array(const C& x) {
    value(std::uint64_t(x.size()));
    if (!x.empty()) out_.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(x[0]));
  }
  std::string out_;
};

class Reader {
 public:
  explicit Reader(const std::string& in) : in_(in) {}
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
  const std::string& in_;
  std::size_t at_ = 0;
};

// The same order for writing and reading.
template <class Archive, class State>
void pass(Archive& a, State& s) {
  a.array(s.key);
  a.value(s.t_ms);
  a.value(s.steps);
  for (auto* x : {&s.state, &s.v, &s.dv, &s.dv_before, &s.i_before, &s.e_na, &s.kv, &s.kd, &s.peak, &s.rest_cells}) a.array(*x);
  a.array(s.asleep);
  a.array(s.armed);
}

}  // namespace

core::Result<void> write_state(const MonodomainState& s, const std::filesystem::path& file) {
  Writer w;
  pass(w, s);
  w.value(std::uint64_t(s.activation.size()));
  for (std::size_t b = 0; b < s.activation.size(); ++b) {
    w.array(s.activation[b]);
    w.array(s.repolarisation[b]);
  }
  return core::write_file(file, std::string(magic, sizeof magic) + core::sha256_hex(w.out_) + w.out_);
}

core::Result<MonodomainState> read_state(const std::filesystem::path& file) {
  auto content = core::read_file(file);
  if (!content) return core::pass(content);
  constexpr std::size_t head = sizeof magic + 64;
  const auto damaged = [&] {
    return core::bad_input(fmt::format("{} is not a saved tissue state of this version, or it is damaged (the run could not go on as it was). "
                                       "Save the state again.", file.filename().string()));
  };
  if (content->size() < head || std::memcmp(content->data(), magic, sizeof magic) != 0) return damaged();
  const std::string sum = content->substr(sizeof magic, 64), body = content->substr(head);
  if (core::sha256_hex(body) != sum) return damaged();
  MonodomainState s;
  Reader r(body);
  pass(r, s);
  std::uint64_t beats = 0;
  r.value(beats);
  if (!r.ok || beats > 1'000'000) return damaged();
  s.activation.resize(beats);
  s.repolarisation.resize(beats);
  for (std::size_t b = 0; b < beats && r.ok; ++b) {
    r.array(s.activation[b]);
    r.array(s.repolarisation[b]);
  }
  if (!r.ok || !r.at_end()) return damaged();
  return s;
}

}  // namespace ot::ep
