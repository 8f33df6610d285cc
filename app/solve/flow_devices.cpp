// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/flow_devices.hpp"

#include <fmt/ranges.h>

#include "app/solve/solve.hpp"
#include "app/solve/spec_reader.hpp"

namespace ot::solve {
namespace {

constexpr const char* vessel_key = "domain";

bool on_vessel(const twin::InterventionKind& kind) { return kind.placement == twin::Placement::Kind::segment || kind.placement == twin::Placement::Kind::bridge; }

const twin::InterventionKind& device_kind(const std::string& name) {
  const twin::InterventionKind* kind = twin::find_intervention(name == "balloon" ? "angioplasty" : name == "graft" ? "bypass" : name);
  if (kind && on_vessel(*kind)) return *kind;
  std::vector<std::string> known;
  for (const auto& k : twin::builtin_interventions())
    if (on_vessel(k)) known.push_back(k.key);
  throw SpecError(fmt::format("\"devices\" names the unknown kind \"{}\". Known: {} (balloon is angioplasty, graft is bypass).", name, fmt::join(known, ", ")));
}

}  // namespace

twin::Scenario read_devices(const nlohmann::json& list) {
  if (!list.is_array()) throw SpecError("\"devices\" must be a list of objects.");
  twin::Scenario out;
  out.name = "devices";
  for (const auto& one : list) {
    SpecReader reader(one, "\"devices\"");
    const twin::InterventionKind& kind = device_kind(reader.text("kind", {}));
    twin::InterventionSpec spec;
    spec.kind = kind.key, spec.id = out.fresh_id(kind.key);
    spec.placement.kind = kind.placement, spec.placement.vessel = vessel_key;
    spec.placement.branch = reader.integer("centreline_branch", 0, 0, 100000);
    spec.placement.start_mm = reader.number("start_mm", {}, 0, 1e5);
    if (kind.placement == twin::Placement::Kind::bridge) {
      spec.placement.to_branch = reader.integer("to_branch", spec.placement.branch, 0, 100000);
      spec.placement.to_mm = reader.number("to_mm", {}, 0, 1e5);
    } else {
      spec.placement.length_mm = reader.number("length_mm", {}, 0, 1e5);
    }
    nlohmann::json params = nlohmann::json::object();
    for (const core::ParamSpec& p : kind.schema.params)
      if (reader.has(p.key)) params[p.key] = reader.at(p.key);
    reader.finish();
    auto set = kind.schema.from_json(params);
    if (!set) throw SpecError("\"devices\": " + set.error().message);
    spec.params = std::move(*set);
    out.interventions.push_back(std::move(spec));
  }
  return out;
}

TreatedDomain put_devices(const twin::Scenario& devices, const FlowDomain& domain, const hemo::FlowProblem& problem, bool full, const twin::Tools& tools, const core::Progress& progress) {
  if (!domain.lumen || !domain.network) throw SpecError("\"devices\" need a lumen with a centreline (this domain has none). Use a surface, a tube, a stenosis or a profile of revolution.");
  if (!(domain.edge_mm > 0)) throw SpecError("\"devices\" need \"edge_mm\" in \"domain\" (the treated lumen is meshed with it).");
  auto vessel = std::make_shared<twin::VesselModel>();
  vessel->key = vessel_key, vessel->name = "the domain", vessel->edge_mm = domain.edge_mm;
  vessel->lumen = domain.lumen, vessel->network = domain.network, vessel->mesh = domain.mesh;
  vessel->stenoses = core::find_stenoses(*domain.network);
  vessel->baseline = problem;
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "vessel", twin->vessels = {vessel};
  auto setup = take(twin::compile(std::move(twin), devices, full ? core::Mode::full : core::Mode::fast, tools, progress));
  TreatedDomain out;
  out.problem = std::move(setup.vessels.front().problem);
  out.problem.network = setup.vessels.front().network;
  if (!full) out.problem.mesh = nullptr;
  else if (!out.problem.mesh) {   // nothing changed the lumen (a balloon that recoils to what was there)
    if (!tools.remesh_lumen) throw SpecError("\"devices\" in full mode need the mesher (this program was built without). Use \"mode\": \"fast\".");
    out.problem.mesh = std::make_shared<core::TetMesh>(take(tools.remesh_lumen(*domain.lumen, domain.edge_mm, progress)));
  }
  out.quantities = std::move(setup.quantities), out.notes = std::move(setup.notes);
  return out;
}

}  // namespace ot::solve
