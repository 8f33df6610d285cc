// SPDX-License-Identifier: GPL-3.0-or-later
// The lattice before it is cut: cells, materials of its nodes, longest-edge bisection where tets are too large or hide a thin material.
#include "imaging/meshing/lattice_builder.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "imaging/meshing/edge_table.hpp"
#include "imaging/meshing/stuffing.hpp"
#include "imaging/meshing/tet_improve.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

using core::Index;
using core::Tet;
using core::Vec3;
using lattice::edge_of;
using lattice::edges_of;
using lattice::high_of;
using lattice::key_of;
using lattice::low_of;

namespace {
// A tet is bisected while its edge is this much over the wanted one: half of the step of one bisection, 2^(1/3).
constexpr double coarse_factor = 1.12;
// Where a material hides between the two ends of an edge the lattice is refined down to this share of the wanted edge.
constexpr double thin_share = 0.55;
}  // namespace

std::vector<std::uint64_t> lattice::edges_of(const std::vector<Tet>& tets) {
  std::vector<std::uint64_t> e;
  e.reserve(6 * tets.size());
  for (const Tet& t : tets)
    for (const auto& p : edge_of) e.push_back(key_of(t[std::size_t(p[0])], t[std::size_t(p[1])]));
  std::sort(e.begin(), e.end());
  e.erase(std::unique(e.begin(), e.end()), e.end());
  return e;
}

void LatticeBuilder::find_mixed(double block) {
  const core::Grid& g = labels_.grid;
  Vec3 high = Vec3::Constant(-1e300);
  low_ = -high;
  for (const Vec3& x : x_) low_ = low_.cwiseMin(x), high = high.cwiseMax(x);
  block_ = block;
  for (int a = 0; a < 3; ++a) blocks_[std::size_t(a)] = std::int64_t((high[a] - low_[a]) / block) + 1;
  mixed_.assign(std::size_t(blocks_[0] * blocks_[1] * blocks_[2]), 0);
  const Vec3 reach = g.direction.cwiseAbs() * g.spacing;   // a voxel more than the voxel itself, for the smoothing
  auto at = [&](int i, int j, int k) {
    const int v = g.contains(i, j, k) ? int(labels_.at(i, j, k)) : 0;
    return set_[std::size_t(v)] ? v : 0;
  };
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const int v = at(i, j, k);
        if (v == 0) continue;   // every border has a label on one of its sides
        if (at(i - 1, j, k) == v && at(i + 1, j, k) == v && at(i, j - 1, k) == v && at(i, j + 1, k) == v && at(i, j, k - 1) == v && at(i, j, k + 1) == v) continue;
        const Vec3 x = g.to_patient(Vec3(i, j, k)), lo = (x - reach - low_) / block, hi = (x + reach - low_) / block;
        std::int64_t b[3], e[3];
        for (int a = 0; a < 3; ++a) b[a] = std::max<std::int64_t>(0, std::int64_t(lo[a])), e[a] = std::min(blocks_[std::size_t(a)] - 1, std::int64_t(hi[a]));
        for (auto ck = b[2]; ck <= e[2]; ++ck)
          for (auto cj = b[1]; cj <= e[1]; ++cj)
            for (auto ci = b[0]; ci <= e[0]; ++ci) mixed_[std::size_t((ck * blocks_[1] + cj) * blocks_[0] + ci)] = 1;
      }
}

bool LatticeBuilder::mixed_near(const Tet& t) const {
  Vec3 lo = Vec3::Constant(1e300), hi = -lo;
  for (Index n : t) lo = lo.cwiseMin(x_[std::size_t(n)]), hi = hi.cwiseMax(x_[std::size_t(n)]);
  lo = (lo - low_) / block_, hi = (hi - low_) / block_;
  for (auto k = std::int64_t(lo.z()); k <= std::int64_t(hi.z()); ++k)
    for (auto j = std::int64_t(lo.y()); j <= std::int64_t(hi.y()); ++j)
      for (auto i = std::int64_t(lo.x()); i <= std::int64_t(hi.x()); ++i)
        if (mixed_[std::size_t((std::min(k, blocks_[2] - 1) * blocks_[1] + std::min(j, blocks_[1] - 1)) * blocks_[0] + std::min(i, blocks_[0] - 1))]) return true;
  return false;
}

