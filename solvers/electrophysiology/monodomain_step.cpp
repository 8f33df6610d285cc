// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"

namespace ot::ep {
namespace {

constexpr std::ptrdiff_t bn = block_nodes;
constexpr std::ptrdiff_t blocks_per_chunk = 8;     // awake blocks per unit of work
constexpr long refresh_every = 64;                 // steps between true products with K
constexpr int most_iterations = 500;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// f(first node, last node, chunk) for runs of consecutive awake blocks, chunk by chunk. Small problems stay on one thread: waking
// another costs more than their passes. The chunks are the same either way.
constexpr std::ptrdiff_t least_parallel = 128;     // blocks
template <class F>
void pass(const std::vector<std::ptrdiff_t>& blocks, F&& f) {
  const std::ptrdiff_t n = std::ptrdiff_t(blocks.size());
  const auto some = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t a = first; a < last;) {
      std::ptrdiff_t end = a + 1;
      while (end < last && blocks[std::size_t(end)] == blocks[std::size_t(end) - 1] + 1) ++end;
      f(blocks[std::size_t(a)] * bn, (blocks[std::size_t(end) - 1] + 1) * bn, std::size_t(first / blocks_per_chunk));
      a = end;
    }
  };
  if (n >= least_parallel) return core::parallel_chunks(n, blocks_per_chunk, some);
  for (std::ptrdiff_t first = 0; first < n; first += blocks_per_chunk) some(first, std::min(n, first + blocks_per_chunk));
}

double ordered(const std::vector<double>& part) {
  double sum = 0;
  for (double x : part) sum += x;
  return sum;
}

}  // namespace

MonodomainStep::MonodomainStep(const ElectroProblem& problem, const Tissue& tissue)
    : problem_(problem), tissue_(tissue), kernel_(best_kernel(*tissue.family)),
      interpolate_(sodium_weight(problem) != 0 && tissue.family->sodium.present()), sodium_(tissue, sodium_weight(problem)), dt_(problem.dt_ms) {
  const std::ptrdiff_t padded = tissue.padded, blocks = padded / bn;
  const IonicFamily& family = *tissue.family;
  for (AlignedVector* x : {&v_, &dv_, &i_before_, &e_na_, &stimulus_, &b_, &r_, &u_, &p_, &s_, &w_, &inverse_, &kv_, &kd_, &peak_, &rest_})
    x->assign(std::size_t(padded), 0.0);
  state_.resize(std::size_t(padded) * std::size_t(family.states));
  armed_.assign(std::size_t(padded), 1);
  for (std::ptrdiff_t i = 0; i < padded; ++i) {
    const CellClass& c = tissue.classes[tissue.class_of[std::size_t(i)]];
    v_[std::size_t(i)] = rest_[std::size_t(i)] = peak_[std::size_t(i)] = c.initial[0];
    for (int s = 0; s < family.states; ++s)
      state_[std::size_t((i / bn * family.states + s) * bn + i % bn)] = c.initial[std::size_t(s) + 1];
    if (i < tissue.n) inverse_[std::size_t(i)] = 1.0 / (tissue.mass[std::size_t(i)] + 0.5 * dt_ * tissue.k_diagonal[std::size_t(i)]);
  }
  // Blocks of the same mix of classes share one table of parameters.
  std::map<std::vector<std::uint16_t>, std::size_t> tables;
  std::vector<std::size_t> table_of(static_cast<std::size_t>(blocks));
  for (std::ptrdiff_t b = 0; b < blocks; ++b) {
    std::vector<std::uint16_t> mix(tissue.class_of.begin() + b * bn, tissue.class_of.begin() + (b + 1) * bn);
    table_of[std::size_t(b)] = tables.try_emplace(std::move(mix), tables.size()).first->second;
  }
  const std::size_t table_size = std::size_t(family.params * bn);
  param_store_.resize(tables.size() * table_size);
  for (const auto& [mix, at] : tables)
    for (std::size_t l = 0; l < std::size_t(bn); ++l)
      for (int p = 0; p < family.params; ++p)
        param_store_[at * table_size + std::size_t(p) * std::size_t(bn) + l] = tissue.classes[mix[l]].parameters[std::size_t(p)];
  for (std::size_t t : table_of) params_.push_back(param_store_.data() + t * table_size);

  // Sodium reversal potentials of the initial state: a step of length 0 on a copy.
  AlignedVector copy(std::size_t(family.states) * std::size_t(bn)), ignored(std::size_t(bn), 0.0);
  for (std::ptrdiff_t b = 0; b < blocks; ++b) {
    std::copy_n(state_.begin() + b * family.states * bn, copy.size(), copy.begin());
    kernel_({int(bn), 0.0, 0.0, copy.data(), params_[std::size_t(b)], v_.data() + b * bn, v_.data() + b * bn, ignored.data(), e_na_.data() + b * bn});
  }
  activation_.assign(1, std::vector<float>(std::size_t(tissue.n), nan));
  repolarisation_ = activation_;
  asleep_.assign(std::size_t(blocks), 0);
  find_sleepers();
  list_awake();
  note_initial();
  multiply(awake_, v_, kv_);
}

