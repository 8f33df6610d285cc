// SPDX-License-Identifier: GPL-3.0-or-later
// Codes of anatomical structures for DICOM objects (SNOMED CT), and colours in DICOM's CIELab.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "solvers/core/types.hpp"

namespace ot::imaging {

struct Code {
  std::string value, scheme, meaning;   // "87878005", "SCT", "Left Ventricle"
  bool operator==(const Code&) const = default;
};

struct AnatomyCode {
  std::string key;
  Code category, type;
  Code region;                          // empty value: none
};

// The code of a key; for a key without one: category and type "Anatomical Structure", the name stays in the segment label.
AnatomyCode code_of(const std::string& key);
// The key whose type (and region, when given) is this code; "" when none or several.
std::string key_of(const Code& type, const Code& region);

// DICOM PS3.3 C.10.7.1.1: CIELab (D50 white) in three 16-bit numbers.
std::array<std::uint16_t, 3> dicom_lab(const core::Color& srgb);
core::Color from_dicom_lab(const std::array<std::uint16_t, 3>& lab);

}  // namespace ot::imaging