bool LatticeBuilder::lattice(double a) {
  const core::Grid& g = labels_.grid;
  Vec3 low = Vec3::Constant(1e300), high = -low;
  const core::Grid& w = field_.grid();
  for (int c = 0; c < 8; ++c) {
    const Vec3 x = w.to_patient(Vec3((c & 1) * (w.size[0] - 1), (c >> 1 & 1) * (w.size[1] - 1), (c >> 2) * (w.size[2] - 1)));
    low = low.cwiseMin(x), high = high.cwiseMax(x);
  }
  low -= Vec3::Constant(1.5 * a);
  const Vec3 cells = (high - low) / a;
  const std::int64_t nx = std::int64_t(cells.x()) + 3, ny = std::int64_t(cells.y()) + 3, nz = std::int64_t(cells.z()) + 3;
  if (double(nx) * double(ny) * double(nz) > 2.0e8) return false;
  // Cubes that a labelled voxel reaches into, and their neighbours: the smoothed border leaves its voxel by less than a cell.
  std::vector<char> near(std::size_t(nx * ny * nz), 0);
  const Vec3 half = 0.5 * (g.direction.cwiseAbs() * g.spacing) + Vec3::Constant(0.3 * a);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j) {
      const std::uint8_t* row = labels_.values.data() + g.offset(0, j, k);
      for (int i = 0; i < g.size[0]; ++i) {
        if (!set_[row[i]]) continue;
        const Vec3 x = g.to_patient(Vec3(i, j, k)), lo = (x - half - low) / a, hi = (x + half - low) / a;
        for (auto ck = std::int64_t(lo.z()); ck <= std::int64_t(hi.z()); ++ck)
          for (auto cj = std::int64_t(lo.y()); cj <= std::int64_t(hi.y()); ++cj)
            for (auto ci = std::int64_t(lo.x()); ci <= std::int64_t(hi.x()); ++ci)
              if (ci >= 0 && cj >= 0 && ck >= 0 && ci < nx && cj < ny && ck < nz) near[std::size_t((ck * ny + cj) * nx + ci)] = 1;
      }
    }
  std::unordered_map<std::int64_t, Index> id;
  const std::int64_t corners = (nx + 1) * (ny + 1) * (nz + 1);
  auto node = [&](std::int64_t n) {
    const auto [it, fresh] = id.try_emplace(n, Index(x_.size()));
    if (fresh) {
      if (n < corners) x_.push_back(low + a * Vec3(double(n % (nx + 1)), double(n / (nx + 1) % (ny + 1)), double(n / ((nx + 1) * (ny + 1)))));
      else {
        const std::int64_t c = n - corners;
        x_.push_back(low + a * Vec3(0.5 + double(c % nx), 0.5 + double(c / nx % ny), 0.5 + double(c / (nx * ny))));
      }
    }
    return it->second;
  };
  for (std::int64_t k = 0; k < nz; ++k)
    for (std::int64_t j = 0; j < ny; ++j)
      for (std::int64_t i = 0; i < nx; ++i)
        for (int d = 0; d < 3; ++d) {
          const std::int64_t s[3] = {i + (d == 0), j + (d == 1), k + (d == 2)};
          if (s[0] >= nx || s[1] >= ny || s[2] >= nz) continue;
          if (!near[std::size_t((k * ny + j) * nx + i)] && !near[std::size_t((s[2] * ny + s[1]) * nx + s[0])]) continue;
          const Index b1 = node(corners + (k * ny + j) * nx + i), b2 = node(corners + (s[2] * ny + s[1]) * nx + s[0]);
          const int e1 = (d + 1) % 3, e2 = (d + 2) % 3;
          Index ring[4];
          for (int m = 0; m < 4; ++m) {
            std::int64_t c[3] = {s[0], s[1], s[2]};
            c[e1] += (m == 1 || m == 2), c[e2] += (m >= 2);
            ring[m] = node((c[2] * (ny + 1) + c[1]) * (nx + 1) + c[0]);
          }
          for (int m = 0; m < 4; ++m) tets_.push_back({b1, b2, ring[m], ring[(m + 1) % 4]});
        }
  return true;
}

