// SPDX-License-Identifier: GPL-3.0-or-later
// Arrays of a VTU: fibres that were measured or laid by another tool, numbers at places. Nothing is interpolated: node for node, cell for cell.
#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkCellType.h>
#include <vtkPointData.h>
#include <vtkUnstructuredGrid.h>

#include <algorithm>

#include "imaging/io/io.hpp"
#include "imaging/io/vtu_grid.hpp"

namespace ot::imaging {
namespace {

std::vector<core::Vec3> named(vtkDataSetAttributes* data, std::initializer_list<const char*> names) {
  for (int a = 0; a < data->GetNumberOfArrays(); ++a) {
    vtkDataArray* array = data->GetArray(a);
    if (!array || array->GetNumberOfComponents() != 3 || !array->GetName()) continue;
    std::string name = array->GetName();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    if (std::none_of(names.begin(), names.end(), [&](const char* n) { return name == n; })) continue;
    std::vector<core::Vec3> out;
    for (vtkIdType i = 0; i < array->GetNumberOfTuples(); ++i) {
      double v[3];
      array->GetTuple(i, v);
      out.emplace_back(v[0], v[1], v[2]);
    }
    return out;
  }
  return {};
}

// The array of one component with this name, else the only one there is.
vtkDataArray* scalars(vtkDataSetAttributes* data, const std::string& name) {
  vtkDataArray* only = nullptr;
  int found = 0;
  for (int a = 0; a < data->GetNumberOfArrays(); ++a) {
    vtkDataArray* array = data->GetArray(a);
    if (!array || array->GetNumberOfComponents() != 1) continue;
    if (array->GetName() && name == array->GetName()) return array;
    only = array;
    ++found;
  }
  return found == 1 ? only : nullptr;
}

}  // namespace

core::Result<VtuSamples> read_vtu_samples(const std::filesystem::path& path, const std::string& name) {
  const auto data = read_vtu_grid(path, "is no .vtu (numbers at places are read from .vtu and .csv). Convert it, for example in ParaView.");
  if (!data) return core::pass(data);
  vtkUnstructuredGrid* grid = *data;
  VtuSamples out;
  const auto take = [&](vtkDataArray* array, vtkIdType n, const auto& place) {
    for (vtkIdType i = 0; i < n; ++i) {
      out.points.push_back(place(i));
      out.values.push_back(float(array->GetComponent(i, 0)));
    }
  };
  const auto point = [&](vtkIdType i) {
    double p[3];
    grid->GetPoint(i, p);
    return core::Vec3(p[0], p[1], p[2]);
  };
  if (vtkDataArray* at_points = scalars(grid->GetPointData(), name); at_points && at_points->GetNumberOfTuples() == grid->GetNumberOfPoints()) {
    take(at_points, grid->GetNumberOfPoints(), point);
  } else if (vtkDataArray* at_cells = scalars(grid->GetCellData(), name); at_cells && at_cells->GetNumberOfTuples() == grid->GetNumberOfCells()) {
    take(at_cells, grid->GetNumberOfCells(), [&](vtkIdType c) {
      vtkIdType n = 0;
      const vtkIdType* corner = nullptr;
      grid->GetCellPoints(c, n, corner);
      core::Vec3 middle = core::Vec3::Zero();
      for (vtkIdType k = 0; k < n; ++k) middle += point(corner[k]) / double(n);
      return middle;
    });
  }
  if (out.points.empty())
    return core::bad_input(fmt::format("{} holds no numbers named {} at points or cells, nor just one array (nothing says which is meant). Name the array {}.", path.string(), name, name));
  return out;
}

core::Result<VtuVectors> read_vtu_vectors(const std::filesystem::path& path) {
  const auto data = read_vtu_grid(path, "is no .vtu (vectors are read from .vtu and .lon). Convert it, for example in ParaView.");
  if (!data) return core::pass(data);
  vtkUnstructuredGrid* grid = *data;
  VtuVectors out;
  for (vtkIdType i = 0; i < grid->GetNumberOfPoints(); ++i) {
    double p[3];
    grid->GetPoint(i, p);
    out.points.emplace_back(p[0], p[1], p[2]);
  }
  const auto fibre = {"fibre", "fiber", "fibres", "fibers", "f0", "f"}, sheet = {"sheet", "sheets", "s0", "s"};
  out.node_fibre = named(grid->GetPointData(), fibre);
  out.node_sheet = named(grid->GetPointData(), sheet);
  const auto cell_fibre = named(grid->GetCellData(), fibre), cell_sheet = named(grid->GetCellData(), sheet);
  for (vtkIdType c = 0; c < grid->GetNumberOfCells(); ++c) {
    if (grid->GetCellType(c) != VTK_TETRA) continue;
    ++out.tets;
    if (std::size_t(c) < cell_fibre.size()) out.tet_fibre.push_back(cell_fibre[std::size_t(c)]);
    if (std::size_t(c) < cell_sheet.size()) out.tet_sheet.push_back(cell_sheet[std::size_t(c)]);
  }
  if (out.node_fibre.empty() && out.tet_fibre.empty())
    return core::bad_input(fmt::format("{} holds no vectors named fibre (nothing says how the muscle runs). Name the array fibre, at points or cells.", path.string()));
  return out;
}

}  // namespace ot::imaging
