// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/centerline/branch_names.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace ot::imaging {

using core::Vec3;

namespace {

std::vector<int> leaves_under(const core::VesselNetwork& n, int b) {
  if (n.branches[std::size_t(b)].children.empty()) return {b};
  std::vector<int> out;
  for (int c : n.branches[std::size_t(b)].children)
    for (int l : leaves_under(n, c)) out.push_back(l);
  return out;
}

// From the root, always the child with the thicker median: the trunk.
std::vector<int> trunk_of(const core::VesselNetwork& n) {
  auto thickness = [&](int b) {
    std::vector<double> r = n.branches[std::size_t(b)].radius;
    std::nth_element(r.begin(), r.begin() + std::ptrdiff_t(r.size() / 2), r.end());
    return r[r.size() / 2];
  };
  std::vector<int> out{0};
  while (!n.branches[std::size_t(out.back())].children.empty()) {
    const auto& c = n.branches[std::size_t(out.back())].children;
    out.push_back(*std::max_element(c.begin(), c.end(), [&](int a, int b) { return thickness(a) < thickness(b); }));
  }
  return out;
}

void name_aorta(core::VesselNetwork& n, std::vector<std::string>& why) {
  auto& b = n.branches;
  const std::vector<int> trunk = trunk_of(n);
  const Vec3 inlet = b[0].points.front(), end = b[std::size_t(trunk.back())].points.back();
  // Common iliacs: a last fork whose two ends lie below it, one on each side of the other.
  for (std::size_t f = 0; f < b.size(); ++f) {
    if (b[f].children.size() != 2) continue;
    const auto &p = b[std::size_t(b[f].children[0])], &q = b[std::size_t(b[f].children[1])];
    const Vec3 fork = b[f].points.back();
    const double ratio = p.radius[p.radius.size() / 2] / q.radius[q.radius.size() / 2];
    if (p.points.back().z() < fork.z() - 20 && q.points.back().z() < fork.z() - 20 && ratio > 0.5 && ratio < 2 &&
        std::abs(p.points.back().x() - q.points.back().x()) > 15 && fork.z() < inlet.z()) {
      const int left = p.points.back().x() > q.points.back().x() ? b[f].children[0] : b[f].children[1];
      for (int c : b[f].children) {
        b[std::size_t(c)].name = c == left ? "left common iliac" : "right common iliac";
        why[std::size_t(c)] = fmt::format("{}: one of two similar branches of the last fork that go to the feet, on the {} side.", b[std::size_t(c)].name, c == left ? "left" : "right");
      }
    }
  }
  double top = -1e300;
  int top_branch = 0;
  for (int t : trunk)
    for (const Vec3& x : b[std::size_t(t)].points)
      if (x.z() > top) top = x.z(), top_branch = t;
  const bool arch = top > inlet.z() + 20 && top > end.z() + 20;
  std::vector<int> side;
  int piece = 0;
  bool after = false;
  for (int t : trunk) {
    if (b[std::size_t(t)].name.rfind("branch", 0) != 0) continue;
    if (arch) {
      const bool holds_top = t == top_branch;
      after = after || holds_top;
      const bool descends = b[std::size_t(t)].points.back().z() < top - 20;
      b[std::size_t(t)].name = !after ? (t == trunk.front() ? "ascending aorta" : fmt::format("aortic arch {}", ++piece)) : holds_top ? (t == trunk.front() && descends ? "thoracic aorta" : "aortic arch") : descends ? "descending aorta" : fmt::format("aortic arch {}", ++piece);
      why[std::size_t(t)] = fmt::format("{}: part of the thickest way from the inlet, which rises {:.0f} mm to its top and falls again.", b[std::size_t(t)].name, top - inlet.z());
    } else {
      b[std::size_t(t)].name = t == trunk.front() ? "aorta" : fmt::format("aorta {}", t);
      why[std::size_t(t)] = fmt::format("{}: part of the thickest way from the inlet.", b[std::size_t(t)].name);
    }
    for (int c : b[std::size_t(t)].children)
      if (std::find(trunk.begin(), trunk.end(), c) == trunk.end() && b[std::size_t(c)].points.back().z() > b[std::size_t(c)].points.front().z() + 10) side.push_back(c);
  }
  if (arch && side.size() == 3) {
    std::sort(side.begin(), side.end(), [&](int p, int q) { return b[std::size_t(p)].points.front().x() < b[std::size_t(q)].points.front().x(); });
    const char* names[3] = {"brachiocephalic trunk", "left common carotid", "left subclavian"};
    for (std::size_t i = 0; i < 3; ++i) {
      b[std::size_t(side[i])].name = names[i];
      why[std::size_t(side[i])] = fmt::format("{}: number {} from the right of the three branches that leave the arch towards the head.", names[i], i + 1);
    }
  } else if (arch) {
    for (std::size_t i = 0; i < side.size(); ++i) {
      b[std::size_t(side[i])].name = fmt::format("arch branch {}", i + 1);
      why[std::size_t(side[i])] = fmt::format("arch branch {}: it leaves towards the head; with {} such branches and not three they are only numbered.", i + 1, side.size());
    }
  }
}

void name_coronary(core::VesselNetwork& n, std::vector<std::string>& why) {
  auto& b = n.branches;
  if (b.size() == 1) return;
  const auto& c = b[0].children;
  if (c.size() != 2) return;
  auto front = [&](int branch) {
    double y = 1e300;
    for (int l : leaves_under(n, branch)) y = std::min(y, b[std::size_t(l)].points.back().y());
    return y;
  };
  const int lad = front(c[0]) < front(c[1]) ? c[0] : c[1];
  if (std::abs(front(c[0]) - front(c[1])) < 10) return;   // both end equally far to the front: not decided
  b[0].name = "left main";
  why[0] = "left main: the part before the first fork.";
  for (int k : c) {
    b[std::size_t(k)].name = k == lad ? "LAD" : "LCx";
    why[std::size_t(k)] = fmt::format("{}: of the two branches of the first fork it ends farther to the {}.", b[std::size_t(k)].name, k == lad ? "front" : "back");
  }
}

}  // namespace

std::vector<std::string> name_branches(core::VesselNetwork& network, VesselKind kind) {
  std::vector<std::string> why;
  for (std::size_t i = 0; i < network.branches.size(); ++i) {
    network.branches[i].name = fmt::format("branch {}", i);
    why.push_back(fmt::format("branch {}: numbered, its shape alone does not tell which vessel it is.", i));
  }
  if (network.branches.empty()) return why;
  if (kind == VesselKind::aorta) name_aorta(network, why);
  if (kind == VesselKind::left_coronary) name_coronary(network, why);
  return why;
}

}  // namespace ot::imaging
