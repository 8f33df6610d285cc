// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/sections.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "solvers/core/parallel.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {

constexpr double reach = 1.6;  // local radii; area-equivalent radii of elliptic lumina up to axis ratio 2.5 stay inside

// Tets sorted into cubes by their centroid.
class TetBins {
 public:
  TetBins(const core::TetMesh& mesh, double cell) : mesh_(mesh), cell_(cell) {
    low_ = high_ = mesh.nodes.front();
    for (const Vec3& x : mesh.nodes) low_ = low_.cwiseMin(x), high_ = high_.cwiseMax(x);
    for (int c = 0; c < 3; ++c) size_[c] = std::clamp(int((high_[c] - low_[c]) / cell_) + 1, 1, 512);
    std::vector<int> bin(mesh.tets.size());
    begin_.assign(std::size_t(size_[0]) * std::size_t(size_[1]) * std::size_t(size_[2]) + 1, 0);
    for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
      const core::Tet& t = mesh.tets[e];
      Vec3 x = Vec3::Zero();
      for (Index i : t) x += 0.25 * mesh.nodes[std::size_t(i)];
      for (Index i : t) largest_ = std::max(largest_, (mesh.nodes[std::size_t(i)] - x).norm());
      bin[e] = at(index(x[0], 0), index(x[1], 1), index(x[2], 2));
      ++begin_[std::size_t(bin[e]) + 1];
    }
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    tet_.resize(mesh.tets.size());
    std::vector<Index> next(begin_.begin(), begin_.end() - 1);
    for (std::size_t e = 0; e < mesh.tets.size(); ++e) tet_[std::size_t(next[std::size_t(bin[e])]++)] = Index(e);
  }

  // f(tet) for every tet whose centroid may lie within `radius` of x (and some more).
  template <class F>
  void near(const Vec3& x, double radius, F&& f) const {
    int from[3], to[3];
    for (int c = 0; c < 3; ++c) from[c] = index(x[c] - radius - largest_, c), to[c] = index(x[c] + radius + largest_, c);
    for (int k = from[2]; k <= to[2]; ++k)
      for (int j = from[1]; j <= to[1]; ++j)
        for (int i = from[0]; i <= to[0]; ++i)
          for (Index q = begin_[std::size_t(at(i, j, k))]; q < begin_[std::size_t(at(i, j, k)) + 1]; ++q) f(tet_[std::size_t(q)]);
  }

 private:
  int index(double x, int c) const { return std::clamp(int(std::floor((x - low_[c]) / cell_)), 0, size_[c] - 1); }
  int at(int i, int j, int k) const { return (k * size_[1] + j) * size_[0] + i; }
  const core::TetMesh& mesh_;
  double cell_, largest_ = 0;
  Vec3 low_, high_;
  int size_[3];
  std::vector<Index> begin_, tet_;
};

// f(area, barycentric weights of the four nodes at the centroid of a triangle of the cut) for each piece of plane-tet cut.
template <class F>
void cut(const core::TetMesh& mesh, const core::Tet& t, const Vec3& x, const Vec3& n, double radius, F&& f) {
  double s[4];
  int above[4], below[4], na = 0, nb = 0;
  for (int k = 0; k < 4; ++k) {
    s[k] = (mesh.nodes[std::size_t(t[std::size_t(k)])] - x).dot(n);
    if (s[k] > 0) above[na++] = k;
    else below[nb++] = k;
  }
  if (na == 0 || nb == 0) return;
  struct Corner {
    Vec3 x;
    Eigen::Vector4d w;
  };
  const auto edge = [&](int a, int b) {
    const double share = s[a] / (s[a] - s[b]);
    Corner c{(1 - share) * mesh.nodes[std::size_t(t[std::size_t(a)])] + share * mesh.nodes[std::size_t(t[std::size_t(b)])], Eigen::Vector4d::Zero()};
    c.w[a] = 1 - share, c.w[b] = share;
    return c;
  };
  Corner p[4];
  int corners = 3;
  if (na == 1) {
    for (int k = 0; k < 3; ++k) p[k] = edge(above[0], below[k]);
  } else if (nb == 1) {
    for (int k = 0; k < 3; ++k) p[k] = edge(above[k], below[0]);
  } else {
    p[0] = edge(above[0], below[0]), p[1] = edge(above[0], below[1]), p[2] = edge(above[1], below[1]), p[3] = edge(above[1], below[0]);
    corners = 4;
  }
  for (int k = 2; k < corners; ++k) {
    const double area = 0.5 * (p[k - 1].x - p[0].x).cross(p[k].x - p[0].x).norm();
    const Vec3 centre = (p[0].x + p[k - 1].x + p[k].x) / 3.0;
    if ((centre - x).norm() <= radius) f(area, Eigen::Vector4d((p[0].w + p[k - 1].w + p[k].w) / 3.0));
  }
}

