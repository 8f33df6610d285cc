// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/lattice_builder.hpp"

#include <algorithm>
#include <cmath>

#include "imaging/meshing/edge_table.hpp"
#include "imaging/meshing/stuffing.hpp"
#include "solvers/core/contracts.hpp"
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
// Warp thresholds of Labelle & Shewchuk, table 1: share of a long and of a short lattice edge.
constexpr double alpha_long = 0.24999, alpha_short = 0.41189;
// A second border closer than this to a moved node is merged with it: what lies between is thinner than a tenth of an edge.
constexpr double merge_share = 0.10;
// A tet with all nodes on the outer border is kept when its middle lies deeper inside than this share of its longest edge.
constexpr double flat_share = 0.06;
}  // namespace

double LatticeBuilder::best_share(const MaterialSet& s, const Vec3& x, int* which) const {
  double best = -1e9;
  for (auto m : s.m)
    if (m >= 0) {
      const double v = field_.share(m, x);
      if (v > best) {
        best = v;
        if (which) *which = m;
      }
    }
  return best;
}

double LatticeBuilder::root(const MaterialSet& su, const MaterialSet& sv, const Vec3& p, const Vec3& q) const {
  double lo = 0, hi = 1, t = 0.5, fp = balance(su, sv, p), fq = balance(su, sv, q);
  if (fp <= 0) return 0;
  if (fq >= 0) return 1;
  for (int it = 0; it < 20 && hi - lo > 1e-3; ++it) {
    t = lo + (hi - lo) * fp / (fp - fq);
    t = std::min(std::max(t, lo + 0.02 * (hi - lo)), hi - 0.02 * (hi - lo));
    const double ft = balance(su, sv, p + t * (q - p));
    if (std::abs(ft) < 1e-5) return t;
    if (ft > 0) lo = t, fp = ft, fq *= 0.5;
    else hi = t, fq = ft, fp *= 0.5;
  }
  return t;
}

void LatticeBuilder::find_cuts() {
  const std::vector<std::uint64_t> edges = edges_of(tets_);
  // Long edges: the longest of one of their tets.
  std::vector<char> is_long(edges.size(), 0);
  auto index = [&](std::uint64_t e) { return std::size_t(std::lower_bound(edges.begin(), edges.end(), e) - edges.begin()); };
  for (const Tet& t : tets_) {
    bool mixed = false;
    for (Index n : t) mixed = mixed || of_[std::size_t(n)].m[0] != of_[std::size_t(t[0])].m[0];
    if (!mixed) continue;
    double longest = 0;
    for (const auto& p : edge_of) longest = std::max(longest, (x_[std::size_t(t[std::size_t(p[0])])] - x_[std::size_t(t[std::size_t(p[1])])]).norm());
    for (const auto& p : edge_of) {
      const std::uint64_t k = key_of(t[std::size_t(p[0])], t[std::size_t(p[1])]);
      if (length(k) > 0.98 * longest) is_long[index(k)] = 1;
    }
  }
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const Index u = low_of(edges[e]), v = high_of(edges[e]);
    if (of_[std::size_t(u)].m[0] == of_[std::size_t(v)].m[0]) continue;
    Cut c;
    c.u = u, c.v = v, c.is_long = is_long[e];
    cuts_.push_back(c);
  }
  core::parallel_chunks(std::ptrdiff_t(cuts_.size()), 512, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      Cut& c = cuts_[std::size_t(i)];
      c.t = root(of_[std::size_t(c.u)], of_[std::size_t(c.v)], x_[std::size_t(c.u)], x_[std::size_t(c.v)]);
    }
  });
}

