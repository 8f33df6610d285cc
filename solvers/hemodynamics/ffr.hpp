// SPDX-License-Identifier: GPL-3.0-or-later
// Fractional flow reserve from a pull-back curve computed at hyperaemia.
// Model: FFR = Pd / Pa; Pd is read 10-20 mm distal to the lower border of the lesion (mean over that stretch, following the child
//   with the larger flow past a bifurcation), as Pa minus the computed pressure loss from the inlet to there.
// Source: reading position: consensus PMC7977999; threshold 0.80 with its grey zone: De Bruyne & Sels 2012, Petraco 2013
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

// What the number means: at or below 0.80 blood flow is reduced enough to treat; 0.76-0.80 is the grey zone (issue 5; De Bruyne & Sels 2012,
// Petraco 2013). Computed FFR lies within about +-0.1 of the measured one (95 % limits of agreement; SD 0.11 in PMC7116852).
inline constexpr double ffr_break = 0.80, ffr_grey_low = 0.76, ffr_agreement = 0.10;
enum class FfrMeaning { reduced, grey_zone, not_reduced };
FfrMeaning ffr_meaning(double ffr);
// "FFR 0.78 (limits of agreement 0.68-0.88): grey zone 0.76-0.80, ..."; names the definition and the hyperaemia.
std::string ffr_sentence(const FfrReading& reading);

// FFR where the pressure is `pressure_Pa`: 1 at the inlet, below it by the loss from there (the number of read_ffr, and what curves and
// colours show). The computed inlet pressure is near the aortic one, never exactly it.
double pressure_ratio(double pressure_Pa, double inlet_pressure_Pa, double aortic_pressure_Pa);
// Pressure on the curve at a place, linear between its points. NaN when the branch has none.
double pressure_at(const std::vector<PullbackPoint>& pullback, int branch, double arc_mm);

}  // namespace ot::hemo
