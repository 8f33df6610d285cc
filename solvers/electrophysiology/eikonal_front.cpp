// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/eikonal_front.hpp"

#include <cmath>

namespace ot::ep {
namespace {

using core::Index;

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double accept = 1e-9;             // ms; smaller improvements are left: at most 1e-7 over a hundred nodes
constexpr double exact = 1 + 1e-10;
constexpr double coarse = 1.1;   // linear interpolation of a curved front exceeds 1 in half of the cells, a missed way far more
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

}  // namespace

Eikonal::Front::Front(const Eikonal& eikonal, State& state, const std::vector<std::uint8_t>& open, const std::vector<std::uint8_t>& known)
    : e_(eikonal), state_(state), is_open_(open.empty() ? nullptr : open.data()), known_(known.empty() ? nullptr : known.data()), slack_(exact) {
  settled_.assign(state.t.size(), 0);
  if (known_) settled_ = known;
}

// Edges of a cell that join nodes of two fronts (known once their slowness is) carry no plane wave.
unsigned Eikonal::Front::tents(const Cell& cell) const {
  unsigned mask = 0;
  if (!sharpened_ && !known_) return 0;
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j)
      if ((sharpened_ || (known_[cell.node[i]] && known_[cell.node[j]])) && e_.is_tent(state_.slowness, cell.node[i], cell.node[j], cell.l2[edge_of[i][j]]))
        mask |= 1u << edge_of[i][j];
  return mask;
}

// Every way into node w of the cell.
void Eikonal::Front::improve(const Cell& cell, int w, unsigned tent) {
  if (fixed(cell.node[w])) return;
  const double* const t = state_.t.data();
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
  const std::uint32_t way = std::uint32_t(4 * (&cell - e_.cells_.data()) + w);
  if (collect_)
    found_.push_back({cell.node[w], best, way});
  else
    state_.lower(cell.node[w], best, way);
}

// |grad T|^2 <= slack (1 but for rounding) in the cell's metric means that no node of it can be reached earlier through the
// others. Else one bit for each node that might be.
unsigned Eikonal::Front::downwind(const Cell& cell) const {
  const double* const t = state_.t.data();
  const double t0 = t[cell.node[0]];   // unreached nodes make this NaN or infinite: not consistent
  const double u1 = t[cell.node[1]] - t0, u2 = t[cell.node[2]] - t0, u3 = t[cell.node[3]] - t0;
  const double g11 = cell.l2[0], g22 = cell.l2[1], g33 = cell.l2[2];
  const double g12 = 0.5 * (g11 + g22 - cell.l2[3]), g13 = 0.5 * (g11 + g33 - cell.l2[4]), g23 = 0.5 * (g22 + g33 - cell.l2[5]);
  const double c11 = g22 * g33 - g23 * g23, c12 = g13 * g23 - g12 * g33, c13 = g12 * g23 - g13 * g22;
  const double c22 = g11 * g33 - g13 * g13, c23 = g12 * g13 - g11 * g23, c33 = g11 * g22 - g12 * g12;
  const double det = g11 * c11 + g12 * c12 + g13 * c13;
  const double s1 = c11 * u1 + c12 * u2 + c13 * u3, s2 = c12 * u1 + c22 * u2 + c23 * u3, s3 = c13 * u1 + c23 * u2 + c33 * u3;
  const double q = u1 * s1 + u2 * s2 + u3 * s3;
  if (q <= det * slack_) return 0;
  if (!(q < never)) return 15;
  // Node w stays when it lies upwind and the gradient within the opposite face is at most 1, so that no edge of it serves w.
  const double s0 = -(s1 + s2 + s3), c00 = c11 + c22 + c33 + 2 * (c12 + c13 + c23), excess = q - det;
  auto can = [&](double sw, double cww) { return unsigned(sw > 0 || cww * excess > sw * sw); };
  return can(s0, c00) | can(s1, c11) << 1 | can(s2, c22) << 2 | can(s3, c33) << 3;
}

// After a change of node v: every way through it, where a cell does not hold already.
void Eikonal::Front::correct(Index v) {
  for (auto k = e_.around_begin_[v]; k < e_.around_begin_[v + 1]; ++k) {
    const std::uint32_t c = e_.around_[k] / 4;
    if (is_open_ && !is_open_[c]) continue;
    const unsigned late = downwind(e_.cells_[c]);
    if (!late) continue;
    const unsigned tent = tents(e_.cells_[c]);
    for (int w : others[e_.around_[k] & 3])
      if (late >> w & 1) improve(e_.cells_[c], w, tent);
  }
}

