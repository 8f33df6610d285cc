// SPDX-License-Identifier: GPL-3.0-or-later
// Distances to triangles, used by every search over a surface. Units: those of the points. Threads: pure.
#pragma once
#include "solvers/core/types.hpp"

namespace ot::core {

// Nearest point of triangle abc to p; a triangle without area counts as its edges.
Vec3 closest_on_triangle(const Vec3& p, const Vec3& a, const Vec3& b, const Vec3& c);

}  // namespace ot::core
