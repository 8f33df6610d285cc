// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/sodium_interpolation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::ep {
namespace {
constexpr double largest_drive = 200.0;   // mV, above any |V - E_Na| the sentinel allows to matter
constexpr double least_net_energy = 0.25;  // of the positive energies; at 0.1 a heart of 6 mm edges still ran away, at 0.5 rough meshes run 15 % fast across fibres
constexpr double least_fit = 0.5;    // mirrored Kuhn boxes have 1/2 and 3/2
// Tuned, edges of up to 2.1 sqrt(D ms) keep the strand's velocity with the part along the wave alone, from 2.9 on they need the whole (blocks of
// mirrored boxes at h / sqrt D 2.7 and 4; a CGAL mesh of 0.5 mm, 14 % fast across fibres without).
constexpr double short_edge = 2.1 * 2.1, long_edge = 2.9 * 2.9;   // ms
constexpr std::ptrdiff_t bn = block_nodes;
}  // namespace

SodiumInterpolation::SodiumInterpolation(const Tissue& tissue, double weight)
    : rows_(tissue.family->sodium), states_(tissue.family->states), weight_(weight) {
  const std::size_t blocks = std::size_t(tissue.padded / bn);
  largest_gm3_.assign(blocks, 0.0);
  largest_hj_.assign(blocks, 0.0);
  lowest_v_.assign(blocks, 0.0);
  highest_v_.assign(blocks, 0.0);
  for (AlignedVector* x : {&correction_, &gm3_, &hj_}) x->assign(std::size_t(tissue.padded), 0.0);
  if (!rows_.present() || weight_ == 0.0) return;
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
  edge_begin_.assign(1, 0);
  neighbour_begin_.assign(1, 0);
  std::vector<std::pair<double, int>> square;   // of an edge: sum over its tets, how many
  std::vector<std::array<core::Index, 2>> own;
  // Number of an edge in `own` by open addressing: every edge is met by half a dozen tets.
  std::vector<int> slot;
  const auto number = [&](core::Index i, core::Index j) -> int& {
    std::size_t at = (std::size_t(i) * 0x9e3779b97f4a7c15ull ^ std::size_t(j) * 0xc2b2ae3d27d4eb4full) >> 20;
    for (;; ++at) {
      int& n = slot[at & (slot.size() - 1)];
      if (n < 0 || (own[std::size_t(n)][0] == i && own[std::size_t(n)][1] == j)) return n;
    }
  };
  for (std::size_t b = 0; b < blocks; ++b) {
    own.clear();
    std::size_t slots = 64;
    while (slots < 12 * elements[b].size()) slots *= 2;
    slot.assign(slots, -1);
    const auto mine = [&](core::Index i) { return std::size_t(i / core::Index(bn)) == b; };
    for (const core::Index e : elements[b]) {
      const core::Tet& t = tissue.tets[std::size_t(e)];
      for (const auto& [x, y] : tet_edges) {
        if (!mine(t[x]) && !mine(t[y])) continue;
        const auto [i, j] = std::minmax(t[x], t[y]);
        if (int& n = number(i, j); n < 0) {
          n = int(own.size());
          own.push_back({i, j});
        }
      }
    }
    std::sort(own.begin(), own.end());
    slot.assign(slots, -1);
    for (std::size_t k = 0; k < own.size(); ++k) number(own[k][0], own[k][1]) = int(k);
    OT_EXPECT(own.size() < 0xffff);
    square.assign(own.size(), {0.0, 0});
    for (const core::Index e : elements[b]) {
      const core::Tet& t = tissue.tets[std::size_t(e)];
      Incidence incidence{e, {}, 0};
      for (core::Index i : t)
        if (mine(i)) incidence.nodes |= std::uint64_t(1) << (i % core::Index(bn));
      for (std::size_t k = 0; k < 6; ++k) {
        const auto [x, y] = tet_edges[k];
        incidence.edge[k] = std::uint16_t(own.size());
        if (!mine(t[x]) && !mine(t[y])) continue;
        const auto [i, j] = std::minmax(t[x], t[y]);
        incidence.edge[k] = std::uint16_t(number(i, j));
        square[incidence.edge[k]].first += double(tissue.tet_square[std::size_t(e)][k]);
        ++square[incidence.edge[k]].second;
      }
      element_.push_back(incidence);
    }
    for (const auto& [sum, tets] : square) edge_square_.push_back(float(sum / tets));
    edge_.insert(edge_.end(), own.begin(), own.end());
    neighbour_.insert(neighbour_.end(), neighbours[b].begin(), neighbours[b].end());
    element_begin_.push_back(std::ptrdiff_t(element_.size()));
    edge_begin_.push_back(std::ptrdiff_t(edge_.size()));
    neighbour_begin_.push_back(std::ptrdiff_t(neighbour_.size()));
  }
}

