// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain_state.hpp"

#include <fmt/format.h>

#include <cstring>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/electrophysiology/binary_archive.hpp"

namespace ot::ep {
namespace {

constexpr char magic[8] = {'O', 'T', 'M', 'S', 0, 0, 0, 3};

// The same order for writing and reading.
template <class Archive, class State>
void pass(Archive& a, State& s) {
  a.array(s.key);
  a.value(s.t_ms);
  a.value(s.steps);
  for (auto* x : {&s.iterations, &s.awake_steps, &s.solved_steps, &s.block_steps}) a.value(*x);
  for (auto* x : {&s.state, &s.v, &s.dv, &s.dv_before, &s.i_before, &s.e_na, &s.kv, &s.kd, &s.peak, &s.rest_cells}) a.array(*x);
  a.array(s.asleep);
  a.array(s.armed);
}

}  // namespace

core::Result<void> write_state(const MonodomainState& s, const std::filesystem::path& file) {
  ArchiveWriter w;
  pass(w, s);
  w.value(std::uint64_t(s.activation.size()));
  for (std::size_t b = 0; b < s.activation.size(); ++b) {
    w.array(s.activation[b]);
    w.array(s.repolarisation[b]);
  }
  return core::write_file(file, std::string(magic, sizeof magic) + core::sha256_hex(w.out) + w.out);
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
  ArchiveReader r(body);
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
