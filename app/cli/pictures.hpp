// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of a case for reports, drawn off screen with the desktop's scene. Needs a display (VTK here has no EGL build).
#pragma once
#include <filesystem>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/report.hpp"

namespace ot::cli {

core::Result<void> draw_case(const session::CaseData& data, const std::filesystem::path& folder, std::vector<session::ReportPicture>& pictures);

}  // namespace ot::cli
