// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/field_transfer.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {

// Tets (by bounding box) and nodes in equal boxes over the mesh.
class Boxes {
 public:
  explicit Boxes(const core::TetMesh& m) : m_(m) {
    Vec3 high = Vec3::Constant(-INFINITY);
    low_ = -high;
    for (const Vec3& x : m.nodes) low_ = low_.cwiseMin(x), high = high.cwiseMax(x);
    const Vec3 span = (high - low_).cwiseMax(1e-9);
    size_ = std::max(m.mean_edge(), std::cbrt(span.prod() / 4e6));  // at most some 4 million boxes
    for (int c = 0; c < 3; ++c) n_[std::size_t(c)] = int(span[c] / size_) + 1;
    std::vector<std::int32_t> count(std::size_t(n_[0]) * std::size_t(n_[1]) * std::size_t(n_[2]) + 1, 0);
    tet_begin_ = node_begin_ = count;
    const auto each_box = [&](const core::Tet& t, auto&& f) {
      std::array<int, 3> a{n_[0], n_[1], n_[2]}, b{-1, -1, -1};
      for (Index i : t) {
        const auto k = box(m.nodes[std::size_t(i)]);
        for (std::size_t c = 0; c < 3; ++c) a[c] = std::min(a[c], k[c]), b[c] = std::max(b[c], k[c]);
      }
      for (int z = a[2]; z <= b[2]; ++z)
        for (int y = a[1]; y <= b[1]; ++y)
          for (int x = a[0]; x <= b[0]; ++x) f(at({x, y, z}));
    };
    for (const core::Tet& t : m.tets) each_box(t, [&](std::size_t k) { ++tet_begin_[k + 1]; });
    for (const Vec3& x : m.nodes) ++node_begin_[at(box(x)) + 1];
    for (std::size_t k = 1; k < tet_begin_.size(); ++k) tet_begin_[k] += tet_begin_[k - 1], node_begin_[k] += node_begin_[k - 1];
    tets_.resize(std::size_t(tet_begin_.back())), nodes_.resize(m.nodes.size());
    std::vector<std::int32_t> next = tet_begin_;
    for (std::size_t e = 0; e < m.tets.size(); ++e) each_box(m.tets[e], [&](std::size_t k) { tets_[std::size_t(next[k]++)] = Index(e); });
    next = node_begin_;
    for (std::size_t i = 0; i < m.nodes.size(); ++i) nodes_[std::size_t(next[at(box(m.nodes[i]))]++)] = Index(i);
  }

  // The tet around x and its weights; -1: none.
  Index find(const Vec3& x, std::array<double, 4>& weight) const {
    constexpr double rim = -1e-6;  // of the weights: points on faces belong to either side
    const auto b = box(x);
    const std::size_t k = at(b);
    for (std::int32_t q = tet_begin_[k]; q < tet_begin_[k + 1]; ++q) {
      const core::Tet& t = m_.tets[std::size_t(tets_[std::size_t(q)])];
      const Vec3 &a = m_.nodes[std::size_t(t[0])], d = x - a;
      const Vec3 u = m_.nodes[std::size_t(t[1])] - a, v = m_.nodes[std::size_t(t[2])] - a, w = m_.nodes[std::size_t(t[3])] - a;
      const double six = u.dot(v.cross(w));
      if (!(std::abs(six) > 0)) continue;
      weight[1] = d.dot(v.cross(w)) / six, weight[2] = u.dot(d.cross(w)) / six, weight[3] = u.dot(v.cross(d)) / six;
      weight[0] = 1 - weight[1] - weight[2] - weight[3];
      if (*std::min_element(weight.begin(), weight.end()) >= rim) return tets_[std::size_t(q)];
    }
    return -1;
  }

  Index nearest_node(const Vec3& x) const {
    const auto b = box(x);
    Index best = -1;
    double near = INFINITY;
    const int most = std::max({n_[0], n_[1], n_[2]});
    for (int ring = 0; ring <= most; ++ring) {
      if (best >= 0 && near <= (ring - 1) * size_) break;
      for (int k = std::max(0, b[2] - ring); k <= std::min(n_[2] - 1, b[2] + ring); ++k)
        for (int j = std::max(0, b[1] - ring); j <= std::min(n_[1] - 1, b[1] + ring); ++j)
          for (int i = std::max(0, b[0] - ring); i <= std::min(n_[0] - 1, b[0] + ring); ++i) {
            if (std::max({std::abs(i - b[0]), std::abs(j - b[1]), std::abs(k - b[2])}) != ring) continue;
            const std::size_t c = at({i, j, k});
            for (std::int32_t q = node_begin_[c]; q < node_begin_[c + 1]; ++q) {
              const double d = (m_.nodes[std::size_t(nodes_[std::size_t(q)])] - x).norm();
              if (d < near) near = d, best = nodes_[std::size_t(q)];
            }
          }
    }
    return best;
  }

 private:
  std::array<int, 3> box(const Vec3& x) const {
    std::array<int, 3> b;
    for (int c = 0; c < 3; ++c) b[std::size_t(c)] = std::clamp(int(std::floor((x[c] - low_[c]) / size_)), 0, n_[std::size_t(c)] - 1);
    return b;
  }
  std::size_t at(const std::array<int, 3>& b) const { return (std::size_t(b[2]) * std::size_t(n_[1]) + std::size_t(b[1])) * std::size_t(n_[0]) + std::size_t(b[0]); }

  const core::TetMesh& m_;
  Vec3 low_;
  double size_ = 1;
  std::array<int, 3> n_{1, 1, 1};
  std::vector<std::int32_t> tet_begin_, node_begin_;
  std::vector<Index> tets_, nodes_;
};

}  // namespace

CarriedFlow carry_flow(const core::TetMesh& from, const std::vector<float>& velocity, const std::vector<float>& pressure, const std::vector<Vec3>& to) {
  OT_EXPECT(velocity.size() == 3 * from.nodes.size() && pressure.size() == from.nodes.size() && !from.tets.empty());
  const Boxes boxes(from);
  CarriedFlow out;
  out.velocity.assign(3 * to.size(), 0.0), out.pressure.resize(to.size());
  std::vector<std::uint8_t> missed(to.size(), 0);
  core::parallel_chunks(std::ptrdiff_t(to.size()), 1024, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::size_t i = std::size_t(first); i < std::size_t(last); ++i) {
      std::array<double, 4> w{};
      const Index e = boxes.find(to[i], w);
      if (e < 0) {
        missed[i] = 1;
        out.pressure[i] = double(pressure[std::size_t(boxes.nearest_node(to[i]))]);
        continue;
      }
      double p = 0;
      for (std::size_t j = 0; j < 4; ++j) {
        const std::size_t node = std::size_t(from.tets[std::size_t(e)][j]);
        p += w[j] * double(pressure[node]);
        for (std::size_t c = 0; c < 3; ++c) out.velocity[3 * i + c] += w[j] * double(velocity[3 * node + c]);
      }
      out.pressure[i] = p;
    }
  });
  out.outside = std::size_t(std::count(missed.begin(), missed.end(), 1));
  return out;
}

}  // namespace ot::hemo
