// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/atrial_fibres.hpp"

#include <Eigen/SparseCholesky>
#include <algorithm>
#include <cmath>
#include <map>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

// Gradient on a triangle; twice_area = |(b - a) x (c - a)|.
Vec3 gradient(const std::vector<Vec3>& x, const core::Triangle& t, const std::vector<double>& u) {
  const Vec3 &a = x[t[0]], &b = x[t[1]], &c = x[t[2]];
  const Vec3 n = (b - a).cross(c - a);
  return n.cross((c - b) * u[t[0]] + (a - c) * u[t[1]] + (b - a) * u[t[2]]) / n.squaredNorm();
}

double middle(const core::Triangle& t, const std::vector<double>& u) { return (u[t[0]] + u[t[1]] + u[t[2]]) / 3.0; }

}  // namespace

core::Result<std::vector<double>> surface_laplace(const std::vector<Vec3>& x, const std::vector<core::Triangle>& triangles,
                                                  const std::vector<std::pair<Index, double>>& fixed) {
  std::vector<int> unknown(x.size(), 0);   // -1 fixed, else number of the unknown
  std::vector<double> u(x.size(), 0.0);
  for (const auto& [n, value] : fixed) {
    unknown[std::size_t(n)] = -1;
    u[std::size_t(n)] = value;
  }
  std::vector<char> used(x.size(), 0);
  for (const auto& t : triangles)
    for (const Index n : t) used[std::size_t(n)] = 1;
  int count = 0;
  for (std::size_t n = 0; n < x.size(); ++n)
    if (unknown[n] == 0) unknown[n] = used[n] ? count++ : -1;
  Eigen::VectorXd b = Eigen::VectorXd::Zero(count);
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(triangles.size() * 12);
  for (const auto& t : triangles)
    for (int k = 0; k < 3; ++k) {
      const Index i = t[(k + 1) % 3], j = t[(k + 2) % 3];
      const Vec3 p = x[i] - x[t[k]], q = x[j] - x[t[k]];
      const double twice = p.cross(q).norm();
      if (!(twice > 1e-12)) return core::bad_input("The atrial surface has a triangle without area (no fibres can be computed there). Repair the surface.");
      const double w = 0.5 * p.dot(q) / twice;   // half the cotangent of the angle opposite to edge ij
      for (const auto& [r, c] : {std::pair{i, j}, {j, i}}) {
        if (unknown[r] < 0) continue;
        entries.emplace_back(unknown[r], unknown[r], w);
        if (unknown[c] >= 0) entries.emplace_back(unknown[r], unknown[c], -w);
        else b[unknown[r]] += w * u[c];
      }
    }
  Eigen::SparseMatrix<double> a(count, count);
  a.setFromTriplets(entries.begin(), entries.end());
  Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(a);
  const Eigen::VectorXd y = solver.info() == Eigen::Success ? Eigen::VectorXd(solver.solve(b)) : Eigen::VectorXd();
  if (solver.info() != Eigen::Success || !y.allFinite())
    return core::bad_input("A part of the atrial surface touches none of the valve, veins and appendage (no fibres can be computed there). Keep the largest part only.");
  for (std::size_t n = 0; n < x.size(); ++n)
    if (unknown[n] >= 0) u[n] = y[unknown[n]];
  return u;
}