// First visit: settled nodes serve later ones; a cell whose last node settles is checked for ways back (metric-obtuse cells).
void Eikonal::Front::settle(Index v) {
  if (settled_[v]) return correct(v);
  settled_[v] = 1;
  const double* const t = state_.t.data();
  const std::uint8_t* const settled = settled_.data();
  const double tv = t[v];
  for (auto k = e_.around_begin_[v]; k < e_.around_begin_[v + 1]; ++k) {
    const std::uint32_t c = e_.around_[k] / 4;
    if (is_open_ && !is_open_[c]) continue;
    const int p = e_.around_[k] & 3;
    const Cell& cell = e_.cells_[c];
    const unsigned tent = tents(cell);
    int earlier = 0;
    for (int i = 0; i < 3; ++i) {
      const int w = others[p][i];
      const double tw = t[cell.node[w]];
      if (tw <= tv || settled[cell.node[w]]) {
        ++earlier;
        if (tw <= tv || fixed(cell.node[w])) continue;
      }
      const int a = others[p][i == 0 ? 1 : 0], b = others[p][i == 2 ? 1 : 2];
      const double ta = t[cell.node[a]], tb = t[cell.node[b]];
      if (tent) {
        improve(cell, w, tent);
        continue;
      }
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
      if (best < tw - accept) state_.lower(cell.node[w], best, 4 * c + std::uint32_t(w));
    }
    if (earlier < 3) continue;
    const unsigned late = downwind(cell);
    for (int w : others[p])
      if (late >> w & 1) improve(cell, w, tent);
  }
}

bool Eikonal::Front::drain(void (Front::*visit)(Index), const core::Progress& progress) {
  for (state_.current = 0; std::size_t(state_.current) < state_.bucket.size(); ++state_.current) {
    for (std::size_t i = 0; i < state_.bucket[state_.current].size(); ++i) {   // grows while it is worked through
      const Index v = state_.bucket[state_.current][i];
      if (state_.queued[v] != state_.current) continue;
      state_.queued[v] = -1;
      (this->*visit)(v);
      if ((++visits_ & 8191) == 0 && progress.cancelled()) return false;
    }
    state_.bucket[state_.current].clear();
  }
  state_.current = 0;
  return true;
}

// Every conducting tet is checked; where one does not hold, corrections run until all do.
bool Eikonal::Front::check_all(const std::vector<std::uint32_t>& cells, const core::Progress& progress) {
  const std::size_t count = cells.empty() ? e_.cells_.size() : cells.size();
  for (std::size_t i = 0; i < count; ++i) {
    if ((i & 65535) == 0 && progress.cancelled()) return false;
    const std::size_t c = cells.empty() ? i : cells[i];
    if (is_open_ && !is_open_[c]) continue;
    const Cell& cell = e_.cells_[c];
    if (!known_ && !(state_.t[cell.node[0]] < never)) continue;
    const unsigned late = downwind(cell);
    if (!late) continue;
    const unsigned tent = tents(cell);
    for (int w = 0; w < 4; ++w)
      if (late >> w & 1) improve(cell, w, tent);
  }
  return true;
}

bool Eikonal::Front::run(const std::vector<std::uint32_t>& cells, const core::Progress& progress) {
  if (!drain(&Front::settle, progress)) return false;
  progress.report(0.7, "activation");
  if (!check_all(cells, progress) || !drain(&Front::correct, progress)) return false;
  // Second order, then once more: near collisions a node may have been served from the side that now comes later.
  e_.sharpen(state_, known_);
  sharpened_ = true;
  // All improvements of the sharpened times first, then what follows from them: no order of the cells decides.
  slack_ = coarse;
  collect_ = true;
  if (!check_all(cells, progress)) return false;
  slack_ = exact;
  collect_ = false;
  for (const Lower& l : found_)
    if (l.t < state_.t[l.node]) state_.lower(l.node, l.t, l.way);
  if (!drain(&Front::correct, progress)) return false;
  progress.report(0.9, "activation");
  return true;
}

}  // namespace ot::ep
