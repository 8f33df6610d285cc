// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/full_trace.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/electrophysiology/binary_archive.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reentry/cell_kinds.hpp"

namespace ot::ep {
namespace fs = std::filesystem;
namespace {

constexpr char magic[8] = {'O', 'T', 'T', 'R', 0, 0, 0, 1};
constexpr std::size_t key_size = 64, head_size = sizeof magic + 2 * key_size;

// Magic, key, hash of the rest, the rest.
void write(const fs::path& file, const std::string& key, const std::string& body) {
  std::error_code ec;
  fs::create_directories(file.parent_path(), ec);
  // Where nothing can be written the study goes on; stopped, it starts this attempt again.
  (void)core::write_file(file, std::string(magic, sizeof magic) + key + core::sha256_hex(body) + body);
}

bool read(const fs::path& file, const std::string& key, std::string& body) {
  std::error_code ec;
  if (!fs::exists(file, ec)) return false;
  const auto content = core::read_file(file);
  if (!content || content->size() < head_size || std::memcmp(content->data(), magic, sizeof magic) != 0 || content->compare(sizeof magic, key_size, key) != 0) return false;
  body = content->substr(head_size);
  return content->compare(sizeof magic + key_size, key_size, core::sha256_hex(body)) == 0;
}

}  // namespace

FullTrace::FullTrace(const ElectroProblem& p) : level_(p.mesh->nodes.size(), float(find_ionic_family(p.ionic_model)->upstroke_mV)), node_(level_.size()), beats_(level_.size()) {
  if (ionic_models_of(p).size() < 2) return;
  const auto region = node_regions(p);
  for (std::size_t n = 0; n < level_.size(); ++n)
    level_[n] = float(find_ionic_family(ionic_model_of(p, region[n], p.cell_type.empty() ? CellType::epi : CellType(p.cell_type[n])))->upstroke_mV);
}

void FullTrace::see(const ElectroFrame& frame) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const auto& v = *frame.v_mV;
  const double t = frame.t_ms;
  for (std::size_t n = 0; n < node_.size(); ++n) {
    Node& s = node_[n];
    const float x = v[n], level = level_[n];
    if (t == 0) s = {x, x, x, 0};
    if (s.before < level && x >= level) {
      const double when = now_ + (t - now_) * double((level - s.before) / (x - s.before));
      if (!beats_[n].empty() && std::isnan(beats_[n].back().second)) beats_[n].back().second = float(when);
      beats_[n].push_back({float(when), nan});
      s.peak = x;
      s.up = 1;
      last_ = std::max(last_, when);
    }
    if (s.up != 0) {
      s.peak = std::max(s.peak, x);
      const float down = s.rest + 0.1f * (s.peak - s.rest);
      if (x <= down) {
        beats_[n].back().second = float(now_ + (t - now_) * double((s.before - down) / std::max(1e-6f, s.before - x)));
        s.up = 0;
      }
    }
    s.before = x;
  }
  now_ = t;
}

ActivationRecord FullTrace::record(double end_ms) const {
  ActivationRecord r;
  r.end_ms = end_ms;
  r.begin.assign(beats_.size() + 1, 0);
  for (std::size_t n = 0; n < beats_.size(); ++n) {
    for (const auto& [at, until] : beats_[n]) {
      r.at_ms.push_back(at);
      r.repolarised_ms.push_back(until);
    }
    r.begin[n + 1] = std::uint32_t(r.at_ms.size());
  }
  return r;
}

std::string FullTrace::bytes() const {
  ArchiveWriter w;
  w.value(now_);
  w.value(last_);
  w.array(node_);
  const ActivationRecord r = record(0);
  w.array(r.begin);
  w.array(r.at_ms);
  w.array(r.repolarised_ms);
  return std::move(w.out);
}

bool FullTrace::take(const std::string& bytes) {
  ArchiveReader a(bytes);
  FullTrace t;
  ActivationRecord r;
  a.value(t.now_);
  a.value(t.last_);
  a.array(t.node_);
  a.array(r.begin);
  a.array(r.at_ms);
  a.array(r.repolarised_ms);
  if (!a.ok || !a.at_end() || t.node_.size() != node_.size() || r.begin.size() != node_.size() + 1 || r.begin.back() != r.at_ms.size() || r.at_ms.size() != r.repolarised_ms.size() || !std::is_sorted(r.begin.begin(), r.begin.end()))
    return false;
  t.beats_.resize(node_.size());
  for (std::size_t n = 0; n < node_.size(); ++n)
    for (std::uint32_t k = r.begin[n]; k < r.begin[n + 1]; ++k) t.beats_[n].push_back({r.at_ms[k], r.repolarised_ms[k]});
  t.level_ = std::move(level_);
  *this = std::move(t);
  return true;
}

bool AttemptFiles::find_done(const std::string& key, ActivationRecord& record) const {
  std::string body;
  if (!on() || !read(folder_ / ("done-" + key + ".ottr"), key, body)) return false;
  ArchiveReader a(body);
  ActivationRecord r;
  a.value(r.end_ms);
  a.array(r.begin);
  a.array(r.at_ms);
  a.array(r.repolarised_ms);
  if (!a.ok || !a.at_end()) return false;
  record = std::move(r);
  return true;
}

void AttemptFiles::keep_done(const std::string& key, const ActivationRecord& r) const {
  if (!on()) return;
  ArchiveWriter w;
  w.value(r.end_ms);
  w.array(r.begin);
  w.array(r.at_ms);
  w.array(r.repolarised_ms);
  write(folder_ / ("done-" + key + ".ottr"), key, w.out);
  std::error_code ec;
  for (const char* file : {"attempt.otms", "attempt.ottr"}) fs::remove(folder_ / file, ec);
}

bool AttemptFiles::find_going(const std::string& key, FullPoint& point) const {
  std::string body;
  if (!on() || !read(folder_ / "attempt.ottr", key, body)) return false;
  auto state = read_state(folder_ / "attempt.otms");
  FullTrace trace = point.trace;
  // The trace is written first: a stop between both leaves a state that is older, and then neither is of use.
  if (!state || !trace.take(body) || std::abs(state->t_ms - trace.now_ms()) > 1e-6) return false;
  point = {std::make_shared<const MonodomainState>(std::move(*state)), std::move(trace)};
  return true;
}

void AttemptFiles::keep_going(const std::string& key, const MonodomainState& state, const FullTrace& trace) const {
  if (!on()) return;
  write(folder_ / "attempt.ottr", key, trace.bytes());
  (void)write_state(state, folder_ / "attempt.otms");
}

}  // namespace ot::ep
