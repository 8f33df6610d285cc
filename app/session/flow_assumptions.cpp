// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/flow_assumptions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/conditions.hpp"

namespace ot::session {
namespace {

bool is_aorta(std::string name) {
  for (char& c : name) c = char(std::tolower(static_cast<unsigned char>(c)));
  return name.find("aort") != std::string::npos;
}

// Median over the first third of the vessel that begins at the inlet: a cap may be cut obliquely.
double inlet_radius(const core::VesselNetwork& network) {
  const core::VesselBranch& b = network.branches.front();
  std::vector<double> first;
  for (std::size_t k = 0; k < b.radius.size(); ++k)
    if (b.arc.empty() || b.arc[k] <= b.length() / 3) first.push_back(b.radius[k]);
  std::nth_element(first.begin(), first.begin() + std::ptrdiff_t(first.size() / 2), first.end());
  return first[first.size() / 2];
}

bool same(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)); }

// The outlets are those of Murray's law at the population's flow.
bool outlets_as_built(const twin::VesselModel& vessel) {
  if (!vessel.network) return false;
  const auto built = hemo::murray_outlets(hemo::outlet_sizes(*vessel.network), population_inflow(vessel.key, *vessel.network), vessel.aortic_pressure_Pa, hemo::venous_pressure_Pa);
  if (!built || built->size() != vessel.baseline.outlets.size()) return false;
  return std::all_of(vessel.baseline.outlets.begin(), vessel.baseline.outlets.end(), [&](const hemo::Outlet& o) {
    return std::any_of(built->begin(), built->end(), [&](const hemo::Outlet& b) { return b.patch == o.patch && same(b.rp, o.rp) && same(b.rd, o.rd) && same(b.c, o.c) && same(b.pd, o.pd) && !o.coronary; });
  });
}

std::string blood(const hemo::Fluid& f) {
  if (f.carreau_yasuda) return fmt::format("shear-thinning blood (Carreau-Yasuda, {:.0f} kg/m3, {:.3g} to {:.3g} mPa s)", 1e6 * f.density_g_per_mm3, 1e3 * f.viscosity_Pa_s, 1e3 * f.zero_shear_viscosity_Pa_s);
  return fmt::format("Newtonian blood ({:.0f} kg/m3, {:.3g} mPa s)", 1e6 * f.density_g_per_mm3, 1e3 * f.viscosity_Pa_s);
}

std::string fast_beat(const hemo::FlowProblem& p) {
  const std::string wall = p.vessel_wall.by_young() ? fmt::format("Young's modulus {:.3g} kPa and thickness {:.3g} mm everywhere, set by hand", 1e-3 * p.vessel_wall.young_Pa, p.vessel_wall.thickness_mm)
                                                    : std::string("stiffness E h / r by calibre (Olufsen 2000: a population's, not this patient's)");
  switch (p.network_model) {
    case hemo::NetworkModel::quasi_steady: return "has no inertia and a rigid wall (quasi-steady)";
    case hemo::NetworkModel::one_d: return fmt::format("is pulse waves in an elastic wall: {}", wall);
    default: return fmt::format("is a lumped tree with inertia and an elastic wall: {}", wall);
  }
}

std::string how_it_flows(const hemo::FlowProblem& flow) {
  return flow.steady ? "steady flow" : fmt::format("flow over a beat of {:.3g} s; the fast model of it {}", flow.cycle_s, fast_beat(flow));
}

}  // namespace

double population_inflow(const std::string& key, const core::VesselNetwork& network) { return is_aorta(key) ? hemo::cardiac_output_mm3_s : hemo::usual_flow(2 * inlet_radius(network)); }

