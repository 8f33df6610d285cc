// SPDX-License-Identifier: GPL-3.0-or-later
// Model: a tube of constant diameter joined end to side to the vessel at both ends (geometry/graft_line.hpp); the native vessel stays open.
//   FAST: a parallel branch of the network, mass and total pressure conserved at both anastomoses. FULL: lumen and tube united and meshed as one.
//   Neglected: elasticity of vein and artery, sutures, a route around the heart; a graft from the aorta is one that begins near the inlet.
// Source: end-to-side anastomoses in bypass haemodynamics: Ghista & Kabinejadian 2013, BioMed Eng OnLine 12:129.
#include "solvers/interventions/bypass/bypass.hpp"

#include <fmt/format.h>

#include "solvers/interventions/geometry/graft_line.hpp"
#include "solvers/interventions/geometry/on_vessel.hpp"

namespace ot::interventions {
namespace {

using twin::InterventionSpec;

GraftEnds ends_of(const InterventionSpec& spec) { return {spec.placement.branch, spec.placement.to_branch, spec.placement.start_mm, spec.placement.to_mm}; }

core::Result<void> validate(const twin::TwinModel& model, const InterventionSpec& spec) {
  // Vessel, branches and arcs by the check every kind on a vessel shares, asked for a point at either end.
  for (const bool end : {false, true}) {
    InterventionSpec at = spec;
    if (end) at.placement.branch = spec.placement.to_branch, at.placement.start_mm = spec.placement.to_mm;
    at.placement.length_mm = 1e-9;
    if (auto ok = check_segment(model, at, end ? "The end of the graft" : "The beginning of the graft"); !ok) return ok;
  }
  const twin::VesselModel& vessel = *model.find_vessel(spec.placement.vessel);
  if (const auto planned = plan_graft(model, spec, *vessel.network, *vessel.lumen); !planned) return core::pass(planned);
  return {};
}

core::Result<void> apply(const twin::TwinModel& model, const InterventionSpec& spec, twin::SimulationSetup& setup) {
  twin::VesselSetup& vessel = vessel_of(setup, spec);
  auto planned = plan_graft(model, spec, *vessel.network, *vessel.lumen);
  if (!planned) return core::pass(planned);
  const std::string name = model.find_vessel(vessel.key)->name;
  if (bypassed_lesions(*vessel.network, ends_of(spec)).empty())
    setup.notes.push_back(fmt::format("The graft {} of {} leads past no narrowing: it shares the flow with a healthy vessel.", spec.id, name));
  // Two grafts in one vessel keep their numbers apart by their order, as the flow solvers number them.
  const std::size_t number = vessel.problem.grafts.size() + 1;
  const std::string key = vessel.key + (number == 1 ? "_bypass_" : fmt::format("_bypass_{}_", number));
  set_quantity(setup, {key + "length_mm", name + ": length of the graft", "mm", planned->free_to_mm - planned->free_from_mm, "from wall to wall, of a smooth arc; the real route may be longer"});
  vessel.problem.grafts.push_back(std::move(*planned));
  vessel.lumen_changed = true;
  return {};
}

}  // namespace

twin::InterventionKind bypass() {
  auto kind = kind_on_vessel("bypass", "Bypass graft", "Leads blood past a lesion through a graft joined to the vessel before and behind it.",
                             "End-to-side anastomoses in bypass haemodynamics: Ghista & Kabinejadian 2013, BioMed Eng OnLine 12:129, doi 10.1186/1475-925X-12-129.",
                             "The graft is a rigid smooth tube on the shortest free arc, joined at 45 degrees; the native vessel stays open. Begin near the inlet for a graft from the aorta.");
  kind.placement = twin::Placement::Kind::bridge;
  kind.schema.params = {device_diameter("diameter_mm", "Diameter", 3.0, "Inner diameter of the graft, at most that of the vessel where it is joined.",
                                        "saphenous vein grafts about 3 to 6 mm, internal thoracic artery about 2 to 3 mm (general knowledge)")};
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
