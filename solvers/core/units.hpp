// SPDX-License-Identifier: GPL-3.0-or-later
// Unit conversions at the borders (schema, JSON, GUI). Inside: EP mm ms mV uA uF mS; flow mm g s, pressure Pa.
#pragma once

namespace ot::core::units {

inline constexpr double pa_per_mmhg = 133.322387415;  // NIST SP 811 (2008), appendix B.8, conventional mmHg
inline constexpr double mm3_per_ml = 1000.0;
inline constexpr double mm3_s_per_l_min = 1.0e6 / 60.0;

inline constexpr double mmhg_from_pa(double pa) { return pa / pa_per_mmhg; }
inline constexpr double pa_from_mmhg(double mmhg) { return mmhg * pa_per_mmhg; }
inline constexpr double l_min_from_mm3_s(double q) { return q / mm3_s_per_l_min; }
inline constexpr double ml_from_mm3(double v) { return v / mm3_per_ml; }

}  // namespace ot::core::units
