// SPDX-License-Identifier: GPL-3.0-or-later
// A label map to a file that other tools open with names and colours. The ending chooses the format:
//   .nii.gz .nii   voxels; beside it NAME.label in ITK-SNAP's form, because NIfTI has no place for names
//   .nrrd          voxels with 3D Slicer's segment keys (name, colour, number, terminology); .seg.nrrd opens as a segmentation there
//   .mha           voxels
//   .dcm           DICOM segmentation (dicom_seg.hpp)
// Every file appears whole or not at all. Nothing of a patient is written.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "imaging/exchange/dicom_seg.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// The files written. Refuses an empty map and unknown endings.
core::Result<std::vector<std::filesystem::path>> export_labels(const core::LabelMap& labels, const std::filesystem::path& path, const SegOptions& options, const core::Progress& progress);

core::Result<void> write_label_nrrd(const core::LabelMap& labels, const std::filesystem::path& path, const core::Progress& progress);
// ITK-SNAP's label description file of the labels that have voxels.
std::string itk_snap_table(const core::LabelMap& labels);

}  // namespace ot::imaging
