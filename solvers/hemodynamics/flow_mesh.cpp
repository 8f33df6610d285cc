// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/flow_mesh.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {

// Breadth-first order from the inlet: neighbours in space become neighbours in memory, levels are about cross-sections.
std::vector<Index> breadth_first(const core::TetMesh& mesh, const fem::CsrMatrix& pattern, int inlet_patch) {
  std::vector<Index> order;
  std::vector<std::uint8_t> seen(mesh.nodes.size(), 0);
  order.reserve(mesh.nodes.size());
  const auto visit = [&](Index i) {
    if (!seen[std::size_t(i)]) seen[std::size_t(i)] = 1, order.push_back(i);
  };
  for (const core::BoundaryFace& f : mesh.boundary)
    if (f.patch == inlet_patch)
      for (Index i : f.nodes) visit(i);
  std::size_t head = 0;
  for (Index seed = 0; head < mesh.nodes.size(); ++seed) {
    if (head == order.size()) visit(seed);
    for (; head < order.size(); ++head)
      for (std::ptrdiff_t k = pattern.row_begin[std::size_t(order[head])]; k < pattern.row_begin[std::size_t(order[head]) + 1]; ++k)
        visit(pattern.col[std::size_t(k)]);
  }
  return order;
}

}  // namespace

FlowMesh make_flow_mesh(const FlowProblem& problem) {
  const core::TetMesh& given = *problem.mesh;
  FlowMesh m;
  {
    const fem::NodeTets around = fem::node_tets(given);
    const fem::CsrMatrix pattern = fem::node_pattern(given, around);
    const std::vector<Index> order = breadth_first(given, pattern, problem.inlets.front().patch);
    m.new_of_old.resize(order.size());
    m.mesh.nodes.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      m.new_of_old[std::size_t(order[i])] = Index(i);
      m.mesh.nodes[i] = given.nodes[std::size_t(order[i])];
    }
  }
  const auto renumber = [&](auto nodes) {
    for (Index& i : nodes) i = m.new_of_old[std::size_t(i)];
    return nodes;
  };
  std::vector<core::Tet> tets(given.tets.size());
  for (std::size_t e = 0; e < tets.size(); ++e) tets[e] = renumber(given.tets[e]);
  std::vector<Index> tet_order(tets.size());
  std::iota(tet_order.begin(), tet_order.end(), 0);
  const auto lowest = [&](Index e) {
    const core::Tet& t = tets[std::size_t(e)];
    return std::min(std::min(t[0], t[1]), std::min(t[2], t[3]));
  };
  std::vector<Index> key(tets.size());
  for (std::size_t e = 0; e < tets.size(); ++e) key[e] = lowest(Index(e));
  std::stable_sort(tet_order.begin(), tet_order.end(), [&](Index a, Index b) { return key[std::size_t(a)] < key[std::size_t(b)]; });
  std::vector<Index> new_tet(tets.size());
  m.mesh.tets.resize(tets.size());
  for (std::size_t e = 0; e < tets.size(); ++e) {
    m.mesh.tets[e] = tets[std::size_t(tet_order[e])];
    new_tet[std::size_t(tet_order[e])] = Index(e);
  }
  for (core::BoundaryFace f : given.boundary) {
    f.nodes = renumber(f.nodes);
    if (f.tet >= 0) f.tet = new_tet[std::size_t(f.tet)];
    m.mesh.boundary.push_back(f);
  }

  const std::size_t n = m.nodes(), count = m.tets();
  m.around = fem::node_tets(m.mesh);
  m.pattern = fem::node_pattern(m.mesh, m.around);
  m.shape.resize(count);
  m.edge.resize(count);
  core::parallel_chunks(std::ptrdiff_t(count), 4096, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t e = first; e < last; ++e) {
      const core::Tet& t = m.mesh.tets[std::size_t(e)];
      const Vec3& x0 = m.mesh.nodes[std::size_t(t[0])];
      const Vec3 a = m.mesh.nodes[std::size_t(t[1])] - x0, b = m.mesh.nodes[std::size_t(t[2])] - x0, c = m.mesh.nodes[std::size_t(t[3])] - x0;
      const double six = a.dot(b.cross(c));
      const Vec3 g[3] = {b.cross(c) / six, c.cross(a) / six, a.cross(b) / six};
      TetShape& s = m.shape[std::size_t(e)];
      for (int j = 0; j < 3; ++j)
        for (int k = 0; k < 3; ++k) s.g[j][k] = float(g[j][k]);
      s.volume = float(six / 6);
      m.edge[std::size_t(e)] = float(std::cbrt(six * std::sqrt(2.0)));  // volume of a regular tet: edge^3 / (6 sqrt 2)
    }
  });
  m.slot.resize(m.around.tet.size());
  m.lumped.assign(n, 0.0);
  core::parallel_chunks(std::ptrdiff_t(n), 1024, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i)
      for (std::ptrdiff_t k = m.around.begin[std::size_t(i)]; k < m.around.begin[std::size_t(i) + 1]; ++k) {
        const std::size_t e = std::size_t(m.around.tet[std::size_t(k)]);
        m.lumped[std::size_t(i)] += 0.25 * double(m.shape[e].volume);
        for (int j = 0; j < 4; ++j)
          m.slot[std::size_t(k)][std::size_t(j)] =
              std::uint16_t(m.pattern.find(Index(i), m.mesh.tets[e][std::size_t(j)]) - m.pattern.row_begin[std::size_t(i)]);
      }
  });

  std::set<int> open;
  for (const Inlet& i : problem.inlets) open.insert(i.patch), m.inlets.push_back(make_cap(m.mesh, i.patch));
  for (const Outlet& o : problem.outlets) open.insert(o.patch), m.outlets.push_back(make_cap(m.mesh, o.patch));
  m.fixed.assign(n, 0);
  m.wall.assign(n, 0);
  m.outlet_of.assign(n, -1);
  for (const core::BoundaryFace& f : m.mesh.boundary)
    if (!open.count(f.patch))
      for (Index i : f.nodes) m.fixed[std::size_t(i)] = m.wall[std::size_t(i)] = 1;
  for (const Cap& c : m.inlets)
    for (Index i : c.nodes) m.fixed[std::size_t(i)] = 1;
  for (std::size_t k = 0; k < m.outlets.size(); ++k)
    for (Index i : m.outlets[k].nodes) m.outlet_of[std::size_t(i)] = int(k);
  return m;
}

