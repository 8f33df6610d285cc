// SPDX-License-Identifier: GPL-3.0-or-later
// Wall shear along the centreline of a result.
// Model: FULL: size of the computed wall shear (over a beat its time average, TAWSS), mean round the circumference: area mean of the wall's triangles that
//   lie nearest to each point of the centreline. FAST: that of developed laminar flow, 4 mu Q / (pi r^3) (Poiseuille).
// Threads: pure function; 30 ms per 20,000 triangles.
#pragma once
#include <vector>

#include "solvers/twin/simulation.hpp"

namespace ot::session {

bool has_computed_shear(const twin::VesselResult& result);
// Pa, one per point of result.flow->pullback; NaN where no wall lies nearest.
std::vector<double> station_shear(const twin::VesselModel& model, const twin::VesselResult& result);

}  // namespace ot::session
