// SPDX-License-Identifier: GPL-3.0-or-later
// The left ventricle's own axes and its 17 segments: one rule for voxels, mesh nodes and the twin.
// Model:   long axis from the centre of the base to the end of the cavity; cavity thirds basal, mid, apical; beyond its end segment 17.
//          Around the axis six equal sectors (basal, mid) and four (apical), the septal ones centred on the middle of the septum.
//          Either handedness: septum and anterior wall are given directions, so a mirrored heart keeps its septum at the RV.
// Source:  Cerqueira et al. 2002 (Circulation 105:539): thirds of the ventricle perpendicular to the long axis, sectors of 60 and 90
//          degrees, the septum marked by the attachment of the right ventricular wall.
// Units:   mm, degrees. Threads: const, thread-safe.
#pragma once
#include "solvers/core/types.hpp"

namespace ot::core {

struct LvFrame {
  Vec3 base{0, 0, 0};        // centre of the base plane, LPS mm
  Vec3 apex{0, 0, 1};        // end of the cavity (endocardial apex)
  Vec3 septum{1, 0, 0};      // unit, across the axis, towards the middle of the septum
  Vec3 anterior{0, 1, 0};    // unit, across axis and septum

  Vec3 axis() const { return (apex - base).normalized(); }
  double length() const { return (apex - base).norm(); }
  // Handedness of a normal heart: septum x axis = anterior. False: mirrored image or situs inversus.
  bool normal_handed() const { return septum.cross(axis()).dot(anterior) > 0; }
};

// Frame from three directions that need not be perpendicular; `towards_anterior` only chooses the side.
LvFrame make_lv_frame(const Vec3& base, const Vec3& apex, const Vec3& towards_septum, const Vec3& towards_anterior);

double lv_depth(const LvFrame& frame, const Vec3& x);      // 0 at the base plane, 1 at the end of the cavity
double lv_angle_deg(const LvFrame& frame, const Vec3& x);  // -180..180: 0 middle of the septum, 90 anterior wall
int aha_segment(double depth, double angle_deg);           // 1..17; above the base counts as basal
int aha_segment(const LvFrame& frame, const Vec3& x);
const char* aha_name(int segment);                         // 1..17, "basal anterior"

}  // namespace ot::core
