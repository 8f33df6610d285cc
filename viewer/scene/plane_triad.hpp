// SPDX-License-Identifier: GPL-3.0-or-later
// Three planes at right angles that share one point: the body planes, the cardiac planes from landmarks, or what a person turned
// them to. Pure geometry, LPS, any thread. Nothing here knows the image grid, so flips and permutations of its axes cannot matter.
#pragma once
#include <array>
#include <optional>
#include <string>

#include "solvers/core/result.hpp"
#include "viewer/scene/slice_scene.hpp"

namespace ot::viewer {

struct PlaneTriad {
  std::array<SliceAxes, 3> axes;          // normals mutually orthogonal
  std::array<std::string, 3> names;       // "Short axis", "2-chamber", "4-chamber"
  bool body = true;                       // the untouched body planes

  // Turns the other two planes about the normal of plane `v` (right-handed about axes[v].normal); the picture of `v` stays.
  void turn(int v, double radians);
  void turn_about(const core::Vec3& axis, double radians);   // all three
};
PlaneTriad body_planes();

enum class CardiacView { four_chamber, two_chamber, three_chamber };
const char* name_of(CardiacView view);

// What the planes are built on. `rv`: any point on the RV side of the septum (RV free wall, RV pool centre, acute corner).
struct CardiacPoints {
  core::Vec3 apex, mitral, rv;
  std::optional<core::Vec3> aortic;       // centre of the aortic valve: exact three-chamber view
};
// [0] short axis: across apex-mitral, RV screen-left, anterior (and head) up; [1] and [2] hold the long axis, apex up:
// [2] is the wanted view, [1] the plane across it. Four-chamber: through the RV point, RV screen-left. Two-chamber: across it, inferior
// wall screen-left. Three-chamber: through the aortic valve, which lies screen-right; without it 60 degrees from the two-chamber plane.
// Refused when the points are on one line or nearer than 10 mm.
core::Result<PlaneTriad> cardiac_planes(const CardiacPoints& points, CardiacView view);

}  // namespace ot::viewer
