// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/eikonal.hpp"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/eikonal_front.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr double never = std::numeric_limits<double>::infinity();
constexpr int edge_of[4][4] = {{-1, 0, 1, 2}, {0, -1, 3, 4}, {1, 3, -1, 5}, {2, 4, 5, -1}};

// Spreads the low 21 bits to every third bit.
std::uint64_t spread(std::uint64_t x) {
  x &= 0x1fffff;
  x = (x | x << 32) & 0x1f00000000ffff;
  x = (x | x << 16) & 0x1f0000ff0000ff;
  x = (x | x << 8) & 0x100f00f00f00f00f;
  x = (x | x << 4) & 0x10c30c30c30c30c3;
  return (x | x << 2) & 0x1249249249249249;
}

bool positive(const Vec3& v) { return v.allFinite() && (v.array() > 0).all(); }

}  // namespace

SpeedMap speed_map(const ElectroProblem& problem) {
  SpeedMap map;
  map.factor.clear();
  for (const auto& region : problem.regions)
    map.factor.push_back(region.conducting ? Vec3(region.sigma_scale.cwiseSqrt()) : Vec3(1, 1, 1));
  if (map.factor.empty()) map.factor.push_back(Vec3(1, 1, 1));
  map.kind = problem.tissue;
  return map;
}

std::vector<std::uint8_t> conducting_tets(const ElectroProblem& problem) {
  std::vector<std::uint8_t> flags(problem.mesh->tets.size(), 1);
  if (problem.regions.empty()) return flags;
  for (std::size_t t = 0; t < problem.tissue.size(); ++t) flags[t] = problem.regions[problem.tissue[t]].conducting;
  return flags;
}

std::vector<EikonalSource> eikonal_sources(const ElectroProblem& problem) {
  std::vector<EikonalSource> sources;
  for (const auto& site : problem.sites)
    for (Index n : site.nodes) sources.push_back({n, site.start_ms});
  return sources;
}

core::Mat3 Eikonal::metric(Index tet, const Vec3& factor) const {
  const Vec3 &f = fibres_->f[tet], &s = fibres_->s[tet];
  const Vec3 n = f.cross(s);
  const Vec3 slow = velocity_.cwiseProduct(factor).cwiseInverse();
  return slow[0] * slow[0] * f * f.transpose() + slow[1] * slow[1] * s * s.transpose() + slow[2] * slow[2] * n * n.transpose();
}

void Eikonal::fill_cell(std::size_t c) {
  const Index tet = tet_of_cell_[c];
  const core::Mat3 m = metric(tet, factor_[kind_[c]]);
  const core::Tet& v = mesh_->tets[tet];
  for (int i = 0; i < 4; ++i) {
    cells_[c].node[i] = rank_of_node_[v[i]];
    for (int j = i + 1; j < 4; ++j) {
      const Vec3 e = mesh_->nodes[v[j]] - mesh_->nodes[v[i]];
      cells_[c].l2[edge_of[i][j]] = e.dot(m * e);
    }
  }
}

