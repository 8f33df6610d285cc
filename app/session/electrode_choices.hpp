// SPDX-License-Identifier: GPL-3.0-or-later
// ECG electrodes placed by hand (ElectroChoices::electrodes): taken from a file, said among the assumptions, given out. LPS mm. Threads: pure functions.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/named_points.hpp"

namespace ot::session {

// All ten (RA LA RL LL V1..V6) or some of them; the others stay where they are.
// bad_input: as read_named_points; a name that is no electrode; one in the muscle, or farther from the heart than a body is long.
core::Result<std::map<std::string, core::Vec3>> electrodes_from(const std::filesystem::path& file, const ep::ElectroProblem& heart);
// The ten as they stand, for a file that electrodes_from reads.
std::vector<NamedPoint> electrodes_of(const ep::ElectroProblem& heart);
// "Electrodes placed by hand, mm: V1 (12.0, -80.5, 31.0)." in the place of the line that said it before; no line when none was placed.
void restate_electrodes(std::vector<std::string>& assumptions, const std::map<std::string, core::Vec3>& placed);

}  // namespace ot::session
