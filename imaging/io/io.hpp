// SPDX-License-Identifier: GPL-3.0-or-later
// Files to values and back. ITK/GDCM and VTK readers live behind these; nothing they throw gets out.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct SeriesInfo {
  std::string uid, modality, description;
  int files = 0;
  std::array<int, 3> size{};
  core::Vec3 spacing{0, 0, 0};
  bool usable = false;
  std::string verdict;       // in words: "88 slices, 1.0 mm apart: usable as a volume" / "step 2 mm after slice 113: a slice is missing"
};
// A DICOM folder (recursive, symlink loops safe) or a single file. Empty list is an error: "no images in ...".
core::Result<std::vector<SeriesInfo>> list_series(const std::filesystem::path& path, const core::Progress& progress);

// NIfTI, NRRD, MHA, one DICOM file or a DICOM folder (the largest usable series, or `series_uid`). LPS mm kept exactly.
// Refuses: missing, folder without images, 2D image, unreadable or truncated data, non-finite geometry, sizes that do not match
// the file, more than the memory holds. Thick slices are read (a 6.5 mm brain MR is fine); the cardiac recipes refuse steps over 5 mm.
// Voxels that are not a number take the smallest value of the volume.
core::Result<core::Volume> read_volume(const std::filesystem::path& path, const std::string& series_uid, const core::Progress& progress);
// Grid of a NIfTI, NRRD or MetaImage file from its header; refuses what read_volume refuses before it reads voxels.
core::Result<core::Grid> read_grid(const std::filesystem::path& path, const core::Progress& progress);
core::Result<void> write_volume(const core::Volume& volume, const std::filesystem::path& path);
// Integer label image; names from `known` where the value is there, else "label N".
core::Result<core::LabelMap> read_labels(const std::filesystem::path& path, const std::vector<core::LabelInfo>& known);
core::Result<void> write_labels(const core::LabelMap& labels, const std::filesystem::path& path);
// Nearest-neighbour onto another grid by physical coordinates.
core::LabelMap resample_labels(const core::LabelMap& labels, const core::Grid& grid);

enum class LengthUnit { mm, cm, um, m };
// VTP, STL, PLY, OBJ. `cap_array`: integer cell array whose values become patches ("" = none). Result in mm.
core::Result<core::SurfaceMesh> read_surface(const std::filesystem::path& path, LengthUnit unit, const std::string& cap_array);
core::Result<void> write_surface(const core::SurfaceMesh& mesh, const std::filesystem::path& path,
                                 const std::vector<core::Field>& point_fields = {});
// VTU with cell region array "region" and point/cell fields.
core::Result<void> write_tet_mesh(const core::TetMesh& mesh, const std::filesystem::path& path,
                                  const std::vector<core::Field>& fields = {});
core::Result<core::TetMesh> read_tet_mesh(const std::filesystem::path& path, LengthUnit unit);
// Vectors named fibre (fiber, f0) and sheet (s0) of a .vtu, at points and at its tetrahedra, in the file's order and unit.
struct VtuVectors {
  std::vector<core::Vec3> points, node_fibre, node_sheet, tet_fibre, tet_sheet;
  std::size_t tets = 0;
};
core::Result<VtuVectors> read_vtu_vectors(const std::filesystem::path& path);
// The numbers of a .vtu's array of one component with this name (or its only one): at its points, else at the middles of its cells. In the file's order and unit.
struct VtuSamples {
  std::vector<core::Vec3> points;
  std::vector<float> values;
};
core::Result<VtuSamples> read_vtu_samples(const std::filesystem::path& path, const std::string& name);

}  // namespace ot::imaging