void LatticeBuilder::warp() {
  std::vector<std::pair<Index, std::int32_t>> at;
  for (std::size_t c = 0; c < cuts_.size(); ++c) at.emplace_back(cuts_[c].u, std::int32_t(c)), at.emplace_back(cuts_[c].v, std::int32_t(c));
  std::sort(at.begin(), at.end());
  for (std::size_t b = 0; b < at.size();) {
    std::size_t e = b;
    while (e < at.size() && at[e].first == at[b].first) ++e;
    const Index n = at[b].first;
    int best = -1;
    double nearest = 1e300;
    for (std::size_t q = b; q < e; ++q) {
      const Cut& c = cuts_[std::size_t(at[q].second)];
      if (!c.alive) continue;
      const double t = c.u == n ? c.t : 1 - c.t;
      const double d = t * (x_[std::size_t(c.u)] - x_[std::size_t(c.v)]).norm();
      if (t < (c.is_long ? alpha_long : alpha_short) && d < nearest) nearest = d, best = at[q].second;
    }
    if (best >= 0) {
      const Cut& c = cuts_[std::size_t(best)];
      const Vec3 p = c.at(x_);
      int other = -1;
      best_share(of_[std::size_t(c.u == n ? c.v : c.u)], p, &other);
      x_[std::size_t(n)] = p;
      of_[std::size_t(n)].add(other);
      for (std::size_t q = b; q < e; ++q) {
        Cut& k = cuts_[std::size_t(at[q].second)];
        if (!k.alive) continue;
        if (of_[std::size_t(k.u)].meets(of_[std::size_t(k.v)])) {
          k.alive = false;
          continue;
        }
        k.t = root(of_[std::size_t(k.u)], of_[std::size_t(k.v)], x_[std::size_t(k.u)], x_[std::size_t(k.v)]);
        const double from_here = k.u == n ? k.t : 1 - k.t;
        if (from_here < merge_share) {
          int third = -1;
          best_share(of_[std::size_t(k.u == n ? k.v : k.u)], p, &third);
          of_[std::size_t(n)].add(third);
          k.alive = false;
        }
      }
      for (std::size_t q = b; q < e; ++q) {   // the merges may have joined more
        Cut& k = cuts_[std::size_t(at[q].second)];
        if (k.alive && of_[std::size_t(k.u)].meets(of_[std::size_t(k.v)])) k.alive = false;
      }
    }
    b = e;
  }
}

