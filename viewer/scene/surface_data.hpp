// SPDX-License-Identifier: GPL-3.0-or-later
// Geometry that is drawn: boundary surfaces, smooth normals, isolines, tubes and balls. Pure C++, mm LPS, any thread.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::viewer {

// A drawable triangle surface; `node` maps its points back to the nodes of the mesh it came from (empty: same numbers).
struct DrawSurface {
  std::vector<core::Vec3> points, normals;
  std::vector<core::Triangle> triangles;
  std::vector<int> patch;          // [triangles] or empty
  std::vector<core::Index> node;   // [points] or empty
};

// Boundary of a tet mesh, every node once. Patches whose name starts with one of `skip` are left out.
DrawSurface boundary_of(const core::TetMesh& mesh, const std::vector<std::string>& skip = {});
DrawSurface surface_of(const core::SurfaceMesh& mesh);
// Area-weighted normals, then averaged `rounds` times over the edges: facets vanish, the geometry stays where it is.
// Neighbours whose normals differ by more than 60 degrees do not mix, so that rims stay crisp.
std::vector<core::Vec3> smooth_normals(std::span<const core::Vec3> points, std::span<const core::Triangle> triangles, int rounds);

// Where the linear field passes the levels: pairs of points. Triangles with NaN corners give nothing.
std::vector<core::Vec3> isoline_points(const DrawSurface& surface, std::span<const float> values, std::span<const double> levels);

// Adds a ball (subdivided icosahedron), a tube along a polyline, a disc.
void add_ball(DrawSurface& to, const core::Vec3& center, double radius, int subdivisions = 2);
void add_tube(DrawSurface& to, std::span<const core::Vec3> line, double radius, int sides = 6);

// Struts of a stent: zigzag crowns around the centreline joined by straight links.
struct StrutLines { std::vector<std::vector<core::Vec3>> lines; double strut_radius = 0.1; };
StrutLines stent_struts(std::span<const core::Vec3> centreline, std::span<const double> radius);
// Rings at both ends and in the middle, joined by lines along the wall.
StrutLines sleeve_lines(std::span<const core::Vec3> centreline, std::span<const double> radius);

}  // namespace ot::viewer
