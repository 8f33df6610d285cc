// SPDX-License-Identifier: GPL-3.0-or-later
// DICOM folders: which series there are, whether each is a volume, and reading one (GDCM in the .cpp only).
#pragma once
#include <filesystem>
#include <vector>

#include "imaging/io/io.hpp"

namespace ot::imaging {

struct DicomSlice {
  std::filesystem::path path;
  core::Vec3 position{0, 0, 0}, row{1, 0, 0}, column{0, 1, 0};
  double along = 0;  // position on the slice normal
};

struct DicomSeries {
  SeriesInfo info;
  std::vector<DicomSlice> slices;  // sorted along the normal
  core::Grid grid;                 // filled when usable
  int frames = 1;                  // of its one multi-frame file
};

core::Result<std::vector<DicomSeries>> scan_dicom(const std::filesystem::path& path, const core::Progress& progress);

}  // namespace ot::imaging
