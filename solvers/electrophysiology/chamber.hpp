// SPDX-License-Identifier: GPL-3.0-or-later
// Which chambers a mesh holds: a region whose name holds "atri" makes it an atrial one (left_atrial_wall, right_atrium).
#pragma once
#include "solvers/core/mesh.hpp"

namespace ot::ep {

inline bool is_atrial(const core::TetMesh& mesh) {
  for (const auto& [value, name] : mesh.region_names)
    if (name.find("atri") != std::string::npos) return true;
  return false;
}

}  // namespace ot::ep
