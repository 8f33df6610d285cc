// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"

namespace ot::ep {
namespace {

constexpr std::ptrdiff_t bn = block_nodes;
constexpr std::ptrdiff_t blocks_per_chunk = 8;     // awake blocks per unit of work
constexpr int most_iterations = 500;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// f(block, chunk) for every listed block, chunk by chunk. Small problems stay on one thread: waking another costs more than their
// passes. The chunks are the same either way.
constexpr std::ptrdiff_t least_parallel = 128;     // blocks
template <class F>
void pass(const std::vector<std::ptrdiff_t>& blocks, F&& f) {
  const std::ptrdiff_t n = std::ptrdiff_t(blocks.size());
  const auto some = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t a = first; a < last; ++a) f(blocks[std::size_t(a)], std::size_t(first / blocks_per_chunk));
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
    : problem_(problem), tissue_(tissue),
      interpolate_(sodium_weight(problem) != 0 && std::any_of(tissue.classes.begin(), tissue.classes.end(), [](const CellClass& c) { return c.family->sodium.present(); })),
      sodium_(tissue, sodium_weight(problem)), dt_(problem.dt_ms), diffusion_(diffusion_kernels()) {
  const std::ptrdiff_t padded = tissue.padded, blocks = padded / bn;
  for (AlignedVector* x : {&v_, &dv_, &dv_before_, &i_before_, &e_na_, &stimulus_, &u_, &inverse_, &kv_, &kd_, &r_, &z_, &p_, &s_, &w_, &peak_, &rest_})
    x->assign(std::size_t(padded), 0.0);
  armed_.assign(std::size_t(padded), 1);
  for (std::ptrdiff_t i = 0; i < padded; ++i) {
    const CellClass& c = tissue.classes[tissue.class_of[std::size_t(i)]];
    v_[std::size_t(i)] = rest_[std::size_t(i)] = peak_[std::size_t(i)] = c.initial[0];
  }
  lay_out_membrane();
  // Sodium reversal potentials of the initial state: a step of length 0 on a copy.
  const AlignedVector before = state_;
  alignas(64) double ignored[block_nodes];
  for (std::ptrdiff_t b = 0; b < blocks; ++b) membrane(b, 0.0, v_.data() + b * bn, v_.data() + b * bn, ignored, e_na_.data() + b * bn);
  std::copy(before.begin(), before.end(), state_.begin());
  activation_.assign(1, std::vector<float>(std::size_t(tissue.n), nan));
  repolarisation_ = activation_;
  slice_rows();
  for (std::ptrdiff_t b = 0; b < blocks; ++b) diffusion_.product(rows_, b * bn, v_.data(), kv_.data() + b * bn);
  asleep_.assign(std::size_t(blocks), 0);
  find_sleepers();
  list_awake();
  note_initial();
}

void MonodomainStep::slice_rows() {
  const std::ptrdiff_t groups = tissue_.padded / lane_multiple;
  most_.assign(std::size_t(tissue_.padded / bn), 0.0);
  stiff_.assign(most_.size(), 0);
  marked_.assign(most_.size(), 0);
  sliced_begin_.assign(1, 0);
  for (std::ptrdiff_t g = 0; g < groups; ++g) {
    std::ptrdiff_t width = 0;
    for (std::ptrdiff_t i = g * lane_multiple; i < (g + 1) * lane_multiple; ++i)
      width = std::max(width, tissue_.row_begin[std::size_t(i) + 1] - tissue_.row_begin[std::size_t(i)]);
    for (std::ptrdiff_t c = 0; c < width; ++c)
      for (std::ptrdiff_t i = g * lane_multiple; i < (g + 1) * lane_multiple; ++i) {
        const std::ptrdiff_t at = tissue_.row_begin[std::size_t(i)] + c;
        const bool there = at < tissue_.row_begin[std::size_t(i) + 1];
        sliced_k_.push_back(there ? tissue_.k[std::size_t(at)] : 0.0f);
        sliced_col_.push_back(there ? tissue_.col[std::size_t(at)] : core::Index(i));
      }
    sliced_begin_.push_back(sliced_begin_.back() + width);
  }
  rows_ = {sliced_begin_.data(), sliced_k_.data(), sliced_col_.data()};
  for (std::size_t i = 0; i < std::size_t(tissue_.n); ++i) {
    double size = 0;
    for (std::ptrdiff_t k = tissue_.row_begin[i]; k < tissue_.row_begin[i + 1]; ++k) size += std::abs(double(tissue_.k[std::size_t(k)]));
    const double q = 0.5 * dt_ * size, m = tissue_.mass[i], more = std::max(q, 2 * q - 0.2 * m);   // monodomain_step.hpp
    inverse_[i] = 1.0 / (m + more);
    if (more > most_jacobi * m) stiff_[i / std::size_t(bn)] = 1;
  }
}

void MonodomainStep::note_initial() {
  if (!interpolate_) return;
  for (std::size_t b = 0; b < asleep_.size(); ++b) sodium_.note_block(std::ptrdiff_t(b), parts(std::ptrdiff_t(b)));
}

bool MonodomainStep::set_stimulus() {
  if (source_)
    std::fill(stimulus_.begin(), stimulus_.end(), 0.0);
  else if (stimulated_)
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
  if (!source_) return true;
  stimulated_ = true;
  return source_(time(), v_, stimulus_);
}

// K V, membrane, right-hand side, and the Jacobi step from the guess.
void MonodomainStep::ionic_pass() {
  const double* const correction = sodium_.correction();
  alignas(64) static constexpr double none[block_nodes] = {};
  std::fill(part_.begin(), part_.end(), 0.0);
  pass(awake_, [&](std::ptrdiff_t block, std::size_t chunk) {
    alignas(64) double rate[block_nodes], current[block_nodes], kv_now[block_nodes];
    const std::ptrdiff_t begin = block * bn;
    diffusion_.product(rows_, begin, v_.data(), kv_now);
    for (const BlockPart& part : parts(block))   // 512 bytes a row are too short for the machine to see the next row coming
      for (std::ptrdiff_t at = 0; at < part.family->states * bn; at += lane_multiple) __builtin_prefetch(part.state + at, 1);
    for (std::ptrdiff_t l = 0; l < bn; ++l) rate[l] = v_[std::size_t(begin + l)] + 0.5 * dv_[std::size_t(begin + l)];
    membrane(block, dt_, v_.data() + begin, rate, current, e_na_.data() + begin);
    if (interpolate_) sodium_.note_block(block, parts(block));
    const RightSums sums = diffusion_.right_side({dt_, steps_ == 0, kv_now, current, correction + begin, stimulated_ ? stimulus_.data() + begin : none,
                                                  tissue_.mass.data() + begin, inverse_.data() + begin, i_before_.data() + begin, kv_.data() + begin,
                                                  kd_.data() + begin, dv_.data() + begin, dv_before_.data() + begin, u_.data() + begin});
    part_[chunk] += sums.bb;
    most_[std::size_t(block)] = sums.most;
  });
  bb_ = ordered(part_);
}

// Blocks that the Jacobi step does not settle, and their neighbours.
void MonodomainStep::list_solved() {
  const double least = jacobi_tolerance_mV(problem_);
  std::fill(marked_.begin(), marked_.end(), 0);
  for (std::ptrdiff_t b : awake_) {
    if (!(most_[std::size_t(b)] > least) && !stiff_[std::size_t(b)]) continue;
    marked_[std::size_t(b)] = 1;
    for (std::ptrdiff_t k = neighbour_begin_[std::size_t(b)]; k < neighbour_begin_[std::size_t(b) + 1]; ++k) marked_[std::size_t(neighbour_[std::size_t(k)])] = 1;
  }
  solved_.clear();
  for (std::ptrdiff_t b : awake_)
    if (marked_[std::size_t(b)]) solved_.push_back(b);
  solved_steps_ += long(solved_.size());
}

bool MonodomainStep::solve() {
  if (!std::isfinite(bb_)) return false;
  list_solved();
  if (solved_.empty()) return true;
  const double goal = problem_.solver_tolerance * problem_.solver_tolerance * bb_;
  std::fill(part_.begin(), part_.end(), 0.0);
  pass(solved_, [&](std::ptrdiff_t block, std::size_t chunk) {
    double part = 0;
    for (std::size_t i = std::size_t(block * bn); i < std::size_t((block + 1) * bn); ++i) {
      z_[i] = u_[i];
      r_[i] = inverse_[i] > 0 ? u_[i] / inverse_[i] : 0.0;
      p_[i] = s_[i] = 0.0;
      part += r_[i] * z_[i];
    }
    part_[chunk] += part;
  });
  double gamma = ordered(part_), gamma_before = 0, alpha_before = 0;
  for (int iteration = 0; gamma > goal; ++iteration) {
    if (iteration >= most_iterations) return false;
    std::fill(part_.begin(), part_.end(), 0.0);
    pass(solved_, [&](std::ptrdiff_t block, std::size_t chunk) {
      part_[chunk] += diffusion_.system(rows_, block * bn, 0.5 * dt_, tissue_.mass.data() + block * bn, z_.data(), w_.data() + block * bn);
    });
    const double delta = ordered(part_);
    const double beta = iteration == 0 ? 0.0 : gamma / gamma_before;
    const double curvature = iteration == 0 ? delta : delta - beta * gamma / alpha_before;
    if (!(curvature > 0) || !std::isfinite(curvature)) return false;
    const double alpha = gamma / curvature;
    std::fill(part_.begin(), part_.end(), 0.0);
    pass(solved_, [&](std::ptrdiff_t block, std::size_t chunk) {
      const std::ptrdiff_t at = block * bn;
      part_[chunk] += diffusion_.conjugate({alpha, beta, w_.data() + at, inverse_.data() + at, z_.data() + at, p_.data() + at, s_.data() + at, r_.data() + at,
                                            dv_.data() + at});
    });
    gamma_before = gamma;
    alpha_before = alpha;
    gamma = ordered(part_);
    ++iterations_;
  }
  // The last Jacobi step is added with that of the other blocks.
  for (std::ptrdiff_t block : solved_) {
    std::copy_n(z_.begin() + block * bn, bn, u_.begin() + block * bn);
    std::fill_n(z_.begin() + block * bn, bn, 0.0);
  }
  return true;
}

// New potential, activation and repolarisation, and the sentinel.
MonodomainStep::Trouble MonodomainStep::finish_pass() {
  const double t = time();
  std::vector<std::ptrdiff_t> bad(part_.size(), -1);
  std::vector<std::uint8_t> full(part_.size(), 0);
  const std::size_t beats = activation_.size();
  pass(awake_, [&](std::ptrdiff_t block, std::size_t chunk) {
    const std::ptrdiff_t begin = block * bn;
    const bool mixed = parts(block).size() > 1;   // models differ in the level of activation: look at each node
    double upstroke = parts(block)[0].family->upstroke_mV;
    if (!diffusion_.finish({rest_.data() + begin, u_.data() + begin, dv_.data() + begin, v_.data() + begin, peak_.data() + begin, armed_.data() + begin, upstroke}) && !mixed) return;
    for (std::ptrdiff_t k = begin; k < std::min(begin + bn, tissue_.n); ++k) {
      const std::size_t i = std::size_t(k);
      const double before = u_[i], now = v_[i];
      if (mixed) upstroke = tissue_.family_of(k).upstroke_mV;
      if (!(std::abs(now) <= 200.0)) {
        if (bad[chunk] < 0) bad[chunk] = k;
        continue;
      }
      if (armed_[i]) {
        if (before < upstroke && now >= upstroke) {
          armed_[i] = 0;
          peak_[i] = now;
          std::size_t beat = 0;
          while (beat + 1 < beats && !std::isnan(activation_[beat][i])) ++beat;
          activation_[beat][i] = float(t - (before - upstroke) / dv_[i] * dt_);
          if (beat + 1 == beats) full[chunk] = 1;
        }
        continue;
      }
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
  wake_by_front();
  return {};
}

MonodomainStep::Trouble MonodomainStep::advance() {
  if (!set_stimulus()) return {0, v_[0], true};
  if (interpolate_) sodium_.update(tissue_, v_.data(), e_na_.data());
  rest_step();
  ionic_pass();
  if (!solve()) {
    // A value that is not a number shows here first.
    for (std::ptrdiff_t i = 0; i < tissue_.n; ++i)
      if (!std::isfinite(u_[std::size_t(i)])) return {i, v_[std::size_t(i)], false};
    return {0, v_[0], true};
  }
  return finish_pass();
}

}  // namespace ot::ep
