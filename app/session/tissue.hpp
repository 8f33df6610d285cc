// SPDX-License-Identifier: GPL-3.0-or-later
// Tissue of the LV wall of an image in a case: landmarks, segments, thickness, and scar put into its labels.
// The desktop's Tissue stage and the command `tissue` call the same functions. Threads: none of their own; safe in a job.
#pragma once
#include <array>
#include <filesystem>
#include <memory>

#include "app/session/case.hpp"
#include "imaging/tissue/scar.hpp"
#include "imaging/tissue/segments.hpp"

namespace ot::session {

struct TissueReport {
  std::string image_key;
  imaging::HeartLandmarks landmarks;
  std::shared_ptr<const imaging::WallMap> wall;
  std::shared_ptr<const imaging::WallSample> sample;
  std::array<imaging::SegmentRow, 17> rows{};
};

// The image with this key, or with an empty key the first one with LV wall and blood. Null when there is none.
const ImageData* tissue_image(const CaseData& data, const std::string& key);
core::Result<TissueReport> measure_tissue(const ImageData& image, const core::Progress& progress);

// Labels, volumes and notes of the image replaced by the result's; former ones of this kind go.
void put_tissue(ImageData& image, const imaging::WallSample& sample, const imaging::ScarResult& result, const imaging::ScarParams& params);
// What the result rests on, in words.
std::vector<std::string> tissue_notes(const imaging::ScarResult& result, const imaging::ScarParams& params);

// {"landmarks": [{"key": "lv_apex_endocardium", "at_mm": [x, y, z]}, ...]} or {"lv_apex_endocardium": [x, y, z], ...}; unknown keys are refused.
core::Result<std::vector<imaging::Landmark>> read_landmarks(const std::filesystem::path& path);

}  // namespace ot::session