std::vector<std::vector<Index>> open_rings(const std::vector<Vec3>& x, const std::vector<core::Triangle>& triangles) {
  std::map<std::pair<Index, Index>, int> edge;
  for (const auto& t : triangles)
    for (int k = 0; k < 3; ++k) ++edge[{std::min(t[k], t[(k + 1) % 3]), std::max(t[k], t[(k + 1) % 3])}];
  std::map<Index, std::vector<Index>> next;
  for (const auto& [e, uses] : edge)
    if (uses == 1) {
      next[e.first].push_back(e.second);
      next[e.second].push_back(e.first);
    }
  std::map<Index, bool> seen;
  std::vector<std::pair<double, std::vector<Index>>> rings;
  for (const auto& [start, ignored] : next) {
    if (seen[start]) continue;
    std::vector<Index> ring{start};
    seen[start] = true;
    double length = 0;
    for (std::size_t k = 0; k < ring.size(); ++k)
      for (const Index n : next[ring[k]]) {
        length += 0.5 * (x[n] - x[ring[k]]).norm();
        if (!seen[n]) {
          seen[n] = true;
          ring.push_back(n);
        }
      }
    std::sort(ring.begin(), ring.end());
    rings.emplace_back(length, std::move(ring));
  }
  std::stable_sort(rings.begin(), rings.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<Index>> out;
  for (auto& r : rings) out.push_back(std::move(r.second));
  return out;
}

core::Result<AtrialFibres> left_atrial_fibres(const std::vector<Vec3>& x, const std::vector<core::Triangle>& triangles, const AtrialBoundaries& on,
                                              const AtrialRule& rule, const core::Progress& progress) {
  if (on.mitral.empty() || on.left_veins.empty() || on.right_veins.empty() || on.appendage.empty())
    return core::bad_input("The left atrium needs vertices of the mitral ring, left veins, right veins and appendage (the bundles run between them). Label the missing ones.");
  if (!(rule.tau_mitral > 0 && rule.tau_mitral <= 1) || !(rule.tau_left >= 0 && rule.tau_left < rule.tau_right && rule.tau_right <= 1))
    return core::bad_input("The thresholds of the atrial bundles are out of order (0 <= left < right <= 1, 0 < mitral <= 1). Use the defaults.");
  AtrialFibres out;
  const auto field = [&](double mitral, double left, double right, double appendage, bool all, std::vector<double>& u) -> core::Result<void> {
    std::vector<std::pair<Index, double>> fixed;
    if (all)
      for (const Index n : on.appendage) fixed.emplace_back(n, appendage);
    for (const Index n : on.left_veins) fixed.emplace_back(n, left);
    for (const Index n : on.right_veins) fixed.emplace_back(n, right);
    if (all)
      for (const Index n : on.mitral) fixed.emplace_back(n, mitral);
    auto solved = surface_laplace(x, triangles, fixed);
    if (!solved) return core::pass(solved);
    u = std::move(*solved);
    return {};
  };
  if (auto ok = field(1, 0, 2, -1, true, out.psi_ab); !ok) return core::pass(ok);
  progress.report(0.33, "atrial fibres");
  if (progress.cancelled()) return core::cancelled();
  if (auto ok = field(0, 0, 1, 0, false, out.psi_v); !ok) return core::pass(ok);
  progress.report(0.66, "atrial fibres");
  if (progress.cancelled()) return core::cancelled();
  if (auto ok = field(1, 0, 0, 0, true, out.psi_r); !ok) return core::pass(ok);

  const std::size_t nt = triangles.size();
  out.f.resize(nt);
  out.normal.resize(nt);
  out.bundle.resize(nt);
  std::vector<char> known(nt, 0);
  for (std::size_t t = 0; t < nt; ++t) {
    const auto& v = triangles[t];
    out.normal[t] = (x[v[1]] - x[v[0]]).cross(x[v[2]] - x[v[0]]).normalized();
    const double r = middle(v, out.psi_r), s = middle(v, out.psi_v);
    const AtrialBundle b = r >= rule.tau_mitral  ? AtrialBundle::mitral_ring
                           : s <= rule.tau_left  ? AtrialBundle::left_veins
                           : s >= rule.tau_right ? AtrialBundle::right_veins
                                                 : AtrialBundle::body;
    out.bundle[t] = b;
    const Vec3 k = gradient(x, v, b == AtrialBundle::mitral_ring ? out.psi_r : b == AtrialBundle::body ? out.psi_ab : out.psi_v);
    const Vec3 f = out.normal[t].cross(k);
    if (!(f.norm() > 1e-9)) continue;   // 1/mm: a flat field
    out.f[t] = f.normalized();
    known[t] = 1;
  }
  // Flat spots take the direction of a neighbour through a shared vertex, laid into their own plane.
  for (std::size_t missing = std::size_t(std::count(known.begin(), known.end(), 0)); missing > 0;) {
    std::vector<Index> donor(x.size(), -1);
    for (std::size_t t = 0; t < nt; ++t)
      if (known[t])
        for (const Index n : triangles[t])
          if (donor[n] < 0) donor[n] = Index(t);
    std::size_t filled = 0;
    for (std::size_t t = 0; t < nt; ++t)
      for (int k = 0; k < 3 && !known[t]; ++k) {
        const Index d = donor[triangles[t][k]];
        if (d < 0) continue;
        const Vec3 f = out.f[d] - out.normal[t] * out.normal[t].dot(out.f[d]);
        if (!(f.norm() > 1e-3)) continue;
        out.f[t] = f.normalized();
        known[t] = 1;
        ++filled;
      }
    if (filled == 0) return core::bad_input("A part of the atrial surface has no fibre direction (its fields are flat). Check the labelled boundaries.");
    missing -= filled;
  }
  return out;
}

}  // namespace ot::ep
