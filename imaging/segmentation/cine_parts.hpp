// SPDX-License-Identifier: GPL-3.0-or-later
// Stages of the recipe "mr_cine" (mr_cine.cpp), slice by slice in the planes of the stack.
#pragma once
#include <array>
#include <vector>

#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging::cine {

// One plane of one frame, smoothed; x along i, y along j, mm.
struct Plane2 {
  int nx = 0, ny = 0;
  double dx = 1, dy = 1;
  std::vector<float> values;
  float at(double x_mm, double y_mm) const;   // bilinear, clamped
};

struct Levels {
  double blood = 0, wall = 0, threshold = 0;  // threshold: half way
};

// Where the left ventricle is in one slice: centre (mm in the plane), area of its cavity, share of its rim that is dark wall.
struct Blob {
  double x = 0, y = 0, area = 0, roundness = 0, rim = 0, motion = 0;
  bool found = false;
};

// Closed outline around a centre: radius (mm) at equal angles.
inline constexpr int angles = 72;
using Ring = std::array<double, angles>;

std::vector<Blob> candidates(const Plane2& image, const std::vector<float>& motion, double threshold, double cx, double cy, double reach_mm);
// Cavity: bright inside, dark just outside (region energy in polar coordinates, closed dynamic programming). Papillary muscles fall inside.
Ring endocardium(const Plane2& image, double cx, double cy, const Levels& levels, double most_mm);
// Outer border of the wall: like wall inside, unlike it outside; 3 to 22 mm beyond the cavity.
Ring epicardium(const Plane2& image, double cx, double cy, const Levels& levels, const Ring& endo);
// Share of the outline with wall (dark) just outside it.
double wall_share(const Plane2& image, double cx, double cy, const Levels& levels, const Ring& endo);
bool inside(const Ring& ring, double dx_mm, double dy_mm);
double area_mm2(const Ring& ring);

}  // namespace ot::imaging::cine
