// SPDX-License-Identifier: GPL-3.0-or-later
// Placements as JSON, and the checks every kind shares.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "solvers/twin/scenario.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::twin {

const char* name_of(Placement::Kind kind);  // "none", "point", "polyline", "segment"

nlohmann::json to_json(const Placement& placement);
core::Result<Placement> placement_from_json(const nlohmann::json& json);

// A kind placed at a point also takes a polyline when it says so (`takes_line`), e.g. a line of lesions.
bool accepts(const InterventionKind& kind, Placement::Kind placement);

// Right sort of placement, enough points, finite numbers. Geometry is checked by the kind itself.
core::Result<void> check_placement(const InterventionKind& kind, const InterventionSpec& spec);

// Everything that can be checked: known kind, parameters in range, placement, then the kind's own checks against the twin.
core::Result<void> validate(const TwinModel& twin, const InterventionSpec& spec);

}  // namespace ot::twin
