// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/devices.hpp"

#include <utility>

#include "solvers/interventions/geometry/graft_line.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::present {
bool on_vessel(const std::string& kind) {
  const auto* k = twin::find_intervention(kind);
  return k && (k->placement == twin::Placement::Kind::segment || k->placement == twin::Placement::Kind::bridge);
}

std::optional<hemo::Graft> graft_of(const twin::TwinModel& twin, const core::VesselNetwork& network, const twin::InterventionSpec& spec) {
  const auto& p = spec.placement;
  const int branches = int(network.branches.size());
  const twin::VesselModel* model = twin.find_vessel(p.vessel);
  if (!model || !model->lumen || p.kind != twin::Placement::Kind::bridge || p.branch < 0 || p.to_branch < 0 || p.branch >= branches || p.to_branch >= branches) return std::nullopt;
  auto graft = interventions::plan_graft(twin, spec, network, *model->lumen);
  if (!graft) return std::nullopt;
  return std::move(*graft);
}

bool upstream_first(const core::VesselNetwork& network, twin::Placement& p) {
  const auto downstream = [&](int of, double of_mm, int branch, double arc) {
    if (branch == of) return arc > of_mm;
    for (std::size_t guard = 0; branch >= 0 && guard <= network.branches.size(); ++guard) {
      branch = network.branches[std::size_t(branch)].parent;
      if (branch == of) return true;
    }
    return false;
  };
  if (downstream(p.branch, p.start_mm, p.to_branch, p.to_mm)) return true;
  if (!downstream(p.to_branch, p.to_mm, p.branch, p.start_mm)) return false;
  std::swap(p.branch, p.to_branch), std::swap(p.start_mm, p.to_mm);
  return true;
}

bool is_metal(const twin::InterventionSpec& spec) { return spec.kind == "stent" || spec.kind == "tapered_stent"; }

DeviceRadii device_radii(const twin::InterventionSpec& spec) {
  const auto half = [&](const char* key) { return spec.params.has(key) ? 0.5 * spec.params.number(key) : 0.0; };
  DeviceRadii r{half("diameter_mm"), half("diameter_mm")};
  if (spec.params.has("distal_diameter_mm")) r.distal_mm = half("distal_diameter_mm");
  if (spec.params.has("recoil_percent")) {   // what is left when the balloon is gone
    r.proximal_mm *= 1 - 0.01 * spec.params.number("recoil_percent");
    r.distal_mm = r.proximal_mm;
  }
  return r;
}

std::string device_numbers(const twin::InterventionSpec& spec) { return spec.placement.vessel + "_" + (is_metal(spec) ? "stent" : spec.kind) + "_"; }

}  // namespace ot::present
