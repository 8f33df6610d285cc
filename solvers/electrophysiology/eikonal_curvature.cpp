// SPDX-License-Identifier: GPL-3.0-or-later
// Second-order correction of the eikonal fixed point: one pass over the nodes in order of arrival.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "solvers/electrophysiology/eikonal_state.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr double never = std::numeric_limits<double>::infinity();
// On an edge where the slowness falls by more than this share of its travel time two fronts meet: a smooth front would have
// a radius of two edges there.
constexpr double tent_share = 0.4;
constexpr int edge_of[4][4] = {{-1, 0, 1, 2}, {0, -1, 3, 4}, {1, 3, -1, 5}, {2, 4, 5, -1}};
constexpr int others[4][3] = {{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}};

// Where the ray into w crosses the triangle (weights add up to 1), for linear arrival times on it. gram: squared lengths
// w-corner on the diagonal, products of w-corner vectors beside it. False when the ray misses the interior.
bool crossing(const std::array<double, 6>& gram, const std::array<double, 3>& u, std::array<double, 3>& weight) {
  const double aw = gram[0], bw = gram[1], cw = gram[2], gab = gram[3], gac = gram[4], gbc = gram[5];
  const double caa = bw * cw - gbc * gbc, cab = gac * gbc - gab * cw, cac = gab * gbc - gac * bw;
  const double cbb = aw * cw - gac * gac, cbc = gab * gac - aw * gbc, ccc = aw * bw - gab * gab;
  const double det = aw * caa + gab * cab + gac * cac;
  const double sa = caa + cab + cac, sb = cab + cbb + cbc, sc = cac + cbc + ccc;
  const double a = sa + sb + sc, ub = u[1] - u[0], uc = u[2] - u[0];
  const double b = sb * ub + sc * uc;
  const double d = b * b - a * (cbb * ub * ub + 2 * cbc * ub * uc + ccc * uc * uc - det);
  if (!(d >= 0) || !(a > 0)) return false;
  const double t = (b + std::sqrt(d)) / a;
  weight = {sa * t - cab * ub - cac * uc, sb * t - cbb * ub - cbc * uc, sc * t - cbc * ub - ccc * uc};
  const double sum = weight[0] + weight[1] + weight[2];
  if (!(sum > 0) || weight[0] < 0 || weight[1] < 0 || weight[2] < 0) return false;
  for (double& x : weight) x /= sum;
  return true;
}

bool crossing_edge(double aw, double bw, double gab, double tau, double& share_b) {   // tau = tb - ta
  const double ab = aw + bw - 2 * gab, room = ab - tau * tau, det = aw * bw - gab * gab;
  if (!(room > 0) || !(det > 0)) return false;
  const double t = ((aw - gab) * tau + std::sqrt(det * room)) / ab;
  const double la = bw * t - gab * (t - tau), lb = aw * (t - tau) - gab * t;
  if (la < 0 || lb < 0 || !(la + lb > 0)) return false;
  share_b = lb / (la + lb);
  return true;
}

constexpr int pair[3][2] = {{0, 1}, {0, 2}, {1, 2}};

double squared_length(const std::array<double, 6>& gram, const std::array<double, 3>& q) {
  return q[0] * q[0] * gram[0] + q[1] * q[1] * gram[1] + q[2] * q[2] * gram[2] + 2 * (q[0] * q[1] * gram[3] + q[0] * q[2] * gram[4] + q[1] * q[2] * gram[5]);
}

// Support of the first-order ray: face, edge or corner with the earliest arrival.
struct Support {
  std::array<double, 3> share{0, 0, 0};   // of the corners, sum 1
  bool inside = false;
  int edge = -1;
};
Support support_of(const std::array<double, 6>& gram, const std::array<double, 3>& first) {
  Support s;
  s.inside = crossing(gram, first, s.share);
  if (s.inside) return s;
  double best = never;
  for (int k = 0; k < 3; ++k)
    if (first[k] + std::sqrt(gram[k]) < best) {
      best = first[k] + std::sqrt(gram[k]);
      s.share = {0, 0, 0};
      s.share[k] = 1;
    }
  for (int e = 0; e < 3; ++e) {
    double b = 0;
    const int i = pair[e][0], j = pair[e][1];
    if (!(first[i] < never && first[j] < never) || !crossing_edge(gram[i], gram[j], gram[3 + e], first[j] - first[i], b)) continue;
    std::array<double, 3> r{0, 0, 0};
    r[i] = 1 - b;
    r[j] = b;
    const double value = r[i] * first[i] + r[j] * first[j] + std::sqrt(squared_length(gram, r));
    if (value < best) {
      best = value;
      s.share = r;
      s.edge = e;
    }
  }
  return s;
}

}  // namespace

