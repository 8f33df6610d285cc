// SPDX-License-Identifier: GPL-3.0-or-later
// Factors on the conductivity of a region, asked for like those on conductances (ConductanceScale in muscle.hpp): these keys in the place of a channel's.
// The velocity follows with the square root of the factor, in FAST and FULL. In the ECG a region's factor above 1 counts as 1 (ecg.hpp).
#pragma once
#include <string>

#include "solvers/core/types.hpp"

namespace ot::organs {

struct ConductivityKey {
  const char* key;          // "sigma"
  core::Vec3 along_fsn;     // 1 where it acts: along the fibre, in the sheet, across the sheets
  const char* words;
};
inline const ConductivityKey conductivity_keys[] = {{"sigma", {1, 1, 1}, "conductivity"}, {"sigma_across", {0, 1, 1}, "conductivity across the fibres"}};
// Below it nothing conducts any more: that is scar, and scar is a label.
inline constexpr double smallest_conductivity_scale = 0.01;

inline const ConductivityKey* find_conductivity(const std::string& key) {
  for (const auto& k : conductivity_keys)
    if (key == k.key) return &k;
  return nullptr;
}

}  // namespace ot::organs