std::array<double, 2> sodium_edge_correction(const SodiumEnd& a, const SodiumEnd& b) {
  if (!(std::abs(a.v - b.v) > svi_least_range)) return {0.0, 0.0};
  const double gm3 = std::max(a.g * a.m * a.m * a.m, b.g * b.m * b.m * b.m), hj = std::max(a.h * a.j, b.h * b.j),
               drive = std::max(std::abs(a.v - a.e), std::abs(b.v - b.e));
  if (!(gm3 * hj * drive > svi_least_current)) return {0.0, 0.0};
  constexpr double place[3] = {0.1127016653792583, 0.5, 0.8872983346207417}, weight[3] = {5.0 / 18, 8.0 / 18, 5.0 / 18};   // Gauss
  double first = 0, second = 0;
  for (int p = 0; p < 3; ++p) {
    const double s = place[p], r = 1.0 - s;
    const double current = weight[p] * fast_sodium_current(r * a.g + s * b.g, r * a.m + s * b.m, r * a.h + s * b.h, r * a.j + s * b.j,
                                                           r * a.v + s * b.v, r * a.e + s * b.e);
    first += r * current;
    second += s * current;
  }
  return {first - 0.5 * fast_sodium_current(a.g, a.m, a.h, a.j, a.v, a.e), second - 0.5 * fast_sodium_current(b.g, b.m, b.h, b.j, b.v, b.e)};
}