// The planes of the first and last point lie on the caps: move them just inside.
double inside(const core::VesselBranch& b, double arc, double radius) {
  const double margin = std::min(0.05 * radius, 0.25 * b.length());
  return std::clamp(arc, margin, b.length() - margin);
}

}  // namespace

std::vector<double> branch_flows(const core::VesselNetwork& network, const std::map<int, double>& outlet_flow) {
  std::vector<double> q(network.branches.size(), 0.0);
  for (std::size_t b = network.branches.size(); b-- > 0;) {
    const core::VesselBranch& v = network.branches[b];
    if (v.children.empty()) {
      const auto at = outlet_flow.find(v.outlet_patch);
      if (at != outlet_flow.end()) q[b] += at->second;
    }
    if (v.parent >= 0) q[std::size_t(v.parent)] += q[b];
  }
  return q;
}

std::vector<PullbackPoint> pullback_curve(const core::TetMesh& mesh, const core::VesselNetwork& network,
                                          const std::vector<float>& pressure, const std::map<int, double>& outlet_flow) {
  std::vector<PullbackPoint> curve;
  if (mesh.tets.empty() || network.branches.empty()) return curve;
  const std::vector<double> flow = branch_flows(network, outlet_flow);
  double radius_sum = 0;
  for (std::size_t b = 0; b < network.branches.size(); ++b) {
    const core::VesselBranch& v = network.branches[b];
    for (std::size_t k = 0; k < v.points.size(); ++k) {
      curve.push_back({int(b), v.arc[k], NAN, v.radius[k], flow[b]});
      radius_sum += v.radius[k];
    }
  }
  const TetBins bins(mesh, std::max(radius_sum / double(curve.size()), 1e-3));
  core::parallel_chunks(std::ptrdiff_t(curve.size()), 8, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t k = first; k < last; ++k) {
      PullbackPoint& p = curve[std::size_t(k)];
      const double arc = inside(network.branches[std::size_t(p.branch)], p.arc_mm, p.radius_mm);
      const Vec3 x = network.point_at(p.branch, arc), n = network.tangent_at(p.branch, arc);
      double area = 0, sum = 0;
      bins.near(x, reach * p.radius_mm, [&](Index e) {
        const core::Tet& t = mesh.tets[std::size_t(e)];
        cut(mesh, t, x, n, reach * p.radius_mm, [&](double piece, const Eigen::Vector4d& w) {
          area += piece;
          for (std::size_t j = 0; j < 4; ++j) sum += piece * w[Eigen::Index(j)] * double(pressure[std::size_t(t[j])]);
        });
      });
      if (area > 0) p.pressure_Pa = sum / area;
    }
  });
  for (std::size_t k = 0; k < curve.size(); ++k) {
    if (!std::isnan(curve[k].pressure_Pa)) continue;
    double best = INFINITY;
    for (const PullbackPoint& other : curve)
      if (other.branch == curve[k].branch && !std::isnan(other.pressure_Pa) && std::abs(other.arc_mm - curve[k].arc_mm) < best) {
        best = std::abs(other.arc_mm - curve[k].arc_mm);
        curve[k].pressure_Pa = other.pressure_Pa;
      }
  }
  return curve;
}

