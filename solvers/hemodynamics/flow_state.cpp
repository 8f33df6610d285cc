// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/flow_state.hpp"

#include <fmt/format.h>

#include <cstring>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"

namespace ot::hemo {
namespace {
constexpr std::string_view magic = "OTFLOW1\n";
constexpr std::size_t digits = 64;  // of a SHA-256
}  // namespace

core::Result<void> write_flow_state(const FlowState& s, const std::filesystem::path& path) {
  std::string out(magic);
  std::string mesh = s.mesh_sha256;
  mesh.resize(digits, '0');
  out += mesh;
  const auto number = [&](const auto& v) { out.append(reinterpret_cast<const char*>(&v), sizeof v); };
  number(s.t_s), number(s.dt_s);
  for (const auto* a : {&s.velocity, &s.velocity_before, &s.pressure, &s.increment, &s.increment_before, &s.outlets}) {
    number(std::uint64_t(a->size()));
    out.append(reinterpret_cast<const char*>(a->data()), a->size() * sizeof(double));
  }
  out += core::sha256_hex(out);
  return core::write_file(path, out);
}

core::Result<FlowState> read_flow_state(const std::filesystem::path& path) {
  auto content = core::read_file(path);
  if (!content) return core::pass(content);
  const std::string_view all(*content);
  const auto broken = [&] { return core::bad_input(fmt::format("{} is not a complete flow state (the run cannot go on from it). Use the flow.state that a pulsatile run wrote.", path.string())); };
  if (all.size() < magic.size() + 2 * digits + 16 || all.substr(0, magic.size()) != magic) return broken();
  const std::string_view body = all.substr(0, all.size() - digits);
  if (core::sha256_hex(body) != all.substr(all.size() - digits)) return broken();
  FlowState s;
  std::size_t at = magic.size();
  s.mesh_sha256 = std::string(body.substr(at, digits));
  at += digits;
  const auto take = [&](void* to, std::size_t size) {
    if (size > body.size() - at) return false;
    std::memcpy(to, body.data() + at, size);
    at += size;
    return true;
  };
  if (!take(&s.t_s, sizeof(double)) || !take(&s.dt_s, sizeof(double))) return broken();
  for (auto* a : {&s.velocity, &s.velocity_before, &s.pressure, &s.increment, &s.increment_before, &s.outlets}) {
    std::uint64_t size = 0;
    if (!take(&size, sizeof size) || size > (body.size() - at) / sizeof(double)) return broken();
    a->resize(std::size_t(size));
    if (size > 0 && !take(a->data(), std::size_t(size) * sizeof(double))) return broken();
  }
  if (!(s.dt_s > 0)) return broken();
  return s;
}

}  // namespace ot::hemo
