// SPDX-License-Identifier: GPL-3.0-or-later
// Choices of the muscle (MuscleChoices in case.hpp): as text of the command line, laid on a twin under construction, written into the case.
// Threads: pure functions.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

// "0.6,0.3,0.2" in m/s; "default": none chosen. Fails: wrong_usage, or as organs::check_velocity.
core::Result<std::optional<core::Vec3>> velocity_from(const std::string& text);
// "60,-60" or "60,-60,0,0" in degrees, endocardium before epicardium, fibres before sheets; "bayer": as published in 2012; "default": none chosen.
core::Result<std::optional<ep::FibreAngles>> fibre_angles_from(const std::string& text);
// "g_Kr=0.5,g_Na@border_zone=0.7,g_CaL@segment_7=1.2"; "none": none chosen. Names and places are checked when the twin is built.
core::Result<std::vector<organs::ConductanceScale>> conductances_from(const std::string& text);

// The chosen conductances on a twin's heart and into its assumptions. Fails: as organs::scale_conductances.
core::Result<void> lay_conductances(const MuscleChoices& choices, twin::TwinModel& twin);

nlohmann::json encode_muscle(const MuscleChoices& choices);
MuscleChoices decode_muscle(const nlohmann::json& json);   // throws when it is not what encode_muscle wrote

}  // namespace ot::session
