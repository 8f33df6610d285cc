// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/devices.hpp"

#include <algorithm>
#include <cmath>

#include "app/present/flow_answer.hpp"
#include "solvers/interventions/geometry/graft_line.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::present {
namespace {

constexpr int diameters_around = 2, lengths_around = 1;   // sizes on both sides of the present one
constexpr double same_mm = 1e-6;

}  // namespace

bool on_vessel(const std::string& kind) {
  const auto* k = twin::find_intervention(kind);
  return k && (k->placement == twin::Placement::Kind::segment || k->placement == twin::Placement::Kind::bridge);
}

std::optional<hemo::Graft> graft_of(const twin::VesselModel& model, const core::VesselNetwork& network, const twin::InterventionSpec& spec) {
  const auto& p = spec.placement;
  const int branches = int(network.branches.size());
  if (!model.lumen || p.kind != twin::Placement::Kind::bridge || p.branch < 0 || p.to_branch < 0 || p.branch >= branches || p.to_branch >= branches) return std::nullopt;
  auto graft = interventions::plan_graft(network, *model.lumen, {p.branch, p.to_branch, p.start_mm, p.to_mm}, spec.params.number("diameter_mm"));
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

bool has_sizes(const std::string& kind) {
  const auto* k = twin::find_intervention(kind);
  return k && k->placement == twin::Placement::Kind::segment && k->schema.find("diameter_mm");
}

DeviceSize size_of(const twin::InterventionSpec& spec) { return {spec.params.has("diameter_mm") ? spec.params.number("diameter_mm") : 0, spec.placement.length_mm}; }

twin::InterventionSpec with_size(twin::InterventionSpec spec, const DeviceSize& size, double whole) {
  auto& place = spec.placement;
  const double middle = place.start_mm + 0.5 * place.length_mm;
  if (spec.params.has("distal_diameter_mm"))
    spec.params.set("distal_diameter_mm", std::max(1.0, spec.params.number("distal_diameter_mm") + size.diameter_mm - spec.params.number("diameter_mm")));
  spec.params.set("diameter_mm", size.diameter_mm);
  place.length_mm = std::min(size.length_mm, whole);
  place.start_mm = std::clamp(middle - 0.5 * place.length_mm, 0.0, whole - place.length_mm);
  return spec;
}

bool same_size(const DeviceSize& a, const DeviceSize& b) { return std::abs(a.diameter_mm - b.diameter_mm) < same_mm && std::abs(a.length_mm - b.length_mm) < same_mm; }

std::vector<DeviceSize> sizes_around(const DeviceSize& now) {
  const auto& shelf = coronary_stents();
  const auto around = [](const std::vector<double>& sizes, double here, int reach) {
    const int at = int(std::lower_bound(sizes.begin(), sizes.end(), here - same_mm) - sizes.begin());
    std::vector<double> found;
    for (int i = std::max(0, at - reach); i <= std::min(int(sizes.size()) - 1, at + reach); ++i) found.push_back(sizes[std::size_t(i)]);
    return found;
  };
  std::vector<DeviceSize> sizes{now};
  for (const double d : around(shelf.diameters_mm, now.diameter_mm, diameters_around)) sizes.push_back({d, now.length_mm});
  for (const double l : around(shelf.lengths_mm, now.length_mm, lengths_around)) sizes.push_back({now.diameter_mm, l});
  std::sort(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) { return std::pair(a.diameter_mm, a.length_mm) < std::pair(b.diameter_mm, b.length_mm); });
  sizes.erase(std::unique(sizes.begin(), sizes.end(), same_size), sizes.end());
  return sizes;
}

}  // namespace ot::present
