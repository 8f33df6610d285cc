// SPDX-License-Identifier: GPL-3.0-or-later
// A code-generated left ventricle with an infarct that one isthmus crosses: known circuit, for verification, benchmarks and first trials.
// Model:    a barrel (ellipsoid cut at base and apex), helical fibres +60 to -60 degrees through the wall. The infarct is a round patch of scar through the
//           wall on the anterior side; a channel of border zone crosses it along the circumference from one side to the other. Conducting tissue as in
//           the heart twin: scar does not conduct, border zone remodelled after Arevalo et al. 2016 (EP-FACTS section 3; heart.cpp).
// Units:    mm. Threads: pure.
#pragma once
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct InfarctPhantom {
  double edge_mm = 1.0;
  double radius_mm = 25, length_mm = 70, wall_mm = 8;    // mid cavity radius, base to cut apex, wall
  double scar_radius_mm = 22;                            // 0: no infarct
  double channel_mm = 6;                                 // width of the isthmus; 0: none
  double shrink = 1.0;                                   // all lengths
};

struct PhantomVentricle {
  ElectroProblem problem;                                // ten Tusscher-Panfilov 2006; sites empty
  core::Vec3 scar_centre, mouth_a, mouth_b;              // on the outer surface; ends of the channel
  core::Vec3 opposite;                                   // across the ventricle
};

PhantomVentricle make_infarct(const InfarctPhantom& shape);

// Turns tets to a region, e.g. "lesion": those whose centroid lies within radius_mm of a point, through the wall.
void burn(ElectroProblem& problem, const core::Vec3& at_mm, double radius_mm);

}  // namespace ot::ep
