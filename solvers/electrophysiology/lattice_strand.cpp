// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/lattice_strand.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/monodomain_step.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;
using Eigen::Vector3i;
using Corners = std::array<Vec3, 4>;
using Around = std::vector<Corners>;

constexpr int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
constexpr int edge_sums[7][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}};   // of c1, c2, c3

using Shares = std::array<Vector3i, 4>;   // corners of a tet, as shares of c1, c2, c3

// The tets that repeat: the six that begin at a node; of mirrored boxes the 48 around a node that all eight boxes begin at.
std::vector<Shares> first_tets(bool mirrored) {
  std::vector<Shares> tets;
  for (int side = 0; side < (mirrored ? 8 : 1); ++side)
    for (const auto& order : orders) {
      Shares t;
      t[0].setZero();
      for (std::size_t v = 0; v < 3; ++v) t[v + 1] = t[v] + ((side >> order[v]) & 1 ? -1 : 1) * Vector3i::Unit(order[v]);
      tets.push_back(t);
    }
  return tets;
}

// A node's place among those that repeat (0 .. 7: whether it is odd along each step), and the period it lies in.
struct Place {
  int kind;
  Vector3i period;
};
Place place_of(const Vector3i& shares, bool mirrored) {
  if (!mirrored) return {0, shares};
  const Vector3i odd(shares[0] & 1, shares[1] & 1, shares[2] & 1);
  return {odd[0] + 2 * odd[1] + 4 * odd[2], (shares - odd) / 2};
}

// Corners, from the node, of the tets around it: 24, or the 48 around the heavy nodes of mirrored boxes (the other kinds touch no tets but theirs).
Around tets_around(const Mat3& steps, bool mirrored) {
  Around all;
  for (const Shares& t : first_tets(mirrored))
    for (std::size_t origin = 0; origin < (mirrored ? 1 : 4); ++origin) {
      Corners& c = all.emplace_back();
      for (std::size_t v = 0; v < 4; ++v) c[v] = steps * (t[v] - t[origin]).cast<double>();
    }
  return all;
}

Vec3 total(const Corners& c) { return c[0] + c[1] + c[2] + c[3]; }

bool same(const Corners& a, const Corners& b, double tolerance) {
  if ((total(a) - total(b)).squaredNorm() > 16 * tolerance * tolerance) return false;
  return std::all_of(a.begin(), a.end(), [&](const Vec3& x) {
    return std::any_of(b.begin(), b.end(), [&](const Vec3& y) { return (x - y).squaredNorm() < tolerance * tolerance; });
  });
}

bool within(const Around& mesh, const Around& lattice, double tolerance) {
  return std::all_of(mesh.begin(), mesh.end(), [&](const Corners& m) { return std::any_of(lattice.begin(), lattice.end(), [&](const Corners& l) { return same(m, l, tolerance); }); });
}

// Every axis lies along a step: the faces of mirrored boxes are then planes of symmetry of tissue that goes on beyond them, and a node on a face or an edge
// of it is one inside.
bool along_steps(const Mat3& steps, const std::array<Vec3, 3>& axes) {
  return std::all_of(axes.begin(), axes.end(), [&](const Vec3& axis) {
    return std::any_of(steps.colwise().begin(), steps.colwise().end(), [&](const auto& step) { return std::abs(step.dot(axis)) > (1 - 1e-9) * step.norm(); });
  });
}

// The steps whose tets these are, if they are any's: some way round the first tet must be the way of its box. A superbase may begin at any corner, a mirrored box at the node.
std::optional<Mat3> steps_of(const Around& mesh, bool mirrored, const std::array<Vec3, 3>& axes, double tolerance) {
  const Corners& t = mesh[0];
  std::size_t from = 0;
  if (mirrored)
    while (from < 3 && t[from].squaredNorm() > 0) ++from;
  for (const auto& way : orders) {
    std::array<std::size_t, 3> to;
    for (std::size_t k = 0; k < 3; ++k) to[k] = (from + 1 + std::size_t(way[k])) % 4;
    Mat3 steps;
    steps << t[to[0]] - t[from], t[to[1]] - t[to[0]], t[to[2]] - t[to[1]];
    if (steps.determinant() < 0) {   // the same lattice and tets
      if (mirrored) steps.col(0) = -steps.col(0);
      else steps = -steps;
    }
    const Around lattice = tets_around(steps, mirrored);
    if ((mesh.size() == lattice.size() || (mirrored && along_steps(steps, axes))) && within(mesh, lattice, tolerance)) return steps;
  }
  return std::nullopt;
}

