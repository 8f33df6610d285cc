// SPDX-License-Identifier: GPL-3.0-or-later
// What stands on a stretch of a vessel (stents, balloons, ideal lumens, narrowings): how it is drawn.
#pragma once
#include <QString>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/session/device_sizes.hpp"

namespace ot::present {

bool on_vessel(const std::string& kind);                         // placed on a segment, or from one place to another (a graft)
bool is_metal(const twin::InterventionSpec& spec);               // drawn with struts: it stays in the vessel

// Radii at both ends, mm; 0: that of the lumen itself.
struct DeviceRadii {
  double proximal_mm = 0, distal_mm = 0;
};
DeviceRadii device_radii(const twin::InterventionSpec& spec);

// Way and width of a bypass graft as FAST and FULL take it, on this (perhaps reshaped) network; none when it is refused there.
std::optional<hemo::Graft> graft_of(const twin::TwinModel& twin, const core::VesselNetwork& network, const twin::InterventionSpec& spec);
// The arc-of-branch pair of two clicks on a vessel, the upstream one first; false: neither lies downstream of the other.
bool upstream_first(const core::VesselNetwork& network, twin::Placement& bridge);

// Beginning of the keys of the numbers a kind reports of a vessel: "lad_stent_".
std::string device_numbers(const twin::InterventionSpec& spec);

using session::DeviceSize;
using session::has_sizes;
using session::same_size;
using session::size_of;
using session::sizes_around;
using session::with_size;

}  // namespace ot::present
