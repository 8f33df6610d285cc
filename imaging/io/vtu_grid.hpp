// SPDX-License-Identifier: GPL-3.0-or-later
// Included by .cpp files of this folder only: the grid of a VTU, inspected before VTK allocates for it and checked before anyone walks over it.
#pragma once
#include "imaging/io/quiet_vtk.hpp"

class vtkUnstructuredGrid;

namespace ot::imaging {

tl::unexpected<core::Error> damaged_cells(const std::filesystem::path& path);
// Fails: damaged, promises more than it holds, cells outside their list; another extension with `wanted`, which ends the sentence.
core::Result<vtkSmartPointer<vtkUnstructuredGrid>> read_vtu_grid(const std::filesystem::path& path, const char* wanted);

}  // namespace ot::imaging
