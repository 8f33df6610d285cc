// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/wall_line.hpp"

#include <Eigen/Geometry>
#include <algorithm>

#include "solvers/core/contracts.hpp"

namespace ot::interventions {
namespace {

using core::Vec3;

constexpr double reach_mm = 3.0;      // of the mean normal: about the radius of a lesion
constexpr double least_share = 0.1;   // of a direction that lies in the wall: below, the wall stands across it

}  // namespace

std::vector<Vec3> carried_on_wall(const WallSurface& wall, const std::vector<Vec3>& places, const Vec3& from, const Vec3& to) {
  // The frame is that of the wall under all of it: a normal of a few faces would tilt a wide ring.
  double wide = reach_mm;
  for (const Vec3& x : places) wide = std::max(wide, 0.5 * (x - from).norm());
  const WallPoint a = wall.nearest(from, wide), b = wall.nearest(to, wide);
  const auto turn = Eigen::Quaterniond::FromTwoVectors(a.inward, b.inward);
  std::vector<Vec3> out;
  out.reserve(places.size());
  for (const Vec3& x : places) {
    const Vec3 outward = -(turn * wall.nearest(x, reach_mm).inward);
    out.push_back(wall.nearest(b.position + turn * (x - a.position), reach_mm, outward).position);
  }
  return out;
}

Vec3 step_on_wall(const WallSurface& wall, const Vec3& x, const Vec3& direction, double length_mm) {
  const WallPoint here = wall.nearest(x, reach_mm);
  const Vec3 along = direction - direction.dot(here.inward) * here.inward;
  if (along.norm() < least_share * direction.norm()) return x;
  return wall.nearest(here.position + length_mm * along.normalized(), reach_mm, Vec3(-here.inward)).position;
}

std::vector<Vec3> thinned_line(const std::vector<Vec3>& drawn, double spacing_mm, bool closed) {
  OT_EXPECT(spacing_mm > 0);
  std::vector<Vec3> out;
  double since = 0;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (i > 0) since += (drawn[i] - drawn[i - 1]).norm();
    if (i > 0 && since < spacing_mm) continue;
    out.push_back(drawn[i]);
    since = 0;
  }
  if (!closed) {
    if (out.size() > 1 && since > 0 && since < 0.5 * spacing_mm) out.back() = drawn.back();   // the end is where the hand let go
    else if (since > 0) out.push_back(drawn.back());
    return out;
  }
  while (out.size() > 3 && (out.back() - out.front()).norm() < 0.5 * spacing_mm) out.pop_back();
  return out;
}

}  // namespace ot::interventions