void LatticeBuilder::materials_from(std::size_t first) {
  of_.resize(x_.size());
  core::parallel_chunks(std::ptrdiff_t(x_.size() - first), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t n = b; n < e; ++n) {
      of_[first + std::size_t(n)] = {};
      of_[first + std::size_t(n)].add(field_.material(x_[first + std::size_t(n)]));
    }
  });
}

// Splits every tet along its marked edges, longest first.
void LatticeBuilder::bisect(const std::vector<std::uint64_t>& marked) {
  EdgeTable middle(2 * marked.size());
  const std::size_t first = x_.size();
  for (std::uint64_t e : marked) {
    middle.insert(e, Index(x_.size()));
    x_.push_back(0.5 * (x_[std::size_t(low_of(e))] + x_[std::size_t(high_of(e))]));
  }
  materials_from(first);
  std::vector<char> end(x_.size(), 0);
  for (std::uint64_t e : marked) end[std::size_t(low_of(e))] = end[std::size_t(high_of(e))] = 1;
  std::vector<Tet> done, work;
  std::vector<char> judged;
  done.reserve(tets_.size() + 4 * marked.size());
  for (std::size_t i = 0; i < tets_.size(); ++i) {
    const Tet& start = tets_[i];
    const bool far = end[std::size_t(start[0])] + end[std::size_t(start[1])] + end[std::size_t(start[2])] + end[std::size_t(start[3])] < 2;
    const std::size_t before = done.size();
    if (far) done.push_back(start);
    else work.assign(1, start);
    while (!work.empty()) {
      const Tet t = work.back();
      work.pop_back();
      double longest = -1;
      std::uint64_t which = 0;
      int at = -1;
      Index mid = -1;
      for (int p = 0; p < 6; ++p) {
        const std::uint64_t e = key_of(t[std::size_t(edge_of[p][0])], t[std::size_t(edge_of[p][1])]);
        const std::int32_t* found = middle.find(e);
        if (!found) continue;
        const double l = length(e);
        if (l > longest * (1 + 1e-9) || (l > longest * (1 - 1e-9) && e < which)) longest = l, which = e, at = p, mid = *found;
      }
      if (at < 0) {
        done.push_back(t);
        continue;
      }
      Tet a = t, b = t;
      a[std::size_t(edge_of[at][0])] = b[std::size_t(edge_of[at][1])] = mid;
      work.push_back(a), work.push_back(b);
    }
    judged.resize(done.size(), done.size() == before + 1 ? judged_[i] : 0);
  }
  judged_ = std::move(judged);
  refined_ += done.size() - tets_.size();
  tets_ = std::move(done);
}

