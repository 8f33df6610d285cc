// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/cap_system.hpp"

#include <algorithm>

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {
std::size_t place_of(const Cap& cap, Index node) { return std::size_t(std::lower_bound(cap.nodes.begin(), cap.nodes.end(), node) - cap.nodes.begin()); }
}  // namespace

std::vector<double> rate_weights(const core::TetMesh& mesh, const Cap& cap) {
  std::vector<double> w(cap.nodes.size(), 0.0);
  for (Index f : cap.faces) {
    const core::Triangle& t = mesh.boundary[std::size_t(f)].nodes;
    const Vec3 n = 0.5 * (mesh.nodes[std::size_t(t[1])] - mesh.nodes[std::size_t(t[0])]).cross(mesh.nodes[std::size_t(t[2])] - mesh.nodes[std::size_t(t[0])]);
    for (Index v : t) w[place_of(cap, v)] += n.dot(cap.normal) / 3.0;
  }
  return w;
}

CapSystem cap_system(const core::TetMesh& mesh, const Cap& cap) {
  CapSystem out;
  out.unknown.assign(cap.nodes.size(), -1);
  int n = 0;
  for (std::size_t i = 0; i < cap.nodes.size(); ++i)
    if (!cap.rim[i]) out.unknown[i] = n++;
  out.area = Eigen::VectorXd::Zero(n);
  for (Index f : cap.faces) {
    const core::Triangle& t = mesh.boundary[std::size_t(f)].nodes;
    const Vec3 x[3] = {mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])]};
    const double area = 0.5 * (x[1] - x[0]).cross(x[2] - x[0]).norm();
    if (!(area > 0)) continue;
    for (int i = 0; i < 3; ++i) {
      const int row = out.unknown[place_of(cap, t[std::size_t(i)])];
      if (row < 0) continue;
      out.area[row] += area / 3.0;
      for (int j = 0; j < 3; ++j) {
        const int column = out.unknown[place_of(cap, t[std::size_t(j)])];
        if (column < 0) continue;
        const Vec3 ei = x[(i + 2) % 3] - x[(i + 1) % 3], ej = x[(j + 2) % 3] - x[(j + 1) % 3];
        out.stiffness.emplace_back(row, column, ei.dot(ej) / (4.0 * area));
      }
    }
  }
  return out;
}

}  // namespace ot::hemo
