// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes of devices on vessels: what lies on the shelf for a vessel of this calibre, and several sizes side by side at one place.
// The shelf holds labels, not constants of the model: any other size can be typed.
// Threads: pure functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "solvers/twin/one_vessel.hpp"

namespace ot::session {

struct DeviceCatalogue {
  std::string key, name;                     // "coronary", "Coronary stent"
  double up_to_mm = 0;                       // taken for vessels whose healthy diameter is below this
  std::vector<double> diameters_mm, lengths_mm;
  std::string source;
};
const std::vector<DeviceCatalogue>& device_catalogues();                    // from the narrowest vessels to the widest
const DeviceCatalogue& catalogue_for(double healthy_diameter_mm);
// Healthy diameter of the vessel in the middle of a placement; NaN when there is no such branch.
double healthy_diameter(const twin::VesselModel& model, const twin::Placement& place);

// A size of the same kind about the same middle: stents and balloons by diameter and length, a tapered stent keeps its taper.
struct DeviceSize {
  double diameter_mm = 0, length_mm = 0;
};
bool has_sizes(const std::string& kind);
DeviceSize size_of(const twin::InterventionSpec& spec);
twin::InterventionSpec with_size(twin::InterventionSpec spec, const DeviceSize& size, double branch_length_mm);
// The sizes of the shelf next to this one, itself among them, by diameter then length.
std::vector<DeviceSize> sizes_around(const DeviceSize& now, const DeviceCatalogue& shelf);
bool same_size(const DeviceSize& a, const DeviceSize& b);

struct SizedAnswer {
  double diameter_mm = 0, length_mm = 0;
  twin::FlowAnswer answer;                   // FAST, or FULL where it was asked for; min_diameter_mm is that within the device
};
// Every size in place of the device `id` of the scenario; other devices of the vessel stay. A size that does not fit is an answer with `refused` set.
// Fails: bad_input when the device is not there or has no sizes; cancelled.
core::Result<std::vector<SizedAnswer>> compare_sizes(const std::shared_ptr<const twin::TwinModel>& twin, const twin::Scenario& scenario, const std::string& id, const std::vector<DeviceSize>& sizes, core::Mode mode,
                                                     const core::Progress& progress);

// FULL flow of this vessel alone under the plan: remeshes a changed lumen, then solves.
core::Result<std::shared_ptr<const twin::RunResult>> run_vessel_full(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario, const core::Progress& progress);

}  // namespace ot::session
