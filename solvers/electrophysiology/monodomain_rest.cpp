// SPDX-License-Identifier: GPL-3.0-or-later
// MonodomainStep: layout of the membrane, blocks at rest, and saving and restoring.
#include <algorithm>
#include <cmath>
#include <map>

#include "solvers/electrophysiology/monodomain_step.hpp"

namespace ot::ep {
namespace {
constexpr std::ptrdiff_t bn = block_nodes;
}  // namespace

void MonodomainStep::lay_out_membrane() {
  const std::ptrdiff_t blocks = tissue_.padded / bn;
  // Parts first: their number gives the sizes, their pointers come when nothing moves any more.
  struct Place {
    std::size_t state, table;
  };
  std::vector<Place> place;
  std::size_t states = 0, tables = 0;
  std::map<std::vector<std::uint16_t>, std::size_t> known;   // mix of classes of a block: where its parameters are
  std::vector<std::pair<std::size_t, std::vector<std::uint16_t>>> to_fill;
  part_begin_.assign(1, 0);
  for (std::ptrdiff_t b = 0; b < blocks; ++b) {
    for (std::ptrdiff_t from = b * bn; from < (b + 1) * bn;) {
      const IonicFamily& family = tissue_.family_of(from);
      std::ptrdiff_t to = from;
      while (to < (b + 1) * bn && &tissue_.family_of(to) == &family) ++to;
      kernel_.try_emplace(&family, best_kernel(family));
      // Lanes of others are cells like the first one of the part.
      std::vector<std::uint16_t> mix(std::size_t(bn), tissue_.class_of[std::size_t(from)]);
      for (std::ptrdiff_t i = from; i < to; ++i) mix[std::size_t(i - b * bn)] = tissue_.class_of[std::size_t(i)];
      const auto [at, fresh] = known.try_emplace(mix, tables);
      if (fresh) {
        tables += std::size_t(family.params * bn);
        to_fill.emplace_back(at->second, mix);
      }
      part_of_.push_back({&family, nullptr, nullptr, int(from - b * bn), int(to - b * bn)});
      place.push_back({states, at->second});
      states += std::size_t(family.states * bn);
      from = to;
    }
    part_begin_.push_back(std::ptrdiff_t(part_of_.size()));
  }
  state_.resize(states);
  param_store_.resize(tables);
  for (const auto& [at, mix] : to_fill)
    for (std::size_t l = 0; l < mix.size(); ++l) {
      const std::vector<double>& column = tissue_.classes[mix[l]].parameters;
      for (std::size_t p = 0; p < column.size(); ++p) param_store_[at + p * std::size_t(bn) + l] = column[p];
    }
  for (std::ptrdiff_t b = 0; b < blocks; ++b)
    for (std::ptrdiff_t k = part_begin_[std::size_t(b)]; k < part_begin_[std::size_t(b) + 1]; ++k) {
      BlockPart& part = part_of_[std::size_t(k)];
      part.state = state_.data() + place[std::size_t(k)].state;
      part.param = param_store_.data() + place[std::size_t(k)].table;
      for (std::ptrdiff_t l = 0; l < bn; ++l) {
        const std::ptrdiff_t like = l >= part.from && l < part.to ? l : part.from;
        const std::vector<double>& initial = tissue_.classes[tissue_.class_of[std::size_t(b * bn + like)]].initial;
        for (int s = 0; s < part.family->states; ++s) part.state[s * bn + l] = initial[std::size_t(s) + 1];
      }
    }
}

void MonodomainStep::membrane(std::ptrdiff_t block, double dt, const double* v, const double* rate, double* current, double* e_na) const {
  for (const BlockPart& part : parts(block)) {
    const KernelStep kernel = kernel_.find(part.family)->second;
    if (part.whole()) {
      kernel({int(bn), dt, 0.0, part.state, part.param, v, rate, current, e_na});
      return;
    }
    alignas(64) double own_v[block_nodes], own_rate[block_nodes], own_current[block_nodes], own_e[block_nodes];
    const double rest = tissue_.classes[tissue_.class_of[std::size_t(block * bn + part.from)]].initial[0];
    for (int l = 0; l < block_nodes; ++l) {
      const bool mine = l >= part.from && l < part.to;
      own_v[l] = mine ? v[l] : rest;
      own_rate[l] = mine ? rate[l] : rest;
      own_e[l] = e_na[l];
    }
    kernel({int(bn), dt, 0.0, part.state, part.param, own_v, own_rate, own_current, own_e});
    for (int l = part.from; l < part.to; ++l) {
      current[l] = own_current[l];
      e_na[l] = own_e[l];
    }
  }
}

void MonodomainStep::find_sleepers() {
  const std::ptrdiff_t blocks = std::ptrdiff_t(asleep_.size());
  neighbour_begin_.assign(1, 0);
  for (std::ptrdiff_t b = 0; b < blocks; ++b) {
    std::vector<core::Index> near;
    for (std::ptrdiff_t i = b * bn; i < (b + 1) * bn; ++i)
      for (std::ptrdiff_t k = tissue_.row_begin[std::size_t(i)]; k < tissue_.row_begin[std::size_t(i) + 1]; ++k)
        if (const core::Index other = tissue_.col[std::size_t(k)] / core::Index(bn); other != b) near.push_back(other);
    std::sort(near.begin(), near.end());
    near.erase(std::unique(near.begin(), near.end()), near.end());
    neighbour_.insert(neighbour_.end(), near.begin(), near.end());
    neighbour_begin_.push_back(std::ptrdiff_t(neighbour_.size()));
  }
  rest_cell_.resize(tissue_.classes.size());
  if (!problem_.skip_tissue_at_rest || problem_.bidomain) return;   // the extracellular space reaches everywhere
  // -1: more than one kind of cell.
  std::vector<int> kind(static_cast<std::size_t>(blocks));
  for (std::ptrdiff_t b = 0; b < blocks; ++b) {
    kind[std::size_t(b)] = tissue_.class_of[std::size_t(b * bn)];
    for (std::ptrdiff_t i = b * bn; i < (b + 1) * bn; ++i)
      if (tissue_.class_of[std::size_t(i)] != kind[std::size_t(b)]) kind[std::size_t(b)] = -1;
  }
  for (std::ptrdiff_t b = 0; b < blocks; ++b) {
    bool rests = kind[std::size_t(b)] >= 0;
    for (std::ptrdiff_t k = neighbour_begin_[std::size_t(b)]; k < neighbour_begin_[std::size_t(b) + 1]; ++k)
      rests = rests && kind[std::size_t(neighbour_[std::size_t(k)])] == kind[std::size_t(b)];
    if (!rests) continue;
    asleep_[std::size_t(b)] = 1;
    RestCell& cell = rest_cell_[std::size_t(kind[std::size_t(b)])];
    if (!cell.state.empty()) continue;
    const BlockPart& part = parts(b)[0];   // one class: one part
    cell.kernel = kernel_.find(part.family)->second;
    cell.state.assign(part.state, part.state + part.family->states * bn);
    cell.param = part.param;
    cell.v = v_[std::size_t(b * bn)];
    cell.e_na = e_na_[std::size_t(b * bn)];
  }
}

// The step of ionic_pass() without neighbours.
void MonodomainStep::rest_step() {
  for (RestCell& cell : rest_cell_) {
    if (cell.state.empty()) continue;
    alignas(64) double v[block_nodes], rate[block_nodes], current[block_nodes], e[block_nodes];
    for (int l = 0; l < lane_multiple; ++l) {
      v[l] = cell.v;
      rate[l] = cell.v + 0.5 * cell.dv;
      e[l] = cell.e_na;
    }
    cell.kernel({lane_multiple, dt_, 0.0, cell.state.data(), cell.param, v, rate, current, e});
    const double ionic = steps_ == 0 ? current[0] : 1.5 * current[0] - 0.5 * cell.i_before;
    cell.i_before = current[0];
    cell.dv_before = cell.dv;
    cell.dv = -dt_ * ionic;
    cell.e_na = e[0];
  }
}

void MonodomainStep::rest_finish() {
  for (RestCell& cell : rest_cell_) cell.v += cell.dv;
  for (std::size_t b = 0; b < asleep_.size(); ++b)
    if (asleep_[b]) std::fill_n(v_.begin() + std::ptrdiff_t(b) * bn, bn, rest_cell_[tissue_.class_of[b * std::size_t(bn)]].v);
}

void MonodomainStep::wake(std::ptrdiff_t block) {
  if (!asleep_[std::size_t(block)]) return;
  asleep_[std::size_t(block)] = 0;
  const RestCell& cell = rest_cell_[tissue_.class_of[std::size_t(block * bn)]];
  const BlockPart& part = parts(block)[0];
  for (std::ptrdiff_t s = 0; s < part.family->states; ++s) std::fill_n(part.state + s * bn, bn, cell.state[std::size_t(s * bn)]);
  for (std::ptrdiff_t i = block * bn; i < (block + 1) * bn; ++i) {
    v_[std::size_t(i)] = cell.v;
    dv_[std::size_t(i)] = cell.dv;
    dv_before_[std::size_t(i)] = cell.dv_before;
    i_before_[std::size_t(i)] = cell.i_before;
    e_na_[std::size_t(i)] = cell.e_na;
    double kv = 0, kd = 0;
    for (std::ptrdiff_t k = tissue_.row_begin[std::size_t(i)]; k < tissue_.row_begin[std::size_t(i) + 1]; ++k) {
      const std::size_t j = std::size_t(tissue_.col[std::size_t(k)]);
      if (asleep_[j / std::size_t(bn)]) continue;
      kv += double(tissue_.k[std::size_t(k)]) * ((v_[j] - dv_[j]) - (cell.v - cell.dv));
      kd += double(tissue_.k[std::size_t(k)]) * (dv_before_[j] - cell.dv_before);
    }
    kv_[std::size_t(i)] = kv;
    kd_[std::size_t(i)] = kd;
  }
  if (interpolate_) sodium_.note_block(block, parts(block));
}

// A block with a node that left the resting potential wakes its neighbours; a resting cell that moves by itself (a pacemaker, an
// extreme block, not a number) wakes all blocks of its kind, so that activation and the sentinel see them.
void MonodomainStep::wake_by_front() {
  if (awake_.size() == asleep_.size()) return;
  std::vector<std::ptrdiff_t> rising;
  const double tolerance = rest_tolerance_mV(problem_);
  for (std::size_t c = 0; c < rest_cell_.size(); ++c) {
    if (rest_cell_[c].state.empty() || std::abs(rest_cell_[c].v - tissue_.classes[c].initial[0]) <= rest_drift_mV) continue;
    for (std::size_t b = 0; b < asleep_.size(); ++b)
      if (asleep_[b] && tissue_.class_of[b * std::size_t(bn)] == c) rising.push_back(std::ptrdiff_t(b));
  }
  for (std::ptrdiff_t b : frontier_) {
    const double rest = rest_cell_[tissue_.class_of[std::size_t(b * bn)]].v;
    double most = 0;
    for (std::ptrdiff_t i = b * bn; i < std::min((b + 1) * bn, tissue_.n); ++i) most = std::max(most, std::abs(v_[std::size_t(i)] - rest));
    if (most > tolerance)
      for (std::ptrdiff_t k = neighbour_begin_[std::size_t(b)]; k < neighbour_begin_[std::size_t(b) + 1]; ++k)
        rising.push_back(neighbour_[std::size_t(k)]);
  }
  for (std::ptrdiff_t b : rising) wake(b);
  if (!rising.empty()) list_awake();
}

void MonodomainStep::list_awake() {
  awake_.clear();
  frontier_.clear();
  for (std::size_t b = 0; b < asleep_.size(); ++b) {
    if (asleep_[b]) continue;
    awake_.push_back(std::ptrdiff_t(b));
    for (std::ptrdiff_t k = neighbour_begin_[b]; k < neighbour_begin_[b + 1]; ++k)
      if (asleep_[std::size_t(neighbour_[std::size_t(k)])]) {
        frontier_.push_back(std::ptrdiff_t(b));
        break;
      }
  }
  const std::size_t chunks = std::max<std::size_t>(1, (asleep_.size() + 7) / 8);
  part_.resize(chunks);
}

MonodomainState MonodomainStep::save() const {
  MonodomainState s;
  s.steps = steps_;
  s.iterations = iterations_;
  s.awake_steps = awake_steps_;
  s.solved_steps = solved_steps_;
  s.block_steps = block_steps_;
  const auto copy = [](const AlignedVector& x) { return std::vector<double>(x.begin(), x.end()); };
  s.state = copy(state_);
  s.v = copy(v_);
  s.dv = copy(dv_);
  s.dv_before = copy(dv_before_);
  s.i_before = copy(i_before_);
  s.e_na = copy(e_na_);
  s.kv = copy(kv_);
  s.kd = copy(kd_);
  s.peak = copy(peak_);
  for (const RestCell& cell : rest_cell_) {
    if (cell.state.empty()) continue;
    for (double x : cell.state) s.rest_cells.push_back(x);
    s.rest_cells.insert(s.rest_cells.end(), {cell.v, cell.dv, cell.dv_before, cell.i_before, cell.e_na});
  }
  s.asleep = asleep_;
  s.armed = armed_;
  s.activation = activation_;
  s.repolarisation = repolarisation_;
  return s;
}

bool MonodomainStep::restore(const MonodomainState& s) {
  std::size_t rest = 0;
  for (const RestCell& cell : rest_cell_) rest += cell.state.empty() ? 0 : cell.state.size() + 5;
  if (s.state.size() != state_.size() || s.v.size() != v_.size() || s.dv.size() != v_.size() || s.dv_before.size() != v_.size() || s.i_before.size() != v_.size() ||
      s.e_na.size() != v_.size() || s.kv.size() != v_.size() || s.kd.size() != v_.size() || s.peak.size() != v_.size() ||
      s.armed.size() != armed_.size() || s.asleep.size() != asleep_.size() || s.rest_cells.size() != rest || s.activation.empty() ||
      s.activation.size() != s.repolarisation.size() || s.steps < 0)
    return false;
  for (const auto* maps : {&s.activation, &s.repolarisation})
    for (const std::vector<float>& m : *maps)
      if (m.size() != std::size_t(tissue_.n)) return false;
  const auto copy = [](const std::vector<double>& from, AlignedVector& to) { std::copy(from.begin(), from.end(), to.begin()); };
  steps_ = long(s.steps);
  iterations_ = long(s.iterations);
  awake_steps_ = long(s.awake_steps);
  solved_steps_ = long(s.solved_steps);
  block_steps_ = long(s.block_steps);
  copy(s.state, state_);
  copy(s.v, v_);
  copy(s.dv, dv_);
  copy(s.dv_before, dv_before_);
  copy(s.i_before, i_before_);
  copy(s.e_na, e_na_);
  copy(s.kv, kv_);
  copy(s.kd, kd_);
  copy(s.peak, peak_);
  const double* at = s.rest_cells.data();
  for (RestCell& cell : rest_cell_) {
    if (cell.state.empty()) continue;
    std::copy_n(at, cell.state.size(), cell.state.begin());
    at += cell.state.size();
    cell.v = *at++;
    cell.dv = *at++;
    cell.dv_before = *at++;
    cell.i_before = *at++;
    cell.e_na = *at++;
  }
  asleep_ = s.asleep;
  armed_ = s.armed;
  activation_ = s.activation;
  repolarisation_ = s.repolarisation;
  list_awake();
  note_initial();
  return true;
}

}  // namespace ot::ep
