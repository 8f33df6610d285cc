// SPDX-License-Identifier: GPL-3.0-or-later
// Tetrahedral meshes as VTU. Cells: the tets, cell array "region". Field data: "region_values"/"region_names",
// "patch_values"/"patch_names", "boundary_faces" (4 numbers: three nodes and the owner), "boundary_patch".
#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkCellType.h>
#include <vtkIdTypeArray.h>
#include <vtkIntArray.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkStringArray.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLUnstructuredGridWriter.h>

#include <cmath>

#include "imaging/io/io.hpp"
#include "imaging/io/mesh_preflight.hpp"
#include "imaging/io/preflight.hpp"
#include "imaging/io/vtu_grid.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;

void add_names(vtkFieldData* data, const char* prefix, const std::map<int, std::string>& names) {
  vtkNew<vtkIntArray> values;
  vtkNew<vtkStringArray> texts;
  values->SetName((std::string(prefix) + "_values").c_str());
  texts->SetName((std::string(prefix) + "_names").c_str());
  for (const auto& [value, name] : names) {
    values->InsertNextValue(value);
    texts->InsertNextValue(name);
  }
  data->AddArray(values);
  data->AddArray(texts);
}

std::map<int, std::string> get_names(vtkFieldData* data, const char* prefix) {
  std::map<int, std::string> out;
  vtkDataArray* values = data->GetArray((std::string(prefix) + "_values").c_str());
  auto* texts = vtkStringArray::SafeDownCast(data->GetAbstractArray((std::string(prefix) + "_names").c_str()));
  if (values && texts)
    for (vtkIdType i = 0; i < values->GetNumberOfTuples() && i < texts->GetNumberOfValues(); ++i) out[whole_number(values->GetTuple1(i))] = texts->GetValue(i);
  return out;
}

// A tet that shares a face with two others, or lies on the same side of a shared face as its neighbour; -1 when there is none.
core::Index overlapping_tet(const core::TetMesh& mesh) {
  struct Side {
    core::Triangle face;   // sorted
    core::Index tet, apex;
  };
  std::vector<Side> sides;
  sides.reserve(4 * mesh.tets.size());
  for (std::size_t e = 0; e < mesh.tets.size(); ++e)
    for (std::size_t k = 0; k < 4; ++k) {
      const core::Tet& t = mesh.tets[e];
      core::Triangle face{t[(k + 1) % 4], t[(k + 2) % 4], t[(k + 3) % 4]};
      std::sort(face.begin(), face.end());
      sides.push_back({face, core::Index(e), t[k]});
    }
  std::sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.face != b.face ? a.face < b.face : a.tet < b.tet; });
  const auto volume = [&](const Side& s) {
    const auto at = [&](core::Index n) { return mesh.nodes[std::size_t(n)]; };
    return core::tet_volume(at(s.face[0]), at(s.face[1]), at(s.face[2]), at(s.apex));
  };
  for (std::size_t i = 1; i < sides.size(); ++i) {
    if (sides[i].face != sides[i - 1].face) continue;
    if (i > 1 && sides[i - 2].face == sides[i].face) return sides[i].tet;
    if (volume(sides[i]) * volume(sides[i - 1]) > 0) return sides[i].tet;
  }
  return -1;
}

}  // namespace

Result<void> write_tet_mesh(const core::TetMesh& mesh, const fs::path& path, const std::vector<core::Field>& fields) {
  if (image_extension(path) != ".vtu") return core::wrong_usage(fmt::format("{}: tetrahedral meshes are written as .vtu.", path.string()));
  vtkNew<vtkUnstructuredGrid> grid;
  vtkNew<vtkPoints> points;
  points->SetDataType(VTK_DOUBLE);
  points->SetNumberOfPoints(vtkIdType(mesh.nodes.size()));
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i) points->SetPoint(vtkIdType(i), mesh.nodes[i].data());
  vtkNew<vtkCellArray> cells;
  for (const core::Tet& t : mesh.tets) cells->InsertNextCell({vtkIdType(t[0]), vtkIdType(t[1]), vtkIdType(t[2]), vtkIdType(t[3])});
  grid->SetPoints(points);
  grid->SetCells(VTK_TETRA, cells);
  vtkNew<vtkIntArray> region;
  region->SetName("region");
  for (std::size_t i = 0; i < mesh.tets.size(); ++i) region->InsertNextValue(mesh.region.empty() ? 0 : mesh.region[i]);
  grid->GetCellData()->AddArray(region);
  for (const core::Field& f : fields) {
    const std::size_t n = f.on == core::Field::On::cell ? mesh.tets.size() : mesh.nodes.size();
    if (f.on == core::Field::On::surface_node || f.values.size() != n * std::size_t(f.components)) continue;
    if (f.on == core::Field::On::cell) grid->GetCellData()->AddArray(vtk_array(f));
    else grid->GetPointData()->AddArray(vtk_array(f));
  }
  add_names(grid->GetFieldData(), "region", mesh.region_names);
  add_names(grid->GetFieldData(), "patch", mesh.patch_names);
  vtkNew<vtkIntArray> faces, patch;
  faces->SetName("boundary_faces");
  faces->SetNumberOfComponents(4);
  patch->SetName("boundary_patch");
  for (const core::BoundaryFace& f : mesh.boundary) {
    const double row[4] = {double(f.nodes[0]), double(f.nodes[1]), double(f.nodes[2]), double(f.tet)};
    faces->InsertNextTuple(row);
    patch->InsertNextValue(f.patch);
  }
  grid->GetFieldData()->AddArray(faces);
  grid->GetFieldData()->AddArray(patch);
  return core::write_file_with(path, [&](const fs::path& temporary) -> Result<void> {
    vtkNew<vtkXMLUnstructuredGridWriter> writer;
    writer->SetFileName(temporary.c_str());
    writer->SetInputData(grid);
    return vtk_write(path, writer.Get());
  });
}

