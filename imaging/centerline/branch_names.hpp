// SPDX-License-Identifier: GPL-3.0-or-later
// Anatomical names for the branches of a vessel tree, by geometry, with a reason for each; a number where geometry does not decide.
// Rules (LPS: x to the left, y to the back, z to the head), from textbook anatomy (Moore, Dalley & Agur, Clinically Oriented Anatomy):
// aorta: a trunk that rises from its inlet to a top and comes down again is "ascending, arch, descending"; side branches that go to the
// head from it are arch branches, named from right to left (brachiocephalic, left carotid, left subclavian) when there are three; two
// terminal branches that go to the feet are the common iliacs by their side. Coronary: of two branches of a first fork the one that
// ends farther to the front is LAD, the other LCx. Threads: const.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/vessel_network.hpp"

namespace ot::imaging {

enum class VesselKind { aorta, left_coronary, other };
// Renames the branches; returns one sentence per branch.
std::vector<std::string> name_branches(core::VesselNetwork& network, VesselKind kind);

}  // namespace ot::imaging
