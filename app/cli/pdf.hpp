// SPDX-License-Identifier: GPL-3.0-or-later
// Reports as PDF where this build has Qt; the headless build says that it writes HTML.
#pragma once
#include <filesystem>
#include <string>

#include "solvers/core/result.hpp"

namespace ot::cli {

core::Result<void> check_pdf();   // can this build write one?
core::Result<void> write_pdf(const std::string& html, const std::filesystem::path& path, const std::string& footer);

}  // namespace ot::cli
