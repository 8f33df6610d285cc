// SPDX-License-Identifier: GPL-3.0-or-later
// Repair of arrival times after tets stopped conducting: only what was reached through them is computed again.
#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/eikonal_front.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr double never = std::numeric_limits<double>::infinity();

}  // namespace

std::vector<std::uint8_t> Eikonal::cut_off(const Arrival& before, const std::vector<EikonalSource>& sources, const std::vector<std::uint8_t>& was,
                                           const std::vector<std::uint8_t>& is) const {
  const std::size_t nn = before.t.size();
  std::vector<std::uint8_t> cut(nn, 0);
  std::vector<Index> found;
  const auto mark = [&](Index n) {
    if (cut[std::size_t(n)] || !(before.t[std::size_t(n)] < never)) return;
    cut[std::size_t(n)] = 1;
    found.push_back(n);
  };
  // Box of the tets that stopped conducting: rays of start balls that pass by it need not be followed.
  Vec3 low = Vec3::Constant(never), high = Vec3::Constant(-never);
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    const std::size_t tet = std::size_t(tet_of_cell_[c]);
    if (is[tet] || !(was.empty() || was[tet])) continue;
    for (const Index n : mesh_->tets[tet]) {
      low = low.cwiseMin(mesh_->nodes[std::size_t(n)]);
      high = high.cwiseMax(mesh_->nodes[std::size_t(n)]);
    }
    for (int k = 0; k < 4; ++k)   // ways into nodes straight through it
      if (before.parent[std::size_t(cells_[c].node[std::size_t(k)])] == std::uint32_t(4 * c) + std::uint32_t(k)) mark(cells_[c].node[std::size_t(k)]);
  }
  // Sources whose node has no tissue left, or a longer way to it from their true place.
  std::vector<std::uint8_t> lost(sources.size(), 0);
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const Index n = rank_of_node_[std::size_t(sources[k].node)];
    bool in_tissue = false;
    for (auto a = around_begin_[n]; a < around_begin_[n + 1] && !in_tissue; ++a) in_tissue = is[std::size_t(tet_of_cell_[around_[a] / 4])];
    lost[k] = !in_tissue || start_delay(sources[k], is) != start_delay(sources[k], was);
  }
  for (std::size_t n = 0; n < nn; ++n) {
    if (before.parent[n] != no_parent || !(before.t[n] < never)) continue;
    OT_EXPECT(before.source[n] >= 0 && std::size_t(before.source[n]) < sources.size());
    const std::size_t s = std::size_t(before.source[n]);
    if (lost[s]) {
      mark(Index(n));
      continue;
    }
    const Vec3 x0 = position_of(sources[s]), &x = mesh_->nodes[std::size_t(node_of_rank_[n])];
    if (x == x0 || node_of_rank_[n] == sources[s].node) continue;
    // The rays aim a little beside the source, hence the margin.
    if ((x.cwiseMax(x0).array() < low.array() - 1e-2 * mean_edge_).any() || (x.cwiseMin(x0).array() > high.array() + 1e-2 * mean_edge_).any()) continue;
    if (!(ray_time(Index(n), x0, x - x0, [&](std::size_t c) { return is[std::size_t(tet_of_cell_[c])] != 0; }) < never)) mark(Index(n));
  }
  // All that these served.
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Index v = found[i];
    for (auto k = around_begin_[v]; k < around_begin_[v + 1]; ++k) {
      const std::size_t c = around_[k] / 4;
      for (int w = 0; w < 4; ++w) {
        const Index n = cells_[c].node[std::size_t(w)];
        const std::uint32_t way = std::uint32_t(4 * c) + std::uint32_t(w);
        if (n != v && !cut[std::size_t(n)] && before.parent[std::size_t(n)] == way && serves(v, way, before.t)) mark(n);
      }
    }
  }
  return cut;
}

core::Result<Eikonal::Arrival> Eikonal::repair(const Arrival& before, const std::vector<EikonalSource>& sources, const std::vector<std::uint8_t>& was,
                                               const std::vector<std::uint8_t>& is, const core::Progress& progress) const {
  const std::size_t nn = mesh_->nodes.size(), nt = cells_.size();
  OT_EXPECT(before.t.size() == nn && is.size() == nt && (was.empty() || was.size() == nt));
  for (std::size_t t = 0; t < nt; ++t)
    if (is[t] && !was.empty() && !was[t]) return core::bad_input("A tetrahedron conducts that did not before (times can only be repaired after tissue was lost). Solve the whole heart again.");
  if (auto ok = check(sources); !ok) return core::pass(ok);
  const std::vector<std::uint8_t> cut = cut_off(before, sources, was, is);
  State state = fresh_state(sources);
  state.t = before.t;
  state.parent = before.parent;
  state.slowness = before.slowness;
  state.source = before.source;
  std::vector<std::uint8_t> known(nn);
  for (std::size_t n = 0; n < nn; ++n) {
    known[n] = !cut[n];
    if (!cut[n]) continue;
    state.t[n] = never;
    state.parent[n] = no_parent;
    state.slowness[n] = Vec3::Zero();
    state.source[n] = -1;
  }
  // Cells with a node to find, and the known nodes beside them: these start.
  std::vector<std::uint32_t> cells;
  std::vector<std::uint8_t> open(nt, 0), queued(nn, 0);
  bool alive = false;
  for (std::size_t c = 0; c < nt; ++c) {
    open[c] = is[std::size_t(tet_of_cell_[c])];
    int lost = 0;
    for (const Index n : cells_[c].node) lost += cut[std::size_t(n)];
    if (!open[c] || lost == 0) continue;
    cells.push_back(std::uint32_t(c));
    for (const Index n : cells_[c].node)
      if (!cut[std::size_t(n)]) queued[std::size_t(n)] = 1;
  }
  for (std::size_t n = 0; n < nn; ++n) {
    alive = alive || state.t[n] < never;
    if (queued[n] && state.t[n] < never) state.lower(Index(n), state.t[n], state.parent[n]);
  }
  if (!alive) return core::bad_input("No source lies in conducting tissue (nothing would be activated). Move a pacing site out of scar or lesion.");
  if (!cells.empty()) {
    Front front(*this, state, open, known);
    if (!front.run(cells, progress)) return core::cancelled();
  }
  // Less tissue makes no way shorter; what numbers behind the hole say otherwise is the error of the scheme.
  for (std::size_t n = 0; n < nn; ++n)
    if (cut[n]) state.t[n] = std::max(state.t[n], before.t[n]);
  return Arrival{std::move(state.t), std::move(state.parent), std::move(state.slowness), std::move(state.source)};
}

}  // namespace ot::ep
