// SPDX-License-Identifier: GPL-3.0-or-later
// DICOM Segmentation objects (PS3.3 A.51, SOP class 1.2.840.10008.5.1.4.1.1.66.4), out and in. GDCM writes; reading is by dicom_elements.hpp, because GDCM stops the program on damaged files.
// Written: BINARY, one bit per voxel, one frame per non-empty slice and segment, Explicit VR Little Endian, per-frame plane
// positions, coded structures (anatomy_codes.hpp). Geometry is exact to the 16 characters of a decimal string.
// Nothing of a patient is written: name and dates empty, ID "ANONYMOUS" unless one is given, UIDs of our own (2.25., PS3.5 B.2).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "imaging/exchange/foreign_labels.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// The DICOM series a label map was drawn on. Only when it is known: then the viewer lays the segmentation over it.
struct SegReference {
  std::string study_uid, series_uid, frame_of_reference_uid;
  std::string sop_class_uid;
  std::vector<std::string> sop_instance_uids;   // of the slices along k; empty: the series is named, its images are not
};

struct SegOptions {
  std::string series_description = "OrganTwin segmentation";
  std::string case_id = "ANONYMOUS";     // a pseudonym; never a name
  std::string algorithm = "OrganTwin";   // what made the labels, PS3.3 C.8.20.2 Segment Algorithm Name
  SegReference reference;
};

// Refuses an empty label map.
core::Result<void> write_dicom_seg(const core::LabelMap& labels, const std::filesystem::path& path, const SegOptions& options, const core::Progress& progress);

bool is_dicom_seg(const std::filesystem::path& path);
// BINARY and FRACTIONAL (voxels of at least half), uncompressed. The grid spans the stored slices; the missing ones between them are
// background. Overlapping segments: the later one wins, and a note says how many voxels. Refuses: other objects, compressed frames,
// frames in different orientations or off a common step, sizes that do not fit the stored bytes.
core::Result<ForeignLabels> read_dicom_seg(const std::filesystem::path& path, const core::Progress& progress);

}  // namespace ot::imaging
