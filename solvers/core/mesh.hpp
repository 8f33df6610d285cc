// SPDX-License-Identifier: GPL-3.0-or-later
// SurfaceMesh and TetMesh: immutable geometry with named patches and regions; identity is the content hash.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/core/types.hpp"

namespace ot::core {

// Triangles in LPS mm, counter-clockwise seen from outside. patch[t] indexes patch_names (0.. ), empty = one patch.
struct SurfaceMesh {
  std::vector<Vec3> points;         // mm
  std::vector<Triangle> triangles;
  std::vector<int> patch;           // [triangles] or empty
  std::map<int, std::string> patch_names;

  double area() const;              // mm2
  double volume() const;            // mm3, signed; meaningful when closed
  bool closed() const;              // every edge is shared by exactly two triangles of opposite sense
  std::vector<Vec3> vertex_normals() const;  // area weighted, unit
  std::string sha256() const;
};

struct BoundaryFace {
  Triangle nodes;  // outward orientation
  int patch = 0;   // key of TetMesh::patch_names
  Index tet = -1;  // owner
};

struct TetMesh {
  std::vector<Vec3> nodes;                    // mm
  std::vector<Tet> tets;                      // positive volume
  std::vector<int> region;                    // [tets], key of region_names
  std::vector<BoundaryFace> boundary;         // every face that belongs to one tet
  std::map<int, std::string> region_names;    // value -> key such as "lv_myocardium"
  std::map<int, std::string> patch_names;     // value -> "endocardium_lv", "epicardium", "base", "wall", "inlet", ...

  double volume() const;                      // mm3
  double mean_edge() const;                   // mm
  std::vector<int> patch_values(const std::string& prefix) const;
  std::string sha256() const;
};

// min/median over tets of each tet's smallest dihedral angle, in degrees.
struct MeshQuality {
  std::size_t nodes = 0, tets = 0, inverted = 0;
  double min_dihedral_deg = 0, median_dihedral_deg = 0;
  double mean_edge_mm = 0, volume_ml = 0;
  std::size_t parts = 0;  // connected components
  std::vector<int> dihedral_histogram;  // 18 bins of 5 degrees over smallest dihedral 0..90
};

double tet_volume(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d);  // signed, mm3
MeshQuality measure_quality(const TetMesh& mesh);

// Finds faces owned by one tet, outward, patch 0. Order is deterministic (by tet, then local face).
std::vector<BoundaryFace> find_boundary(const std::vector<Tet>& tets);

// Refuses: no elements, index out of range, inverted or zero-volume tets, non-finite nodes, unreferenced nodes.
Result<void> check_simulation_ready(const TetMesh& mesh);

// Structured box of tets for benchmarks. split: "kuhn" (one diagonal everywhere) or "alternating" (mirrored per cube parity).
enum class BoxSplit { kuhn, alternating };
TetMesh make_box(const Vec3& size_mm, double edge_mm, BoxSplit split);

// Drops unreferenced nodes, keeps order.
void compact(TetMesh& mesh);

}  // namespace ot::core
