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
#include "solvers/electrophysiology/eikonal_state.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double accept = 1e-9;             // ms; smaller improvements are left: at most 1e-7 over a hundred nodes
constexpr int edge_of[4][4] = {{-1, 0, 1, 2}, {0, -1, 3, 4}, {1, 3, -1, 5}, {2, 4, 5, -1}};
constexpr int others[4][3] = {{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}};

// Arrival at w through the segment a-b; never when the ray does not pass between them (the ends are tried separately).
inline double through_edge(double aw, double bw, double ab, double ta, double tb) {
  const double tau = tb - ta;
  const double room = ab - tau * tau;
  if (!(room > 0)) return never;
  const double gab = 0.5 * (aw + bw - ab);
  const double det = aw * bw - gab * gab;
  if (!(det > 0)) return never;
  const double t = ((aw - gab) * tau + std::sqrt(det * room)) / ab;
  if (bw * t - gab * (t - tau) < 0 || aw * (t - tau) - gab * t < 0) return never;
  return ta + t;
}

// The same with its ends: the least of f over the closed segment.
inline double over_edge(double aw, double bw, double ab, double ta, double tb) {
  const double t = through_edge(aw, bw, ab, ta, tb);
  return t < never ? t : std::min(ta + std::sqrt(aw), tb + std::sqrt(bw));
}

struct FaceRay {
  double t = never;
  bool no_a = true, no_b = true, no_c = true;   // weight of that corner is negative: the minimum lies on the edge opposite
};

// Arrival at w through the triangle a-b-c (squared metric lengths; the unconstrained plane wave).
inline FaceRay through_face(double aw, double bw, double cw, double ab, double ac, double bc, double ta, double tb, double tc) {
  FaceRay ray;
  const double gab = 0.5 * (aw + bw - ab), gac = 0.5 * (aw + cw - ac), gbc = 0.5 * (bw + cw - bc);
  const double caa = bw * cw - gbc * gbc, cab = gac * gbc - gab * cw, cac = gab * gbc - gac * bw;
  const double cbb = aw * cw - gac * gac, cbc = gab * gac - aw * gbc, ccc = aw * bw - gab * gab;
  const double det = aw * caa + gab * cab + gac * cac;
  const double sa = caa + cab + cac, sb = cab + cbb + cbc, sc = cac + cbc + ccc;
  const double a = sa + sb + sc;
  const double ub = tb - ta, uc = tc - ta;
  const double b = sb * ub + sc * uc;
  const double c = cbb * ub * ub + 2 * cbc * ub * uc + ccc * uc * uc - det;
  const double d = b * b - a * c;
  if (!(d >= 0) || !(a > 0)) return ray;
  const double t = (b + std::sqrt(d)) / a;
  ray.no_a = sa * t - cab * ub - cac * uc < 0;
  ray.no_b = sb * t - cbb * ub - cbc * uc < 0;
  ray.no_c = sc * t - cbc * ub - ccc * uc < 0;
  if (!ray.no_a && !ray.no_b && !ray.no_c) ray.t = ta + t;
  return ray;
}

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

