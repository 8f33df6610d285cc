// SPDX-License-Identifier: GPL-3.0-or-later
// Fractional flow reserve from a pull-back curve computed at hyperaemia.
// Model: FFR = Pd / Pa; Pd is read 10-20 mm distal to the lower border of the lesion (mean over that stretch, following the child
//   with the larger flow past a bifurcation), as Pa minus the computed pressure loss from the inlet to there.
// Source: reading position: consensus PMC7977999; threshold 0.80 with grey zone 0.75-0.80: De Bruyne & Sels 2012, Petraco 2013
//   (physiology_and_models.json, hyperaemia_FFR_CT).
#pragma once
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct FfrReading {
  double value = 1;
  int branch = 0;          // where it was read
  double arc_mm = 0;       // middle of the stretch
  int lesion = -1;         // index in the given stenoses, -1: no lesion, read at the lowest distal end
  std::string note;
};

// The lowest reading over the lesions. Fails when the curve is empty or the aortic pressure is not positive.
core::Result<FfrReading> read_ffr(const std::vector<PullbackPoint>& pullback, const core::VesselNetwork& network,
                                  const std::vector<core::Stenosis>& stenoses, double aortic_pressure_Pa);
// Only the number; NaN when it cannot be read.
double ffr(const std::vector<PullbackPoint>& pullback, const core::VesselNetwork& network,
           const std::vector<core::Stenosis>& stenoses, double aortic_pressure_Pa);

// Pressure on the curve at a place, linear between its points. NaN when the branch has none.
double pressure_at(const std::vector<PullbackPoint>& pullback, int branch, double arc_mm);

}  // namespace ot::hemo
