// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes of other tools in and out by the ending of the file.
//   in : .vtu .vtp .vtk .stl .ply .obj (VTK), .msh (Gmsh 2.2 and 4.1 ASCII), .pts/.elem/.lon or their common name (openCARP)
//   out: .vtu .msh .elem for tetrahedra, .vtp .stl .ply .obj .msh .elem for surfaces
// Coordinates stay in the file's unit on the way in; on the way out mm, except openCARP, which is micrometres by convention.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "imaging/exchange/mixed_mesh.hpp"
#include "solvers/core/progress.hpp"

namespace ot::imaging {

constexpr double millimetres_per(LengthUnit unit) {
  switch (unit) {
    case LengthUnit::mm: return 1.0;
    case LengthUnit::cm: return 10.0;
    case LengthUnit::um: return 0.001;
    case LengthUnit::m: return 1000.0;
  }
  return 1.0;
}
const char* name_of(LengthUnit unit);   // "mm"
// "mm", "cm", "um", "m"; else a sentence.
core::Result<LengthUnit> unit_of(const std::string& text);

// `path` may be any of the three files or their common name. Without .lon: no fibres.
core::Result<MixedMesh> read_opencarp(const std::filesystem::path& path, const core::Progress& progress);
// Writes base.pts, base.elem, with fibres base.lon, and base_PATCH.surf for each patch (surface cells beside volume cells).
// Returns the files. `scale` multiplies the coordinates (1000 for mm -> micrometres).
core::Result<std::vector<std::filesystem::path>> write_opencarp(const MixedMesh& mesh, const std::filesystem::path& base, double scale, const core::Progress& progress);

core::Result<MixedMesh> parse_gmsh(std::string_view text, const std::string& name, const core::Progress& progress);
core::Result<MixedMesh> read_gmsh(const std::filesystem::path& path, const core::Progress& progress);
enum class GmshVersion { v22, v41 };
core::Result<void> write_gmsh(const MixedMesh& mesh, const std::filesystem::path& path, GmshVersion version, const core::Progress& progress);

core::Result<MixedMesh> read_mesh(const std::filesystem::path& path, const std::string& cap_array, const core::Progress& progress);

struct MeshExport {
  GmshVersion gmsh = GmshVersion::v41;
  std::vector<core::Vec3> fibre, sheet;        // [tets] unit vectors, or empty
  std::vector<core::Field> fields;             // into VTU and VTP
};
core::Result<std::vector<std::filesystem::path>> export_tets(const core::TetMesh& mesh, const std::filesystem::path& path, const MeshExport& options, const core::Progress& progress);
core::Result<std::vector<std::filesystem::path>> export_surface(const core::SurfaceMesh& mesh, const std::filesystem::path& path, const MeshExport& options, const core::Progress& progress);

}  // namespace ot::imaging