TiedUnknowns tie_outlets(const FlowMesh& m) {
  TiedUnknowns t;
  t.outlets = Index(m.outlets.size());
  t.of_node.assign(m.nodes(), -1);
  for (std::size_t i = 0; i < m.nodes(); ++i)
    if (m.outlet_of[i] < 0) t.of_node[i] = t.count++;
  for (std::size_t i = 0; i < m.nodes(); ++i)
    if (m.outlet_of[i] >= 0) t.of_node[i] = t.count + m.outlet_of[i];
  t.count += t.outlets;
  return t;
}

fem::CsrMatrix tied_stiffness(const FlowMesh& m, const TiedUnknowns& tied, const std::vector<double>& weight,
                              const std::vector<double>& outlet_diagonal) {
  OT_EXPECT(weight.size() == m.tets() && outlet_diagonal.size() == m.outlets.size());
  // Node by node first; rows of one outlet are then added up.
  std::vector<double> value(m.pattern.col.size(), 0.0);
  core::parallel_chunks(std::ptrdiff_t(m.nodes()), 1024, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i)
      for (std::ptrdiff_t k = m.around.begin[std::size_t(i)]; k < m.around.begin[std::size_t(i) + 1]; ++k) {
        const std::size_t e = std::size_t(m.around.tet[std::size_t(k)]);
        const TetShape& s = m.shape[e];
        double g[4][3];
        for (int c = 0; c < 3; ++c) {
          g[1][c] = s.g[0][c], g[2][c] = s.g[1][c], g[3][c] = s.g[2][c];
          g[0][c] = -(g[1][c] + g[2][c] + g[3][c]);
        }
        const double* gi = g[m.around.local[std::size_t(k)]];
        const double w = weight[e] * double(s.volume);
        for (int j = 0; j < 4; ++j)
          value[std::size_t(m.pattern.row_begin[std::size_t(i)] + m.slot[std::size_t(k)][std::size_t(j)])] +=
              w * (gi[0] * g[j][0] + gi[1] * g[j][1] + gi[2] * g[j][2]);
      }
  });
  fem::CsrMatrix a;
  a.n = tied.count;
  a.row_begin.assign(std::size_t(a.n) + 1, 0);
  std::vector<std::pair<Index, double>> row;
  const auto collect = [&](Index node) {
    for (std::ptrdiff_t k = m.pattern.row_begin[std::size_t(node)]; k < m.pattern.row_begin[std::size_t(node) + 1]; ++k)
      row.emplace_back(tied.of_node[std::size_t(m.pattern.col[std::size_t(k)])], value[std::size_t(k)]);
  };
  const auto flush = [&](Index r) {
    std::stable_sort(row.begin(), row.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
    for (std::size_t k = 0; k < row.size(); ++k) {
      if (k > 0 && row[k].first == row[k - 1].first) {
        a.value.back() += row[k].second;
      } else {
        a.col.push_back(row[k].first);
        a.value.push_back(row[k].second);
      }
    }
    a.row_begin[std::size_t(r) + 1] = std::ptrdiff_t(a.col.size());
    row.clear();
  };
  a.col.reserve(m.pattern.col.size());
  a.value.reserve(m.pattern.col.size());
  Index r = 0;
  for (std::size_t i = 0; i < m.nodes(); ++i) {
    if (m.outlet_of[i] >= 0) continue;
    collect(Index(i));
    flush(r++);
  }
  for (std::size_t k = 0; k < m.outlets.size(); ++k) {
    for (Index i : m.outlets[k].nodes) collect(i);
    flush(r++);
    a.value[std::size_t(a.find(r - 1, r - 1))] += outlet_diagonal[k];
  }
  return a;
}

}  // namespace ot::hemo
