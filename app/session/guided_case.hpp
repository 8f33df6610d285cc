// SPDX-License-Identifier: GPL-3.0-or-later
// The guided recipe on an image of a case, for the command line and for Session::run_image_job alike.
#pragma once
#include <functional>
#include <string>

#include "app/session/case.hpp"

namespace ot::session {

// Labels, planes, quantities, notes and the guide itself, put into an image by the returned function.
core::Result<std::function<void(ImageData&)>> guided_labels(const ImageData& image, const imaging::GuidedInput& input, const core::Progress& progress);
// The same as one stage of the case.
core::Result<void> segment_image_guided(CaseData& data, const std::string& image_key, const imaging::GuidedInput& input, const core::Progress& progress);
core::Result<imaging::GuidedInput> read_guide_file(const std::filesystem::path& path);
core::Result<void> write_guide_file(const std::filesystem::path& path, const imaging::GuidedInput& input);

}  // namespace ot::session
