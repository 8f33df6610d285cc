// SPDX-License-Identifier: GPL-3.0-or-later
// Places that a hand moves and draws on a wall: carried along, pushed a step, thinned.
// Model: carried: the frame of the wall at `from` (its outward normal) is turned into that at `to` by the smallest rotation, and what
//   hangs on it goes with it rigidly; each place is then put back on the nearest wall that faces as its own did, so that a line on the
//   outside never slips through to the inside.
// Units: mm. Threads: pure functions.
#pragma once
#include <vector>

#include "solvers/interventions/geometry/wall_surface.hpp"

namespace ot::interventions {

std::vector<core::Vec3> carried_on_wall(const WallSurface& wall, const std::vector<core::Vec3>& places, const core::Vec3& from, const core::Vec3& to);
// One step of `length_mm` along the wall, in `direction` as far as the wall allows; x itself where the wall stands across it.
core::Vec3 step_on_wall(const WallSurface& wall, const core::Vec3& x, const core::Vec3& direction, double length_mm);
// Of a line drawn by hand, dense as the mouse moved: first and last place and those between that are spacing_mm apart along it. Closed:
// without those at the end that already lie nearer than half a spacing to the first.
std::vector<core::Vec3> thinned_line(const std::vector<core::Vec3>& drawn, double spacing_mm, bool closed);

}  // namespace ot::interventions
