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
    : weight_(weight) {
  const std::size_t blocks = std::size_t(tissue.padded / bn);
  factors_.resize(blocks);
  largest_gm3_.assign(blocks, 0.0);
  largest_hj_.assign(blocks, 0.0);
  lowest_v_.assign(blocks, 0.0);
  highest_v_.assign(blocks, 0.0);
  correction_.assign(std::size_t(tissue.padded), 0.0);
  strength_.assign(std::size_t(tissue.padded), {0.0, 0.0});
  bool plain = true;   // every block's factors are rows of its state
  for (const CellClass& c : tissue.classes) {
    used_ = used_ || c.family->sodium.present();
    several_ = several_ || c.family != tissue.classes[0].family;
    plain = plain && !c.family->sodium.available;
  }
  if (!used_ || weight_ == 0.0) return;
  if (!plain || several_) own_.assign(4 * std::size_t(tissue.padded), 0.0);
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
  octet_begin_.assign(1, 0);
  edge_begin_.assign(1, 0);
  other_begin_.assign(1, 0);
  neighbour_begin_.assign(1, 0);
  std::vector<std::pair<double, int>> square;   // of an edge: sum over its tets, how many
  std::vector<std::array<core::Index, 2>> own;
  std::vector<std::array<std::uint16_t, 6>> edge_of;   // of the block's tets
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
    edge_of.clear();
    for (const core::Index e : elements[b]) {
      const core::Tet& t = tissue.tets[std::size_t(e)];
      auto& numbers = edge_of.emplace_back();
      for (std::size_t k = 0; k < 6; ++k) {
        const auto [x, y] = tet_edges[k];
        numbers[k] = std::uint16_t(own.size());
        if (!mine(t[x]) && !mine(t[y])) continue;
        const auto [i, j] = std::minmax(t[x], t[y]);
        numbers[k] = std::uint16_t(number(i, j));
        square[numbers[k]].first += double(tissue.tet_square[std::size_t(e)][k]);
        ++square[numbers[k]].second;
      }
    }
    for (const auto& [sum, tets] : square) edge_inverse_.push_back(float(tets / sum));
    pack_tets(tissue, elements[b], core::Index(b), own, edge_of);
    neighbour_.insert(neighbour_.end(), neighbours[b].begin(), neighbours[b].end());
    octet_begin_.push_back(std::ptrdiff_t(octet_.size()));
    other_begin_.push_back(std::ptrdiff_t(other_.size()));
    edge_begin_.push_back(std::ptrdiff_t(edge_.size()));
    neighbour_begin_.push_back(std::ptrdiff_t(neighbour_.size()));
  }
}