core::Result<Eikonal> Eikonal::make(std::shared_ptr<const core::TetMesh> mesh, std::shared_ptr<const FibreField> fibres,
                                    const Vec3& velocity, const SpeedMap& speed) {
  OT_EXPECT(mesh && fibres);
  const std::size_t nt = mesh->tets.size(), nn = mesh->nodes.size();
  OT_EXPECT(fibres->f.size() == nt && fibres->s.size() == nt);
  OT_EXPECT(nt < (std::size_t(1) << 30));
  if (nt == 0) return core::bad_input("The mesh has no tetrahedra (there is no tissue to activate). Mesh the labels again.");
  if (!positive(velocity))
    return core::bad_input(fmt::format("Conduction velocity {} {} {} m/s is not positive (no wave can travel). Set all three above 0.",
                                       velocity[0], velocity[1], velocity[2]));
  constexpr double least = 1e-9;   // m/s; the square of a travel time stays a number down to 1e-150
  if (velocity.minCoeff() < least)
    return core::bad_input(fmt::format("Conduction velocity {} {} {} m/s is below {:g} m/s (travel times lose their meaning). Tissue conducts at 0.1 to 4 m/s; take a lesion for tissue that does not conduct.",
                                       velocity[0], velocity[1], velocity[2], least));
  Eikonal e;
  e.mesh_ = std::move(mesh);
  e.fibres_ = std::move(fibres);
  e.velocity_ = velocity;

  // Nodes and tets along a Morton curve: the star of a node then lies in few cache lines of its neighbours.
  Vec3 low = Vec3::Constant(never), high = Vec3::Constant(-never);
  for (const auto& x : e.mesh_->nodes) {
    low = low.cwiseMin(x);
    high = high.cwiseMax(x);
  }
  const double unit = 2.0e6 / std::max((high - low).maxCoeff(), 1e-9);
  std::vector<std::uint64_t> code(nn);
  for (std::size_t n = 0; n < nn; ++n) {
    const Vec3 q = (e.mesh_->nodes[n] - low) * unit;
    code[n] = spread(std::uint64_t(q[0])) | spread(std::uint64_t(q[1])) << 1 | spread(std::uint64_t(q[2])) << 2;
  }
  e.node_of_rank_.resize(nn);
  std::iota(e.node_of_rank_.begin(), e.node_of_rank_.end(), 0);
  std::sort(e.node_of_rank_.begin(), e.node_of_rank_.end(),
            [&](Index a, Index b) { return code[a] != code[b] ? code[a] < code[b] : a < b; });
  e.rank_of_node_.resize(nn);
  for (std::size_t r = 0; r < nn; ++r) e.rank_of_node_[e.node_of_rank_[r]] = Index(r);
  std::vector<std::pair<Index, Index>> order(nt);   // lowest rank of the tet, tet
  for (std::size_t t = 0; t < nt; ++t) {
    Index lowest = std::numeric_limits<Index>::max();
    for (Index n : e.mesh_->tets[t]) lowest = std::min(lowest, e.rank_of_node_[n]);
    order[t] = {lowest, Index(t)};
  }
  std::sort(order.begin(), order.end());
  e.tet_of_cell_.resize(nt);
  e.cell_of_tet_.resize(nt);
  for (std::size_t c = 0; c < nt; ++c) {
    e.tet_of_cell_[c] = order[c].second;
    e.cell_of_tet_[order[c].second] = Index(c);
  }
  e.cells_.resize(nt);
  e.kind_.assign(nt, 0);
  e.factor_ = {Vec3(1, 1, 1)};
  core::parallel_chunks(std::ptrdiff_t(nt), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t end) {
    for (std::ptrdiff_t c = b; c < end; ++c) e.fill_cell(std::size_t(c));
  });
  e.around_begin_.assign(nn + 1, 0);
  for (const auto& c : e.cells_)
    for (Index n : c.node) ++e.around_begin_[n + 1];
  for (std::size_t n = 0; n < nn; ++n) e.around_begin_[n + 1] += e.around_begin_[n];
  e.around_.resize(4 * nt);
  std::vector<std::uint32_t> fill(e.around_begin_.begin(), e.around_begin_.end() - 1);
  for (std::size_t c = 0; c < nt; ++c)
    for (int k = 0; k < 4; ++k) e.around_[fill[e.cells_[c].node[k]]++] = std::uint32_t(4 * c + k);

  e.mean_edge_ = e.mesh_->mean_edge();
  // A bucket is a third of the mean traversal time of an edge: orders nodes well enough that few are visited twice.
  const double mean_time = core::ordered_sum(std::ptrdiff_t(nt), [&](std::ptrdiff_t b, std::ptrdiff_t end) {
    double sum = 0;
    for (std::ptrdiff_t c = b; c < end; ++c)
      for (double l2 : e.cells_[c].l2) sum += std::sqrt(l2);
    return sum;
  }) / (6.0 * double(nt));
  if (!std::isfinite(mean_time) || !(mean_time > 0))
    return core::bad_input("Fibres or nodes hold values that are not numbers (no travel time can be computed). Build the fibres again.");
  e.bucket_ms_ = mean_time / 3.0;
  if (speed.kind.empty() && speed.factor.size() == 1 && speed.factor[0] == Vec3(1, 1, 1)) return e;
  return e.with(speed);
}

bool Eikonal::has(const SpeedMap& speed, const std::vector<std::uint8_t>& conducting) const {
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    const Index tet = tet_of_cell_[c];
    const std::uint8_t k = speed.kind.empty() ? 0 : speed.kind[tet];
    if (!conducting.empty() && !conducting[tet]) continue;
    if (speed.factor[k] != factor_[kind_[c]]) return false;
  }
  return true;
}

core::Result<Eikonal> Eikonal::with(const SpeedMap& speed) const {
  OT_EXPECT(!speed.factor.empty() && (speed.kind.empty() || speed.kind.size() == cells_.size()));
  for (const auto& f : speed.factor)
    if (!positive(f))
      return core::bad_input("A tissue region has a conductivity scale that is not positive (its speed would be 0). Mark it as not conducting instead.");
  for (std::uint8_t k : speed.kind)
    if (k >= speed.factor.size()) return core::bad_input(fmt::format("A tetrahedron names tissue {} of {} (its speed is unknown). Build the tissue map again.", int(k), speed.factor.size()));
  Eikonal e = *this;
  e.factor_ = speed.factor;
  core::parallel_chunks(std::ptrdiff_t(cells_.size()), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t end) {
    for (std::ptrdiff_t c = b; c < end; ++c) {
      e.kind_[c] = speed.kind.empty() ? 0 : speed.kind[tet_of_cell_[c]];
      if (speed.factor[e.kind_[c]] != factor_[kind_[c]]) e.fill_cell(std::size_t(c));
    }
  });
  return e;
}

