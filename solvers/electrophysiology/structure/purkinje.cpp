// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/purkinje.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <unordered_map>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

// SplitMix64 (Steele, Lea, Flood 2014) and Box-Muller: the standard library's normal distribution differs between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double normal() {
    const double u = uniform(), v = uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * M_PI * v);
  }

 private:
  double uniform() {   // (0, 1]
    state_ += 0x9e3779b97f4a7c15ull;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    return (double(z >> 11) + 1.0) * 0x1.0p-53;
  }
  std::uint64_t state_;
};

struct Point {
  Vec3 x;
  Index branch;
};

// Points of the tree by cells of a grid.
class Cloud {
 public:
  explicit Cloud(double cell) : cell_(cell) {}
  void add(const Vec3& x, Index branch) { cells_[key(x, 0, 0, 0)].push_back({x, branch}); }
  // Nearest point within `radius` of branches not refused; false when there is none.
  template <class Refuse>
  bool nearest(const Vec3& x, double radius, const Refuse& refuse, Vec3& at, double& distance) const {
    const int reach = int(std::ceil(radius / cell_));
    distance = radius;
    bool found = false;
    for (int i = -reach; i <= reach; ++i)
      for (int j = -reach; j <= reach; ++j)
        for (int k = -reach; k <= reach; ++k) {
          const auto it = cells_.find(key(x, i, j, k));
          if (it == cells_.end()) continue;
          for (const Point& p : it->second) {
            const double d = (p.x - x).norm();
            if (d >= distance || refuse(p.branch)) continue;
            distance = d;
            at = p.x;
            found = true;
          }
        }
    return found;
  }

 private:
  std::int64_t key(const Vec3& x, int i, int j, int k) const {
    const auto at = [&](int d, int s) { return std::int64_t(std::floor(x[d] / cell_)) + s + (1 << 20); };
    return (at(0, i) << 42) | (at(1, j) << 21) | at(2, k);
  }
  double cell_;
  std::unordered_map<std::int64_t, std::vector<Point>> cells_;
};

struct Growth {
  Index end;            // point of the tree it starts from
  Vec3 direction;
  std::uint8_t bundle;
  Index parent, sibling;   // branches
};

}  // namespace

Index PurkinjeTree::add(const Vec3& x, Index from, double length, std::uint8_t of, Index at) {
  points.push_back(x);
  parent.push_back(from);
  length_mm.push_back(length);
  bundle.push_back(of);
  closed.push_back(0);
  node.push_back(at);
  return Index(points.size()) - 1;
}

std::vector<Index> PurkinjeTree::leaves() const {
  std::vector<char> inner(points.size(), 0);
  for (const Index p : parent)
    if (p >= 0) inner[std::size_t(p)] = 1;
  std::vector<Index> out;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (!inner[i] && !closed[i]) out.push_back(Index(i));
  return out;
}

