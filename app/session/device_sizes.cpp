// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/device_sizes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/session/pipeline.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {
namespace {

constexpr int diameters_around = 2, lengths_around = 1;   // sizes on both sides of the present one
constexpr double same_mm = 1e-6;

}  // namespace

const std::vector<DeviceCatalogue>& device_catalogues() {
  // Ranges of product lines as a cath laboratory knows them, without the sizes of any one stock.
  static const std::vector<DeviceCatalogue> shelves{
      {"coronary", "Coronary stent", 4.5, {2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 4.0}, {8, 12, 15, 18, 23, 28, 33, 38},
       "usual sizes of a coronary drug-eluting stent (those of XIENCE Sierra, Abbott, from general knowledge; look at the stock)"},
      {"peripheral", "Iliac, renal or carotid stent", 11.0, {5, 6, 7, 8, 9, 10, 12}, {20, 30, 40, 60, 80, 100},
       "usual sizes of peripheral balloon-expandable and self-expanding stents, 5-12 mm by 20-100 mm (general knowledge; look at the stock)"},
      {"large", "Stent for coarctation and large vessels", 20.0, {12, 14, 16, 18, 20, 22, 24}, {22, 28, 34, 39, 45},
       "usual sizes of a covered platinum stent for coarctation (those of the CP stent, NuMED, from general knowledge; look at the stock)"},
      {"aortic", "Aortic stent graft", std::numeric_limits<double>::infinity(), {22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46}, {100, 150, 200},
       "usual sizes of thoracic stent grafts, 22-46 mm by 100-200 mm (Valiant, Medtronic, from general knowledge; look at the stock); oversizing of 10-20 % is the operator's choice"}};
  return shelves;
}

const DeviceCatalogue& catalogue_for(double healthy_diameter_mm) {
  const auto& all = device_catalogues();
  for (const auto& shelf : all)
    if (healthy_diameter_mm < shelf.up_to_mm) return shelf;
  return all.front();   // unknown (NaN)
}

double healthy_diameter(const twin::VesselModel& model, const twin::Placement& place) {
  if (!model.network || place.branch < 0 || std::size_t(place.branch) >= model.network->branches.size()) return std::numeric_limits<double>::quiet_NaN();
  const auto& branch = model.network->branches[std::size_t(place.branch)];
  const auto reference = core::reference_diameters(branch);
  if (reference.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double middle = place.start_mm + 0.5 * place.length_mm;
  const auto at = std::lower_bound(branch.arc.begin(), branch.arc.end(), middle) - branch.arc.begin();
  return reference[std::size_t(std::min<std::ptrdiff_t>(at, std::ptrdiff_t(reference.size()) - 1))];
}

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

std::vector<DeviceSize> sizes_around(const DeviceSize& now, const DeviceCatalogue& shelf) {
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

core::Result<std::shared_ptr<const twin::RunResult>> run_vessel_full(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario, const core::Progress& progress) {
  const std::string key = vessel_twin->vessels.front()->key;
  auto setup = twin::compile(vessel_twin, twin::vessel_scenario(scenario, key), core::Mode::full, tools(), progress.part(0, 0.15));
  if (!setup) return core::pass(setup);
  auto run = twin::run(*setup, {}, progress.part(0.15, 1));
  if (!run) return core::pass(run);
  return std::make_shared<const twin::RunResult>(std::move(*run));
}

core::Result<std::vector<SizedAnswer>> compare_sizes(const std::shared_ptr<const twin::TwinModel>& twin, const twin::Scenario& scenario, const std::string& id, const std::vector<DeviceSize>& sizes, core::Mode mode,
                                                     const core::Progress& progress) {
  const twin::InterventionSpec* spec = scenario.find(id);
  if (!spec) return core::bad_input(fmt::format("The plan has no device \"{}\" (no sizes can be compared). Place one first.", id));
  if (!has_sizes(spec->kind)) return core::bad_input(fmt::format("A {} has no sizes to compare. Choose a stent or a balloon on a vessel.", spec->kind));
  const twin::VesselModel* model = twin->find_vessel(spec->placement.vessel);
  const int branch = spec->placement.branch;
  if (!model || !model->network || branch < 0 || std::size_t(branch) >= model->network->branches.size()) return core::bad_input(fmt::format("{} sits on no vessel of this case (no sizes can be compared). Place it again.", id));
  const double whole = model->network->branches[std::size_t(branch)].length();
  const bool full = mode == core::Mode::full;
  const auto alone = twin::vessel_twin(*twin, spec->placement.vessel, full);
  std::vector<SizedAnswer> out;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    if (progress.cancelled()) return core::cancelled();
    twin::Scenario sized = scenario;
    for (auto& s : sized.interventions)
      if (s.id == id) s = with_size(s, sizes[k], whole);
    SizedAnswer one{sizes[k].diameter_mm, sizes[k].length_mm, {}};
    if (full) {
      const auto run = run_vessel_full(alone, sized, progress.part(double(k) / double(sizes.size()), double(k + 1) / double(sizes.size())));
      if (!run && run.error().code == core::ErrorCode::cancelled) return core::pass(run);
      if (run) one.answer = twin::answer_of(*run, model->key);
      else one.answer.refused = run.error().message;
    } else {
      one.answer = twin::answer_flow(alone, sized);
    }
    // The smallest diameter within the device (of several of a kind the last one counts): the vessel may be narrower elsewhere, whatever the size.
    if (one.answer.run)
      for (const auto& q : one.answer.run->quantities)
        if (q.key == model->key + "_" + spec->kind + "_min_diameter_after_mm") one.answer.min_diameter_mm = q.value;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace ot::session
