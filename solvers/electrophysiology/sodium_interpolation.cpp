// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/sodium_interpolation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "solvers/core/parallel.hpp"

namespace ot::ep {
namespace {
constexpr double largest_drive = 200.0;   // mV, above any |V - E_Na| the sentinel allows to matter
constexpr std::ptrdiff_t bn = block_nodes;
}  // namespace

SodiumInterpolation::SodiumInterpolation(const Tissue& tissue)
    : rows_(tissue.family->sodium), states_(tissue.family->states) {
  const std::size_t blocks = std::size_t(tissue.padded / bn);
  std::vector<std::vector<core::Index>> elements(blocks), neighbours(blocks);
  for (std::size_t e = 0; e < tissue.tets.size(); ++e) {
    std::array<core::Index, 4> b;
    for (std::size_t a = 0; a < 4; ++a) b[a] = tissue.tets[e][a] / core::Index(bn);
    std::sort(b.begin(), b.end());
    const auto last = std::unique(b.begin(), b.end());
    for (auto x = b.begin(); x != last; ++x) {
      elements[std::size_t(*x)].push_back(core::Index(e));
      for (auto y = b.begin(); y != last; ++y) {
        auto& list = neighbours[std::size_t(*x)];
        if (std::find(list.begin(), list.end(), *y) == list.end()) list.push_back(*y);
      }
    }
  }
  element_begin_.assign(1, 0);
  neighbour_begin_.assign(1, 0);
  for (std::size_t b = 0; b < blocks; ++b) {
    element_.insert(element_.end(), elements[b].begin(), elements[b].end());
    neighbour_.insert(neighbour_.end(), neighbours[b].begin(), neighbours[b].end());
    element_begin_.push_back(std::ptrdiff_t(element_.size()));
    neighbour_begin_.push_back(std::ptrdiff_t(neighbour_.size()));
  }
  largest_gm3_.assign(blocks, 0.0);
  largest_hj_.assign(blocks, 0.0);
  correction_.assign(std::size_t(tissue.padded), 0.0);
}

void SodiumInterpolation::note_block(std::ptrdiff_t block, const double* state, const double* param) {
  const double* const m = state + rows_.m * bn;
  const double* const h = state + rows_.h * bn;
  const double* const j = state + rows_.j * bn;
  const double* const g = param + rows_.conductance * bn;
  double gm3 = 0, hj = 0;
  for (std::ptrdiff_t l = 0; l < bn; ++l) {
    const double x = g[l] * m[l] * m[l] * m[l], y = h[l] * j[l];
    gm3 = x > gm3 ? x : gm3;
    hj = y > hj ? y : hj;
  }
  largest_gm3_[std::size_t(block)] = gm3;
  largest_hj_[std::size_t(block)] = hj;
}

void SodiumInterpolation::update(const Tissue& tissue, const double* state, const std::vector<const double*>& params, const double* v,
                                 const double* e_na) {
  before_.swap(active_);
  active_.clear();
  const std::ptrdiff_t blocks = tissue.padded / bn;
  for (std::ptrdiff_t b = 0; b < blocks; ++b) {
    double gm3 = 0, hj = 0;
    for (std::ptrdiff_t k = neighbour_begin_[std::size_t(b)]; k < neighbour_begin_[std::size_t(b) + 1]; ++k) {
      gm3 = std::max(gm3, largest_gm3_[std::size_t(neighbour_[std::size_t(k)])]);
      hj = std::max(hj, largest_hj_[std::size_t(neighbour_[std::size_t(k)])]);
    }
    if (gm3 * hj * largest_drive > svi_least_current) active_.push_back(b);
  }
  for (std::ptrdiff_t b : before_) std::fill_n(correction_.begin() + b * bn, bn, 0.0);
  const auto some = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t a = first; a < last; ++a) block_correction(tissue, active_[std::size_t(a)], state, params, v, e_na);
  };
  constexpr std::size_t least_parallel = 16;  // fewer are done before another thread is awake
  if (active_.size() >= least_parallel) core::parallel_chunks(std::ptrdiff_t(active_.size()), 4, some);
  else some(0, std::ptrdiff_t(active_.size()));
}

void SodiumInterpolation::block_correction(const Tissue& tissue, std::ptrdiff_t block, const double* state,
                                           const std::vector<const double*>& params, const double* v, const double* e_na) {
  constexpr double a = 0.1381966011250105, b = 0.5854101966249685;  // (5 -+ sqrt 5, 5 + 3 sqrt 5)/20
  double* const out = correction_.data() + block * bn;
  std::fill_n(out, bn, 0.0);
  for (std::ptrdiff_t k = element_begin_[std::size_t(block)]; k < element_begin_[std::size_t(block) + 1]; ++k) {
    const std::size_t e = std::size_t(element_[std::size_t(k)]);
    const core::Tet& tet = tissue.tets[e];
    double x[4], low = 1e300, high = -1e300;
    for (std::size_t i = 0; i < 4; ++i) {
      x[i] = v[tet[i]];
      low = std::min(low, x[i]);
      high = std::max(high, x[i]);
    }
    if (!(high - low > svi_least_range)) continue;
    double g[4], m[4], h[4], j[4], en[4], gm3 = 0, hj = 0, drive = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::ptrdiff_t home = tet[i] / bn, lane = tet[i] % bn;
      const double* const s = state + home * states_ * bn + lane;
      m[i] = s[rows_.m * bn];
      h[i] = s[rows_.h * bn];
      j[i] = s[rows_.j * bn];
      g[i] = params[std::size_t(home)][rows_.conductance * bn + lane];
      en[i] = e_na[tet[i]];
      gm3 = std::max(gm3, g[i] * m[i] * m[i] * m[i]);
      hj = std::max(hj, h[i] * j[i]);
      drive = std::max(drive, std::abs(x[i] - en[i]));
    }
    if (!(gm3 * hj * drive > svi_least_current)) continue;
    const auto at = [](const double* f, double sum, std::size_t p) { return a * sum + (b - a) * f[p]; };
    const auto sum = [](const double* f) { return f[0] + f[1] + f[2] + f[3]; };
    const double sg = sum(g), sm = sum(m), sh = sum(h), sj = sum(j), sx = sum(x), se = sum(en);
    double point[4], total = 0;
    for (std::size_t p = 0; p < 4; ++p) {
      point[p] = 0.25 * fast_sodium_current(at(g, sg, p), at(m, sm, p), at(h, sh, p), at(j, sj, p), at(x, sx, p), at(en, se, p));
      total += point[p];
    }
    for (std::size_t i = 0; i < 4; ++i) {
      if (tet[i] / bn != block) continue;
      const double nodal = 0.25 * fast_sodium_current(g[i], m[i], h[i], j[i], x[i], en[i]);
      out[tet[i] % bn] += tissue.tet_volume[e] * (a * total + (b - a) * point[i] - nodal);
    }
  }
  for (std::ptrdiff_t l = 0; l < bn; ++l) {
    const double mass = tissue.mass[std::size_t(block * bn + l)];
    out[l] = mass > 0 ? out[l] / mass : 0.0;
  }
}

}  // namespace ot::ep