std::vector<std::string> flow_assumptions(const twin::VesselModel& vessel, bool by_hand) {
  std::vector<std::string> lines{fmt::format("{}: rigid wall{}, {}, {}.", vessel.name, vessel.baseline.steady ? "" : " in the full model", blood(vessel.baseline.fluid), how_it_flows(vessel.baseline))};
  if (std::any_of(vessel.baseline.outlets.begin(), vessel.baseline.outlets.end(), [](const hemo::Outlet& o) { return o.coronary != nullptr; }))
    lines.push_back(vessel.name + ": coronary beds behind outlets with resistances split 0.32, 0.52, 0.16 and compliances of SimVascular's guides; the muscle squeezes with a population's ventricular pressure, not a measured one.");
  const double pressure = core::units::mmhg_from_pa(vessel.aortic_pressure_Pa);
  if (vessel.report_ffr) {
    lines.push_back(fmt::format("{}: hyperaemia lowers the resting microvascular resistance to {:.0f} % (Wilson 1990); mean aortic pressure {:.0f} mmHg; resting flow from the mass of the left ventricle (150 g when it is not known). Population values, not measured{}.",
                                vessel.name, 100 * hemo::hyperaemic_resistance_ratio, pressure, by_hand ? ", but for the ends that were set by hand" : ""));
    if (!vessel.baseline.steady)
      lines.push_back(fmt::format("{}: the inflow was set by hand and does not follow the aortic pressure: a stent leaves it as it is, so FFR before and after is read at one flow.", vessel.name));
  } else {
    const double q = vessel.baseline.inlets.empty() ? 0 : hemo::mean_flow(vessel.baseline.inlets.front(), vessel.baseline.cycle_s);
    const bool aorta = is_aorta(vessel.key);
    const bool own_inflow = by_hand && (!vessel.baseline.steady || !vessel.network || !same(q, population_inflow(vessel.key, *vessel.network)));
    const bool own_outlets = by_hand && !outlets_as_built(vessel);
    const std::string inflow = aorta ? fmt::format("{:.{}f} L/min", core::units::l_min_from_mm3_s(q), own_inflow ? 1 : 0)
                                     : fmt::format("{:.3g} mL/min{}", 1000 * core::units::l_min_from_mm3_s(q), own_inflow ? "" : " (from its calibre, van der Giessen 2011)");
    const std::string outlets = own_outlets ? "what is behind the outlets was set by hand" : "outlets share the flow by Murray's law";
    if (!own_inflow && !own_outlets) lines.push_back(fmt::format("{}: inflow {} and mean pressure {:.0f} mmHg are population values; {}.", vessel.name, inflow, pressure, outlets));
    else if (own_inflow && own_outlets) lines.push_back(fmt::format("{}: inflow {} (mean) was set by hand; {}.", vessel.name, inflow, outlets));
    else if (own_inflow) lines.push_back(fmt::format("{}: inflow {} (mean) was set by hand; {}, with resistances for {:.0f} mmHg at the population's flow.", vessel.name, inflow, outlets, pressure));
    else lines.push_back(fmt::format("{}: inflow {} is a population value; {}.", vessel.name, inflow, outlets));
  }
  if (by_hand) lines.push_back(vessel.name + ": conditions at the ends were set by hand.");
  return lines;
}

void say_flow_assumptions(std::vector<std::string>& lines, const twin::VesselModel& vessel, bool by_hand) {
  const auto of_flow = [&](const std::string& line) {
    for (const char* begin : {"rigid wall", "coronary beds behind", "hyperaemia lowers", "inflow ", "the inflow was set", "conditions at the ends"})
      if (line.rfind(vessel.name + ": " + begin, 0) == 0) return true;
    return false;
  };
  const auto first = std::find_if(lines.begin(), lines.end(), of_flow);
  const auto place = first - lines.begin();
  lines.erase(std::remove_if(first, lines.end(), of_flow), lines.end());
  const auto now = flow_assumptions(vessel, by_hand);
  lines.insert(lines.begin() + std::min<std::ptrdiff_t>(place, std::ptrdiff_t(lines.size())), now.begin(), now.end());
}

}  // namespace ot::session