// Of all steps that make the same mirrored boxes, in any order and with any signs, those whose parts along the axes come first: a mesh turned together with its fibres, or numbered otherwise, gets the same factors.
// (Not of superbases: which three of the four vectors are taken decides how well whole multiples meet a direction, and the ones that come first did it worse.)
Mat3 canonical(const Mat3& steps, const std::array<Vec3, 3>& axes) {
  const double scale = 1e6 / steps.norm();   // parts are compared to a millionth
  Mat3 best = steps;
  std::array<double, 9> first{};
  bool any = false;
  for (const auto& order : orders)
    for (int signs = 0; signs < 8; ++signs) {
      Mat3 now;
      for (int k = 0; k < 3; ++k) now.col(k) = (signs >> k & 1 ? -1.0 : 1.0) * steps.col(order[k]);
      if (!(now.determinant() > 0)) continue;
      std::array<double, 9> parts{};
      for (int k = 0; k < 3; ++k)
        for (std::size_t a = 0; a < 3; ++a) parts[std::size_t(k) * 3 + a] = std::round(scale * now.col(k).dot(axes[a]));
      if (any && !(parts > first)) continue;
      any = true;
      first = parts;
      best = now;
    }
  return best;
}

Mat3 tensor(const TetLattice& l, const Vec3& factor) {
  Mat3 d = Mat3::Zero();
  for (int a = 0; a < 3; ++a) d += factor[a] * l.diffusivity[a] * l.axes[std::size_t(a)] * l.axes[std::size_t(a)].transpose();
  return d;
}

// Couplings along the seven edges over the volume of a cell, 1/ms, so that sum k e e' = D.
std::array<double, 7> edge_couplings(const Mat3& steps, const Mat3& d) {
  const Mat3 inverse = steps.inverse(), s = inverse * d * inverse.transpose();
  const double all = (s(0, 1) + s(1, 2) + s(0, 2)) / 3;   // along c1 + c2 + c3, of the six tets around it
  return {s(0, 0) - s(0, 1) - s(0, 2) + all, s(1, 1) - s(0, 1) - s(1, 2) + all, s(2, 2) - s(0, 2) - s(1, 2) + all, s(0, 1) - all, s(1, 2) - all, s(0, 2) - all, all};
}

// Along each axis all edges that conduct are of one length.
bool is_strand(const TetLattice& l) {
  const auto k = edge_couplings(l.steps, tensor(l, Vec3::Ones()));
  for (int a = 0; a < 3; ++a) {
    double length = 0;
    for (std::size_t e = 0; e < 7; ++e) {
      const double p = std::abs((l.steps * Vec3(edge_sums[e][0], edge_sums[e][1], edge_sums[e][2])).dot(l.axes[std::size_t(a)]));
      if (std::abs(k[e]) * p * p < 1e-9 * l.diffusivity[a]) continue;
      if (length > 0 && std::abs(p - length) > 1e-6 * length) return false;
      length = p;
    }
  }
  return true;
}

// Integers m and a spacing with m * spacing near p.
struct Whole {
  Eigen::Vector3i m;
  double spacing;
};
Whole whole_multiples(const Vec3& p) {
  constexpr int most = 48;
  constexpr double near = 0.002;   // of the longest
  Whole best{};
  double least = 1e300;
  const double longest = p.cwiseAbs().maxCoeff();
  for (int parts = 1; parts <= most; ++parts) {
    const double spacing = longest / parts;
    const Vec3 m = (p / spacing).array().round();
    const double error = (p - m * spacing).cwiseAbs().maxCoeff() / longest;
    if (error < least) least = error, best = {m.cast<int>(), spacing};
    if (error < near) break;
  }
  const int common = std::gcd(std::gcd(best.m[0], best.m[1]), best.m[2]);   // chains that never meet are one
  return {best.m / common, best.spacing * common};
}

}  // namespace

