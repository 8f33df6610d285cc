// SPDX-License-Identifier: GPL-3.0-or-later
// From raw central paths to smooth, evenly sampled branches with area-equivalent radii.
// Model: the centre of a vessel is the centroid of its cross-section, its radius sqrt(area / pi). Where a section runs into the other
// branches of a bifurcation (area radius over 1.2 times the usual ratio to the inscribed one) the radius comes from the nearest clean
// section of the same branch. Threads: serial.
#pragma once
#include <optional>
#include <vector>

#include "imaging/centerline/sections.hpp"
#include "solvers/core/types.hpp"

namespace ot::imaging {

struct BranchShape {
  std::vector<core::Vec3> points;
  std::vector<double> radius;
};

struct BranchEnd {
  std::optional<core::Vec3> cap_direction;   // along the branch (proximal to distal); absent at a junction
  double cap_radius = 0;
  double junction_reach_mm = 0;              // sections this close to a junction may be merged
};

std::vector<double> arc_of(const std::vector<core::Vec3>& points);
// Evenly spaced by about step_mm, ends kept, at least 3 points.
std::vector<core::Vec3> resample(const std::vector<core::Vec3>& points, double step_mm);
// Moving average over about length_mm, ends kept.
std::vector<core::Vec3> smooth(const std::vector<core::Vec3>& points, double length_mm);

BranchShape shape_branch(const Slicer& slicer, std::vector<core::Vec3> path, double depth_mm, const BranchEnd& proximal, const BranchEnd& distal);

}  // namespace ot::imaging
