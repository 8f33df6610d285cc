// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/tet_improve.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

namespace ot::imaging {

using core::Index;
using core::Tet;
using core::Vec3;

double smallest_dihedral(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  if ((b - a).cross(c - a).dot(d - a) <= 0) return -1.0;
  // Inward normals of the four faces; the dihedral angle at the edge of faces p, q is pi - angle(np, nq).
  const Vec3 n[4] = {(d - b).cross(c - b).normalized(), (c - a).cross(d - a).normalized(), (d - a).cross(b - a).normalized(),
                     (b - a).cross(c - a).normalized()};
  double most = -1.0;
  for (int p = 0; p < 4; ++p)
    for (int q = p + 1; q < 4; ++q) most = std::max(most, -n[p].dot(n[q]));
  return std::acos(std::clamp(most, -1.0, 1.0)) * 57.29577951308232;
}

NodeStars::NodeStars(std::size_t nodes, const std::vector<Tet>& tets) : start(nodes + 1, 0), tet(4 * tets.size()) {
  for (const Tet& t : tets)
    for (Index n : t) ++start[std::size_t(n) + 1];
  for (std::size_t i = 0; i < nodes; ++i) start[i + 1] += start[i];
  std::vector<std::int32_t> fill(start.begin(), start.end() - 1);
  for (std::size_t t = 0; t < tets.size(); ++t)
    for (Index n : tets[t]) tet[std::size_t(fill[std::size_t(n)]++)] = std::int32_t(t);
}

namespace {

double star_quality(const std::vector<Vec3>& x, const std::vector<Tet>& tets, const NodeStars& stars, std::size_t node, double give_up) {
  double least = 180;
  for (auto s = stars.start[node]; s < stars.start[node + 1]; ++s) {
    const Tet& t = tets[std::size_t(stars.tet[std::size_t(s)])];
    least = std::min(least, smallest_dihedral(x[std::size_t(t[0])], x[std::size_t(t[1])], x[std::size_t(t[2])], x[std::size_t(t[3])]));
    if (least <= give_up) break;
  }
  return least;
}

}  // namespace

std::size_t snap_to_interface(std::vector<Vec3>& x, const std::vector<Tet>& tets, const std::vector<char>& free,
                              const std::function<double(const Vec3&)>& psi, double reach, double least) {
  const NodeStars stars(x.size(), tets);
  std::size_t moved = 0;
  const double h = 0.25 * reach;
  for (std::size_t n = 0; n < x.size(); ++n) {
    if (!free[n]) continue;
    const Vec3 old = x[n];
    double f = psi(old);
    Vec3 p = old;
    bool ok = true;
    for (int it = 0; it < 2 && ok; ++it) {
      Vec3 slope;
      for (int a = 0; a < 3; ++a) {
        const Vec3 e = Vec3::Unit(a) * h;
        slope[a] = (psi(p + e) - psi(p - e)) / (2 * h);
      }
      const double s2 = slope.squaredNorm();
      ok = s2 > 0 && std::abs(f) < reach * std::sqrt(s2);
      if (!ok) break;
      p -= f / s2 * slope;
      f = psi(p);
      ok = (p - old).norm() < reach;
    }
    if (!ok) continue;
    x[n] = p;
    if (star_quality(x, tets, stars, n, least) <= least) x[n] = old;
    else ++moved;
  }
  return moved;
}

double improve_dihedrals(std::vector<Vec3>& x, const std::vector<Tet>& tets,
                         const std::function<Vec3(Index, const Vec3&)>& place, double target, int rounds) {
  const NodeStars stars(x.size(), tets);
  static const double c = 0.5773502691896258;
  const Vec3 directions[14] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1},  {0, 0, -1}, {c, c, c},
                               {c, c, -c}, {c, -c, c}, {c, -c, -c}, {-c, c, c}, {-c, c, -c}, {-c, -c, c}, {-c, -c, -c}};
  for (int round = 0; round < rounds; ++round) {
    std::vector<char> touch(x.size(), 0);
    bool any = false;
    for (const Tet& t : tets)
      if (smallest_dihedral(x[std::size_t(t[0])], x[std::size_t(t[1])], x[std::size_t(t[2])], x[std::size_t(t[3])]) < target) {
        any = true;
        for (Index n : t) touch[std::size_t(n)] = 1;
      }
    if (!any) break;
    bool moved = false;
    for (std::size_t n = 0; n < x.size(); ++n) {
      if (!touch[n]) continue;
      double best = star_quality(x, tets, stars, n, -2);
      if (best >= target) continue;
      Vec3 mean = Vec3::Zero();
      double shortest = 1e300;
      int count = 0;
      for (auto s = stars.start[n]; s < stars.start[n + 1]; ++s)
        for (Index m : tets[std::size_t(stars.tet[std::size_t(s)])])
          if (std::size_t(m) != n) {
            mean += x[std::size_t(m)], ++count;
            shortest = std::min(shortest, (x[std::size_t(m)] - x[n]).norm());
          }
      mean /= count;
      Vec3 old = x[n], winner = old;
      auto attempt = [&](const Vec3& wish) {
        x[n] = place(Index(n), wish);
        const double q = star_quality(x, tets, stars, n, best);
        if (q > best + 1e-6) best = q, winner = x[n];
        x[n] = old;
      };
      attempt(mean);
      attempt(0.5 * (mean + old));
      for (double step : {0.3, 0.1, 0.03}) {
        for (const Vec3& d : directions) attempt(old + step * shortest * d);
        if (winner != old) old = x[n] = winner, moved = true;
      }
    }
    if (!moved) break;
  }
  double least = 180;
  for (const Tet& t : tets)
    least = std::min(least, smallest_dihedral(x[std::size_t(t[0])], x[std::size_t(t[1])], x[std::size_t(t[2])], x[std::size_t(t[3])]));
  return least;
}

}  // namespace ot::imaging
