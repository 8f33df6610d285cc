// SPDX-License-Identifier: GPL-3.0-or-later
// Volume: scalar image in patient space. LabelMap: what each voxel is. Both immutable once shared.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/grid.hpp"

namespace ot::core {

struct Volume {
  Grid grid;
  std::vector<float> values;      // [voxels]
  std::string quantity = "HU";    // "HU" for CT, "intensity" for MR
  std::string description;        // series description, no patient identity

  float at(int i, int j, int k) const { return values[grid.offset(i, j, k)]; }
  // Trilinear value at a patient point; `outside` beyond the grid.
  float sample(const Vec3& lps_mm, float outside) const;
  std::string sha256() const;
};

struct LabelInfo {
  int value = 0;             // > 0
  std::string key;           // stable id: "lv_blood_pool"
  std::string name;          // shown: "LV blood pool"
  Color color{200, 200, 200};
  bool assumed = false;      // not seen in the image, a rule put it there
};

struct LabelMap {
  Grid grid;
  std::vector<std::uint8_t> values;  // [voxels], 0 = background
  std::vector<LabelInfo> labels;     // sorted by value

  std::uint8_t at(int i, int j, int k) const { return values[grid.offset(i, j, k)]; }
  const LabelInfo* find(const std::string& key) const;
  int value_of(const std::string& key) const;  // 0 when there is no such label
  std::size_t count(int value) const;
  double volume_ml(int value) const;
  std::string sha256() const;  // grid, values and keys
};

// Standard heart labels, the same numbers everywhere (keys are part of the CLI contract).
namespace labels {
inline constexpr int lv_blood_pool = 1, lv_myocardium = 2, rv_blood_pool = 3, left_atrium = 4, right_atrium = 5, aorta = 6,
                     pulmonary_artery = 7, rv_wall = 8, scar = 9, coronary = 10, descending_aorta = 11, lung = 12, bone = 13,
                     border_zone = 14, myocardial_fat = 15, superior_vena_cava = 16, inferior_vena_cava = 17, pulmonary_veins = 18,
                     coronary_sinus = 19, body = 20, airway = 21, liver = 22, pericardial_fat = 23, vessel = 24,
                     brain = 40, grey_matter = 41, white_matter = 42, cerebrospinal_fluid = 43;
std::vector<LabelInfo> heart();  // the table of all of the above with names and colours
}  // namespace labels

// Dice overlap of one label in two maps on the same grid; 1 when both are empty.
double dice(const LabelMap& a, const LabelMap& b, int value);

}  // namespace ot::core
