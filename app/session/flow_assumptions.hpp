// SPDX-License-Identifier: GPL-3.0-or-later
// What is assumed of the flow through a vessel, said as it stands: population values where nothing was set, what a person set where they did.
// Units: mm3/s, Pa. Threads: pure functions.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/vessel_network.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::session {

// Mean inflow of an artery that is no coronary, when nothing is known: the cardiac output of an aorta (its name says so), else by its calibre.
double population_inflow(const std::string& key, const core::VesselNetwork& network);

// by_hand: the conditions at its ends were laid over those it was built with.
std::vector<std::string> flow_assumptions(const twin::VesselModel& vessel, bool by_hand);
// Puts them in the place of those that `lines` holds of this vessel, whatever they said.
void say_flow_assumptions(std::vector<std::string>& lines, const twin::VesselModel& vessel, bool by_hand);

}  // namespace ot::session
