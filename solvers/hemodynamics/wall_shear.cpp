// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/wall_shear.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <set>

#include "solvers/core/parallel.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {

// Nodes within `rings` edges of `centre`, itself left out, in ascending order.
void neighbourhood(const fem::CsrMatrix& pattern, Index centre, int rings, std::vector<Index>& out) {
  out.assign(1, centre);
  std::size_t done = 0;
  for (int ring = 0; ring < rings; ++ring) {
    const std::size_t end = out.size();
    for (std::size_t q = done; q < end; ++q)
      for (std::ptrdiff_t k = pattern.row_begin[std::size_t(out[q])]; k < pattern.row_begin[std::size_t(out[q]) + 1]; ++k)
        out.push_back(pattern.col[std::size_t(k)]);
    std::sort(out.begin() + std::ptrdiff_t(end), out.end());
    out.erase(std::unique(out.begin() + std::ptrdiff_t(end), out.end()), out.end());
    // Drop what earlier rings hold already.
    std::vector<Index> old(out.begin(), out.begin() + std::ptrdiff_t(end));
    std::sort(old.begin(), old.end());
    out.erase(std::remove_if(out.begin() + std::ptrdiff_t(end), out.end(),
                             [&](Index i) { return std::binary_search(old.begin(), old.end(), i); }),
              out.end());
    done = end;
  }
  out.erase(out.begin());
  std::sort(out.begin(), out.end());
}

// Weights of the derivative along n at `centre` from the values at `near` (value zero at the centre). False: too few points.
template <int Size>
bool derivative_weights(const std::vector<Vec3>& x, Index centre, const std::vector<Index>& near, const Vec3& n, double scale,
                        std::vector<double>& weight) {
  using Row = Eigen::Matrix<double, Size, 1>;
  using Normal = Eigen::Matrix<double, Size, Size>;
  if (near.size() < Size + 1) return false;
  Normal a = Normal::Zero();
  const auto basis = [&](Index i) {
    const Vec3 d = (x[std::size_t(i)] - x[std::size_t(centre)]) / scale;
    Row r;
    r.template head<3>() = d;
    if constexpr (Size == 9) r.template tail<6>() << d[0] * d[0], d[1] * d[1], d[2] * d[2], d[0] * d[1], d[1] * d[2], d[2] * d[0];
    return r;
  };
  const auto importance = [&](const Row& r) { return 1.0 / (0.25 + r.template head<3>().squaredNorm()); };
  for (Index i : near) {
    const Row r = basis(i);
    a.noalias() += importance(r) * r * r.transpose();
  }
  Eigen::LDLT<Normal> solver(a);
  const auto d = solver.vectorD();
  if (solver.info() != Eigen::Success || !(d.minCoeff() > 1e-6 * d.maxCoeff())) return false;
  Row e = Row::Zero();
  e.template head<3>() = n / scale;
  const Row y = solver.solve(e);
  weight.clear();
  for (Index i : near) {
    const Row r = basis(i);
    weight.push_back(importance(r) * r.dot(y));
  }
  return true;
}

}  // namespace

