// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/vtu_grid.hpp"

#include <vtkUnstructuredGrid.h>
#include <vtkXMLUnstructuredGridReader.h>

#include "imaging/io/mesh_preflight.hpp"
#include "imaging/io/preflight.hpp"

namespace ot::imaging {

tl::unexpected<core::Error> damaged_cells(const std::filesystem::path& path) {
  return core::bad_input(fmt::format("{} has cells that point outside their list (the file is damaged). Export the mesh again.", path.string()));
}

core::Result<vtkSmartPointer<vtkUnstructuredGrid>> read_vtu_grid(const std::filesystem::path& path, const char* wanted) {
  if (auto ok = check_mesh_file(path); !ok) return core::pass(ok);
  if (image_extension(path) != ".vtu") return core::bad_input(fmt::format("{} {}", path.string(), wanted));
  if (auto ok = inspect_vtk_xml(path, "UnstructuredGrid"); !ok) return core::pass(ok);
  auto grid = vtk_guarded(path, [&](VtkErrors& errors) -> vtkSmartPointer<vtkUnstructuredGrid> {
    vtkNew<vtkXMLUnstructuredGridReader> reader;
    errors.watch(reader);
    reader->SetFileName(path.c_str());
    reader->Update();
    return reader->GetOutput();
  });
  if (!grid) return grid;
  vtkUnstructuredGrid& g = **grid;
  if (!g.GetCells() || !sound(g.GetCells()) || !g.GetCellTypesArray() || g.GetCellTypesArray()->GetNumberOfTuples() < g.GetNumberOfCells()) return damaged_cells(path);
  return grid;
}

}  // namespace ot::imaging