CutLattice LatticeBuilder::subdivide() {
  std::vector<std::int32_t> order;
  for (std::size_t c = 0; c < cuts_.size(); ++c)
    if (cuts_[c].alive) order.push_back(std::int32_t(c));
  // Long edges first: their diagonals are the better ones (Labelle & Shewchuk, figure 3).
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return cuts_[std::size_t(a)].is_long > cuts_[std::size_t(b)].is_long; });
  EdgeTable point(2 * order.size());   // edge -> place in the order; its node is first + place
  const Index first = Index(x_.size());
  for (std::size_t r = 0; r < order.size(); ++r) {
    const Cut& c = cuts_[std::size_t(order[r])];
    point.insert(key_of(c.u, c.v), std::int32_t(r));
    const Vec3 p = c.at(x_);
    MaterialSet s;
    int u = -1, v = -1;
    best_share(of_[std::size_t(c.u)], p, &u), best_share(of_[std::size_t(c.v)], p, &v);
    s.add(u), s.add(v);
    x_.push_back(p);
    of_.push_back(s);
  }
  CutLattice out;
  std::vector<Tet> work;
  std::vector<double> share(std::size_t(field_.materials()) + 1);
  for (const Tet& start : tets_) {
    bool outside = true;
    for (Index n : start) outside = outside && of_[std::size_t(n)].size() == 1 && of_[std::size_t(n)].m[0] == 0;
    if (outside) continue;
    work.assign(1, start);
    while (!work.empty()) {
      Tet t = work.back();
      work.pop_back();
      int at = -1;
      std::int32_t best = 0x7fffffff;
      for (int p = 0; p < 6; ++p) {
        const std::int32_t* found = point.find(key_of(t[std::size_t(edge_of[p][0])], t[std::size_t(edge_of[p][1])]));
        if (found && *found < best) best = *found, at = p;
      }
      if (at >= 0) {
        Tet a = t, b = t;
        a[std::size_t(edge_of[at][0])] = b[std::size_t(edge_of[at][1])] = first + best;
        work.push_back(a), work.push_back(b);
        continue;
      }
      MaterialSet common, any;
      Vec3 c = Vec3::Zero();
      bool interior = false;
      for (Index n : t) c += 0.25 * x_[std::size_t(n)], interior = interior || of_[std::size_t(n)].size() == 1;
      for (auto m : of_[std::size_t(t[0])].m)
        if (m >= 0 && of_[std::size_t(t[1])].has(m) && of_[std::size_t(t[2])].has(m) && of_[std::size_t(t[3])].has(m)) common.add(m);
      for (Index n : t)
        for (auto m : of_[std::size_t(n)].m)
          if (m >= 0) any.add(m);
      int label = 0;
      if (common.size() == 1) label = common.m[0];
      else if (common.has(0) && !interior && common.size() == 2 && any.size() == 2) {
        // All nodes on the outer border: flat against it and not needed, unless it reaches across a thin wall.
        const int m = common.m[0] == 0 ? common.m[1] : common.m[0];
        double longest = 0;
        for (const auto& p : edge_of) longest = std::max(longest, (x_[std::size_t(t[std::size_t(p[0])])] - x_[std::size_t(t[std::size_t(p[1])])]).norm());
        label = field_.share(m, c) - field_.share(0, c) > 2 * field_.slope() * flat_share * longest ? m : 0;
      }
      else best_share(common.size() > 0 ? common : any, c, &label);
      if (label == 0) continue;
      const double v = core::tet_volume(x_[std::size_t(t[0])], x_[std::size_t(t[1])], x_[std::size_t(t[2])], x_[std::size_t(t[3])]);
      if (v < 0) std::swap(t[2], t[3]);
      out.tets.push_back(t);
      out.of_tet.push_back(std::int16_t(label));
    }
  }
  std::vector<Index> id(x_.size(), -1);
  for (Tet& t : out.tets)
    for (Index& n : t) {
      Index& i = id[std::size_t(n)];
      if (i < 0) i = Index(out.nodes.size()), out.nodes.push_back(x_[std::size_t(n)]), out.of_node.push_back(of_[std::size_t(n)]);
      n = i;
    }
  out.refined = refined_;
  return out;
}

core::Result<CutLattice> LatticeBuilder::run(double largest, const core::Progress& progress) {
  if (!lattice(largest / stuffing_edge_per_cell)) {
    return core::wrong_usage("The mesh would need over 200 million lattice cells (more memory than a workstation has). Use a larger edge length.");
  }
  if (progress.cancelled()) return core::cancelled();
  materials_from(0);
  judged_.assign(tets_.size(), 0);
  find_mixed(largest / stuffing_edge_per_cell);
  // Nine bisections are a factor of eight in length.
  for (int round = 0; round < 12; ++round) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.1 + 0.04 * round, "meshing: refining the lattice");
    if (tets_.size() > 60'000'000) return core::wrong_usage("The mesh would need over 60 million tetrahedra (more memory than a workstation has). Use larger edge lengths.");
    if (!refine_once(round < 9)) break;
  }
  progress.report(0.6, "meshing: borders");
  find_cuts();
  if (progress.cancelled()) return core::cancelled();
  warp();
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.8, "meshing: cutting tetrahedra");
  CutLattice out = subdivide();
  progress.report(1.0, "meshing: cut");
  return out;
}

core::Result<CutLattice> cut_lattice(const LabelField& field, const core::LabelMap& labels, const LabelSet& set, double largest,
                                     const std::function<double(const Vec3&, int)>& edge_at, const core::Progress& progress) {
  OT_EXPECT(largest > 0);
  return LatticeBuilder(field, labels, set, edge_at).run(largest, progress);
}

}  // namespace ot::imaging
