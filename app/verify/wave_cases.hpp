// SPDX-License-Identifier: GPL-3.0-or-later
// Comparison of pulse-wave runs with published curves; used by the verify rows and their tests.
#pragma once
#include <filesystem>
#include <string>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/one_dimensional/wave_network.hpp"

namespace ot::verify {

struct WaveGap {
  double pressure = 0, flow = 0;    // mean |difference| at mid-length over the cycle / mean |reference|
  hemo::WaveResult run;
};
// NAME is common_carotid or upper_thoracic_aorta in the folder boileau2015_1d; `initial_Pa` as the finite-volume data began.
core::Result<WaveGap> compare_boileau(const std::filesystem::path& folder, const std::string& name, double initial_Pa, double cell_mm, const core::Progress& progress);
// Two daughters on a parent, smooth inflow, Windkessel ends (geometry of Boileau's bifurcation, inflow a raised cosine).
hemo::WaveProblem smooth_bifurcation(double cell_mm);
// Observed order of the mid pressures of the three vessels from cells of h, h/2, h/4 (Richardson).
core::Result<double> wave_order(double cell_mm, const core::Progress& progress);
// RMS difference of the mid pressures of two runs over the pulse of the second, the largest of all vessels.
double wave_difference(const hemo::WaveResult& a, const hemo::WaveResult& b);

}  // namespace ot::verify
