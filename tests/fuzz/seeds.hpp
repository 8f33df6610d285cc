// SPDX-License-Identifier: GPL-3.0-or-later
// A sound small file for each reader: what mutations start from.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ot::test {

// Empty when the reader has no seed of its own making (dicom: taken from ../shared).
std::vector<std::string> seeds_for(const std::string& reader, const std::filesystem::path& scratch);

}  // namespace ot::test
