// SPDX-License-Identifier: GPL-3.0-or-later
// Moving images in one file: a fourth axis of NIfTI, NRRD and MetaImage, and the "list" axis of 3D Slicer's sequences, as phases on one grid.
// In: file. Out: volumes (LPS mm) and the time of each [ms].
// Time: NIfTI pixdim[4] in the unit of xyzt_units (seconds, milliseconds, microseconds) from toffset; NRRD `spacings`, `space directions` or
//   `axis N index values` (Slicer), in `units` or `axis N index unit`; MetaImage ElementSpacing. A step without a unit is milliseconds from 5 up and seconds below;
//   no step at all (0, or the writers' default of exactly 1 without a unit): spread over one second. What was assumed is said in `notes`.
// Source: nifti1.h (NIfTI-1 standard); teem.sf.net/nrrd/format.html; Slicer user guide, "Sequences" (file format).
// Fails: what read_volume refuses; a fourth axis that is no time (diffusion weighted, a vector or colour per voxel); five used axes. Threads: none of its own.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "imaging/io/preflight.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct MovingHeader {
  core::Grid grid;                     // of each phase
  std::vector<double> time_ms;         // [phases], rising; {0} for a still image
  bool time_stated = true;             // step and unit are in the file
  std::vector<std::string> notes;      // what was assumed about time
};
// From the header alone; a still image is one phase.
core::Result<MovingHeader> read_moving_header(const std::filesystem::path& path, const core::Progress& progress);
// All phases in order.
core::Result<std::vector<core::Volume>> read_moving(const std::filesystem::path& path, const core::Progress& progress);
// .nii, .nii.gz, .mha with even steps (`uneven` of the result: the mean step was written), .nrrd as a sequence of Slicer that keeps each time.
struct MovingWritten {
  bool uneven = false;
};
core::Result<MovingWritten> write_moving(const std::vector<const core::Volume*>& phases, const std::vector<double>& time_ms, const std::filesystem::path& path, const core::Progress& progress);

// One NRRD as 3D Slicer's sequences are (moving_time.cpp): axis 0 is the list of phases, its index values are milliseconds.
core::Result<void> write_sequence(const std::vector<const core::Volume*>& phases, const std::vector<double>& time_ms, const std::filesystem::path& path, const core::Progress& progress);

// The fourth axis of a file whose promise has one (moving_time.cpp). `list_axis`: the axis of a NRRD that is no axis of space, -1 when the last is time.
struct TimeAxis {
  std::vector<double> time_ms;
  bool stated = true;
  int list_axis = -1;
  std::vector<std::string> notes;
};
core::Result<TimeAxis> time_axis(const std::filesystem::path& path, const Promise& promise);

}  // namespace ot::imaging
