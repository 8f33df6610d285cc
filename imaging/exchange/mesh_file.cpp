// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/exchange/mesh_file.hpp"

#include <fmt/format.h>

#include "imaging/io/preflight.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;

const char* name_of(LengthUnit unit) {
  switch (unit) {
    case LengthUnit::mm: return "mm";
    case LengthUnit::cm: return "cm";
    case LengthUnit::um: return "um";
    case LengthUnit::m: return "m";
  }
  return "mm";
}

core::Result<LengthUnit> unit_of(const std::string& text) {
  for (const LengthUnit u : {LengthUnit::mm, LengthUnit::cm, LengthUnit::um, LengthUnit::m})
    if (text == name_of(u)) return u;
  return core::wrong_usage("--unit takes mm, cm, um or m.");
}

core::Result<MixedMesh> read_mesh(const fs::path& path, const std::string& cap_array, const core::Progress& progress) {
  const std::string ext = image_extension(path);
  if (ext == ".msh") return read_gmsh(path, progress);
  std::error_code ec;
  if (ext == ".pts" || ext == ".elem" || ext == ".lon" || (!fs::exists(path, ec) && fs::exists(path.string() + ".pts", ec))) return read_opencarp(path, progress);
  if (ext == ".vtu") {
    auto mesh = read_tet_mesh(path, LengthUnit::mm);
    if (!mesh) return core::pass(mesh);
    return from_tets(*mesh, true);
  }
  auto surface = read_surface(path, LengthUnit::mm, cap_array);
  if (!surface) return core::pass(surface);
  return from_surface(*surface);
}

core::Result<std::vector<fs::path>> export_tets(const core::TetMesh& mesh, const fs::path& path, const MeshExport& options, const core::Progress& progress) {
  const std::string ext = image_extension(path);
  if (ext == ".vtu") {
    std::vector<core::Field> fields = options.fields;
    const auto add = [&](const std::vector<core::Vec3>& v, const char* name) {
      if (v.size() != mesh.tets.size()) return;
      core::Field f;
      f.name = name;
      f.on = core::Field::On::cell;
      f.components = 3;
      for (const core::Vec3& x : v)
        for (int c = 0; c < 3; ++c) f.values.push_back(float(x[c]));
      fields.push_back(std::move(f));
    };
    add(options.fibre, "fibre");
    add(options.sheet, "sheet");
    if (auto ok = write_tet_mesh(mesh, path, fields); !ok) return core::pass(ok);
    return std::vector<fs::path>{path};
  }
  if (ext == ".msh") {
    if (auto ok = write_gmsh(from_tets(mesh, true), path, options.gmsh, progress); !ok) return core::pass(ok);
    return std::vector<fs::path>{path};
  }
  if (ext == ".elem" || ext == ".pts") {
    MixedMesh mixed = from_tets(mesh, true);
    if (options.fibre.size() == mesh.tets.size()) {
      mixed.fibre = options.fibre;
      mixed.fibre.resize(mixed.cells.size(), core::Vec3(0, 0, 0));
      if (options.sheet.size() == mesh.tets.size()) {
        mixed.sheet = options.sheet;
        mixed.sheet.resize(mixed.cells.size(), core::Vec3(0, 0, 0));
      }
    }
    return write_opencarp(mixed, path, 1000.0, progress);   // micrometres
  }
  return core::wrong_usage(fmt::format("{} has no ending for tetrahedra. Use .vtu, .msh (Gmsh) or .elem (openCARP).", path.string()));
}

core::Result<std::vector<fs::path>> export_surface(const core::SurfaceMesh& mesh, const fs::path& path, const MeshExport& options, const core::Progress& progress) {
  const std::string ext = image_extension(path);
  if (ext == ".msh") {
    if (auto ok = write_gmsh(from_surface(mesh), path, options.gmsh, progress); !ok) return core::pass(ok);
    return std::vector<fs::path>{path};
  }
  if (ext == ".elem" || ext == ".pts") return write_opencarp(from_surface(mesh), path, 1000.0, progress);   // micrometres
  if (ext == ".vtp" || ext == ".stl" || ext == ".ply" || ext == ".obj") {
    if (auto ok = write_surface(mesh, path, options.fields); !ok) return core::pass(ok);
    return std::vector<fs::path>{path};
  }
  return core::wrong_usage(fmt::format("{} has no ending for a surface. Use .vtp, .stl, .ply, .obj, .msh (Gmsh) or .elem (openCARP).", path.string()));
}

}  // namespace ot::imaging