TetLattices find_lattices(const core::TetMesh& mesh, const fem::NodeTets& around, const fem::TetGeometry& geometry, const std::vector<std::array<Vec3, 3>>& axes,
                          const std::vector<Vec3>& diffusivity, const std::vector<std::uint16_t>& class_of_node) {
  TetLattices found;
  found.of.assign(mesh.tets.size(), -1);
  std::vector<Around> known;   // of the kinds met, those left out too
  std::vector<TetLattice> kinds;
  std::vector<int> number;   // of the kinds met: place in found.kinds
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i) {
    const std::ptrdiff_t from = around.begin[i];
    const std::size_t tets = std::size_t(around.begin[i + 1] - from);
    if (tets != 12 && tets != 24 && tets != 48) continue;   // 48, 24 and 12: inside, on a face and on an edge of mirrored boxes; 24: inside others
    const std::size_t first = std::size_t(around.tet[std::size_t(from)]);
    const double volume = geometry.volume[first], tolerance = 1e-4 * std::cbrt(volume);
    Around own(tets);
    bool even = diffusivity[first].minCoeff() > 0;
    for (std::size_t t = 0; t < tets && even; ++t) {
      const std::size_t e = std::size_t(around.tet[std::size_t(from) + t]);
      even = std::abs(geometry.volume[e] - volume) < 1e-4 * volume && (diffusivity[e] - diffusivity[first]).norm() <= 1e-6 * diffusivity[first].norm();
      for (std::size_t a = 0; a < 3 && even; ++a) even = (axes[e][a] - axes[first][a]).squaredNorm() < 1e-12;
      for (std::size_t v = 0; v < 4; ++v) own[t][v] = mesh.nodes[std::size_t(mesh.tets[e][v])] - mesh.nodes[i];
    }
    if (!even) continue;
    std::size_t kind = 0;
    for (; kind < kinds.size(); ++kind) {
      const TetLattice& k = kinds[kind];
      if (k.cell != class_of_node[i] || (k.diffusivity - diffusivity[first]).norm() > 1e-6 * k.diffusivity.norm()) continue;
      bool as = true;
      for (std::size_t a = 0; a < 3; ++a) as = as && (axes[first][a] - k.axes[a]).squaredNorm() < 1e-12;
      if (as && (tets == known[kind].size() || (k.mirrored && along_steps(k.steps, k.axes))) && within(own, known[kind], tolerance)) break;
    }
    if (kind == kinds.size()) {
      if (kinds.size() == most_kinds) continue;
      bool mirrored = false;
      auto steps = tets == 24 ? steps_of(own, false, axes[first], tolerance) : std::nullopt;
      if (!steps) steps = steps_of(own, mirrored = true, axes[first], tolerance);
      if (!steps) continue;
      if (mirrored) steps = canonical(*steps, axes[first]);
      kinds.push_back({*steps, axes[first], diffusivity[first], class_of_node[i], mirrored});
      known.push_back(tets_around(*steps, mirrored));
      number.push_back(!mirrored && is_strand(kinds.back()) ? -1 : int(found.kinds.size()));
      if (number.back() >= 0) found.kinds.push_back(kinds.back());
    }
    for (std::size_t t = 0; t < tets; ++t)
      if (int& of = found.of[std::size_t(around.tet[std::size_t(from) + t])]; of < 0) of = number[kind];
  }
  return found;
}

