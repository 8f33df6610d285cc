// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/network_pieces.hpp"

#include <algorithm>

namespace ot::hemo {
namespace {

void add_point(core::VesselBranch& to, const core::Vec3& x, double radius, double arc) { to.points.push_back(x), to.radius.push_back(radius), to.arc.push_back(arc); }

core::VesselBranch part_of(const core::VesselBranch& v, double from, double to) {
  core::VesselBranch out = v;
  out.points.clear(), out.radius.clear(), out.arc.clear(), out.children.clear();
  const double close = 1e-6;   // mm: a cut on a point is that point
  const auto between = [&](double arc) {
    const auto i = std::clamp<std::size_t>(std::size_t(std::upper_bound(v.arc.begin(), v.arc.end(), arc) - v.arc.begin()), 1, v.arc.size() - 1);
    const double w = std::clamp((arc - v.arc[i - 1]) / (v.arc[i] - v.arc[i - 1]), 0.0, 1.0);
    add_point(out, v.points[i - 1] + w * (v.points[i] - v.points[i - 1]), v.radius[i - 1] + w * (v.radius[i] - v.radius[i - 1]), arc - from);
  };
  between(from);
  for (std::size_t k = 0; k < v.arc.size(); ++k)
    if (v.arc[k] > from + close && v.arc[k] < to - close) add_point(out, v.points[k], v.radius[k], v.arc[k] - from);
  between(to);
  return out;
}

}  // namespace

Pieces cut_at_grafts(const FlowProblem& p) {
  Pieces out;
  const core::VesselNetwork& whole = *p.network;
  if (p.grafts.empty()) {
    out.network = whole;
    for (std::size_t b = 0; b < whole.branches.size(); ++b) out.origin.emplace_back(int(b), 0.0);
    return out;
  }
  out.network.inlet_patch = whole.inlet_patch;
  std::vector<std::vector<double>> cuts(whole.branches.size());
  for (const Graft& g : p.grafts) cuts[std::size_t(g.from_branch)].push_back(g.from_mm), cuts[std::size_t(g.to_branch)].push_back(g.to_mm);
  std::vector<int> first(whole.branches.size()), last(whole.branches.size());
  auto& made = out.network.branches;
  for (std::size_t b = 0; b < whole.branches.size(); ++b) {
    auto& at = cuts[b];
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
    at.push_back(whole.branches[b].length());
    first[b] = int(made.size());
    double from = 0;
    for (double to : at) {
      made.push_back(part_of(whole.branches[b], from, to));
      made.back().parent = int(made.size()) - 2;   // of the pieces behind the first
      made.back().outlet_patch = to < at.back() ? 0 : whole.branches[b].outlet_patch;
      out.origin.emplace_back(int(b), from);
      from = to;
    }
    last[b] = int(made.size()) - 1;
  }
  for (std::size_t b = 0; b < whole.branches.size(); ++b) {
    const int parent = whole.branches[b].parent;
    made[std::size_t(first[b])].parent = parent < 0 ? -1 : last[std::size_t(parent)];
  }
  for (std::size_t k = 0; k < made.size(); ++k)
    if (made[k].parent >= 0) made[std::size_t(made[k].parent)].children.push_back(int(k));
  const auto node = [&](int branch, double arc) {
    const auto& at = cuts[std::size_t(branch)];
    return first[std::size_t(branch)] + int(std::lower_bound(at.begin(), at.end(), arc) - at.begin());
  };
  for (const Graft& g : p.grafts) {
    Pieces::Edge edge{node(g.from_branch, g.from_mm), node(g.to_branch, g.to_mm), part_of(g.line, g.free_from_mm, g.free_to_mm)};
    const double inside = 0.1 * g.line.radius.front();   // less of it gives no direction
    if (g.free_from_mm > inside) edge.leaves = (edge.line.points.front() - g.line.points.front()).normalized();
    if (g.line.length() - g.free_to_mm > inside) edge.joins = (g.line.points.back() - edge.line.points.back()).normalized();
    out.edges.push_back(std::move(edge));
  }
  return out;
}

}  // namespace ot::hemo
