// SPDX-License-Identifier: GPL-3.0-or-later
// A second series joins an open case (late enhancement beside cine, a coronary beside a chest scan), and labels go from one image of a case
// to another. Everything is placed by patient coordinates; nothing is registered, so images that were not taken in one position do not match.
//   Frames of reference: the replaced UIDs tell whether two series share one (deidentify.hpp). Different: refused unless the person says that
//   the positions can be trusted, and then said with the image. Not stated (NIfTI and the like): taken, and said.
// Fails: different frames, no overlap with any image, another sex or an age more than two years away (another patient). `data` stays unchanged.
// Threads: none of their own; safe in a job.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/session/import_scan.hpp"

namespace ot::session {

struct JoinParams {
  Resolution resolution;
  std::string key;                // of the image in the case; empty: made from what it is ("mr", "ct_2")
  bool trust_positions = false;   // although the frames of reference differ
};
// Appends one image (without identity; its date is left out, for it is shifted by another number of days than the case's) and one stage.
core::Result<void> join_reading(CaseData& data, const ImportScan& scan, const ImportReading& reading, const JoinParams& params, const core::Progress& progress);

struct LabelsFrom {
  std::string from;                 // key of the image that has them
  std::vector<std::string> only;    // keys of labels; empty: all labels of the target are replaced
};
// Labels of another image of the case, by nearest voxel. With `only` (scar, border zone, fat) they replace the target's wall, scar, border zone and fat, never its
// blood or background; the former voxels of those labels become wall again. Returns the change, to be applied to the target as one step.
core::Result<std::function<void(ImageData&)>> labels_from_image(const ImageData& from, const ImageData& target, const std::vector<std::string>& only, const core::Progress& progress);
// The same on a case; appends a stage.
core::Result<void> take_labels_from(CaseData& data, const std::string& image_key, const LabelsFrom& what, const core::Progress& progress);

}  // namespace ot::session
