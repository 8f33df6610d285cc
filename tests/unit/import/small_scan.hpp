// SPDX-License-Identifier: GPL-3.0-or-later
// A small scan with known voxels, written as DICOM with the faults a test asks for.
#pragma once
#include <filesystem>
#include <string>

#include "imaging/io/dicom.hpp"
#include "imaging/io/dicom_write.hpp"

namespace ot::test {

// Every voxel differs from its neighbours; oblique when asked for. Values -1024 .. about 2000.
core::Volume small_ct(std::array<int, 3> size = {20, 16, 12}, bool oblique = false);
void write(const core::Volume& volume, const std::filesystem::path& folder, const imaging::DicomSeriesParams& params = {});
imaging::DicomScan scan(const std::filesystem::path& folder);
// The one reading with this key; fails the test when there is none.
const imaging::DicomReading& reading(const imaging::DicomScan& scan, const std::string& key);
core::Volume load(const imaging::DicomScan& scan, const imaging::DicomReading& reading, std::size_t phase = 0);
double worst_corner(const core::Grid& a, const core::Grid& b);   // mm, infinite when the sizes differ

}  // namespace ot::test
