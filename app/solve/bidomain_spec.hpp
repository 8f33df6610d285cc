// SPDX-License-Identifier: GPL-3.0-or-later
// "bidomain" of a tissue spec: the extracellular space, its bath, electrodes and ground.
// {"electrodes": [{"at_mm": [x, y, z] or "box_mm": [[...], [...]], "current_uA": -50, "start_ms": 0 or a list, "duration_ms": 2}], "ground_box_mm": [[...], [...]], "tolerance": 1e-6}
// A bath is a region with "bath_S_per_m". The current of a box is shared by the volumes of the nodes in it.
// Fails: SpecError. Threads: pure functions.
#pragma once
#include <memory>
#include <vector>

#include "app/solve/spec_reader.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::solve {

// ratio: sigma_e / sigma_i along f, s, n. bath: [regions] S/m. problem.sigma is the monodomain's and stays.
std::shared_ptr<const ep::Bidomain> read_bidomain(const nlohmann::json& json, const ep::ElectroProblem& problem, const core::Vec3& ratio, std::vector<double> bath);

}  // namespace ot::solve