bool Eikonal::serves(Index node, std::uint32_t way, const std::vector<double>& t) const {
  const Cell& cell = cells_[way / 4];
  const int local = int(way & 3);
  std::array<double, 3> first, lw;
  int corner = -1;
  for (int k = 0; k < 3; ++k) {
    const int o = others[local][k];
    first[k] = t[cell.node[o]];
    lw[k] = cell.l2[edge_of[local][o]];
    if (cell.node[o] == node) corner = k;
  }
  if (corner < 0) return false;
  const auto side = [&](int e) { return cell.l2[edge_of[others[local][pair[e][0]]][others[local][pair[e][1]]]]; };
  return support_of({lw[0], lw[1], lw[2], 0.5 * (lw[0] + lw[1] - side(0)), 0.5 * (lw[0] + lw[2] - side(1)), 0.5 * (lw[1] + lw[2] - side(2))}, first).share[corner] > 0;
}

bool Eikonal::is_tent(const std::vector<Vec3>& slowness, Index i, Index j, double length2) const {
  const Vec3 x = mesh_->nodes[node_of_rank_[j]] - mesh_->nodes[node_of_rank_[i]];
  return (slowness[j] - slowness[i]).dot(x) < -tent_share * std::sqrt(length2);
}

// T on the face is not linear: between its corners i, j it sags by half of lambda_i lambda_j e_ij, e_ij = (p_j - p_i).(x_j - x_i),
// with the slowness p of the front carried along (exact in the start balls). Weights and sag are found together by two
// fixed-point steps; where p jumps (collision, edge of a fast layer) e is faded out and the node keeps first order.
void Eikonal::sharpen(State& state, const std::uint8_t* known) const {
  const std::vector<std::uint32_t>& parent = state.parent;
  std::vector<Vec3>& slowness = state.slowness;
  std::vector<double>& t = state.t;
  const std::size_t nn = t.size();
  const auto kept = [&](std::size_t n) { return parent[n] == no_parent || (known && known[n]); };
  std::vector<std::pair<double, Index>> order;
  order.reserve(nn);
  for (std::size_t n = 0; n < nn; ++n)
    if (t[n] < never && !kept(n)) order.push_back({t[n], Index(n)});
  std::sort(order.begin(), order.end());
  std::vector<double> shift(nn, 0.0);
  std::vector<std::uint8_t> done(nn, 0);
  for (std::size_t n = 0; n < nn; ++n) done[n] = kept(n);

  std::vector<std::pair<double, Index>> open_corner;   // served in part by a node that came later itself
  auto visit = [&](double arrival, Index w, bool again) {
    const Cell& cell = cells_[parent[w] / 4];
    const int local = int(parent[w] & 3);
    std::array<Index, 3> n;
    std::array<double, 3> first, time, lw;
    for (int k = 0; k < 3; ++k) {
      n[k] = cell.node[others[local][k]];
      first[k] = t[n[k]];
      lw[k] = cell.l2[edge_of[local][others[local][k]]];
    }
    std::array<double, 3> side;   // ab, ac, bc
    std::array<double, 3> sag{0, 0, 0};
    for (int e = 0; e < 3; ++e) side[e] = cell.l2[edge_of[others[local][pair[e][0]]][others[local][pair[e][1]]]];
    const std::array<double, 6> gram{lw[0], lw[1], lw[2], 0.5 * (lw[0] + lw[1] - side[0]), 0.5 * (lw[0] + lw[2] - side[1]),
                                     0.5 * (lw[1] + lw[2] - side[2])};
    auto length2 = [&](const std::array<double, 3>& q) { return squared_length(gram, q); };
    const Support support = support_of(gram, first);
    const std::array<double, 3>& q = support.share;
    const int edge = support.edge;
    const bool inside = support.inside;
    // Only the ray's support counts, so that cells which share it give the same result. A corner that comes later than w
    // (metric-obtuse cell) has no correction yet and takes the mean of the others.
    double carried = 0;
    int known = 0;
    for (int k = 0; k < 3; ++k)
      if (q[k] > 0 && done[n[k]]) {
        carried += shift[n[k]];
        ++known;
      }
    if (known > 0) carried /= known;
    for (int k = 0; k < 3; ++k) time[k] = first[k] + (done[n[k]] ? shift[n[k]] : carried);
    for (int e = 0; e < 3; ++e) {
      const int i = pair[e][0], j = pair[e][1];
      if (q[i] <= 0 || q[j] <= 0) continue;
      if (!done[n[i]] || !done[n[j]] || slowness[n[i]].isZero(0) || slowness[n[j]].isZero(0)) continue;
      const Vec3 x = mesh_->nodes[node_of_rank_[n[j]]] - mesh_->nodes[node_of_rank_[n[i]]];
      const double value = (slowness[n[j]] - slowness[n[i]]).dot(x);
      const double mismatch = std::abs(time[j] - time[i] - 0.5 * (slowness[n[i]] + slowness[n[j]]).dot(x));
      sag[e] = value * std::clamp(2.0 - 2.0 * mismatch / std::max(std::abs(value), 1e-12), 0.0, 1.0);
    }
    // Corners served by another front (a tent on the edge between them): each front is carried on to them by its slowness,
    // and the earlier of the fronts counts.
    std::array<bool, 3> tent{false, false, false};
    for (int k = 0; k < 3 && !again; ++k)
      if (q[k] > 0 && !done[n[k]]) {
        open_corner.push_back({arrival, w});
        break;
      }
    for (int e = 0; e < 3; ++e) tent[e] = q[pair[e][0]] > 0 && q[pair[e][1]] > 0 && sag[e] < -tent_share * std::sqrt(side[e]);
    struct Way {
      double value = never, length = 0;
      Vec3 from = Vec3::Zero();
    };
    auto follow = [&](std::array<double, 3> arrivals, std::array<double, 3> sags) {
      std::array<double, 3> r = q;
      // Weights for the sagging face: each corner's time is lowered by its share of the sag.
      for (int step = 0; step < 2 && (inside || edge >= 0); ++step) {
        std::array<double, 3> bent = arrivals;
        for (int e = 0; e < 3; ++e) {
          bent[pair[e][0]] -= 0.5 * r[pair[e][1]] * sags[e];
          bent[pair[e][1]] -= 0.5 * r[pair[e][0]] * sags[e];
        }
        if (inside) {
          std::array<double, 3> x;
          if (!crossing(gram, bent, x)) break;
          r = x;
        } else {
          const int i = pair[edge][0], j = pair[edge][1];
          double b = 0;
          if (!crossing_edge(lw[i], lw[j], gram[3 + edge], bent[j] - bent[i], b)) break;
          r[i] = 1 - b;
          r[j] = b;
        }
      }
      Way way;
      way.value = way.length = std::sqrt(length2(r));
      for (int k = 0; k < 3; ++k)
        if (r[k] > 0) {
          way.value += r[k] * arrivals[k];
          way.from += r[k] * mesh_->nodes[node_of_rank_[n[k]]];
        }
      double bend = 0;
      for (int e = 0; e < 3; ++e) bend += 0.5 * r[pair[e][0]] * r[pair[e][1]] * sags[e];
      way.value -= std::clamp(bend, -0.25 * way.length, 0.25 * way.length);   // a guess beyond a quarter of the step is no correction
      return way;
    };
    if (again && !tent[0] && !tent[1] && !tent[2]) return;
    Way way;
    if (!tent[0] && !tent[1] && !tent[2]) {
      way = follow(time, sag);
    } else {
      for (int master = 0; master < 3; ++master) {
        std::array<double, 3> arrivals = time, sags = sag;
        for (int e = 0; e < 3; ++e) {
          if (!tent[e]) continue;
          sags[e] = 0;
          for (int side_of : {0, 1})
            if (pair[e][side_of] == master) {
              const int other = pair[e][1 - side_of];
              arrivals[other] = time[master] + slowness[n[master]].dot(mesh_->nodes[node_of_rank_[n[other]]] - mesh_->nodes[node_of_rank_[n[master]]]);
            }
        }
        if (q[master] <= 0) continue;
        const Way one = follow(arrivals, sags);
        if (one.value < way.value) way = one;
      }
    }
    const double value = way.value, length = way.length;
    const Vec3 from = way.from;
    const std::uint32_t c = parent[w] / 4;
    slowness[w] = metric(tet_of_cell_[c], factor_[kind_[c]]) * (mesh_->nodes[node_of_rank_[w]] - from) / std::max(length, 1e-12);
    shift[w] = value - arrival;
    done[w] = 1;
  };
  for (const auto& [arrival, w] : order) visit(arrival, w, false);
  for (const auto& [arrival, w] : open_corner) visit(arrival, w, true);
  for (std::size_t n = 0; n < nn; ++n)
    if (t[n] < never) t[n] += shift[n];
}

}  // namespace ot::ep
