// SPDX-License-Identifier: GPL-3.0-or-later
// Electrograms of a FAST answer at any sampling: the templates are known at every instant, not only at the stored frames.
// Model:   V(t) of a node as in fast.hpp, from its activation and repolarisation times; potentials as in ecg.hpp (electrograms).
// In/out:  the problem and what FAST answered to it -> [points][samples] mV at 0, every_ms, 2 every_ms ... end_ms. A whole heart's parts add up.
// Fails:   as make_templates (cached after FAST has run); cancelled. Threads: same bits for every count.
#pragma once
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

core::Result<std::vector<std::vector<double>>> fast_electrograms(const ElectroProblem& problem, const ElectroResult& answer, const std::vector<core::Vec3>& points, double every_ms,
                                                                 const core::Progress& progress);

}  // namespace ot::ep
