// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces of a flow problem as JSON, shared by the twin (case_codec_twin) and what was chosen for it (model_choices).
// Absent keys are of cases saved before they existed and mean the defaults. Threads: pure functions; decoding throws what nlohmann throws.
#pragma once
#include "app/session/blob_store.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::session {

// The keys of an outlet, into an object that may hold others.
void put_outlet(Json& into, const hemo::Outlet& outlet);
void take_outlet(const Json& from, hemo::Outlet& outlet);
// Blood that shear thins, how FAST follows a beat, and the wall: only what is not the default is written.
void put_fluid(Json& into, const hemo::Fluid& fluid);
void take_fluid(const Json& from, hemo::Fluid& fluid);
void put_beat_model(Json& into, hemo::NetworkModel model, const hemo::VesselWall& wall);
void take_beat_model(const Json& from, hemo::NetworkModel& model, hemo::VesselWall& wall);

// Names as files, the command line and help use them: plug, parabolic, womersley, rectangular; automatic, quasi_steady, rlc, one_d.
const char* name_of(hemo::InletProfile profile);
const char* name_of(hemo::NetworkModel model);
core::Result<hemo::InletProfile> profile_from(const std::string& name);
core::Result<hemo::NetworkModel> network_model_from(const std::string& name);

}  // namespace ot::session