double lattice_velocity(const ElectroProblem& p, const CellClass& cell, const Mat3& steps, const Mat3& d, const Vec3& direction, bool mirrored) {
  const Mat3 period = (mirrored ? 2.0 : 1.0) * steps;
  const std::ptrdiff_t kinds = mirrored ? 8 : 1;   // of nodes in a period: node j * kinds + k of the chain is of kind k
  const Whole whole = whole_multiples(period.transpose() * direction);
  const Vec3 n = period.transpose().inverse() * (whole.m.cast<double>() * whole.spacing);   // the direction that has them exactly
  const double unit = std::sqrt(n.dot(d * n)), spacing = whole.spacing / unit, volume = std::abs(steps.determinant());   // in units of sqrt(D ms); mm3
  const double reach = (steps.transpose() * direction).cwiseAbs().sum() / unit;
  constexpr double coarsest = 20;   // four times where strands of any cell still conduct
  if (!(reach < coarsest)) return 0.0;
  // As strand_velocity: the stimulated end, the start-up stretch and the measured stretch.
  const double stimulated = std::max(5.0, 3.0 * reach), run_up = stimulated + std::max(6.0, 4.0 * reach), measured = std::max(8.0, 6.0 * reach);
  const auto count = [spacing](double length) { return std::ptrdiff_t(std::ceil(length / spacing - 1e-9)); };   // the same whatever the last bits: reach is a multiple of the spacing
  const std::ptrdiff_t from = count(run_up), to = from + count(measured);
  const std::ptrdiff_t periods = to + count(5.0 + 2.0 * reach);
  Tissue t;
  t.family = cell.family;
  t.n = periods * kinds;
  t.padded = (t.n + block_nodes - 1) / block_nodes * block_nodes;
  t.classes = {cell};
  t.class_of.assign(std::size_t(t.padded), 0);
  for (std::ptrdiff_t i = 0; i < t.n; ++i) t.node_of.push_back(Index(i));
  t.inner_of = t.node_of;
  core::TetMesh first;   // of one period
  const auto shares = first_tets(mirrored);
  for (const Shares& tet : shares) {
    for (const Vector3i& corner : tet) first.nodes.push_back(steps * corner.cast<double>());
    const Index at = Index(first.nodes.size()) - 4;
    first.tets.push_back({at, at + 1, at + 2, at + 3});
  }
  const fem::TetGeometry geometry = fem::tet_geometry(first);
  const Mat3 inverse = d.inverse();
  // Far from the ends the rows of a kind are the same; at the ends, which nobody reads, the tets and couplings that would leave are missing.
  std::vector<std::map<std::ptrdiff_t, double>> row(static_cast<std::size_t>(kinds));   // of a kind: coupling by where the other node lies in the chain, from the node
  std::vector<double> mass(static_cast<std::size_t>(kinds), 0.0);
  std::vector<std::array<float, 6>> coupling(shares.size()), square(shares.size());
  std::vector<std::array<std::ptrdiff_t, 4>> place(shares.size());   // of the corners in the chain, from the period
  for (std::size_t e = 0; e < shares.size(); ++e) {
    for (std::size_t v = 0; v < 4; ++v) {
      const Place at = place_of(shares[e][v], mirrored);
      place[e][v] = at.period.dot(whole.m) * kinds + at.kind;
      mass[std::size_t(at.kind)] += std::abs(geometry.volume[e]) / 4;
    }
    const auto exact = tet_couplings(geometry, e, d);
    for (std::size_t x = 0; x < 6; ++x) {
      const auto [one, other] = tet_edges[x];
      const double k = geometry.volume[e] < 0 ? -exact[x] : exact[x];   // half of them are left-handed
      const Vec3 way = first.nodes[4 * e + other] - first.nodes[4 * e + one];
      coupling[e][x] = float(k);
      square[e][x] = float(way.dot(inverse * way));
      const std::ptrdiff_t apart = place[e][other] - place[e][one];
      if (apart == 0) continue;
      row[std::size_t(place_of(shares[e][one], mirrored).kind)][apart] -= k;
      row[std::size_t(place_of(shares[e][other], mirrored).kind)][-apart] -= k;
    }
  }
  t.mass.assign(std::size_t(t.padded), 0.0);
  t.k_diagonal.assign(std::size_t(t.padded), 0.0);
  for (std::ptrdiff_t j = 0; j < periods; ++j)
    for (std::size_t e = 0; e < shares.size(); ++e) {
      core::Tet tet;
      bool inside = true;
      for (std::size_t v = 0; v < 4; ++v) {
        const std::ptrdiff_t at = j * kinds + place[e][v];
        inside = inside && at >= 0 && at < t.n;
        tet[v] = Index(at);
      }
      if (!inside) continue;
      t.tets.push_back(tet);
      t.tet_coupling.push_back(coupling[e]);
      t.tet_square.push_back(square[e]);
      t.tet_volume.push_back(volume / 6);
    }
  t.row_begin.assign(std::size_t(t.padded) + 1, 0);
  double largest = 0;
  for (const auto& of : row)
    for (const auto& [apart, value] : of) largest = std::max(largest, std::abs(value));
  for (std::ptrdiff_t i = 0; i < t.padded; ++i) {
    if (i < t.n) {
      const std::size_t kind = std::size_t(i % kinds);
      t.mass[std::size_t(i)] = mass[kind];
      for (const auto& [apart, value] : row[kind]) {
        if (i + apart < 0 || i + apart >= t.n || std::abs(value) < 1e-9 * largest) continue;
        t.col.push_back(Index(i + apart));
        t.k.push_back(float(value));
        t.k_diagonal[std::size_t(i)] -= double(t.k.back());
      }
    }
    t.row_begin[std::size_t(i) + 1] = std::ptrdiff_t(t.col.size());
  }
  ElectroProblem chain;
  chain.dt_ms = p.dt_ms;
  chain.solver_tolerance = p.solver_tolerance;
  chain.upstroke_sodium_interpolation = p.upstroke_sodium_interpolation;
  chain.sodium_interpolation_weight = sodium_weight(p);
  chain.sites.resize(1);
  for (std::ptrdiff_t i = 0; i < t.n; ++i) {
    const int kind = int(i % kinds);
    const Vec3 within = steps * Vec3(kind & 1, (kind >> 1) & 1, kind >> 2);
    if (double(i / kinds) * spacing + within.dot(n) / unit <= stimulated * (1 + 1e-9)) chain.sites[0].nodes.push_back(Index(i));
  }
  MonodomainStep step(chain, t);
  const double limit = 5.0 + double(to) * spacing / 0.3;   // ms; 0.3: a seventh of the healthy velocity
  const std::size_t first_read = std::size_t(from * kinds), last_read = std::size_t(to * kinds);   // of one kind
  while (step.time() < limit && std::isnan(step.activation()[0][last_read])) {
    const auto trouble = step.advance();
    if (trouble.inner_node >= 0 || trouble.solver) return 0.0;
  }
  const double time = double(step.activation()[0][last_read]) - double(step.activation()[0][first_read]);
  return time > 0 ? double(to - from) * spacing / time : 0.0;
}

std::optional<Vec3> lattice_factors(const ElectroProblem& p, const CellClass& cell, const TetLattice& lattice, double c0, double least, const Vec3& start) {
  constexpr int rounds = 8;
  constexpr double near = 5e-4;
  Vec3 factor = start;
  for (int round = 0; round < rounds; ++round) {
    const Mat3 d = tensor(lattice, factor);
    double off = 0;
    Vec3 next = factor;
    for (int a = 0; a < 3; ++a) {
      const double v = lattice_velocity(p, cell, lattice.steps, d, lattice.axes[std::size_t(a)], lattice.mirrored) * std::sqrt(factor[a]);   // over sqrt of the asked D
      if (!(v > 0)) return std::nullopt;
      next[a] = std::max(std::min(least, start[a]), factor[a] * (c0 / v) * (c0 / v));
      off = std::max(off, std::abs(next[a] / factor[a] - 1) / 2);
    }
    factor = next;
    if (off < near) break;
  }
  return factor;
}

}  // namespace ot::ep
