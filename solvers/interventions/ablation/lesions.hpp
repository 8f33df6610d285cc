// SPDX-License-Identifier: GPL-3.0-or-later
// Where the lesions of one ablation lie and which tissue they burn; also what a view draws.
// Model: one lesion is half an ellipsoid under the catheter tip: radius on the surface, depth along the local inward direction.
//   On the cavity side it is closed by a cap of semi-axis min(radius, depth), so that a curved wall is burned to the lesion's
//   rim. Tissue is inside when the centroid of its tetrahedron is. A line is a row of lesions at most `spacing` apart along
//   the surface. A point within the wall is taken to the nearest surface, where a catheter would lie.
//   Neglected: oedema, charring, heat sink of vessels and blood, recovery of conduction.
// Threads: pure functions.
#pragma once
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/param_schema.hpp"
#include "solvers/twin/scenario.hpp"

namespace ot::interventions {

struct Lesion {
  core::Vec3 centre;      // on the wall, mm
  core::Vec3 inward;      // unit
  double radius_mm = 0, depth_mm = 0;
};

struct LesionPlan {
  std::vector<Lesion> lesions;
  double largest_spacing_mm = 0;  // between centres of neighbours along the line; 0 for one lesion
  double largest_gap_mm = 0;      // between rims of neighbours; 0 when they touch or overlap
  int gaps = 0;                   // neighbours whose rims do not touch
  int through = 0, through_when_shallow = 0;   // lesions whose tip leaves the wall on the other side; and one standard deviation less deep
};

// Contract: a validated spec of kind "ablation".
LesionPlan plan_lesions(const core::TetMesh& mesh, const twin::InterventionSpec& spec);
bool contains(const Lesion& lesion, const core::Vec3& x);
// Tetrahedra burned, ascending.
std::vector<core::Index> burned_tets(const core::TetMesh& mesh, const std::vector<Lesion>& lesions);

}  // namespace ot::interventions
