// SPDX-License-Identifier: GPL-3.0-or-later
// Real images and reference figures beside the checkout; never committed.
#pragma once
#include <filesystem>
#include <string>

namespace ot::test {

// Exit code that ctest shows as "skipped" (SKIP_RETURN_CODE): Catch2 2.13 has no SKIP().
inline constexpr int skip_code = 77;

// ORGANTWIN_SHARED, or the folder `shared` beside the source tree.
std::filesystem::path shared_root();
// The path, or the process ends with skip_code and a message when the shared folder is absent.
// When the folder exists but the file does not, the test fails: the data set is incomplete.
std::filesystem::path shared_file(const std::string& relative);
// A fresh empty folder that is removed at exit.
std::filesystem::path scratch_folder(const std::string& name);

}  // namespace ot::test
