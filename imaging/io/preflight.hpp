// SPDX-License-Identifier: GPL-3.0-or-later
// Looks at an image file before any library allocates for it: is it what its name says, and does it hold as many bytes as its
// header promises? (ITK fills the missing part of a truncated volume with zeros without a word.)
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

enum class ImageFormat { nifti, nrrd, meta, dicom };

struct Promise {
  ImageFormat format = ImageFormat::nifti;
  std::vector<std::int64_t> size;   // as in the header
  int bytes_per_value = 0;
};

// Fails in words for: missing, a folder, empty, wrong content, header nonsense, more data promised than stored or than fits in memory.
core::Result<Promise> inspect_image(const std::filesystem::path& path, const core::Progress& progress);
// Whether the first bytes look like DICOM (with or without the 128-byte preamble).
bool looks_like_dicom(const std::filesystem::path& path);
// The first 348 bytes of a NIfTI file, unpacked when it is gzipped; empty when it cannot be read. For checks that do their own arithmetic.
std::string nifti_header_bytes(const std::filesystem::path& path);
// "file.nii.gz" -> ".nii.gz"; lower case.
std::string image_extension(const std::filesystem::path& path);
// Bytes this machine can give to one volume: three quarters of the physical memory, or of what the container allows.
std::uint64_t memory_budget();
// The same, but not more than is free now.
std::uint64_t memory_free();

}  // namespace ot::imaging