Result<core::TetMesh> read_tet_mesh(const fs::path& path, LengthUnit unit) {
  const auto data = read_vtu_grid(path, "is not a tetrahedral mesh that OrganTwin reads. Use .vtu.");
  if (!data) return core::pass(data);
  vtkUnstructuredGrid* grid = *data;
  core::TetMesh mesh;
  const double scale = millimetres(unit);
  for (vtkIdType i = 0; i < grid->GetNumberOfPoints(); ++i) {
    double p[3];
    grid->GetPoint(i, p);
    mesh.nodes.push_back(core::Vec3(p[0], p[1], p[2]) * scale);
  }
  vtkDataArray* region = grid->GetCellData()->GetArray("region");
  vtkIdType other = 0;
  for (vtkIdType c = 0; c < grid->GetNumberOfCells(); ++c) {
    if (grid->GetCellType(c) != VTK_TETRA) {
      ++other;
      continue;
    }
    vtkIdType n = 0;
    const vtkIdType* ids = nullptr;
    grid->GetCellPoints(c, n, ids);
    if (n != 4) return damaged_cells(path);
    for (int i = 0; i < 4; ++i)
      if (ids[i] < 0 || ids[i] >= grid->GetNumberOfPoints()) return damaged_cells(path);
    mesh.tets.push_back({core::Index(ids[0]), core::Index(ids[1]), core::Index(ids[2]), core::Index(ids[3])});
    mesh.region.push_back(region && c < region->GetNumberOfTuples() ? whole_number(region->GetComponent(c, 0)) : 0);
  }
  if (mesh.tets.empty()) return bad_input(fmt::format("{} holds no tetrahedra ({} other cells). Export a tetrahedral mesh.", path.string(), other));
  if (auto ok = core::check_simulation_ready(mesh); !ok) {
    core::Error e = ok.error();
    e.message = path.string() + ": " + e.message;
    return tl::unexpected<core::Error>(e);
  }
  if (const auto tet = overlapping_tet(mesh); tet >= 0) {
    core::Vec3 x = core::Vec3::Zero();
    for (core::Index n : mesh.tets[std::size_t(tet)]) x += mesh.nodes[std::size_t(n)] / 4;
    return bad_input(fmt::format("{}: tetrahedron {} near ({:.1f}, {:.1f}, {:.1f}) mm lies over another one (it would be counted twice). Remove doubled or folded cells and export the mesh again.", path.string(), tet,
                                 x.x(), x.y(), x.z()));
  }
  mesh.region_names = get_names(grid->GetFieldData(), "region");
  mesh.patch_names = get_names(grid->GetFieldData(), "patch");
  if (mesh.region_names.empty())
    for (int r : mesh.region) mesh.region_names.emplace(r, fmt::format("region {}", r));
  vtkDataArray *faces = grid->GetFieldData()->GetArray("boundary_faces"), *patch = grid->GetFieldData()->GetArray("boundary_patch");
  mesh.boundary = core::find_boundary(mesh.tets);
  if (faces && patch && faces->GetNumberOfComponents() == 4 && faces->GetNumberOfTuples() == patch->GetNumberOfTuples()) {
    std::map<core::Triangle, int> known;
    for (vtkIdType i = 0; i < faces->GetNumberOfTuples(); ++i) {
      core::Triangle t{whole_number(faces->GetComponent(i, 0)), whole_number(faces->GetComponent(i, 1)), whole_number(faces->GetComponent(i, 2))};
      std::sort(t.begin(), t.end());
      known[t] = whole_number(patch->GetTuple1(i));
    }
    for (core::BoundaryFace& f : mesh.boundary) {
      core::Triangle t = f.nodes;
      std::sort(t.begin(), t.end());
      if (const auto hit = known.find(t); hit != known.end()) f.patch = hit->second;
    }
  }
  return mesh;
}

}  // namespace ot::imaging
