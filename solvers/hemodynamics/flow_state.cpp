// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/flow_state.hpp"

#include <fmt/format.h>

#include <cstring>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"

namespace ot::hemo {
namespace {
constexpr std::string_view magic = "OTFLOW1\n", magic_stopped = "OTFLOW2\n";   // 2: of a run that was stopped, with its sums and curves
constexpr std::size_t digits = 64;  // of a SHA-256
}  // namespace

core::Result<void> write_flow_state(const FlowState& s, const std::filesystem::path& path) {
  const bool stopped = !s.problem_sha256.empty();
  std::string out(stopped ? magic_stopped : magic);
  std::string mesh = s.mesh_sha256;
  mesh.resize(digits, '0');
  out += mesh;
  const auto number = [&](const auto& v) { out.append(reinterpret_cast<const char*>(&v), sizeof v); };
  number(s.t_s), number(s.dt_s);
  for (const auto* a : {&s.velocity, &s.velocity_before, &s.pressure, &s.increment, &s.increment_before, &s.outlets}) {
    number(std::uint64_t(a->size()));
    out.append(reinterpret_cast<const char*>(a->data()), a->size() * sizeof(double));
  }
  if (stopped) {
    const auto list = [&](const std::vector<double>& v) {
      number(std::uint64_t(v.size()));
      out.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(double));
    };
    const auto text = [&](const std::string& t) { number(std::uint64_t(t.size())), out += t; };
    text(s.problem_sha256), number(std::int64_t(s.steps_done)), list(s.averages), number(std::uint64_t(s.series.size()));
    for (const core::Series& c : s.series) text(c.name), text(c.unit), text(c.time_unit), list(c.t), list(c.values);
  }
  out += core::sha256_hex(out);
  return core::write_file(path, out);
}

core::Result<FlowState> read_flow_state(const std::filesystem::path& path) {
  auto content = core::read_file(path);
  if (!content) return core::pass(content);
  const std::string_view all(*content);
  const auto broken = [&] { return core::bad_input(fmt::format("{} is not a complete flow state (the run cannot go on from it). Use the flow.state that a pulsatile run wrote.", path.string())); };
  if (all.size() < magic.size() + 2 * digits + 16 || (all.substr(0, magic.size()) != magic && all.substr(0, magic.size()) != magic_stopped)) return broken();
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
  const auto list = [&](std::vector<double>& v) {
    std::uint64_t size = 0;
    if (!take(&size, sizeof size) || size > (body.size() - at) / sizeof(double)) return false;
    v.resize(std::size_t(size));
    return size == 0 || take(v.data(), std::size_t(size) * sizeof(double));
  };
  for (auto* a : {&s.velocity, &s.velocity_before, &s.pressure, &s.increment, &s.increment_before, &s.outlets})
    if (!list(*a)) return broken();
  if (all.substr(0, magic.size()) == magic_stopped) {
    const auto text = [&](std::string& t) {
      std::uint64_t size = 0;
      if (!take(&size, sizeof size) || size > body.size() - at) return false;
      t.resize(std::size_t(size));
      return size == 0 || take(t.data(), std::size_t(size));
    };
    std::int64_t steps = 0;
    std::uint64_t curves = 0;
    if (!text(s.problem_sha256) || !take(&steps, sizeof steps) || !list(s.averages) || !take(&curves, sizeof curves) || curves > body.size()) return broken();
    s.steps_done = long(steps);
    for (std::uint64_t k = 0; k < curves; ++k) {
      core::Series c;
      if (!text(c.name) || !text(c.unit) || !text(c.time_unit) || !list(c.t) || !list(c.values) || c.t.size() != c.values.size()) return broken();
      s.series.push_back(std::move(c));
    }
  }
  if (!(s.dt_s > 0)) return broken();
  return s;
}

}  // namespace ot::hemo