void SodiumInterpolation::pack_tets(const Tissue& tissue, const std::vector<core::Index>& elements, core::Index block, const std::vector<std::array<core::Index, 2>>& edges,
                                    const std::vector<std::array<std::uint16_t, 6>>& edge_of) {
  std::vector<core::Index> others;
  for (const core::Index e : elements)
    for (const core::Index i : tissue.tets[std::size_t(e)])
      if (i / core::Index(bn) != block) others.push_back(i);
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  OT_EXPECT(others.size() + bn < 0xffff);
  const auto number = [&](core::Index i) {
    return std::uint16_t(i / core::Index(bn) == block ? i % core::Index(bn) : core::Index(bn + (std::lower_bound(others.begin(), others.end(), i) - others.begin())));
  };
  other_.insert(other_.end(), others.begin(), others.end());
  for (const auto& [i, j] : edges) edge_.push_back({number(i), number(j)});
  for (std::size_t at = 0; at < elements.size(); ++at) {
    const std::size_t lane = at % eight_tets, e = std::size_t(elements[at]);
    if (lane == 0) {
      octet_.push_back({});
      for (auto& k : octet_.back().edge) std::fill_n(k, eight_tets, std::uint16_t(edges.size()));
    }
    TetOctet& octet = octet_.back();
    for (std::size_t a = 0; a < 4; ++a) {
      octet.corner[a][lane] = number(tissue.tets[e][a]);
      if (octet.corner[a][lane] < bn) octet.nodes |= std::uint64_t(1) << octet.corner[a][lane];
    }
    for (std::size_t k = 0; k < 6; ++k) {
      octet.edge[k][lane] = edge_of[at][k];
      octet.coupling[k][lane] = tissue.tet_coupling[e][k];
    }
    octet.volume[lane] = float(tissue.tet_volume[e]);
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

void SodiumInterpolation::note_block(std::ptrdiff_t block, std::span<const BlockPart> parts) {
  Factors& at = factors_[std::size_t(block)];
  const FastSodium& only = parts[0].family->sodium;
  if (parts[0].whole() && only.present() && !only.available) {
    at = {parts[0].param + only.conductance * bn, parts[0].state + only.m * bn, parts[0].state + only.h * bn, parts[0].state + only.j * bn};
  } else {
    double* const own = own_.data() + 4 * block * bn;
    at = {own, own + bn, own + 2 * bn, own + 3 * bn};
    for (const BlockPart& part : parts) {
      const FastSodium& rows = part.family->sodium;
      if (!rows.present()) {
        std::fill(own + part.from, own + part.to, 0.0);
        continue;
      }
      alignas(64) double available[block_nodes];
      if (rows.available) rows.available(part.state, available);
      for (std::ptrdiff_t l = part.from; l < part.to; ++l) {
        own[l] = part.param[rows.conductance * bn + l];
        own[bn + l] = part.state[rows.m * bn + l];
        own[2 * bn + l] = rows.available ? available[l] : part.state[rows.h * bn + l];
        own[3 * bn + l] = rows.available ? 1.0 : part.state[rows.j * bn + l];
      }
    }
  }
  const double *const g = at.g, *const m = at.m, *const h = at.h, *const j = at.j;
  std::array<double, 2>* const strength = strength_.data() + block * bn;
  double gm3 = 0, hj = 0;
#pragma omp simd reduction(max : gm3, hj)
  for (std::ptrdiff_t l = 0; l < bn; ++l) {
    const double x = g[l] * m[l] * m[l] * m[l], y = h[l] * j[l];
    strength[l] = {x, y};
    gm3 = x > gm3 ? x : gm3;
    hj = y > hj ? y : hj;
  }
  largest_gm3_[std::size_t(block)] = gm3;
  largest_hj_[std::size_t(block)] = hj;
}

void SodiumInterpolation::update(const Tissue& tissue, const double* v, const double* e_na) {
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
    for (std::ptrdiff_t a = first; a < last; ++a) block_correction(tissue, active_[std::size_t(a)], v, e_na);
  };
  constexpr std::size_t least_parallel = 16;  // fewer are done before another thread is awake
  if (active_.size() >= least_parallel) core::parallel_chunks(std::ptrdiff_t(active_.size()), 4, some);
  else some(0, std::ptrdiff_t(active_.size()));
}

void SodiumInterpolation::block_correction(const Tissue& tissue, std::ptrdiff_t block, const double* v, const double* e_na) {
  double* const out = correction_.data() + block * bn;
  std::fill_n(out, bn, 0.0);
  // Potentials of the block's nodes side by side; what else their edges ask for only where one is steep.
  const core::Index* const other = other_.data() + other_begin_[std::size_t(block)];
  const std::size_t others = std::size_t(other_begin_[std::size_t(block) + 1] - other_begin_[std::size_t(block)]), nodes = others + std::size_t(bn);
  struct Carrying {
    std::uint16_t edge;
    std::array<double, 2> add;
  };
  struct Room {
    std::vector<double> v, volume;
    std::vector<std::array<double, 3>> strength;   // g m^3, h j, |V - E|
    std::vector<std::uint16_t> steep;
    std::vector<Carrying> carrying;
  };
  thread_local Room room;
  const auto side_by_side = [&](auto& to, const auto& of) {
    if (to.size() < nodes) to.resize(nodes);
    for (std::ptrdiff_t l = 0; l < bn; ++l) to[std::size_t(l)] = of(std::size_t(block * bn + l));
    for (std::size_t k = 0; k < others; ++k) to[std::size_t(bn) + k] = of(std::size_t(other[k]));
  };
  side_by_side(room.v, [&](std::size_t i) { return v[i]; });
  const std::ptrdiff_t edges_from = edge_begin_[std::size_t(block)], edges = edge_begin_[std::size_t(block) + 1] - edges_from;
  const std::array<std::uint16_t, 2>* const edge_of = edge_.data() + edges_from;
  if (room.steep.size() < std::size_t(edges)) room.steep.resize(std::size_t(edges));
  std::uint16_t* const steep = room.steep.data();
  const double* const x = room.v.data();
  std::size_t steep_edges = 0;
  for (std::ptrdiff_t k = 0; k < edges; ++k) {   // list first, then compute: no branch waits for the currents
    steep[steep_edges] = std::uint16_t(k);
    steep_edges += std::abs(x[edge_of[k][0]] - x[edge_of[k][1]]) > svi_least_range ? 1 : 0;
  }
  if (steep_edges == 0) return;
  side_by_side(room.strength, [&](std::size_t i) { return std::array{strength_[i][0], strength_[i][1], std::abs(v[i] - e_na[i])}; });
  const auto inner = [&](std::uint16_t k) { return k < bn ? core::Index(block * bn + k) : other[k - bn]; };
  const auto end = [&](core::Index i) -> SodiumEnd {
    const Factors& home = factors_[std::size_t(i / bn)];
    const std::ptrdiff_t lane = i % bn;
    return {home.g[lane], home.m[lane], home.h[lane], home.j[lane], v[i], e_na[i]};
  };
  // Those that carry the upstroke, and the block's nodes at them: only what touches these is needed.
  std::uint64_t carry = 0;
  static_assert(block_nodes <= 64);
  room.carrying.clear();
  for (std::size_t at = 0; at < steep_edges; ++at) {
    const auto [a, b] = edge_of[steep[at]];
    const auto &p = room.strength[a], &q = room.strength[b];
    if (!(std::max(p[0], q[0]) * std::max(p[1], q[1]) * std::max(p[2], q[2]) > svi_least_current)) continue;
    const core::Index i = inner(a), j = inner(b);
    if (several_ && &tissue.family_of(i) != &tissue.family_of(j)) continue;
    const auto add = sodium_edge_correction(end(i), end(j));
    if (add[0] == 0.0 && add[1] == 0.0) continue;
    room.carrying.push_back({steep[at], add});
    if (a < bn) carry |= std::uint64_t(1) << a;
    if (b < bn) carry |= std::uint64_t(1) << b;
  }
  if (carry == 0) return;
  // Volume of every edge: what its tets give it. Where couplings of the wrong sign cancel most of a tet's energy (flat tets, edges far longer than the front),
  // the shares would grow without bound and drive the potential away: no edge gets more than four times its tet.
  double shared[block_nodes] = {}, pull[block_nodes] = {};
  room.volume.assign(std::size_t(edges) + 1, 0.0);   // the last one takes what belongs to others
  diffusion_kernels().share_volume(octet_.data() + octet_begin_[std::size_t(block)], octet_begin_[std::size_t(block) + 1] - octet_begin_[std::size_t(block)], carry, x, least_net_energy,
                                   room.volume.data());
  for (std::size_t at = 0; at < steep_edges; ++at) {
    const auto [a, b] = edge_of[steep[at]];
    const double share = room.volume[steep[at]], along = share * double(edge_inverse_[std::size_t(edges_from + steep[at])]);
    for (const std::uint16_t l : {a, b}) {
      if (l >= bn) continue;
      shared[l] += 0.5 * share;
      pull[l] += along;
    }
  }
  for (const Carrying& edge : room.carrying)
    for (std::size_t side = 0; side < 2; ++side)
      if (const std::uint16_t l = edge_of[edge.edge][side]; l < bn) out[l] += room.volume[edge.edge] * edge.add[side];
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
    const double lane = weight_ * fit * out[l] / mass, nodal = strength_[i][0] * strength_[i][1] * (v[i] - e_na[i]);
    out[l] = std::min(lane, std::max(0.0, -nodal));
  }
}

}  // namespace ot::ep
