// SPDX-License-Identifier: GPL-3.0-or-later
// Which chambers a mesh holds, by the names of its regions: "atri" in one (left_atrial_wall, right_atrium) makes it atrial, lv_.., rv_.. or "ventric" ventricular.
#pragma once
#include "solvers/core/mesh.hpp"

namespace ot::ep {

inline bool is_atrial_name(const std::string& region) { return region.find("atri") != std::string::npos; }

inline bool holds_atria(const core::TetMesh& mesh) {
  for (const auto& [value, name] : mesh.region_names)
    if (is_atrial_name(name)) return true;
  return false;
}

inline bool holds_ventricles(const core::TetMesh& mesh) {
  for (const auto& [value, name] : mesh.region_names)
    if (name.rfind("lv_", 0) == 0 || name.rfind("rv_", 0) == 0 || name.find("ventric") != std::string::npos) return true;
  return false;
}

inline bool is_atrial(const core::TetMesh& mesh) { return holds_atria(mesh) && !holds_ventricles(mesh); }
inline bool is_whole_heart(const core::TetMesh& mesh) { return holds_atria(mesh) && holds_ventricles(mesh); }

}  // namespace ot::ep
