// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/junctions.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "solvers/core/contracts.hpp"

namespace ot::hemo {
namespace {

using core::Vec3;

constexpr double closes = 0.02;                         // flow share below which a collector's loss fades (Mynard 2015)
constexpr double by_angle = 0.8, by_share = -0.2;       // energy exchange (Mynard 2015)
constexpr double parted = 1.0, straight_for = 3.0;      // radii beyond the junction

double angle_between(const Vec3& a, const Vec3& b) { return std::atan2(a.cross(b).norm(), a.dot(b)); }

Vec3 at(const core::VesselBranch& v, double arc, double& radius) {
  const std::size_t i = std::clamp<std::size_t>(std::size_t(std::upper_bound(v.arc.begin(), v.arc.end(), arc) - v.arc.begin()), 1, v.arc.size() - 1);
  const double w = std::clamp((arc - v.arc[i - 1]) / (v.arc[i] - v.arc[i - 1]), 0.0, 1.0);
  radius = v.radius[i - 1] + w * (v.radius[i] - v.radius[i - 1]);
  return v.points[i - 1] + w * (v.points[i] - v.points[i - 1]);
}

// Between two arcs; the area is that of the first one.
JunctionArm arm(const core::VesselBranch& v, double area_at, double from, double to) {
  JunctionArm out;
  double radius = 0, unused = 0;
  at(v, area_at, radius);
  const Vec3 along = at(v, to, unused) - at(v, from, unused);
  if (along.norm() > 1e-9) out.direction = along.normalized();
  out.area_mm2 = std::numbers::pi * radius * radius;
  return out;
}

}  // namespace

std::vector<double> collector_drops(double density, const std::vector<JunctionArm>& suppliers, const std::vector<JunctionArm>& collectors) {
  std::vector<double> drops(collectors.size(), 0.0);
  double total = 0, carried = 0, momentum = 0;
  Vec3 in = Vec3::Zero(), out = Vec3::Zero();
  for (const JunctionArm& s : suppliers) {
    OT_EXPECT(s.flow_mm3_s > 0 && s.area_mm2 > 0);
    total += s.flow_mm3_s, carried += s.speed() * s.flow_mm3_s, momentum += s.momentum * s.speed() * s.flow_mm3_s;
    in += s.flow_mm3_s * s.direction;
  }
  if (!(total > 0) || in.norm() < 1e-9 * total) return drops;   // streams that meet head on: nothing is known of what leaves
  in.normalize();
  const double b = momentum / carried;
  for (const JunctionArm& c : collectors)
    if (c.flow_mm3_s > 0) out += c.direction;
  if (out.norm() < 1e-9) return drops;
  out.normalize();
  const double between = angle_between(in, out);
  const Vec3 side = out - out.dot(in) * in;   // the side to which the blood turns as a whole
  for (std::size_t k = 0; k < collectors.size(); ++k) {
    const JunctionArm& c = collectors[k];
    if (!(c.flow_mm3_s > 0)) continue;
    const double share = std::min(1.0, c.flow_mm3_s / total);
    const double beyond = (c.direction - out).dot(side);
    const double exchange = (by_angle * between * (beyond > 1e-9 ? 1.0 : beyond < -1e-9 ? -1.0 : 0.0) + by_share) * (1 - share);
    double arrives = 0;   // along the collector, of what all suppliers bring
    for (const JunctionArm& from : suppliers)
      arrives += (1 - exchange) * from.flow_mm3_s / total * from.speed() * std::cos(std::max(from.turned, c.turned) * angle_between(from.direction, c.direction));
    drops[k] = (1 - std::exp(-share / closes)) * density * b * c.speed() * (c.speed() - arrives);
  }
  return drops;
}

JunctionArm begin_arm(const core::VesselBranch& v, double radius_mm) {
  const double length = v.length(), from = std::min(parted * radius_mm, 0.3 * length), to = std::min(straight_for * radius_mm, 0.9 * length);
  return arm(v, from, from, to);
}

JunctionArm end_arm(const core::VesselBranch& v, double radius_mm) {
  const double length = v.length(), from = std::max(length - straight_for * radius_mm, 0.1 * length), to = std::max(length - parted * radius_mm, 0.7 * length);
  return arm(v, to, from, to);
}

}  // namespace ot::hemo