core::Result<void> Eikonal::check(const std::vector<EikonalSource>& sources) const {
  const std::size_t nn = mesh_->nodes.size();
  for (const auto& s : sources) {
    if (s.node < 0 || std::size_t(s.node) >= nn)
      return core::bad_input(fmt::format("Source node {} is not on the mesh of {} nodes (nothing can start there). Place it again.", s.node, nn));
    if (!std::isfinite(s.start_ms) || !s.offset.allFinite()) return core::bad_input("A source has a start time that is not a number. Set it in ms.");
  }
  if (sources.empty()) return core::bad_input("There is no source of activation (nothing would beat). Add a pacing site.");
  return {};
}

Eikonal::State Eikonal::fresh_state(const std::vector<EikonalSource>& sources) const {
  const std::size_t nn = mesh_->nodes.size();
  State state;
  state.t.assign(nn, never);
  state.queued.assign(nn, -1);
  state.parent.assign(nn, no_parent);
  state.slowness.assign(nn, Vec3::Zero());
  state.source.assign(nn, -1);
  double earliest = never, latest = -never;
  for (const auto& s : sources) {
    earliest = std::min(earliest, s.start_ms);
    latest = std::max(latest, s.start_ms);
  }
  state.origin = earliest;
  state.width = std::max(bucket_ms_, (latest - earliest) / 1.0e5);
  return state;
}

std::vector<std::uint8_t> Eikonal::in_curve_order(const std::vector<std::uint8_t>& conducting) const {
  std::vector<std::uint8_t> open(conducting.size());
  for (std::size_t c = 0; c < open.size(); ++c) open[c] = conducting[std::size_t(tet_of_cell_[c])];
  return open;
}

core::Result<Eikonal::Arrival> Eikonal::arrive(const std::vector<EikonalSource>& sources, const std::vector<std::uint8_t>& conducting,
                                               const core::Progress& progress) const {
  const std::size_t nn = mesh_->nodes.size();
  OT_EXPECT(conducting.empty() || conducting.size() == cells_.size());
  if (auto ok = check(sources); !ok) return core::pass(ok);
  State state = fresh_state(sources);
  const std::vector<std::uint8_t> open = in_curve_order(conducting);
  state.start.assign(nn, never);
  state.seen.assign(nn, 0);
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const EikonalSource& s = sources[k];
    const Index n = rank_of_node_[s.node];
    bool in_tissue = false;
    for (auto a = around_begin_[n]; a < around_begin_[n + 1] && !in_tissue; ++a) in_tissue = open.empty() || open[around_[a] / 4];
    const double at_node = s.start_ms + start_delay(s, conducting);
    if (!in_tissue || state.start[n] <= at_node) continue;
    state.start[n] = at_node;
    state.lower(n, at_node, no_parent);
    state.source[n] = std::int32_t(k);
  }
  for (std::size_t k = 0; k < sources.size(); ++k)
    if (state.start[rank_of_node_[sources[k].node]] == sources[k].start_ms + start_delay(sources[k], conducting))
      start_ball(sources[k], std::int32_t(k), conducting, state);
  if (std::none_of(state.t.begin(), state.t.end(), [](double t) { return t < never; }))
    return core::bad_input("No source lies in conducting tissue (nothing would be activated). Move a pacing site out of scar or lesion.");
  Front front(*this, state, open, {});
  if (!front.run({}, progress)) return core::cancelled();
  progress.report(1.0, "activation");
  return Arrival{std::move(state.t), std::move(state.parent), std::move(state.slowness), std::move(state.source)};
}

std::vector<double> Eikonal::times(const Arrival& arrival) const {
  std::vector<double> result(arrival.t.size());
  for (std::size_t r = 0; r < result.size(); ++r) result[std::size_t(node_of_rank_[r])] = arrival.t[r];
  return result;
}

core::Result<std::vector<double>> Eikonal::solve(const std::vector<EikonalSource>& sources, const std::vector<std::uint8_t>& conducting,
                                                 const core::Progress& progress) const {
  auto arrival = arrive(sources, conducting, progress);
  if (!arrival) return core::pass(arrival);
  return times(*arrival);
}

}  // namespace ot::ep
