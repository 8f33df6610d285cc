// SPDX-License-Identifier: GPL-3.0-or-later
// One surface of a tetrahedral mesh as triangles to walk on: neighbours, nearest point, shortest ways.
// In/out:  patches of a TetMesh by prefix of their name; mm. Triangles keep the mesh's outward sense.
// Numerics: nearest point among the triangles whose boxes meet a ball, by a uniform grid; shortest ways by Dijkstra over the vertices
//          and five points on every edge, joined across the triangles (Lanthier, Maheshwari & Sack 2001, Algorithmica 30:527): at most
//          2 % longer than the geodesic on flat sheets, whatever way the edges run.
// Fails:   bad_input when no face carries the patch. Threads: const use from any thread.
#pragma once
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"

namespace ot::ep {

class WallSurface {
 public:
  struct Foot {
    core::Vec3 point{0, 0, 0};
    core::Index triangle = -1;    // -1: nothing within the radius
    double distance = 0;
    bool on_border = false;       // the nearest point lies on an open edge of the surface
  };

  static core::Result<WallSurface> make(const core::TetMesh& mesh, const std::vector<std::string>& patch_prefixes);
  static WallSurface make(std::vector<core::Vec3> points, std::vector<core::Triangle> triangles);

  const std::vector<core::Vec3>& points() const { return points_; }
  const std::vector<core::Triangle>& triangles() const { return triangles_; }
  core::Index mesh_node(core::Index vertex) const { return mesh_node_[std::size_t(vertex)]; }
  core::Index vertex_of(core::Index mesh_node) const;   // -1 when the node is not on the surface
  const core::Vec3& normal(core::Index triangle) const { return normal_[std::size_t(triangle)]; }
  double mean_edge_mm() const { return mean_edge_; }
  double area_mm2() const { return area_; }
  core::Index nearest_vertex(core::Index triangle, const core::Vec3& x) const;

  // Nearest point whose triangle faces like `facing` (scalar product > 0.2; zero vector: any).
  Foot nearest(const core::Vec3& x, double radius, const core::Vec3& facing) const;
  // Distances over the surface from the nearest of the start vertices, and the point before each on the way (-1: start or not reached). Points: the vertices
  // first, in their order, then those on edges.
  struct Ways {
    std::vector<double> distance;
    std::vector<core::Index> before;
    std::vector<core::Vec3> place;
    std::vector<core::Index> vertex;   // nearest
  };
  Ways ways_from(const std::vector<core::Index>& starts) const;
  Ways ways_from(core::Index vertex) const { return ways_from(std::vector<core::Index>{vertex}); }

 private:
  void index();
  std::int64_t cell(const core::Vec3& x, int dx, int dy, int dz) const;

  std::vector<core::Vec3> points_, normal_;
  std::vector<core::Triangle> triangles_;
  std::vector<core::Index> mesh_node_;
  std::unordered_map<core::Index, core::Index> vertex_of_;
  std::vector<std::array<bool, 3>> open_;       // [triangles] edge k to k+1 belongs to one triangle
  std::vector<std::array<core::Index, 2>> edge_;              // vertices, ascending
  std::vector<std::array<core::Index, 3>> edges_of_;          // [triangles] edge k to k+1
  std::vector<std::vector<core::Index>> around_;              // [vertices] triangles
  std::vector<std::vector<core::Index>> sides_;               // [edges] triangles
  std::unordered_map<std::int64_t, std::vector<core::Index>> grid_;
  core::Vec3 low_{0, 0, 0};
  double grid_mm_ = 1, mean_edge_ = 0, area_ = 0;
};

}  // namespace ot::ep
