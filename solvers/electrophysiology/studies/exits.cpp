// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/exits.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

constexpr double one_exit_mm = 8, least_share = 5;   // see the header
constexpr double never = 1e300;

}  // namespace

std::vector<Exit> find_exits(const ElectroProblem& p, const ActivationRecord& r, double cycle, double to) {
  OT_EXPECT(p.mesh && r.nodes() == p.mesh->nodes.size() && cycle > 0);
  const core::TetMesh& mesh = *p.mesh;
  const std::size_t nn = mesh.nodes.size();
  // A node is slow when the border zone holds the larger part of its conducting tets, healthy else.
  std::vector<int> slow(nn, 0), all(nn, 0);
  std::vector<std::vector<core::Index>> beside(nn);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const std::size_t region = p.tissue.empty() ? 0 : p.tissue[t];
    if (!p.regions.empty() && !p.regions[region].conducting) continue;
    const bool border = !p.regions.empty() && p.regions[region].key == "border_zone";
    for (core::Index a : mesh.tets[t]) {
      ++all[std::size_t(a)];
      slow[std::size_t(a)] += border;
      for (core::Index b : mesh.tets[t])
        if (a != b) beside[std::size_t(a)].push_back(b);
    }
  }
  const auto is_slow = [&](std::size_t n) { return 2 * slow[n] > all[n]; };
  std::vector<double> at(nn, never);
  std::vector<std::size_t> order;
  std::size_t healthy = 0;
  for (std::size_t n = 0; n < nn; ++n) {
    if (all[n] == 0) continue;
    healthy += !is_slow(n);
    for (std::uint32_t k = r.begin[n]; k < r.begin[n + 1]; ++k)
      if (double(r.at_ms[k]) > to - cycle && double(r.at_ms[k]) <= to) {
        at[n] = double(r.at_ms[k]);
        order.push_back(n);
        break;
      }
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return at[a] != at[b] ? at[a] < at[b] : a < b; });
  std::vector<int> label(nn, -1);
  std::vector<Exit> exits;
  std::vector<std::size_t> size;
  for (std::size_t n : order) {
    if (is_slow(n)) continue;
    std::size_t from = nn;
    for (core::Index b : beside[n])
      if (const std::size_t m = std::size_t(b); at[m] < at[n] && (from == nn || at[m] < at[from] || (at[m] == at[from] && m < from))) from = m;
    if (from == nn) continue;   // reached before the cycle looked at
    if (!is_slow(from)) {
      label[n] = label[from];
    } else {
      for (std::size_t e = 0; e < exits.size() && label[n] < 0; ++e)
        if ((exits[e].at_mm - mesh.nodes[n]).norm() <= one_exit_mm) label[n] = int(e);
      if (label[n] < 0) {
        label[n] = int(exits.size());
        exits.push_back({mesh.nodes[n], core::Index(n), at[n] - (to - cycle), 0});
        size.push_back(0);
      }
    }
    if (label[n] >= 0) ++size[std::size_t(label[n])];
  }
  for (std::size_t e = 0; e < exits.size(); ++e) exits[e].share_percent = 100.0 * double(size[e]) / double(std::max<std::size_t>(1, healthy));
  // Back along the earliest neighbours through slow tissue.
  for (Exit& e : exits) {
    std::vector<std::size_t> path;
    for (std::size_t n = std::size_t(e.node);;) {
      std::size_t from = nn;
      for (core::Index b : beside[n])
        if (const std::size_t m = std::size_t(b); at[m] < at[n] && is_slow(m) && (from == nn || at[m] < at[from] || (at[m] == at[from] && m < from))) from = m;
      if (from == nn) break;
      path.push_back(from);
      n = from;
    }
    if (path.empty()) continue;
    e.isthmus_ms = at[std::size_t(e.node)] - at[path.back()];
    const double half = at[std::size_t(e.node)] - 0.5 * e.isthmus_ms;
    const auto middle = std::find_if(path.begin(), path.end(), [&](std::size_t n) { return at[n] <= half; });
    e.isthmus_mm = mesh.nodes[middle == path.end() ? path.back() : *middle];
  }
  std::erase_if(exits, [](const Exit& e) { return e.share_percent < least_share; });
  std::stable_sort(exits.begin(), exits.end(), [](const Exit& a, const Exit& b) { return a.share_percent > b.share_percent; });
  return exits;
}

}  // namespace ot::ep