bool LatticeBuilder::refine_once(bool thin_too) {
  auto longest_of = [&](const std::uint64_t* some, int n) {
    std::uint64_t best = some[0];
    double b = length(best);
    for (int i = 1; i < n; ++i) {
      const double l = length(some[i]);
      if (l > b * (1 + 1e-9) || (l > b * (1 - 1e-9) && some[i] < best)) best = some[i], b = l;
    }
    return best;
  };
  std::vector<std::uint64_t> want(tets_.size(), 0);
  std::vector<char> thin(tets_.size(), 0);
  core::parallel_chunks(std::ptrdiff_t(tets_.size()), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      if (judged_[std::size_t(i)]) continue;
      const Tet& t = tets_[std::size_t(i)];
      Vec3 c = Vec3::Zero();
      double wanted = 1e300;
      bool matter = false;
      for (Index n : t) {
        const Vec3& x = x_[std::size_t(n)];
        c += 0.25 * x;
        matter = matter || of_[std::size_t(n)].m[0] > 0;
        wanted = std::min(wanted, edge_at_(x, of_[std::size_t(n)].m[0]));
      }
      const int inner = field_.material(c);
      matter = matter || inner > 0;
      wanted = std::min(wanted, edge_at_(c, inner));
      const double volume = std::abs(core::tet_volume(x_[std::size_t(t[0])], x_[std::size_t(t[1])], x_[std::size_t(t[2])], x_[std::size_t(t[3])]));
      const double edge = std::cbrt(12 * volume) * stuffing_edge_per_cell;   // of the lattice tet of this volume
      std::uint64_t all[6];
      for (int p = 0; p < 6; ++p) all[p] = key_of(t[std::size_t(edge_of[p][0])], t[std::size_t(edge_of[p][1])]);
      if (matter && edge > coarse_factor * wanted) want[std::size_t(i)] = longest_of(all, 6);
      if (want[std::size_t(i)] || !thin_too || edge < thin_share * wanted * coarse_factor || !mixed_near(t)) {
        judged_[std::size_t(i)] = !want[std::size_t(i)];
        continue;
      }
      thin[std::size_t(i)] = 1;
    }
  });
  // Each edge is looked at once: does a third material hide between its ends?
  std::vector<std::uint64_t> edges;
  for (std::size_t i = 0; i < tets_.size(); ++i)
    if (thin[i])
      for (const auto& p : edge_of) edges.push_back(key_of(tets_[i][std::size_t(p[0])], tets_[i][std::size_t(p[1])]));
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<char> hides(edges.size(), 0);
  core::parallel_chunks(std::ptrdiff_t(edges.size()), 2048, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      const std::uint64_t k = edges[std::size_t(i)];
      const Vec3 &p = x_[std::size_t(low_of(k))], &q = x_[std::size_t(high_of(k))];
      const int a = of_[std::size_t(low_of(k))].m[0], z = of_[std::size_t(high_of(k))].m[0];
      int hidden = 0;
      for (int s = 1; s < 6 && hidden < 2; ++s) {
        const int m = field_.material(p + s / 6.0 * (q - p));
        hidden += m != a && m != z;
      }
      hides[std::size_t(i)] = hidden >= 2;
    }
  });
  EdgeTable hiding;
  for (std::size_t i = 0; i < edges.size(); ++i)
    if (hides[i]) hiding.insert(edges[i], 1);
  for (std::size_t i = 0; i < tets_.size(); ++i) {
    if (!thin[i]) continue;
    std::uint64_t all[6];
    bool any = false;
    for (int p = 0; p < 6; ++p) all[p] = key_of(tets_[i][std::size_t(edge_of[p][0])], tets_[i][std::size_t(edge_of[p][1])]), any = any || hiding.has(all[p]);
    if (any) want[i] = longest_of(all, 6);
    else judged_[i] = 1;
  }
  std::vector<std::uint64_t> marked;
  for (std::uint64_t e : want)
    if (e) marked.push_back(e);
  if (marked.empty()) return false;
  std::sort(marked.begin(), marked.end());
  marked.erase(std::unique(marked.begin(), marked.end()), marked.end());
  // Closure: a face or tet with a marked edge has its longest edge marked too.
  EdgeTable set(4 * marked.size());
  for (std::uint64_t e : marked) set.insert(e, 1);
  const NodeStars stars(x_.size(), tets_);
  for (std::size_t next = 0; next < marked.size(); ++next) {
    const Index u = low_of(marked[next]), v = high_of(marked[next]);
    for (auto at = stars.start[std::size_t(u)]; at < stars.start[std::size_t(u) + 1]; ++at) {
      const Tet& t = tets_[std::size_t(stars.tet[std::size_t(at)])];
      if (t[0] != v && t[1] != v && t[2] != v && t[3] != v) continue;
      std::uint64_t k[6];
      for (int p = 0; p < 6; ++p) k[p] = key_of(t[std::size_t(edge_of[p][0])], t[std::size_t(edge_of[p][1])]);
      static const int face[4][3] = {{0, 1, 3}, {0, 2, 4}, {1, 2, 5}, {3, 4, 5}};
      for (const auto& f : face) {
        if (k[f[0]] != marked[next] && k[f[1]] != marked[next] && k[f[2]] != marked[next]) continue;
        const std::uint64_t side[3] = {k[f[0]], k[f[1]], k[f[2]]}, l = longest_of(side, 3);
        if (set.insert(l, 1)) marked.push_back(l);
      }
      const std::uint64_t l = longest_of(k, 6);
      if (set.insert(l, 1)) marked.push_back(l);
    }
  }
  std::sort(marked.begin(), marked.end());
  bisect(marked);
  return true;
}

}  // namespace ot::imaging
