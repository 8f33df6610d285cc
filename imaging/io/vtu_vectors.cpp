// SPDX-License-Identifier: GPL-3.0-or-later
// Vector arrays of a VTU: fibres that were measured or laid by another tool. Nothing is interpolated: node for node, cell for cell.
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

}  // namespace

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
