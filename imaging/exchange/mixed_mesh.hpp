// SPDX-License-Identifier: GPL-3.0-or-later
// A mesh as foreign formats hold it: cells of several kinds, a region number each, perhaps fibres; and the way to our own meshes.
// Nodes keep their numbers on the way in and out ("node-identical"). Coordinates are in the file's unit until to_* scales them.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "imaging/io/io.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

enum class CellKind : std::uint8_t { line, triangle, quad, tetra, pyramid, prism, hexa };
int nodes_of(CellKind kind);
const char* name_of(CellKind kind);

struct MixedCell {
  CellKind kind = CellKind::tetra;
  int region = 0;
  std::array<core::Index, 8> nodes{};
};

struct MixedMesh {
  std::vector<core::Vec3> points;
  std::vector<MixedCell> cells;
  std::vector<core::Vec3> fibre, sheet;                 // [cells] or empty
  std::map<int, std::string> region_names;              // of volume cells (of surface cells when there are no volume cells)
  std::map<int, std::string> patch_names;               // of surface cells beside volume cells
  std::vector<std::string> notes;

  bool has_volume() const;
  std::size_t count(CellKind kind) const;
  std::size_t count_volume() const;
};

// Tetrahedra; prisms, pyramids and hexahedra are split so that neighbours agree on every shared face (Dompierre et al., Proc. 8th
// Int. Meshing Roundtable 1999: each quadrilateral by the diagonal at its smallest node number). Surface cells name the patches.
// Inverted tetrahedra that are merely numbered the other way round are turned; unused nodes are dropped unless `keep_nodes`.
struct TetsFromMixed {
  core::TetMesh mesh;
  std::vector<core::Vec3> fibre, sheet;                 // [tets] or empty, unit vectors
  std::vector<std::string> notes;
};
core::Result<TetsFromMixed> to_tets(const MixedMesh& mixed, LengthUnit unit);
// Triangles (quadrilaterals split); regions become patches. Nodes without a triangle are dropped.
core::Result<core::SurfaceMesh> to_surface(const MixedMesh& mixed, LengthUnit unit);

MixedMesh from_tets(const core::TetMesh& mesh, bool with_boundary);
MixedMesh from_surface(const core::SurfaceMesh& mesh);

}  // namespace ot::imaging
