// SPDX-License-Identifier: GPL-3.0-or-later
// Stages of the recipe "chest_ct" (chest_ct.cpp), on the working grid: axes to the patient's left, back and head.
#pragma once
#include <string>
#include <vector>

#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging::chest {

struct Scan {
  core::Grid grid;
  std::vector<float> values;    // lightly smoothed
  bool hounsfield = true;       // false: rescaled intensities; lung cannot then be told from air by density
};

struct Levels {
  double air = 0;               // value of air
  double gas = 0;               // threshold gas | tissue
  double fat = 0;               // threshold fat | soft tissue
  double soft = 0;              // commonest soft-tissue value
  double bone = 0;              // threshold soft tissue | bone, set by find_bone
  double lung = 0;              // median of the lungs, set by find_lungs
};

// Air and gas | tissue. Fails (empty message otherwise) when the scan has no gas.
bool find_gas_level(const Scan& scan, Levels& levels);
// The patient: everything but the outside air and the couch; inner gas included. Also the fat and soft levels.
voxels::Mask find_body(const Scan& scan, Levels& levels);

struct Lungs {
  voxels::Mask left, right, airway;
  bool cut_by_sides = false;    // a lung reaches the side of the field of view
  bool cut_by_ends = false;     // a lung reaches the first or last slice
  bool separated = true;        // false: left and right could not be told apart
  bool any() const { return found; }
  bool found = false;
};
Lungs find_lungs(const Scan& scan, const voxels::Mask& body, Levels& levels, const core::Progress& progress);

struct Bones {
  voxels::Mask bone, blood;     // blood: thick contrast-filled lumen kept out of the bone
  voxels::Mask lumen;           // thinner lumen (5 mm and more) that hangs together with bone, kept out of it too
  double blood_level = 0;       // 0 = no contrast
};
Bones find_bone(const Scan& scan, const voxels::Mask& body, const Lungs& lungs, Levels& levels, const core::Progress& progress);

}  // namespace ot::imaging::chest