void MonodomainStep::note_initial() {
  if (!interpolate_) return;
  for (std::size_t b = 0; b < params_.size(); ++b)
    sodium_.note_block(std::ptrdiff_t(b), state_.data() + std::ptrdiff_t(b) * tissue_.family->states * bn, params_[b]);
}

void MonodomainStep::multiply(const std::vector<std::ptrdiff_t>& blocks, const AlignedVector& x, AlignedVector& y) const {
  pass(blocks, [&](std::ptrdiff_t first, std::ptrdiff_t last, std::size_t) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      double sum = 0;
      for (std::ptrdiff_t k = tissue_.row_begin[std::size_t(i)]; k < tissue_.row_begin[std::size_t(i) + 1]; ++k)
        sum += double(tissue_.k[std::size_t(k)]) * (x[std::size_t(tissue_.col[std::size_t(k)])] - x[std::size_t(i)]);
      y[std::size_t(i)] = sum;
    }
  });
}

void MonodomainStep::set_stimulus() {
  if (stimulated_)
    for (const ActivationSite& s : problem_.sites)
      for (core::Index node : s.nodes)
        if (const core::Index i = tissue_.inner_of[std::size_t(node)]; i >= 0) stimulus_[std::size_t(i)] = 0.0;
  stimulated_ = false;
  for (const ActivationSite& s : problem_.sites) {
    const double share = stimulus_share(time(), dt_, s.start_ms, s.duration_ms);
    if (share == 0.0) continue;
    stimulated_ = true;
    bool woken = false;
    for (core::Index node : s.nodes)
      if (const core::Index i = tissue_.inner_of[std::size_t(node)]; i >= 0 && asleep_[std::size_t(i / bn)]) {
        wake(i / bn);   // and its neighbours: what is put in spreads within the step
        for (std::ptrdiff_t k = neighbour_begin_[std::size_t(i / bn)]; k < neighbour_begin_[std::size_t(i / bn) + 1]; ++k) wake(neighbour_[std::size_t(k)]);
        woken = true;
      }
    if (woken) list_awake();
    for (std::size_t k = 0; k < s.nodes.size(); ++k)
      if (const core::Index i = tissue_.inner_of[std::size_t(s.nodes[k])]; i >= 0)
        stimulus_[std::size_t(i)] += share * s.amplitude_mV_per_ms * (s.weights.empty() ? 1.0 : double(s.weights[k]));
  }
}

// Membrane, right-hand side, and the residual of the previous increment as the start of the solve.
void MonodomainStep::ionic_pass() {
  const std::ptrdiff_t states = tissue_.family->states;
  const double* const correction = sodium_.correction();
  const bool first_step = steps_ == 0;
  std::fill(rr_part_.begin(), rr_part_.end(), 0.0);
  std::fill(bb_part_.begin(), bb_part_.end(), 0.0);
  pass(awake_, [&](std::ptrdiff_t first, std::ptrdiff_t last, std::size_t chunk) {
    alignas(64) double rate[block_nodes], current[block_nodes];
    double rr = 0, bb = 0;
    for (std::ptrdiff_t begin = first; begin < last; begin += bn) {
      const std::ptrdiff_t block = begin / bn;
      for (std::ptrdiff_t l = 0; l < bn; ++l) rate[l] = v_[std::size_t(begin + l)] + 0.5 * dv_[std::size_t(begin + l)];
      double* const state = state_.data() + block * states * bn;
      kernel_({int(bn), dt_, 0.0, state, params_[std::size_t(block)], v_.data() + begin, rate, current, e_na_.data() + begin});
      if (interpolate_) sodium_.note_block(block, state, params_[std::size_t(block)]);
      for (std::ptrdiff_t l = 0; l < bn; ++l) {
        const std::size_t i = std::size_t(begin + l);
        const double now = current[l] + correction[i], m = tissue_.mass[i];
        const double ionic = first_step ? now : 1.5 * now - 0.5 * i_before_[i];
        i_before_[i] = now;
        const double b = dt_ * (m * (stimulus_[i] - ionic) - kv_[i]);
        const double r = b - m * dv_[i] - 0.5 * dt_ * kd_[i];
        b_[i] = b;
        r_[i] = r;
        u_[i] = inverse_[i] * r;
        rr += r * u_[i];
        bb += b * b * inverse_[i];
      }
    }
    rr_part_[chunk] += rr;
    bb_part_[chunk] += bb;
  });
  gamma_ = ordered(rr_part_);
  bb_ = ordered(bb_part_);
}

