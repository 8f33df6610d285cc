// SPDX-License-Identifier: GPL-3.0-or-later
// Triangle surfaces through VTK's readers and writers.
#include <fmt/format.h>
#include <vtkCallbackCommand.h>
#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkFloatArray.h>
#include <vtkIntArray.h>
#include <vtkNew.h>
#include <vtkOBJWriter.h>
#include <vtkPLYWriter.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkSTLWriter.h>
#include <vtkStringArray.h>
#include <vtkXMLPolyDataReader.h>
#include <vtkXMLPolyDataWriter.h>

#include <cmath>
#include <set>

#include "imaging/io/io.hpp"
#include "imaging/io/mesh_preflight.hpp"
#include "imaging/io/preflight.hpp"
#include "imaging/io/quiet_vtk.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;

template <class Reader>
Result<vtkSmartPointer<vtkPolyData>> run(const fs::path& path) {
  return vtk_guarded(path, [&](VtkErrors& errors) -> vtkSmartPointer<vtkPolyData> {
    vtkNew<Reader> reader;
    errors.watch(reader);
    reader->SetFileName(path.c_str());
    reader->Update();
    return vtkSmartPointer<vtkPolyData>(vtkPolyData::SafeDownCast(reader->GetOutputDataObject(0)));
  });
}

Result<void> add_polygon(core::SurfaceMesh& mesh, const fs::path& path, const vtkIdType* ids, vtkIdType n) {
  for (vtkIdType i = 0; i < n; ++i)
    if (ids[i] < 0 || ids[i] >= vtkIdType(mesh.points.size()))
      return bad_input(fmt::format("{} has a triangle that names a missing point (the file is damaged). Export the surface again.", path.string()));
  for (vtkIdType i = 1; i + 1 < n; ++i) mesh.triangles.push_back({core::Index(ids[0]), core::Index(ids[i]), core::Index(ids[i + 1])});
  return {};
}

}  // namespace

Result<core::SurfaceMesh> read_surface(const fs::path& path, LengthUnit unit, const std::string& cap_array) {
  if (auto ok = check_mesh_file(path); !ok) return core::pass(ok);
  const std::string ext = image_extension(path);
  Result<vtkSmartPointer<vtkPolyData>> data = bad_input(
      fmt::format("{} is not a surface that OrganTwin reads (ending {}). Use .vtp, .vtk, .stl, .ply or .obj.", path.string(), ext));
  if (ext == ".stl" || ext == ".ply" || ext == ".obj" || ext == ".vtk") {
    if (!cap_array.empty() && ext != ".vtk") return bad_input(fmt::format("{} has no cell array \"{}\" (the caps would be unknown: STL, PLY and OBJ hold none). Use .vtp.", path.string(), cap_array));
    auto text = core::read_file(path);
    if (!text) return core::pass(text);
    auto parsed = ext == ".stl" ? parse_stl(*text, path) : ext == ".ply" ? parse_ply(*text, path) : ext == ".obj" ? parse_obj(*text, path) : parse_vtk_legacy(*text, path, cap_array);
    if (!parsed) return core::pass(parsed);
    for (core::Vec3& p : parsed->points) p *= millimetres(unit);
    return parsed;
  }
  if (ext == ".vtp")
    if (auto ok = inspect_vtk_xml(path, "PolyData"); !ok) return core::pass(ok);
  if (ext == ".vtp") data = run<vtkXMLPolyDataReader>(path);
  if (!data) return core::pass(data);
  vtkPolyData* poly = *data;
  if (!poly || poly->GetNumberOfPoints() == 0 || poly->GetNumberOfCells() == 0)
    return bad_input(fmt::format("{} holds no surface (it is empty or damaged). Export the surface again.", path.string()));
  for (vtkCellArray* cells : {poly->GetVerts(), poly->GetLines(), poly->GetPolys(), poly->GetStrips()})
    if (!sound(cells)) return bad_input(fmt::format("{} has cells that point outside their list (the file is damaged). Export the surface again.", path.string()));
  vtkDataArray* caps = nullptr;
  if (!cap_array.empty()) {
    caps = poly->GetCellData()->GetArray(cap_array.c_str());
    if (!caps || caps->GetNumberOfComponents() != 1 || caps->GetNumberOfTuples() < poly->GetNumberOfCells()) {
      std::string there;
      for (int a = 0; a < poly->GetCellData()->GetNumberOfArrays(); ++a)
        if (const char* name = poly->GetCellData()->GetArrayName(a)) there += (there.empty() ? "" : ", ") + std::string(name);
      return bad_input(fmt::format("{} has no cell array \"{}\" (the caps would be unknown). It has: {}.", path.string(), cap_array, there.empty() ? "none" : there));
    }
  }
  core::SurfaceMesh mesh;
  const double scale = millimetres(unit);
  mesh.points.resize(std::size_t(poly->GetNumberOfPoints()));
  for (vtkIdType i = 0; i < poly->GetNumberOfPoints(); ++i) {
    double p[3];
    poly->GetPoint(i, p);
    mesh.points[std::size_t(i)] = core::Vec3(p[0], p[1], p[2]) * scale;
    if (!mesh.points[std::size_t(i)].allFinite())
      return bad_input(fmt::format("{} has a point that is not a number (the file is damaged). Export the surface again.", path.string()));
  }
  // Cell data order in VTK: vertices, lines, polygons, strips.
  const vtkIdType before = poly->GetNumberOfVerts() + poly->GetNumberOfLines();
  vtkIdType cell = 0, n = 0;
  const vtkIdType* ids = nullptr;
  const auto take = [&](vtkIdType number) -> Result<void> {
    if (auto ok = add_polygon(mesh, path, ids, n); !ok) return ok;
    if (caps) mesh.patch.resize(mesh.triangles.size(), whole_number(caps->GetTuple1(number)));
    return {};
  };
  for (poly->GetPolys()->InitTraversal(); poly->GetPolys()->GetNextCell(n, ids); ++cell)
    if (auto ok = take(before + cell); !ok) return core::pass(ok);
  for (poly->GetStrips()->InitTraversal(); poly->GetStrips()->GetNextCell(n, ids); ++cell) {
    const vtkIdType length = n;
    const vtkIdType* strip = ids;
    for (vtkIdType i = 0; i + 2 < length; ++i) {
      const vtkIdType t[3] = {strip[i], strip[i + 1 + i % 2], strip[i + 2 - i % 2]};
      ids = t;
      n = 3;
      if (auto ok = take(before + cell); !ok) return core::pass(ok);
    }
  }
  if (mesh.triangles.empty()) return bad_input(fmt::format("{} holds points but no triangles. Export it as a surface.", path.string()));
  if (caps)
    for (int value : std::set<int>(mesh.patch.begin(), mesh.patch.end())) mesh.patch_names[value] = fmt::format("patch {}", value);
  // Names that OrganTwin itself wrote.
  if (auto* names = vtkStringArray::SafeDownCast(poly->GetFieldData()->GetAbstractArray("patch_names")))
    if (vtkDataArray* values = poly->GetFieldData()->GetArray("patch_values"); values && caps)
      for (vtkIdType i = 0; i < names->GetNumberOfValues() && i < values->GetNumberOfTuples(); ++i)
        mesh.patch_names[whole_number(values->GetTuple1(i))] = names->GetValue(i);
  return mesh;
}

