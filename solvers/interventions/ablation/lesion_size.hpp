// SPDX-License-Identifier: GPL-3.0-or-later
// How large a radiofrequency lesion becomes from power, contact force and time, and how sure that is.
// Model:  depth^g = C integral F^a P^b dt, at constant force and power: the ablation index divided by 100 is the depth in mm.
//         Diameter on the surface: straight line in the depth. Saline-irrigated 3.5 mm tip, upright, no steam pop.
//         Neglected: angle of the catheter, flow of blood, impedance, temperature control, pauses between pulses.
// Source: form and ranges of the exponents (a 0.6-0.8, b 1.4-1.8, g about 2.78): Bar-Tal et al., US patent 11,304,752 (claims 1-4, read). Values
//         K 596, a 0.68, b 1.63, c = 1/g 0.35 of the ablation index: general knowledge of Das et al. 2017, Europace 19:775, not read.
//         Diameter: least squares through the three mean lesions (depth, diameter) of 360 ex-vivo lesions, Sci Rep 2025 (10.1038/s41598-025-06533-5,
//         abstract read): (2.42, 6.02), (3.16, 7.34), (4.49, 9.13) mm.
// Uncertainty (one standard deviation): depth 0.7 mm: index and depth correlate with r = 0.84 (Kawaji et al. 2019, 108 lesions at index 300 to 600, abstract read);
//         predicted depths of that design spread by 1.12 mm, so the rest is 1.12 sqrt(1/r^2 - 1) = 0.72 mm. Diameter 1.6 mm: the largest of the three
//         published standard deviations.
// Threads: pure functions.
#pragma once
#include "solvers/core/param_schema.hpp"

namespace ot::interventions {

struct RfDelivery {
  double power_W = 35, force_g = 15, time_s = 30;
};

struct LesionSize {
  double index = 0;                          // ablation index; 0 when the size was given
  double depth_mm = 0, depth_sd_mm = 0;
  double radius_mm = 0, radius_sd_mm = 0;    // half width on the surface; sd 0 when the size was given
};

LesionSize rf_lesion_size(const RfDelivery& delivery);

// Of the parameters of an ablation: given, or from power, force and time with `size_sd` standard deviations added.
LesionSize lesion_size(const core::ParamSet& params);

}  // namespace ot::interventions