double SectionProbe::flow(const std::vector<double>& u) const {
  double sum = 0;
  for (std::size_t k = 0; k < node.size(); ++k)
    for (std::size_t c = 0; c < 3; ++c) sum += weight[k] * u[3 * std::size_t(node[k]) + c] * normal[Eigen::Index(c)];
  return sum;
}

double SectionProbe::pressure(const std::vector<double>& p) const {
  double sum = 0;
  for (std::size_t k = 0; k < node.size(); ++k) sum += weight[k] * p[std::size_t(node[k])];
  return area_mm2 > 0 ? sum / area_mm2 : NAN;
}

std::vector<SectionProbe> section_probes(const core::TetMesh& mesh, const core::VesselNetwork& network, int count) {
  std::vector<SectionProbe> probes;
  double length = 0;
  for (const core::VesselBranch& b : network.branches) length += b.length();
  for (int k = 0; k < count; ++k) {
    double at = length * (k + 0.5) / count;
    std::size_t b = 0;
    while (b + 1 < network.branches.size() && at > network.branches[b].length()) at -= network.branches[b++].length();
    SectionProbe p;
    p.branch = int(b);
    const double radius = network.radius_at(int(b), at);
    p.arc_mm = inside(network.branches[b], at, radius);
    const Vec3 x = network.point_at(int(b), p.arc_mm);
    p.normal = network.tangent_at(int(b), p.arc_mm);
    std::map<Index, double> weights;
    for (const core::Tet& t : mesh.tets)
      cut(mesh, t, x, p.normal, reach * radius, [&](double piece, const Eigen::Vector4d& w) {
        p.area_mm2 += piece;
        for (std::size_t j = 0; j < 4; ++j) weights[t[j]] += piece * w[Eigen::Index(j)];
      });
    for (const auto& [node, w] : weights) p.node.push_back(node), p.weight.push_back(w);
    probes.push_back(std::move(p));
  }
  return probes;
}

PointProbe point_probe(const core::TetMesh& mesh, const Vec3& x, double slack) {
  PointProbe best;
  double least = -INFINITY;
  for (const core::Tet& t : mesh.tets) {
    const Vec3& a = mesh.nodes[std::size_t(t[0])];
    Eigen::Matrix3d edges;
    for (int j = 0; j < 3; ++j) edges.col(j) = mesh.nodes[std::size_t(t[std::size_t(j) + 1])] - a;
    const double six = edges.determinant();
    if (!(six > 0)) continue;
    const Vec3 w = edges.inverse() * (x - a);
    const double w0 = 1 - w.sum(), low = std::min(std::min(w0, w[0]), std::min(w[1], w[2]));
    const double distance = low >= 0 ? 0 : low * std::cbrt(six);  // about how far outside, mm, negative
    if (distance > least) {
      least = distance;
      best.nodes = t;
      best.weight[0] = w0;
      for (int j = 0; j < 3; ++j) best.weight[j + 1] = w[j];
      if (low >= 0) break;
    }
  }
  best.inside = least >= -slack;
  double sum = 0;
  for (double& w : best.weight) w = std::clamp(w, 0.0, 1.0), sum += w;
  for (double& w : best.weight) w /= sum;
  return best;
}

double section_flow(const core::TetMesh& mesh, const core::VesselNetwork& network, const std::vector<float>& velocity, int branch,
                    double arc_mm) {
  const double radius = network.radius_at(branch, arc_mm);
  const double arc = inside(network.branches[std::size_t(branch)], arc_mm, radius);
  const Vec3 x = network.point_at(branch, arc), n = network.tangent_at(branch, arc);
  double flow = 0;
  for (const core::Tet& t : mesh.tets)
    cut(mesh, t, x, n, reach * radius, [&](double piece, const Eigen::Vector4d& w) {
      for (std::size_t j = 0; j < 4; ++j)
        for (std::size_t c = 0; c < 3; ++c)
          flow += piece * w[Eigen::Index(j)] * double(velocity[3 * std::size_t(t[j]) + c]) * n[Eigen::Index(c)];
    });
  return flow;
}

}  // namespace ot::hemo