core::Result<std::vector<double>> Eikonal::solve(const std::vector<EikonalSource>& sources,
                                                 const std::vector<std::uint8_t>& conducting,
                                                 const core::Progress& progress) const {
  const std::size_t nn = mesh_->nodes.size(), nt = cells_.size();
  OT_EXPECT(conducting.empty() || conducting.size() == nt);
  State state;
  state.t.assign(nn, never);
  state.queued.assign(nn, -1);
  state.parent.assign(nn, no_parent);
  state.slowness.assign(nn, Vec3::Zero());
  double earliest = never, latest = -never;
  for (const auto& s : sources) {
    if (s.node < 0 || std::size_t(s.node) >= nn)
      return core::bad_input(fmt::format("Source node {} is not on the mesh of {} nodes (nothing can start there). Place it again.", s.node, nn));
    if (!std::isfinite(s.start_ms) || !s.offset.allFinite()) return core::bad_input("A source has a start time that is not a number. Set it in ms.");
    earliest = std::min(earliest, s.start_ms);
    latest = std::max(latest, s.start_ms);
  }
  if (sources.empty()) return core::bad_input("There is no source of activation (nothing would beat). Add a pacing site.");
  state.origin = earliest;
  state.width = std::max(bucket_ms_, (latest - earliest) / 1.0e5);

  std::vector<std::uint8_t> open;   // [cells], curve order
  if (!conducting.empty()) {
    open.resize(nt);
    for (std::size_t c = 0; c < nt; ++c) open[c] = conducting[tet_of_cell_[c]];
  }
  const std::uint8_t* const is_open = open.empty() ? nullptr : open.data();
  state.start.assign(nn, never);
  state.seen.assign(nn, 0);
  for (const auto& s : sources) {
    const Index n = rank_of_node_[s.node];
    bool in_tissue = false;
    for (auto k = around_begin_[n]; k < around_begin_[n + 1] && !in_tissue; ++k) in_tissue = !is_open || is_open[around_[k] / 4];
    const double at_node = s.start_ms + start_delay(s, conducting);
    if (!in_tissue || state.start[n] <= at_node) continue;
    state.start[n] = at_node;
    state.lower(n, at_node, no_parent);
  }
  for (const auto& s : sources)
    if (state.start[rank_of_node_[s.node]] == s.start_ms + start_delay(s, conducting)) start_ball(s, conducting, state);
  if (std::none_of(state.t.begin(), state.t.end(), [](double t) { return t < never; }))
    return core::bad_input("No source lies in conducting tissue (nothing would be activated). Move a pacing site out of scar or lesion.");

  double* const t = state.t.data();
  long visits = 0;
  std::vector<std::uint8_t> settled(nn, 0);
  // Edges of a cell that join nodes of two fronts (known after sharpening) carry no plane wave.
  bool sharpened = false;
  auto tents = [&](const Cell& cell) {
    unsigned mask = 0;
    for (int i = 0; sharpened && i < 4; ++i)
      for (int j = i + 1; j < 4; ++j)
        if (is_tent(state.slowness, cell.node[i], cell.node[j], cell.l2[edge_of[i][j]])) mask |= 1u << edge_of[i][j];
    return mask;
  };
  // Every way into node w of the cell.
  struct Lower {
    Index node;
    double t;
    std::uint32_t way;
  };
  std::vector<Lower> found;
  bool collect = false;   // improvements are kept in `found` instead of made
  auto improve = [&](const Cell& cell, int w, unsigned tent) {
    const int a = others[w][0], b = others[w][1], c = others[w][2];
    const double ta = t[cell.node[a]], tb = t[cell.node[b]], tc = t[cell.node[c]];
    if (t[cell.node[w]] <= std::min({ta, tb, tc})) return;
    const double aw = cell.l2[edge_of[a][w]], bw = cell.l2[edge_of[b][w]], cw = cell.l2[edge_of[c][w]];
    const double ab = cell.l2[edge_of[a][b]], ac = cell.l2[edge_of[a][c]], bc = cell.l2[edge_of[b][c]];
    double best = never;
    FaceRay ray;
    const bool smooth_ab = !(tent >> edge_of[a][b] & 1), smooth_ac = !(tent >> edge_of[a][c] & 1), smooth_bc = !(tent >> edge_of[b][c] & 1);
    const bool smooth = smooth_ab && smooth_ac && smooth_bc;
    if (smooth && ta < never && tb < never && tc < never) ray = through_face(aw, bw, cw, ab, ac, bc, ta, tb, tc);
    best = ray.t;
    if (best == never) {
      if (!smooth) best = std::min({ta + std::sqrt(aw), tb + std::sqrt(bw), tc + std::sqrt(cw)});
      if (ray.no_c && smooth_ab) best = std::min(best, over_edge(aw, bw, ab, ta, tb));
      if (ray.no_b && smooth_ac) best = std::min(best, over_edge(aw, cw, ac, ta, tc));
      if (ray.no_a && smooth_bc) best = std::min(best, over_edge(bw, cw, bc, tb, tc));
    }
    if (!(best < t[cell.node[w]] - accept)) return;
    const std::uint32_t way = std::uint32_t(4 * (&cell - cells_.data()) + w);
    if (collect)
      found.push_back({cell.node[w], best, way});
    else
      state.lower(cell.node[w], best, way);
  };
  // |grad T|^2 <= slack (1 but for rounding) in the cell's metric means that no node of it can be reached earlier through the
  // others. Else one bit for each node that might be.
  constexpr double coarse = 1.1;   // linear interpolation of a curved front exceeds 1 in half of the cells, a missed way far more
  double slack = 1 + 1e-10;
  auto downwind = [&](const Cell& cell) -> unsigned {
    const double t0 = t[cell.node[0]];   // unreached nodes make this NaN or infinite: not consistent
    const double u1 = t[cell.node[1]] - t0, u2 = t[cell.node[2]] - t0, u3 = t[cell.node[3]] - t0;
    const double g11 = cell.l2[0], g22 = cell.l2[1], g33 = cell.l2[2];
    const double g12 = 0.5 * (g11 + g22 - cell.l2[3]), g13 = 0.5 * (g11 + g33 - cell.l2[4]), g23 = 0.5 * (g22 + g33 - cell.l2[5]);
    const double c11 = g22 * g33 - g23 * g23, c12 = g13 * g23 - g12 * g33, c13 = g12 * g23 - g13 * g22;
    const double c22 = g11 * g33 - g13 * g13, c23 = g12 * g13 - g11 * g23, c33 = g11 * g22 - g12 * g12;
    const double det = g11 * c11 + g12 * c12 + g13 * c13;
    const double s1 = c11 * u1 + c12 * u2 + c13 * u3, s2 = c12 * u1 + c22 * u2 + c23 * u3, s3 = c13 * u1 + c23 * u2 + c33 * u3;
    const double q = u1 * s1 + u2 * s2 + u3 * s3;
    if (q <= det * slack) return 0;
    if (!(q < never)) return 15;
    // Node w stays when it lies upwind and the gradient within the opposite face is at most 1, so that no edge of it serves w.
    const double s0 = -(s1 + s2 + s3), c00 = c11 + c22 + c33 + 2 * (c12 + c13 + c23), excess = q - det;
    auto can = [&](double sw, double cww) { return unsigned(sw > 0 || cww * excess > sw * sw); };
    return can(s0, c00) | can(s1, c11) << 1 | can(s2, c22) << 2 | can(s3, c33) << 3;
  };
  // After a change of node v: every way through it, where a cell does not hold already.
  auto correct = [&](Index v) {
    for (auto k = around_begin_[v]; k < around_begin_[v + 1]; ++k) {
      const std::uint32_t c = around_[k] / 4;
      if (is_open && !is_open[c]) continue;
      const unsigned late = downwind(cells_[c]);
      if (!late) continue;
      const unsigned tent = tents(cells_[c]);
      for (int w : others[around_[k] & 3])
        if (late >> w & 1) improve(cells_[c], w, tent);
    }
  };
  // First visit: settled nodes serve later ones; a cell whose last node settles is checked for ways back (metric-obtuse cells).
  auto settle = [&](Index v) {
    if (settled[v]) return correct(v);
    settled[v] = 1;
    const double tv = t[v];
    for (auto k = around_begin_[v]; k < around_begin_[v + 1]; ++k) {
      const std::uint32_t c = around_[k] / 4;
      if (is_open && !is_open[c]) continue;
      const int p = around_[k] & 3;
      const Cell& cell = cells_[c];
      int earlier = 0;
      for (int i = 0; i < 3; ++i) {
        const int w = others[p][i];
        const double tw = t[cell.node[w]];
        if (tw <= tv || settled[cell.node[w]]) {
          ++earlier;
          if (tw <= tv) continue;
        }
        const int a = others[p][i == 0 ? 1 : 0], b = others[p][i == 2 ? 1 : 2];
        const double ta = t[cell.node[a]], tb = t[cell.node[b]];
        const double vw = cell.l2[edge_of[p][w]];
        double best = never;
        const bool use_a = ta <= tv || settled[cell.node[a]], use_b = tb <= tv || settled[cell.node[b]];
        if (use_a && use_b) {
          const double aw = cell.l2[edge_of[a][w]], bw = cell.l2[edge_of[b][w]];
          const double va = cell.l2[edge_of[p][a]], vb = cell.l2[edge_of[p][b]], ab = cell.l2[edge_of[a][b]];
          const FaceRay ray = through_face(vw, aw, bw, va, vb, ab, tv, ta, tb);
          best = ray.t;
          if (best == never) {   // ways over a-b alone were tried when they settled
            if (ray.no_c) best = through_edge(vw, aw, va, tv, ta);
            if (ray.no_b) best = std::min(best, through_edge(vw, bw, vb, tv, tb));
            best = std::min(best, tv + std::sqrt(vw));
          }
        } else if (use_a || use_b) {
          const int o = use_a ? a : b;
          best = through_edge(vw, cell.l2[edge_of[o][w]], cell.l2[edge_of[p][o]], tv, use_a ? ta : tb);
          if (best == never) best = tv + std::sqrt(vw);
        } else {
          best = tv + std::sqrt(vw);
        }
        if (best < tw - accept) state.lower(cell.node[w], best, 4 * c + std::uint32_t(w));
      }
      if (earlier < 3) continue;
      const unsigned late = downwind(cell);
      for (int w : others[p])
        if (late >> w & 1) improve(cell, w, 0);
    }
  };
  auto drain = [&](auto&& visit) {
    for (state.current = 0; std::size_t(state.current) < state.bucket.size(); ++state.current) {
      for (std::size_t i = 0; i < state.bucket[state.current].size(); ++i) {   // grows while it is worked through
        const Index v = state.bucket[state.current][i];
        if (state.queued[v] != state.current) continue;
        state.queued[v] = -1;
        visit(v);
        if ((++visits & 8191) == 0 && progress.cancelled()) return false;
      }
      state.bucket[state.current].clear();
    }
    state.current = 0;
    return true;
  };

  if (!drain(settle)) return core::cancelled();
  progress.report(0.7, "activation");
  // Every conducting tet is checked; where one does not hold, corrections run until all do.
  auto check_all = [&] {
    for (std::size_t c = 0; c < nt; ++c) {
      if ((c & 65535) == 0 && progress.cancelled()) return false;
      if (is_open && !is_open[c]) continue;
      const Cell& cell = cells_[c];
      if (!(t[cell.node[0]] < never)) continue;
      const unsigned late = downwind(cell);
      if (!late) continue;
      const unsigned tent = tents(cell);
      for (int w = 0; w < 4; ++w)
        if (late >> w & 1) improve(cell, w, tent);
    }
    return true;
  };
  if (!check_all() || !drain(correct)) return core::cancelled();
  // Second order, then once more: near collisions a node may have been served from the side that now comes later.
  sharpen(state.parent, state.slowness, state.t);
  sharpened = true;
  // All improvements of the sharpened times first, then what follows from them: no order of the cells decides.
  const double exact = slack;
  slack = coarse;
  collect = true;
  if (!check_all()) return core::cancelled();
  slack = exact;
  collect = false;
  for (const Lower& l : found)
    if (l.t < t[l.node]) state.lower(l.node, l.t, l.way);
  if (!drain(correct)) return core::cancelled();
  progress.report(0.9, "activation");

  std::vector<double> result(nn);
  for (std::size_t r = 0; r < nn; ++r) result[node_of_rank_[r]] = t[r];
  progress.report(1.0, "activation");
  return result;
}

}  // namespace ot::ep