void SodiumInterpolation::note_block(std::ptrdiff_t block, const double* state, const double* param) {
  const double* const m = state + rows_.m * bn;
  const double* const h = state + rows_.h * bn;
  const double* const j = state + rows_.j * bn;
  const double* const g = param + rows_.conductance * bn;
  double* const gm3s = gm3_.data() + block * bn;
  double* const hjs = hj_.data() + block * bn;
  double gm3 = 0, hj = 0;
#pragma omp simd reduction(max : gm3, hj)
  for (std::ptrdiff_t l = 0; l < bn; ++l) {
    const double x = g[l] * m[l] * m[l] * m[l], y = h[l] * j[l];
    gm3s[l] = x;
    hjs[l] = y;
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
  // Where no two nodes of the surroundings differ enough there is nothing to do.
  const auto ranges = [&](std::ptrdiff_t b) {
    double low = v[b * bn], high = low;
    for (std::ptrdiff_t i = b * bn; i < (b + 1) * bn; ++i) {
      low = v[i] < low ? v[i] : low;
      high = v[i] > high ? v[i] : high;
    }
    lowest_v_[std::size_t(b)] = low;
    highest_v_[std::size_t(b)] = high;
  };
  if (2 * active_.size() > std::size_t(blocks)) {
    for (std::ptrdiff_t b = 0; b < blocks; ++b) ranges(b);
  } else {
    for (std::ptrdiff_t b : active_)
      for (std::ptrdiff_t k = neighbour_begin_[std::size_t(b)]; k < neighbour_begin_[std::size_t(b) + 1]; ++k) ranges(neighbour_[std::size_t(k)]);
  }
  std::erase_if(active_, [&](std::ptrdiff_t b) {
    double low = lowest_v_[std::size_t(b)], high = highest_v_[std::size_t(b)];
    for (std::ptrdiff_t k = neighbour_begin_[std::size_t(b)]; k < neighbour_begin_[std::size_t(b) + 1]; ++k) {
      low = std::min(low, lowest_v_[std::size_t(neighbour_[std::size_t(k)])]);
      high = std::max(high, highest_v_[std::size_t(neighbour_[std::size_t(k)])]);
    }
    return !(high - low > svi_least_range);
  });
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
  double* const out = correction_.data() + block * bn;
  std::fill_n(out, bn, 0.0);
  const auto end = [&](core::Index i) -> SodiumEnd {
    const std::ptrdiff_t home = i / bn, lane = i % bn;
    const double* const s = state + home * states_ * bn + lane;
    return {params[std::size_t(home)][rows_.conductance * bn + lane], s[rows_.m * bn], s[rows_.h * bn], s[rows_.j * bn], v[i], e_na[i]};
  };
  // Edges steep enough, and the block's nodes at edges that carry the upstroke: only what touches those is needed.
  struct Steep {
    std::uint16_t edge;
    std::array<double, 2> add;
  };
  thread_local std::vector<Steep> steep;
  std::uint64_t carry = 0;
  static_assert(block_nodes <= 64);
  const std::ptrdiff_t edges_from = edge_begin_[std::size_t(block)], edges = edge_begin_[std::size_t(block) + 1] - edges_from;
  if (steep.size() < std::size_t(edges)) steep.resize(std::size_t(edges));
  std::size_t steep_edges = 0;
  const std::array<core::Index, 2>* const edge_of = edge_.data() + edges_from;
  for (std::ptrdiff_t k = 0; k < edges; ++k) {   // gather first, then compute: no branch waits for the currents
    steep[steep_edges].edge = std::uint16_t(k);
    steep_edges += std::abs(v[edge_of[k][0]] - v[edge_of[k][1]]) > svi_least_range ? 1 : 0;
  }
  const double *const gm3 = gm3_.data(), *const hj = hj_.data();
  for (std::size_t at = 0; at < steep_edges; ++at) {
    const auto [i, j] = edge_of[steep[at].edge];
    steep[at].add = {0.0, 0.0};
    if (!(std::max(gm3[i], gm3[j]) * std::max(hj[i], hj[j]) * std::max(std::abs(v[i] - e_na[i]), std::abs(v[j] - e_na[j])) > svi_least_current)) continue;
    steep[at].add = sodium_edge_correction(end(i), end(j));
    if (steep[at].add[0] == 0.0 && steep[at].add[1] == 0.0) continue;
    if (i / bn == block) carry |= std::uint64_t(1) << (i % bn);
    if (j / bn == block) carry |= std::uint64_t(1) << (j % bn);
  }
  if (carry == 0) return;
  // Volume of every edge: what its tets give it.
  double shared[block_nodes] = {}, pull[block_nodes] = {};
  thread_local std::vector<double> volume;
  volume.assign(std::size_t(edges) + 1, 0.0);   // the last one takes what belongs to others
  for (std::ptrdiff_t at = element_begin_[std::size_t(block)]; at < element_begin_[std::size_t(block) + 1]; ++at) {
    const Incidence& incidence = element_[std::size_t(at)];
    if ((incidence.nodes & carry) == 0) continue;
    const std::size_t e = std::size_t(incidence.element);
    const core::Tet& tet = tissue.tets[e];
    const double x[4] = {v[tet[0]], v[tet[1]], v[tet[2]], v[tet[3]]};
    double energy[6], total = 0, positive = 0;
    for (std::size_t k = 0; k < 6; ++k) {
      const double d = x[tet_edges[k].first] - x[tet_edges[k].second];
      energy[k] = double(tissue.tet_coupling[e][k]) * d * d;
      total += energy[k];
      positive += energy[k] > 0 ? energy[k] : 0;
    }
    if (!(total > 0)) continue;
    // Where couplings of the wrong sign cancel most of the energy (flat tets, edges far longer than the front), the shares would grow
    // without bound and drive the potential away: no edge gets more than four times its tet.
    const double share = tissue.tet_volume[e] / std::max(total, least_net_energy * positive);
    for (std::size_t k = 0; k < 6; ++k) volume[incidence.edge[k]] += share * energy[k];
  }
  for (std::size_t n = 0; n < steep_edges; ++n) {
    const Steep& edge = steep[n];
    const double share = volume[edge.edge];
    if (share == 0.0) continue;
    const std::size_t at = std::size_t(edges_from + edge.edge);
    const auto [i, j] = edge_[at];
    const double along = share / double(edge_square_[at]);
    if (i / bn == block) {
      out[i % bn] += share * edge.add[0];
      shared[i % bn] += 0.5 * share;
      pull[i % bn] += along;
    }
    if (j / bn == block) {
      out[j % bn] += share * edge.add[1];
      shared[j % bn] += 0.5 * share;
      pull[j % bn] += along;
    }
  }
  const double left_to_tuning = std::clamp((1 - weight_) / (1 - sodium_weight_tuned), 0.0, 1.0);
  for (std::ptrdiff_t l = 0; l < bn; ++l) {
    const std::size_t i = std::size_t(block * bn + l);
    const double mass = tissue.mass[i];
    if (!(mass > 0) || out[l] == 0.0) {
      out[l] = 0.0;
      continue;
    }
    double fit = 1;
    if (shared[l] > 0 && pull[l] > 0) {
      const double part = std::min(1.0, pull[l] / tissue.k_diagonal[i]);   // of the node's couplings, along the wave
      const double edge = std::clamp((2 * shared[l] / pull[l] - short_edge) / (long_edge - short_edge), 0.0, 1.0);
      const double need = part * part + (1 - part * part) * left_to_tuning * edge;
      fit += need * (std::clamp(mass / shared[l], least_fit, 1 / least_fit) - 1);
      // With tuning no more than in the strand, where a node has as much edge as mass. At weight 1 light nodes of mirrored boxes have to be
      // corrected beyond that for the heavy ones beside them: limited there too, bars ran 11 and 18 % slow at h / sqrt D 3 and 4.5.
      const double most = mass / shared[l];
      if (fit > most) fit += left_to_tuning * (most - fit);
    }
    const double lane = weight_ * fit * out[l] / mass, nodal = gm3[i] * hj[i] * (v[i] - e_na[i]);
    out[l] = std::min(lane, std::max(0.0, -nodal));
  }
}

}  // namespace ot::ep
