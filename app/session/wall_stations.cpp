// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/wall_stations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

namespace ot::session {

bool has_computed_shear(const twin::VesselResult& result) {
  return result.mesh && result.network && result.flow && result.flow->mode == core::Mode::full && result.flow->wall_shear.size() == 3 * result.mesh->nodes.size();
}

std::vector<double> station_shear(const twin::VesselModel& model, const twin::VesselResult& result) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const hemo::FlowResult& flow = *result.flow;
  std::vector<double> out(flow.pullback.size(), none);
  if (!has_computed_shear(result)) {
    for (std::size_t k = 0; k < out.size(); ++k)
      if (const auto& p = flow.pullback[k]; p.radius_mm > 0) out[k] = 4 * model.baseline.fluid.viscosity_Pa_s * std::abs(p.flow_mm3_s) / (std::numbers::pi * p.radius_mm * p.radius_mm * p.radius_mm);
    return out;
  }
  const core::TetMesh& mesh = *result.mesh;
  const bool beat = flow.tawss.size() == mesh.nodes.size();
  const auto at_node = [&](core::Index n) {
    const std::size_t i = std::size_t(n);
    return beat ? double(flow.tawss[i]) : std::hypot(double(flow.wall_shear[3 * i]), double(flow.wall_shear[3 * i + 1]), double(flow.wall_shear[3 * i + 2]));
  };
  // Points of the curve by branch, in order of their arc.
  std::vector<std::vector<std::pair<double, std::size_t>>> of(result.network->branches.size());
  for (std::size_t k = 0; k < flow.pullback.size(); ++k)
    if (const int b = flow.pullback[k].branch; b >= 0 && std::size_t(b) < of.size()) of[std::size_t(b)].emplace_back(flow.pullback[k].arc_mm, k);
  for (auto& b : of) std::sort(b.begin(), b.end());
  std::set<int> open;
  for (const auto& i : model.baseline.inlets) open.insert(i.patch);
  for (const auto& o : model.baseline.outlets) open.insert(o.patch);
  std::vector<double> sum(out.size(), 0.0), area(out.size(), 0.0);
  for (const auto& face : mesh.boundary) {
    if (open.count(face.patch)) continue;
    const core::Vec3 &a = mesh.nodes[std::size_t(face.nodes[0])], &b = mesh.nodes[std::size_t(face.nodes[1])], &c = mesh.nodes[std::size_t(face.nodes[2])];
    int branch = 0;
    double arc = 0, distance = 0;
    if (!result.network->locate((a + b + c) / 3, branch, arc, distance) || of[std::size_t(branch)].empty()) continue;
    const auto& line = of[std::size_t(branch)];
    auto near = std::lower_bound(line.begin(), line.end(), std::pair{arc, std::size_t(0)});
    if (near == line.end() || (near != line.begin() && arc - (near - 1)->first < near->first - arc)) --near;
    const double share = 0.5 * (b - a).cross(c - a).norm();
    sum[near->second] += share * (at_node(face.nodes[0]) + at_node(face.nodes[1]) + at_node(face.nodes[2])) / 3;
    area[near->second] += share;
  }
  for (std::size_t k = 0; k < out.size(); ++k)
    if (area[k] > 0) out[k] = sum[k] / area[k];
  return out;
}

}  // namespace ot::session
