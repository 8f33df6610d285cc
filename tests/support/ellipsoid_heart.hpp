// SPDX-License-Identifier: GPL-3.0-or-later
// Analytic test ventricles: truncated ellipsoids meshed with body-centred cubic tetrahedra, boundary nodes pulled onto the
// analytic surface. Size after adult human ventricles (LV cavity 46 mm across and 82 mm long, walls 10 and 4 mm).
#pragma once
#include "solvers/core/mesh.hpp"

namespace ot::test {

enum class HeartPose {
  model_axes,   // base at +z, apex at -z, RV towards -x, anterior wall towards -y
  patient_lps,  // turned as an adult heart lies: apex to the left, front and below; RV to the right and front
};

struct EllipsoidHeart {
  double edge_mm = 2.0;                    // lattice constant / 1.10: about the mean edge of the mesh
  bool right_ventricle = true;             // false: LV alone, no patch "endocardium_rv", no region "rv_wall"
  bool scar = false;                       // anterior-apical transmural scar, about 12 ml, region "scar"
  double shrink = 1.0;                     // all lengths times this (small hearts for quick tests)
  HeartPose pose = HeartPose::patient_lps;
};

// Regions lv_myocardium, rv_wall, scar; patches endocardium_lv, endocardium_rv, epicardium, base. Deterministic.
core::TetMesh ellipsoid_heart(const EllipsoidHeart& shape);
core::TetMesh ellipsoid_heart(double edge_mm);

// Rotation from model axes to the patient pose.
core::Mat3 heart_pose();

// Ball of the given radius around the origin (same mesher); one region "ball", one patch "surface".
core::TetMesh ball_mesh(double radius_mm, double edge_mm);

}  // namespace ot::test