Result<void> write_surface(const core::SurfaceMesh& mesh, const fs::path& path, const std::vector<core::Field>& point_fields) {
  const std::string ext = image_extension(path);
  if (ext != ".vtp" && ext != ".stl" && ext != ".ply" && ext != ".obj")
    return core::wrong_usage(fmt::format("{} has no surface ending that OrganTwin writes. Use .vtp, .stl, .ply or .obj.", path.string()));
  vtkNew<vtkPolyData> poly;
  vtkNew<vtkPoints> points;
  points->SetDataType(ext == ".vtp" ? VTK_DOUBLE : VTK_FLOAT);
  points->SetNumberOfPoints(vtkIdType(mesh.points.size()));
  for (std::size_t i = 0; i < mesh.points.size(); ++i) points->SetPoint(vtkIdType(i), mesh.points[i].data());
  vtkNew<vtkCellArray> cells;
  for (const core::Triangle& t : mesh.triangles) cells->InsertNextCell({vtkIdType(t[0]), vtkIdType(t[1]), vtkIdType(t[2])});
  poly->SetPoints(points);
  poly->SetPolys(cells);
  if (!mesh.patch.empty()) {
    vtkNew<vtkIntArray> patch, values;
    vtkNew<vtkStringArray> names;
    patch->SetName("patch");
    values->SetName("patch_values");
    names->SetName("patch_names");
    for (int p : mesh.patch) patch->InsertNextValue(p);
    for (const auto& [value, name] : mesh.patch_names) {
      values->InsertNextValue(value);
      names->InsertNextValue(name);
    }
    poly->GetCellData()->AddArray(patch);
    poly->GetFieldData()->AddArray(values);
    poly->GetFieldData()->AddArray(names);
  }
  for (const core::Field& f : point_fields)
    if (f.values.size() == mesh.points.size() * std::size_t(f.components)) poly->GetPointData()->AddArray(vtk_array(f));
  return core::write_file_with(path, [&](const fs::path& temporary) -> Result<void> {
    const auto write = [&](auto* writer) -> Result<void> {
      writer->SetFileName(temporary.c_str());
      writer->SetInputData(poly);
      return vtk_write(path, writer);
    };
    if (ext == ".vtp") return write(vtkSmartPointer<vtkXMLPolyDataWriter>::New().Get());
    if (ext == ".ply") return write(vtkSmartPointer<vtkPLYWriter>::New().Get());
    if (ext == ".obj") return write(vtkSmartPointer<vtkOBJWriter>::New().Get());
    auto stl = vtkSmartPointer<vtkSTLWriter>::New();
    stl->SetFileTypeToBinary();
    return write(stl.Get());
  });
}

}  // namespace ot::imaging
