// SPDX-License-Identifier: GPL-3.0-or-later
// Files appear whole or not at all: written beside under a temporary name, synced, then renamed.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "solvers/core/result.hpp"

namespace ot::core {

// Fails with bad_input when the folder is missing, not writable or the disk is full; the old file then stays as it was.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);
// For libraries that write by name: `write` gets a temporary path with the same extension; renamed when it succeeds.
Result<void> write_file_with(const std::filesystem::path& path,
                             const std::function<Result<void>(const std::filesystem::path& temporary)>& write);
// Refuses files over `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t(1) << 34);

}  // namespace ot::core
