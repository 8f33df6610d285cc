// SPDX-License-Identifier: GPL-3.0-or-later
// What a person chose for the model (ModelChoices in case.hpp): laid on a twin, and written into the case.
// A condition of a cap goes to the cap of the same name when its middle has moved less than `same_cap_mm`; where a vessel has other
// caps than the choices know, the whole vessel keeps the conditions it was built with and a note says so.
// Threads: pure functions.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "app/session/case.hpp"
#include "app/session/pipeline.hpp"

namespace ot::session {

// A rebuilt cap lies within a few voxels of the old one; neighbouring outlets of a coronary are further apart.
inline constexpr double same_cap_mm = 5.0;

// A flat end of a lumen: every patch but the wall.
struct LumenCap {
  int patch = 0;
  std::string name;
  core::Vec3 centre{0, 0, 0}, normal{0, 0, 1};   // area weighted; unit, outward
  double radius_mm = 0;                          // of the circle of equal area
};
std::vector<LumenCap> lumen_caps(const core::SurfaceMesh& lumen);

// Parameters that are at their defaults give way to the choices of the case.
PipelineParams with_choices(PipelineParams params, const ModelChoices& choices);

// Name and middle of every cap of the vessel with the condition it has; a cap without one has patch indices below 0.
FlowConditions conditions_of(const twin::VesselModel& vessel);
// The vessel with these conditions. Fails with a sentence when a cap is missing.
core::Result<std::shared_ptr<const twin::VesselModel>> with_conditions(const twin::VesselModel& vessel, const FlowConditions& conditions);
ElectroChoices electro_of(const ep::ElectroProblem& problem);
// An electrode that was moved once and is not any more goes back to where it stood (electrodes_placed).
// Other cells get the conductivities that give the heart's velocities in them. Fails: as ep::choose_cells.
core::Result<std::shared_ptr<const twin::HeartModel>> with_electro(const twin::HeartModel& heart, const ElectroChoices& choices, const core::Progress& progress = {});
// Where the moved electrodes stand in a twin that was just built: where a reset puts them.
void note_electrodes(ElectroChoices& choices, const ep::ElectroProblem& built);
// All choices onto a twin under construction; what could not be laid on is said in its assumptions.
void lay_choices(const ModelChoices& choices, twin::TwinModel& twin);

// The twin of the case with other conditions or settings, kept in its choices. Results of the old twin are set aside: they answer no plan
// any more, but parts that did not change (the beat when an outlet was edited) are taken over by the next run.
core::Result<void> set_conditions(CaseData& data, const std::string& vessel, const FlowConditions& conditions);
// Another cell model takes some seconds when it was not used before.
core::Result<void> set_electro(CaseData& data, const ElectroChoices& choices, const core::Progress& progress = {});

// Results stay as parts that may serve again, but answer no plan any more.
void set_results_aside(CaseData& data);

nlohmann::json encode_choices(const ModelChoices& choices);
ModelChoices decode_choices(const nlohmann::json& json);   // throws when it is not what encode_choices wrote

}  // namespace ot::session
