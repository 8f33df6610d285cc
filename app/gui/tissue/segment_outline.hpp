// SPDX-License-Identifier: GPL-3.0-or-later
// The border of one AHA segment on the walls of the electrical mesh, as point pairs for the 3D view.
#pragma once
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::gui {

std::vector<core::Vec3> segment_outline(const core::TetMesh& mesh, const std::vector<std::uint8_t>& node_segment, int segment);

}  // namespace ot::gui
