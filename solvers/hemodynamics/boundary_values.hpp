// SPDX-License-Identifier: GPL-3.0-or-later
// Plausible boundary values when none were measured: outlet resistances by Murray's law, coronary flow at rest and hyperaemia.
// Everything here is an assumption of the model and must be shown as such beside the results.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct CapSize {
  int patch = 0;
  double radius_mm = 0;
};
// Terminal branches: median radius over their last third (the cap itself may be cut obliquely or tapered).
std::vector<CapSize> outlet_sizes(const core::VesselNetwork& network);

// Flow split q_i ~ r_i^exponent (Murray 1926, J Gen Physiol 9:835-841: 3; coronary 2.6-2.7, Changizi & Cherniak 2000, Huo & Kassab 2012),
// R_i = (mean - distal) / q_i. compliance > 0 makes Windkessels: C_i ~ q_i. What a pulse meets first (rp) is the characteristic impedance of
// the artery that leaves, rho c / A, when its wave speed is told (Westerhof, Lankhaar, Westerhof, Med Biol Eng Comput 47 (2009) 131-141),
// at most half of R_i; else the share of R_i that holds for the whole systemic bed seen from the aortic root (0.056-0.1:
// physiology_and_models.json, windkessel) and is several times too much for an artery that carries a part of the output at rest.
struct MurrayOptions {
  double exponent = 3.0;
  double total_compliance = 0;     // mm3/Pa
  double proximal_share = 0.09;
  double wave_speed_mm_s = 0;      // 0: the share above
  double density_g_per_mm3 = Fluid{}.density_g_per_mm3;
};
core::Result<std::vector<Outlet>> murray_outlets(const std::vector<CapSize>& caps, double total_flow_mm3_s, double mean_pressure_Pa,
                                                 double distal_pressure_Pa, const MurrayOptions& options = {});

enum class CoronaryVessel { left_main, lad, lcx, rca };

// Coronary flow at rest, mm3/s. Whole heart: 225 mL/min for 150 g of left ventricular myocardium, scaled with mass^0.75
// (225 mL/min: Guyton & Hall, about 4-5 % of cardiac output; exponent: Zhou, Kassab, Molloi 1999; both in physiology_and_models.json).
// Shares of the vessels are an assumption for a right-dominant heart: LAD 0.45, LCX 0.25, RCA 0.30 (left main 0.70).
// mass_g <= 0: the default of 150 g.
double coronary_rest_flow(CoronaryVessel vessel, double lv_mass_g = 0);

// Which coronary a name means, in any case and among other words: "LAD", "rca", "left-main", "mid LAD". None: no coronary.
std::optional<CoronaryVessel> coronary_of(std::string_view name);

// Mean resting flow of an artery of this calibre, mm3/s: 1.43 d^2.55 in SI units (van der Giessen et al. 2011, J Biomech 44:1089-1095, measured
// in coronaries; it gives 32 mL/min at 3 mm and 230 mL/min at 6.5 mm), never more than the cardiac output.
double usual_flow(double diameter_mm);
inline constexpr double cardiac_output_mm3_s = 5.0e6 / 60.0;   // 5 L/min, a resting adult's (Guyton & Hall, Textbook of Medical Physiology, ch. 20)

// Microvascular resistance at maximal hyperaemia (adenosine 140 ug/kg/min) over that at rest: 0.24, Wilson et al. 1990 quoted by
// Taylor, Fonte, Min, JACC 61 (2013) 2233-2241.
inline constexpr double hyperaemic_resistance_ratio = 0.24;
inline constexpr double mean_aortic_pressure_Pa = 93.0 * 133.322387415;  // normal MAP 70-100 mmHg
inline constexpr double venous_pressure_Pa = 5.0 * 133.322387415;        // right atrium 2-6 mmHg

// Outlets of a coronary tree: resistances set at rest by Murray's law (exponent 2.65) and lowered to hyperaemia when asked.
core::Result<std::vector<Outlet>> coronary_outlets(const core::VesselNetwork& network, double rest_flow_mm3_s, double aortic_pressure_Pa,
                                                   bool hyperaemia);

}  // namespace ot::hemo
