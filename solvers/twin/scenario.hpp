// SPDX-License-Identifier: GPL-3.0-or-later
// Scenario: a list of interventions, plain data. Undo is a list of scenarios; equal scenarios give equal results.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "solvers/core/param_schema.hpp"
#include "solvers/core/types.hpp"

namespace ot::twin {

// Where an intervention sits, LPS mm. `vessel` names a VesselModel (segment and bridge placements).
// bridge: from a station of one branch to a station of the same or another one.
struct Placement {
  enum class Kind { none, point, polyline, segment, bridge };
  Kind kind = Kind::none;
  std::vector<core::Vec3> points_mm;  // point: 1, polyline: >= 2
  std::string vessel;
  int branch = 0;
  double start_mm = 0, length_mm = 0; // segment: arc on the branch; bridge: start_mm is where it begins
  int to_branch = 0;                  // bridge: where it ends
  double to_mm = 0;
  bool operator==(const Placement&) const = default;
};

struct InterventionSpec {
  std::string id;                     // unique in the scenario: "lesion-1"
  std::string kind;                   // key of an entry of interventions::builtin()
  bool enabled = true;
  Placement placement;
  core::ParamSet params;
  std::string note;
  bool operator==(const InterventionSpec&) const = default;
};

struct Scenario {
  std::string name = "Baseline";
  std::vector<InterventionSpec> interventions;
  bool operator==(const Scenario&) const = default;
  const InterventionSpec* find(const std::string& id) const;
  std::string fresh_id(const std::string& kind) const;   // "ablation-3"
};

nlohmann::json to_json(const Scenario& scenario);
// Refuses by name: unknown kinds, unknown keys, bad parameters (schema of the kind), duplicate ids.
core::Result<Scenario> scenario_from_json(const nlohmann::json& json);
core::Result<Scenario> scenario_from_text(const std::string& text);

}  // namespace ot::twin