WallShear::WallShear(const FlowMesh& m) {
  std::set<int> open;
  for (const Cap& c : m.inlets) open.insert(c.patch);
  for (const Cap& c : m.outlets) open.insert(c.patch);
  std::vector<Index> position(m.nodes(), -1);
  std::vector<std::uint8_t> on_cap(m.nodes(), 0);
  for (std::size_t i = 0; i < m.nodes(); ++i)
    if (m.wall[i]) position[i] = Index(nodes_.size()), nodes_.push_back(Index(i));
  std::vector<Vec3> normal(nodes_.size(), Vec3::Zero());
  area_.assign(nodes_.size(), 0.0);
  for (const core::BoundaryFace& f : m.mesh.boundary) {
    if (open.count(f.patch)) {
      for (Index i : f.nodes) on_cap[std::size_t(i)] = 1;
      continue;
    }
    const Vec3& a = m.mesh.nodes[std::size_t(f.nodes[0])];
    const Vec3 n = 0.5 * (m.mesh.nodes[std::size_t(f.nodes[1])] - a).cross(m.mesh.nodes[std::size_t(f.nodes[2])] - a);
    for (Index i : f.nodes) {
      normal[std::size_t(position[std::size_t(i)])] += n;
      area_[std::size_t(position[std::size_t(i)])] += n.norm() / 3.0;
    }
  }
  inward_.resize(nodes_.size());
  inner_.assign(nodes_.size(), 0);
  struct Row {
    std::vector<Index> col;
    std::vector<double> weight;
  };
  std::vector<Row> rows(nodes_.size());
  core::parallel_chunks(std::ptrdiff_t(nodes_.size()), 64, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::vector<Index> near;
    std::vector<double> weight;
    for (std::ptrdiff_t k = first; k < last; ++k) {
      const Index i = nodes_[std::size_t(k)];
      inward_[std::size_t(k)] = -normal[std::size_t(k)].normalized();
      bool inner = !on_cap[std::size_t(i)];
      double scale = 0;
      const std::ptrdiff_t b = m.pattern.row_begin[std::size_t(i)], e = m.pattern.row_begin[std::size_t(i) + 1];
      for (std::ptrdiff_t q = b; q < e; ++q) {
        const std::size_t j = std::size_t(m.pattern.col[std::size_t(q)]);
        scale += (m.mesh.nodes[j] - m.mesh.nodes[std::size_t(i)]).norm() / double(std::max<std::ptrdiff_t>(1, e - b - 1));
        inner = inner && !on_cap[j];
      }
      inner_[std::size_t(k)] = inner;
      const Vec3& n = inward_[std::size_t(k)];
      neighbourhood(m.pattern, i, 2, near);
      bool ok = derivative_weights<9>(m.mesh.nodes, i, near, n, scale, weight);
      if (!ok) {
        neighbourhood(m.pattern, i, 3, near);
        ok = derivative_weights<9>(m.mesh.nodes, i, near, n, scale, weight) ||
             derivative_weights<3>(m.mesh.nodes, i, near, n, scale, weight);
      }
      if (!ok) continue;
      for (std::size_t q = 0; q < near.size(); ++q)
        if (!m.wall[std::size_t(near[q])]) {
          rows[std::size_t(k)].col.push_back(near[q]);
          rows[std::size_t(k)].weight.push_back(weight[q]);
        }
    }
  });
  begin_.assign(1, 0);
  for (const Row& r : rows) {
    col_.insert(col_.end(), r.col.begin(), r.col.end());
    weight_.insert(weight_.end(), r.weight.begin(), r.weight.end());
    begin_.push_back(std::ptrdiff_t(col_.size()));
  }
}

void WallShear::evaluate(const std::vector<double>& u, const Fluid& fluid, std::vector<double>& shear) const {
  shear.assign(u.size(), 0.0);
  core::parallel_chunks(std::ptrdiff_t(nodes_.size()), 2048, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t k = first; k < last; ++k) {
      Vec3 g = Vec3::Zero();
      for (std::ptrdiff_t q = begin_[std::size_t(k)]; q < begin_[std::size_t(k) + 1]; ++q)
        for (int c = 0; c < 3; ++c) g[c] += weight_[std::size_t(q)] * u[3 * std::size_t(col_[std::size_t(q)]) + std::size_t(c)];
      const Vec3& n = inward_[std::size_t(k)];
      g -= g.dot(n) * n;
      const double viscosity = fluid.viscosity_at(g.norm());
      for (int c = 0; c < 3; ++c) shear[3 * std::size_t(nodes_[std::size_t(k)]) + std::size_t(c)] = viscosity * g[c];
    }
  });
}

void WallShear::summarise(const std::vector<double>& shear, double& mean, double& largest, std::size_t& at) const {
  double sum = 0, area = 0;
  largest = 0;
  at = 0;
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    if (!inner_[k]) continue;
    const double* s = &shear[3 * std::size_t(nodes_[k])];
    const double size = std::sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]);
    sum += area_[k] * size;
    area += area_[k];
    if (size > largest) largest = size, at = k;
  }
  mean = area > 0 ? sum / area : 0.0;
}

}  // namespace ot::hemo
