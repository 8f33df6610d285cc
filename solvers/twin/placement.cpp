// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/placement.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace ot::twin {
namespace {

using core::bad_input;
using nlohmann::json;

core::Result<double> number_at(const json& object, const char* key) {
  if (!object.contains(key) || !object[key].is_number()) return bad_input(fmt::format("placement: \"{}\" must be a number.", key));
  return object[key].get<double>();
}

core::Result<std::vector<core::Vec3>> points_of(const json& list) {
  if (!list.is_array()) return bad_input("placement: \"points_mm\" must be a list of [x, y, z] in LPS mm.");
  std::vector<core::Vec3> points;
  for (const json& p : list) {
    if (!p.is_array() || p.size() != 3 || !p[0].is_number() || !p[1].is_number() || !p[2].is_number())
      return bad_input("placement: each of \"points_mm\" must be three numbers [x, y, z] in LPS mm.");
    points.emplace_back(p[0].get<double>(), p[1].get<double>(), p[2].get<double>());
  }
  return points;
}

}  // namespace

const char* name_of(Placement::Kind kind) {
  switch (kind) {
    case Placement::Kind::none: return "none";
    case Placement::Kind::point: return "point";
    case Placement::Kind::polyline: return "polyline";
    case Placement::Kind::segment: return "segment";
    case Placement::Kind::bridge: return "bridge";
  }
  return "none";
}

json to_json(const Placement& placement) {
  json out{{"kind", name_of(placement.kind)}};
  if (placement.kind == Placement::Kind::point || placement.kind == Placement::Kind::polyline) {
    out["points_mm"] = json::array();
    for (const core::Vec3& p : placement.points_mm) out["points_mm"].push_back({p.x(), p.y(), p.z()});
  } else if (placement.kind == Placement::Kind::segment) {
    out["vessel"] = placement.vessel;
    out["branch"] = placement.branch;
    out["start_mm"] = placement.start_mm;
    out["length_mm"] = placement.length_mm;
  } else if (placement.kind == Placement::Kind::bridge) {
    out["vessel"] = placement.vessel;
    out["branch"] = placement.branch;
    out["start_mm"] = placement.start_mm;
    out["to_branch"] = placement.to_branch;
    out["to_mm"] = placement.to_mm;
  }
  return out;
}

core::Result<Placement> placement_from_json(const json& in) {
  if (!in.is_object() || !in.contains("kind") || !in["kind"].is_string()) return bad_input("placement must be an object with a \"kind\": none, point, polyline, segment or bridge.");
  Placement placement;
  const std::string kind = in["kind"];
  bool known = false;
  for (auto k : {Placement::Kind::none, Placement::Kind::point, Placement::Kind::polyline, Placement::Kind::segment, Placement::Kind::bridge})
    if (kind == name_of(k)) {
      placement.kind = k;
      known = true;
    }
  if (!known) return bad_input(fmt::format("placement kind \"{}\" is not known. Choose none, point, polyline, segment or bridge.", kind));
  const bool points = placement.kind == Placement::Kind::point || placement.kind == Placement::Kind::polyline;
  const bool segment = placement.kind == Placement::Kind::segment, bridge = placement.kind == Placement::Kind::bridge;
  for (const auto& [key, value] : in.items()) {
    const bool fits = key == "kind" || (points && key == "points_mm") || ((segment || bridge) && (key == "vessel" || key == "branch" || key == "start_mm")) ||
                      (segment && key == "length_mm") || (bridge && (key == "to_branch" || key == "to_mm"));
    if (!fits) return bad_input(fmt::format("placement has no key \"{}\" for kind \"{}\" (it would be ignored silently). Remove it.", key, kind));
  }
  if (points) {
    auto list = points_of(in.value("points_mm", json()));
    if (!list) return pass(list);
    placement.points_mm = std::move(*list);
  }
  if (segment || bridge) {
    if (!in.contains("vessel") || !in["vessel"].is_string()) return bad_input("placement: \"vessel\" must be the key of a vessel.");
    placement.vessel = in["vessel"];
    for (const char* key : {"branch", "to_branch"}) {
      if (!in.contains(key)) continue;
      const json& branch = in[key];
      if (!branch.is_number_integer() || branch < 0 || branch > 1000000) return bad_input(fmt::format("placement: \"{}\" must be a whole number from 0.", key));
      (key == std::string("branch") ? placement.branch : placement.to_branch) = branch;
    }
    auto start = number_at(in, "start_mm"), end = number_at(in, segment ? "length_mm" : "to_mm");
    if (!start) return pass(start);
    if (!end) return pass(end);
    placement.start_mm = *start;
    (segment ? placement.length_mm : placement.to_mm) = *end;
  }
  return placement;
}

bool accepts(const InterventionKind& kind, Placement::Kind placement) {
  return placement == kind.placement || (kind.takes_line && placement == Placement::Kind::polyline);
}

core::Result<void> check_placement(const InterventionKind& kind, const InterventionSpec& spec) {
  const Placement& at = spec.placement;
  if (!accepts(kind, at.kind))
    return bad_input(fmt::format("{} \"{}\" has placement \"{}\" (this kind is placed by {}{}). Place it again.", kind.label, spec.id, name_of(at.kind), name_of(kind.placement),
                                 kind.takes_line ? " or polyline" : ""));
  const std::size_t count = at.points_mm.size();
  if (at.kind == Placement::Kind::point && count != 1) return bad_input(fmt::format("{} \"{}\" needs exactly one point, not {}. Place it again.", kind.label, spec.id, count));
  if (at.kind == Placement::Kind::polyline && count < 2) return bad_input(fmt::format("{} \"{}\" needs at least two points for a line, not {}. Place it again.", kind.label, spec.id, count));
  for (const core::Vec3& p : at.points_mm)
    if (!p.allFinite()) return bad_input(fmt::format("{} \"{}\" has a point that is not finite. Place it again.", kind.label, spec.id));
  if (!std::isfinite(at.start_mm) || !std::isfinite(at.length_mm) || !std::isfinite(at.to_mm)) return bad_input(fmt::format("{} \"{}\" has a segment that is not finite. Place it again.", kind.label, spec.id));
  return {};
}

core::Result<void> validate(const TwinModel& twin, const InterventionSpec& spec) {
  const InterventionKind* kind = find_intervention(spec.kind);
  if (!kind) {
    std::vector<std::string> known;
    for (const auto& k : builtin_interventions()) known.push_back(k.key);
    return bad_input(fmt::format("Intervention kind \"{}\" is not known. Choose one of: {}.", spec.kind, fmt::join(known, ", ")));
  }
  if (auto ok = kind->schema.validate(spec.params); !ok) return pass(ok);
  if (auto ok = check_placement(*kind, spec); !ok) return pass(ok);
  return kind->validate(twin, spec);
}

}  // namespace ot::twin
