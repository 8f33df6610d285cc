// SPDX-License-Identifier: GPL-3.0-or-later
// The elements of one DICOM file up to its pixels, read without a library: quick (values over 1 kB are stepped over, but for the samples of waveforms) and safe on
// damaged files (every length is checked against what is left of the file; nesting, counts and unpacked bytes are bounded).
// GDCM, which decodes compressed pixels later, sees only files that passed here.
// Source: DICOM PS3.5 sections 7 and A, PS3.10 section 7. Threads: each call is its own.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"

namespace ot::imaging {

struct DicomElement;

struct DicomSet {
  std::vector<DicomElement> elements;
  const DicomElement* find(std::uint32_t tag) const;
  // Text without padding; "" when absent.
  std::string text(std::uint32_t tag) const;
  // Decimal or integer strings, or binary numbers by VR; empty when absent or not finite numbers.
  std::vector<double> numbers(std::uint32_t tag) const;
  double number(std::uint32_t tag, double fallback) const;
  // First item of a sequence; null when absent.
  const DicomSet* item(std::uint32_t tag) const;
};

struct DicomElement {
  std::uint32_t tag = 0;
  char vr[2] = {'U', 'N'};
  std::string value;             // little endian; empty for sequences and for values that were stepped over
  std::vector<DicomSet> items;
};

struct DicomElements {
  DicomSet meta, data;
  std::string transfer_syntax;   // UID
  bool big_endian = false, deflated = false, encapsulated = false;
  std::uint32_t pixel_tag = 0;   // 0: no pixels; 7FE00010, 7FE00008 (float), 7FE00009 (double)
  std::uint64_t pixel_offset = 0, pixel_bytes = 0;   // in the file; encapsulated: up to the end of the file. Not for deflated files
  std::uint64_t file_bytes = 0;  // deflated: of what was unpacked
};

// Fails in words without the path: "the file is cut off inside its header", ...
core::Result<DicomElements> read_dicom_elements(const std::filesystem::path& path);

}  // namespace ot::imaging
