// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/ablation/lesion_size.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::interventions {
namespace {

constexpr double index_k = 596, force_exponent = 0.68, power_exponent = 1.63, index_exponent = 0.35;
constexpr double diameter_at_zero_mm = 2.515, diameter_slope = 1.484;   // fit named in the header
constexpr double depth_sd_mm = 0.7, radius_sd_mm = 0.8;
constexpr double least_mm = 0.5;   // range of the parameters of a lesion

}  // namespace

LesionSize rf_lesion_size(const RfDelivery& d) {
  OT_EXPECT(d.power_W > 0 && d.force_g > 0 && d.time_s > 0);
  LesionSize s;
  s.index = std::pow(index_k * std::pow(d.force_g, force_exponent) * std::pow(d.power_W, power_exponent) * d.time_s, index_exponent);
  s.depth_mm = s.index / 100;
  s.radius_mm = 0.5 * (diameter_at_zero_mm + diameter_slope * s.depth_mm);
  s.depth_sd_mm = depth_sd_mm;
  s.radius_sd_mm = radius_sd_mm;
  return s;
}

LesionSize lesion_size(const core::ParamSet& p) {
  if (!p.has("size") || p.text("size") == "given") return {0, p.number("depth_mm"), 0, p.number("radius_mm"), 0};
  LesionSize s = rf_lesion_size({p.number("power_W"), p.number("force_g"), p.number("time_s")});
  s.depth_mm = std::max(least_mm, s.depth_mm + p.number("size_sd") * s.depth_sd_mm);
  s.radius_mm = std::max(least_mm, s.radius_mm + p.number("size_sd") * s.radius_sd_mm);
  return s;
}

}  // namespace ot::interventions
