// SPDX-License-Identifier: GPL-3.0-or-later
// Factors on the conductivity of regions as text of the command line; kept with the conductances of MuscleChoices (muscle_choices.cpp).
#pragma once
#include <string>
#include <vector>

#include "solvers/organs/heart/conductivity_scale.hpp"
#include "solvers/organs/heart/muscle.hpp"

namespace ot::session {

// "border_zone=0.5,segment_7:across=0.3,all=0.9"; "none": none chosen. Places are checked when the twin is built.
core::Result<std::vector<organs::ConductanceScale>> conductivities_from(const std::string& text);

}  // namespace ot::session