bool MonodomainStep::solve() {
  const double goal = problem_.solver_tolerance * problem_.solver_tolerance * bb_;
  if (!std::isfinite(gamma_) || !std::isfinite(bb_)) return false;
  double gamma_before = 0, alpha_before = 0;
  for (int iteration = 0; gamma_ > goal; ++iteration) {
    if (iteration >= most_iterations) return false;
    std::fill(uw_part_.begin(), uw_part_.end(), 0.0);
    pass(awake_, [&](std::ptrdiff_t first, std::ptrdiff_t last, std::size_t chunk) {
      double part = 0;
      for (std::ptrdiff_t i = first; i < last; ++i) {
        const double own = u_[std::size_t(i)];
        double sum = 0;
        for (std::ptrdiff_t k = tissue_.row_begin[std::size_t(i)]; k < tissue_.row_begin[std::size_t(i) + 1]; ++k)
          sum += double(tissue_.k[std::size_t(k)]) * (u_[std::size_t(tissue_.col[std::size_t(k)])] - own);
        const double w = tissue_.mass[std::size_t(i)] * own + 0.5 * dt_ * sum;
        w_[std::size_t(i)] = w;
        part += w * own;
      }
      uw_part_[chunk] += part;
    });
    const double delta = ordered(uw_part_);
    const double beta = iteration == 0 ? 0.0 : gamma_ / gamma_before;
    const double curvature = iteration == 0 ? delta : delta - beta * gamma_ / alpha_before;
    if (!(curvature > 0) || !std::isfinite(curvature)) return false;
    const double alpha = gamma_ / curvature;
    std::fill(uw_part_.begin(), uw_part_.end(), 0.0);
    pass(awake_, [&](std::ptrdiff_t first, std::ptrdiff_t last, std::size_t chunk) {
      double part = 0;
      for (std::ptrdiff_t k = first; k < last; ++k) {
        const std::size_t i = std::size_t(k);
        const double p = u_[i] + beta * p_[i], s = w_[i] + beta * s_[i];
        p_[i] = p;
        s_[i] = s;
        dv_[i] += alpha * p;
        const double r = r_[i] - alpha * s;
        r_[i] = r;
        u_[i] = inverse_[i] * r;
        part += r * u_[i];
      }
      uw_part_[chunk] += part;
    });
    gamma_before = gamma_;
    alpha_before = alpha;
    gamma_ = ordered(uw_part_);
    ++iterations_;
  }
  return true;
}

// New potential, products with K for the next step, activation and repolarisation, and the sentinel.
MonodomainStep::Trouble MonodomainStep::finish_pass() {
  const double t = time();
  std::vector<std::ptrdiff_t> bad(uw_part_.size(), -1);
  std::vector<std::uint8_t> full(uw_part_.size(), 0);
  const std::size_t beats = activation_.size();
  pass(awake_, [&](std::ptrdiff_t first, std::ptrdiff_t last, std::size_t chunk) {
    for (std::ptrdiff_t k = first; k < std::min(last, tissue_.n); ++k) {
      const std::size_t i = std::size_t(k);
      const double before = v_[i], now = before + dv_[i];
      v_[i] = now;
      kd_[i] = (2.0 / dt_) * (b_[i] - r_[i] - tissue_.mass[i] * dv_[i]);
      kv_[i] += kd_[i];
      if (!(std::abs(now) <= 200.0)) {
        if (bad[chunk] < 0) bad[chunk] = k;
        continue;
      }
      if (armed_[i]) {
        if (before < 0.0 && now >= 0.0) {
          armed_[i] = 0;
          peak_[i] = now;
          std::size_t beat = 0;
          while (beat + 1 < beats && !std::isnan(activation_[beat][i])) ++beat;
          activation_[beat][i] = float(t - before / dv_[i] * dt_);
          if (beat + 1 == beats) full[chunk] = 1;
        }
        continue;
      }
      if (now > peak_[i]) peak_[i] = now;
      const double level = rest_[i] + 0.1 * (peak_[i] - rest_[i]);
      if (now <= level && before > level) {
        armed_[i] = 1;
        std::size_t beat = beats - 1;
        while (beat > 0 && std::isnan(activation_[beat][i])) --beat;
        repolarisation_[beat][i] = float(t + (before - level) / (before - now) * dt_);
      }
    }
  });
  ++steps_;
  block_steps_ += long(asleep_.size());
  awake_steps_ += long(awake_.size());
  for (std::ptrdiff_t k : bad)
    if (k >= 0) return {k, v_[std::size_t(k)], false};
  // Always one empty map more than beats so far, so that no thread has to make one.
  if (std::find(full.begin(), full.end(), 1) != full.end()) {
    activation_.emplace_back(std::size_t(tissue_.n), nan);
    repolarisation_.emplace_back(std::size_t(tissue_.n), nan);
  }
  rest_finish();
  if (steps_ % refresh_every == 0) {
    multiply(awake_, v_, kv_);
    multiply(awake_, dv_, kd_);
  }
  wake_by_front();
  return {};
}

MonodomainStep::Trouble MonodomainStep::advance() {
  set_stimulus();
  if (interpolate_) sodium_.update(tissue_, state_.data(), params_, v_.data(), e_na_.data());
  rest_step();
  ionic_pass();
  if (!solve()) {
    // A value that is not a number shows here first.
    for (std::ptrdiff_t i = 0; i < tissue_.n; ++i)
      if (!std::isfinite(b_[std::size_t(i)])) return {i, v_[std::size_t(i)], false};
    return {0, v_[0], true};
  }
  return finish_pass();
}

}  // namespace ot::ep
