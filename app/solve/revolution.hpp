// SPDX-License-Identifier: GPL-3.0-or-later
// Closed lumen of revolution about z: tubes, nozzles, stenoses given as [z, r]. Caps: patch 1 at the first point (inlet), 2 at the
// last (outlet 1), 3 wall. The polygonal cross-section has the circle's area.
#pragma once
#include <utility>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::solve {

core::SurfaceMesh surface_of_revolution(const std::vector<std::pair<double, double>>& profile, double edge_mm);

}  // namespace ot::solve
