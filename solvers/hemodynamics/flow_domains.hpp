// SPDX-License-Identifier: GPL-3.0-or-later
// Layered tetrahedral meshes of idealised lumina: bodies of revolution (tubes, nozzles, stenoses) and a channel with a cylinder.
// Model: a plane triangulation swept along an axis; each layer's prisms are cut with the opposite diagonals of the one below, so
//   that the mesh has no preferred direction. Rings are scaled so that the polygons have the circle's area.
// Patches: 1 "inlet", 2 "outlet 1", 3 "wall", 4 "cylinder". Units: mm.
// Fails: bad_input for shapes that do not exist or would need more than 8 million tets.
#pragma once
#include <utility>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/vessel_network.hpp"

namespace ot::hemo {

inline constexpr int domain_inlet = 1, domain_outlet = 2, domain_wall = 3, domain_cylinder = 4;

struct Revolution {
  std::vector<std::pair<double, double>> profile;  // (z, r), z not falling; two points at one z are a sudden step
  double edge_mm = 0.5;          // where the lumen is narrowest, across; elsewhere scaled with the radius
  double axial_ratio = 1.0;      // layer height over the local edge
  std::vector<std::pair<double, double>> axial_ratio_at{};  // (z, ratio), z rising, linear in between; empty: the one above everywhere
  double wall_grading = 1.0;     // cell at the wall over the mean cell, 0.05..1
  double expanded_edge_ratio = 1.0;  // behind a step: edge outside the narrow part over that inside
};
struct RevolutionMesh {
  core::TetMesh mesh;
  core::VesselNetwork network;   // one branch along the axis
};
core::Result<RevolutionMesh> revolution_mesh(const Revolution& shape);

// A straight cylinder of circular section between the two z-walls of a channel: the benchmark of Schaefer and Turek (1996).
struct CylinderChannel {
  double length_mm = 2500, height_mm = 410, depth_mm = 410;   // x, y, z
  double x_mm = 500, y_mm = 200, diameter_mm = 100;           // of the cylinder
  int around_quarter = 12;       // cells on a quarter of the cylinder
  int layers = 14;               // across the depth, closer at its walls
};
core::Result<core::TetMesh> cylinder_channel_mesh(const CylinderChannel& shape);

}  // namespace ot::hemo