core::Result<void> grow_purkinje(const WallSurface& surface, const std::vector<PurkinjeBud>& buds, const PurkinjeParams& par,
                                 const std::vector<char>& open, PurkinjeTree& tree, const core::Progress& progress) {
  if (!(par.branch_mm > 0.5 && par.branch_mm <= 100) || !(par.branch_deviation >= 0 && par.branch_deviation <= 1) ||
      !(par.segment_share >= 0.02 && par.segment_share <= 0.5) || !(std::abs(par.angle_rad) <= 1.5) || !(par.repulsion >= 0 && par.repulsion <= 2) ||
      par.generations < 1 || par.generations > 1000)
    return core::bad_input("The Purkinje tree cannot be grown with these parameters (lengths, angle, repulsion or generations out of range). Use branches of 1 to 100 mm and the defaults otherwise.");
  const double segment = par.segment_share * par.branch_mm, near = par.branch_mm;
  Random random(par.seed);
  Cloud cloud(std::max(segment, 0.25 * near));
  Index branches = 1;   // branch 0: everything that was there before
  for (const Vec3& x : tree.points) cloud.add(x, 0);

  const auto facing = [&](Index point) {
    const auto foot = surface.nearest(tree.points[std::size_t(point)], std::max(2 * surface.mean_edge_mm(), segment), Vec3::Zero());
    return foot;
  };
  const auto turned = [](const Vec3& d, const Vec3& n, double angle) { return Vec3(std::cos(angle) * d + std::sin(angle) * n.cross(d)); };
  // Two branches per bud.
  std::vector<Growth> generation, next;
  const auto sprout = [&](std::vector<Growth>& into, Index point, const Vec3& direction, std::uint8_t bundle, Index parent, const Vec3& normal) {
    const Vec3 tangent = (direction - normal * normal.dot(direction)).normalized();
    const Index first = branches;
    branches += 2;
    into.push_back({point, turned(tangent, normal, par.angle_rad), bundle, parent, first + 1});
    into.push_back({point, turned(tangent, normal, -par.angle_rad), bundle, parent, first});
  };
  for (const PurkinjeBud& bud : buds) {
    OT_EXPECT(bud.point >= 0 && std::size_t(bud.point) < tree.points.size());
    const auto foot = facing(bud.point);
    if (foot.triangle < 0) return core::bad_input("A root of the Purkinje tree does not lie on the endocardium (it cannot grow there). Move it onto the wall.");
    sprout(generation, bud.point, bud.direction, bud.bundle, 0, surface.normal(foot.triangle));
  }
  for (int g = 0; g < par.generations && !generation.empty(); ++g) {
    next.clear();
    for (const Growth& b : generation) {
      if (progress.cancelled()) return core::cancelled();
      const Index self = b.sibling % 2 == 0 ? b.sibling - 1 : b.sibling + 1;   // siblings are 2k+1 and 2k+2
      // Shorter ones would meet their own grandparent at once, longer ones leave holes.
      const double target = par.branch_mm * std::clamp(1.0 + par.branch_deviation * random.normal(), 0.4, 2.0);
      Index at = b.end;
      Vec3 d = b.direction;
      auto here = facing(at);
      if (here.triangle < 0) continue;
      Vec3 n = surface.normal(here.triangle);
      double travelled = 0;
      bool stopped = false;
      while (travelled < target - 0.5 * segment) {
        const Vec3 x = tree.points[std::size_t(at)];
        Vec3 other;
        double distance = 0;
        if (cloud.nearest(x, near, [&](Index o) { return o == self || o == b.parent; }, other, distance) && distance > 1e-9) {
          Vec3 away = (x - other) / distance;
          away -= n * n.dot(away);
          d += par.repulsion * away;
        }
        d = (d - n * n.dot(d)).normalized();
        const auto foot = surface.nearest(x + segment * d, std::max(segment, surface.mean_edge_mm()), n);
        if (foot.triangle < 0 || foot.on_border || (foot.point - x).norm() < 0.2 * segment) {
          stopped = true;
          break;
        }
        const Index node = surface.mesh_node(surface.nearest_vertex(foot.triangle, foot.point));
        if (!open.empty() && !open[std::size_t(node)]) {
          stopped = true;
          break;
        }
        // Met another branch: its own parent does not count, nor its sibling on the first half of the way.
        if (cloud.nearest(foot.point, segment, [&](Index o) { return o == self || o == b.parent || (o == b.sibling && travelled < 0.5 * target); }, other, distance)) {
          stopped = true;
          break;
        }
        const double step = (foot.point - x).norm();
        n = surface.normal(foot.triangle);
        d = (foot.point - x) / step;
        d = (d - n * n.dot(d)).normalized();
        at = tree.add(foot.point, at, step, b.bundle, node);
        cloud.add(foot.point, self);
        travelled += step;
      }
      if (!stopped) sprout(next, at, d, b.bundle, self, n);
    }
    generation.swap(next);
    progress.report(double(g + 1) / par.generations, "growing the Purkinje tree");
  }
  return {};
}

std::vector<double> tree_times(const PurkinjeTree& tree, const std::vector<TreeEntry>& entries, const std::vector<Index>& cut, double speed) {
  const std::size_t n = tree.points.size();
  OT_EXPECT(speed > 0);
  std::vector<char> blocked(n, 0);
  for (const Index c : cut) blocked[std::size_t(c)] = 1;
  std::vector<std::size_t> begin(n + 1, 0);
  for (const Index p : tree.parent)
    if (p >= 0) ++begin[std::size_t(p) + 1];
  for (std::size_t i = 0; i < n; ++i) begin[i + 1] += begin[i];
  std::vector<Index> child(begin[n]);
  auto fill = begin;
  for (std::size_t i = 0; i < n; ++i)
    if (tree.parent[i] >= 0) child[fill[std::size_t(tree.parent[i])]++] = Index(i);
  std::vector<double> t(n, std::numeric_limits<double>::infinity());
  using Entry = std::pair<double, Index>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  const auto reach = [&](Index i, double when) {
    if (when < t[std::size_t(i)]) {
      t[std::size_t(i)] = when;
      queue.push({when, i});
    }
  };
  for (const TreeEntry& e : entries) reach(e.point, e.start_ms);
  while (!queue.empty()) {
    const auto [when, i] = queue.top();
    queue.pop();
    if (when > t[std::size_t(i)]) continue;
    const std::size_t k = std::size_t(i);
    if (tree.parent[k] >= 0 && !blocked[k]) reach(tree.parent[k], when + tree.length_mm[k] / speed);
    for (std::size_t c = begin[k]; c < begin[k + 1]; ++c)
      if (!blocked[std::size_t(child[c])]) reach(child[c], when + tree.length_mm[std::size_t(child[c])] / speed);
  }
  return t;
}

}  // namespace ot::ep
