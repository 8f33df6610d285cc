// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/boundary_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>
#include <string>

namespace ot::hemo {

std::vector<CapSize> outlet_sizes(const core::VesselNetwork& network) {
  std::vector<CapSize> sizes;
  for (const core::VesselBranch& b : network.branches) {
    if (!b.children.empty() || b.radius.empty()) continue;
    std::vector<double> last;
    for (std::size_t k = 0; k < b.radius.size(); ++k)
      if (b.arc.empty() || b.arc[k] >= b.length() * 2.0 / 3.0) last.push_back(b.radius[k]);
    std::nth_element(last.begin(), last.begin() + std::ptrdiff_t(last.size() / 2), last.end());
    sizes.push_back({b.outlet_patch, last[last.size() / 2]});
  }
  return sizes;
}

core::Result<std::vector<Outlet>> murray_outlets(const std::vector<CapSize>& caps, double flow, double mean_Pa, double distal_Pa, const MurrayOptions& o) {
  if (caps.empty()) return core::bad_input("There is no outlet to give a resistance to (blood cannot leave). Check the caps of the vessel.");
  if (!(flow > 0) || !std::isfinite(flow)) return core::bad_input(fmt::format("The total flow is {} mm3/s (resistances are pressure over flow). Give a positive flow.", flow));
  if (!(mean_Pa > distal_Pa) || !std::isfinite(mean_Pa) || !std::isfinite(distal_Pa))
    return core::bad_input(fmt::format("The mean pressure {} Pa is not above the distal pressure {} Pa (no resistance gives that flow). Raise the mean pressure.", mean_Pa, distal_Pa));
  if (!(o.exponent > 0) || o.total_compliance < 0 || !(o.proximal_share > 0 && o.proximal_share < 1))
    return core::bad_input("Murray's exponent must be positive, the compliance not negative and the proximal share between 0 and 1 (the outlets would be unphysical). Use 3, 0 and 0.09.");
  if (!(o.wave_speed_mm_s >= 0) || !std::isfinite(o.wave_speed_mm_s) || !(o.density_g_per_mm3 > 0))
    return core::bad_input("The wave speed must not be negative and the density positive (an impedance follows from both). Use 5000 to 10000 mm/s and 1.06e-3 g/mm3.");
  double sum = 0;
  for (const CapSize& c : caps) {
    if (!(c.radius_mm > 0) || !std::isfinite(c.radius_mm)) return core::bad_input(fmt::format("Outlet patch {} has a radius of {} mm (Murray's law needs its size). Check the cap.", c.patch, c.radius_mm));
    sum += std::pow(c.radius_mm, o.exponent);
  }
  std::vector<Outlet> outlets;
  for (const CapSize& c : caps) {
    const double share = std::pow(c.radius_mm, o.exponent) / sum, r = (mean_Pa - distal_Pa) / (share * flow);
    Outlet out;
    out.patch = c.patch;
    out.pd = distal_Pa;
    if (o.total_compliance > 0) {
      constexpr double most = 0.5;   // more would leave no Windkessel behind it
      const double impedance = o.density_g_per_mm3 * o.wave_speed_mm_s / (std::numbers::pi * c.radius_mm * c.radius_mm);
      out.rp = o.wave_speed_mm_s > 0 ? std::min(impedance, most * r) : o.proximal_share * r;
      out.rd = r - out.rp, out.c = share * o.total_compliance;
    }
    else out.rp = r;
    outlets.push_back(out);
  }
  return outlets;
}

std::optional<CoronaryVessel> coronary_of(std::string_view name) {
  std::string word, before;
  for (std::size_t k = 0; k <= name.size(); ++k) {
    const auto c = k < name.size() ? static_cast<unsigned char>(name[k]) : ' ';
    if (std::isalpha(c)) {
      word += char(std::tolower(c));
      continue;
    }
    if (word == "lad") return CoronaryVessel::lad;
    if (word == "lcx" || word == "cx" || word == "circumflex") return CoronaryVessel::lcx;
    if (word == "rca") return CoronaryVessel::rca;
    if (word == "lm" || word == "lmca" || (before == "left" && word == "main")) return CoronaryVessel::left_main;
    if (!word.empty()) before = std::move(word);
    word.clear();
  }
  return std::nullopt;
}

double usual_flow(double diameter_mm) { return std::min(cardiac_output_mm3_s, 1.43e9 * std::pow(1e-3 * diameter_mm, 2.55)); }

double coronary_rest_flow(CoronaryVessel vessel, double lv_mass_g) {
  constexpr double whole_ml_min = 225, mass = 150, exponent = 0.75;
  const double whole = whole_ml_min * (lv_mass_g > 0 ? std::pow(lv_mass_g / mass, exponent) : 1.0);
  double share = 0;
  switch (vessel) {
    case CoronaryVessel::left_main: share = 0.70; break;
    case CoronaryVessel::lad: share = 0.45; break;
    case CoronaryVessel::lcx: share = 0.25; break;
    case CoronaryVessel::rca: share = 0.30; break;
  }
  return share * whole * 1000.0 / 60.0;
}

core::Result<std::vector<Outlet>> coronary_outlets(const core::VesselNetwork& network, double rest_flow, double aortic_Pa, bool hyperaemia) {
  MurrayOptions options;
  options.exponent = 2.65;
  auto outlets = murray_outlets(outlet_sizes(network), rest_flow, aortic_Pa, venous_pressure_Pa, options);
  if (outlets && hyperaemia)
    for (Outlet& o : *outlets) o.rp *= hyperaemic_resistance_ratio;
  return outlets;
}

}  // namespace ot::hemo
