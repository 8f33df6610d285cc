// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/fem/csr.hpp"

#include <algorithm>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::fem {
namespace {
constexpr std::ptrdiff_t row_chunk = 1024;
constexpr std::ptrdiff_t tet_chunk = 4096;
}  // namespace

void CsrMatrix::multiply(const double* x, double* y) const {
  core::parallel_chunks(n, row_chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      double sum = 0;
      for (std::ptrdiff_t k = row_begin[std::size_t(i)]; k < row_begin[std::size_t(i) + 1]; ++k)
        sum += value[std::size_t(k)] * x[col[std::size_t(k)]];
      y[i] = sum;
    }
  });
}

std::vector<double> CsrMatrix::diagonal() const {
  std::vector<double> d(std::size_t(n), 0.0);
  for (core::Index i = 0; i < n; ++i)
    if (const std::ptrdiff_t k = find(i, i); k >= 0) d[std::size_t(i)] = value[std::size_t(k)];
  return d;
}

std::ptrdiff_t CsrMatrix::find(core::Index row, core::Index column) const {
  const auto first = col.begin() + row_begin[std::size_t(row)], last = col.begin() + row_begin[std::size_t(row) + 1];
  const auto at = std::lower_bound(first, last, column);
  return at != last && *at == column ? at - col.begin() : -1;
}

NodeTets node_tets(const core::TetMesh& mesh) {
  NodeTets around;
  around.begin.assign(mesh.nodes.size() + 1, 0);
  for (const core::Tet& tet : mesh.tets)
    for (core::Index node : tet) {
      OT_EXPECT(node >= 0 && std::size_t(node) < mesh.nodes.size());
      ++around.begin[std::size_t(node) + 1];
    }
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i) around.begin[i + 1] += around.begin[i];
  around.tet.resize(mesh.tets.size() * 4);
  around.local.resize(mesh.tets.size() * 4);
  std::vector<std::ptrdiff_t> next(around.begin.begin(), around.begin.end() - 1);
  for (std::size_t e = 0; e < mesh.tets.size(); ++e)
    for (int a = 0; a < 4; ++a) {
      const std::ptrdiff_t k = next[std::size_t(mesh.tets[e][std::size_t(a)])]++;
      around.tet[std::size_t(k)] = core::Index(e);
      around.local[std::size_t(k)] = std::uint8_t(a);
    }
  return around;
}

CsrMatrix node_pattern(const core::TetMesh& mesh, const NodeTets& around) {
  CsrMatrix m;
  m.n = core::Index(mesh.nodes.size());
  m.row_begin.assign(mesh.nodes.size() + 1, 0);
  // Two passes over the rows: count, then fill. Each row is sorted and made unique on its own.
  const auto row_of = [&](std::ptrdiff_t i, std::vector<core::Index>& row) {
    row.clear();
    for (std::ptrdiff_t k = around.begin[std::size_t(i)]; k < around.begin[std::size_t(i) + 1]; ++k)
      for (core::Index node : mesh.tets[std::size_t(around.tet[std::size_t(k)])]) row.push_back(node);
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
  };
  core::parallel_chunks(m.n, row_chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::vector<core::Index> row;
    for (std::ptrdiff_t i = first; i < last; ++i) {
      row_of(i, row);
      m.row_begin[std::size_t(i) + 1] = std::ptrdiff_t(row.size());
    }
  });
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i) m.row_begin[i + 1] += m.row_begin[i];
  m.col.resize(std::size_t(m.row_begin.back()));
  m.value.assign(m.col.size(), 0.0);
  core::parallel_chunks(m.n, row_chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::vector<core::Index> row;
    for (std::ptrdiff_t i = first; i < last; ++i) {
      row_of(i, row);
      std::copy(row.begin(), row.end(), m.col.begin() + m.row_begin[std::size_t(i)]);
    }
  });
  return m;
}

TetGeometry tet_geometry(const core::TetMesh& mesh) {
  TetGeometry g;
  g.gradient.resize(mesh.tets.size());
  g.volume.resize(mesh.tets.size());
  core::parallel_chunks(std::ptrdiff_t(mesh.tets.size()), tet_chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t e = first; e < last; ++e) {
      const core::Tet& t = mesh.tets[std::size_t(e)];
      const core::Vec3& x0 = mesh.nodes[std::size_t(t[0])];
      const core::Vec3 a = mesh.nodes[std::size_t(t[1])] - x0, b = mesh.nodes[std::size_t(t[2])] - x0,
                       c = mesh.nodes[std::size_t(t[3])] - x0;
      const core::Vec3 bc = b.cross(c), ca = c.cross(a), ab = a.cross(b);
      const double six_volumes = a.dot(bc);
      auto& grad = g.gradient[std::size_t(e)];
      grad[1] = bc / six_volumes;  // the dual basis of the three edges from node 0
      grad[2] = ca / six_volumes;
      grad[3] = ab / six_volumes;
      grad[0] = -(grad[1] + grad[2] + grad[3]);
      g.volume[std::size_t(e)] = six_volumes / 6.0;
    }
  });
  return g;
}

CsrMatrix assemble_stiffness(const core::TetMesh& mesh, const NodeTets& around, const TetGeometry& geometry,
                             const std::vector<core::Mat3>& tensor) {
  OT_EXPECT(tensor.empty() || tensor.size() == mesh.tets.size());
  CsrMatrix k = node_pattern(mesh, around);
  core::parallel_chunks(k.n, row_chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i)
      for (std::ptrdiff_t p = around.begin[std::size_t(i)]; p < around.begin[std::size_t(i) + 1]; ++p) {
        const std::size_t e = std::size_t(around.tet[std::size_t(p)]), a = around.local[std::size_t(p)];
        const auto& grad = geometry.gradient[e];
        const core::Vec3 flux = tensor.empty() ? grad[a] : core::Vec3(tensor[e] * grad[a]);
        for (std::size_t b = 0; b < 4; ++b)
          k.value[std::size_t(k.find(core::Index(i), mesh.tets[e][b]))] += geometry.volume[e] * grad[b].dot(flux);
      }
  });
  return k;
}

std::vector<double> lumped_mass(const core::TetMesh& mesh, const NodeTets& around, const TetGeometry& geometry) {
  std::vector<double> mass(mesh.nodes.size(), 0.0);
  core::parallel_chunks(std::ptrdiff_t(mass.size()), row_chunk, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i)
      for (std::ptrdiff_t p = around.begin[std::size_t(i)]; p < around.begin[std::size_t(i) + 1]; ++p)
        mass[std::size_t(i)] += geometry.volume[std::size_t(around.tet[std::size_t(p)])] / 4.0;
  });
  return mass;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  OT_EXPECT(a.size() == b.size());
  return core::ordered_sum(std::ptrdiff_t(a.size()), [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    double sum = 0;
    for (std::ptrdiff_t i = first; i < last; ++i) sum += a[std::size_t(i)] * b[std::size_t(i)];
    return sum;
  });
}

}  // namespace ot::fem
