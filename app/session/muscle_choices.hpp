// SPDX-License-Identifier: GPL-3.0-or-later
// Choices of the muscle (MuscleChoices in case.hpp): as text of the command line, laid on a twin under construction, written into the case.
// Threads: pure functions.
#pragma once
#include <filesystem>
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

// "ohara_rudy_2011" or "ohara_rudy_2011,courtemanche_1998@border_zone,tor_ord_dyncl_2020@mid": a family, or one of its cells as `list ionic-models` names
// them, for the whole muscle (at most one) and for places.
struct ChosenCells {
  std::string muscle;                    // family; empty: stays
  std::vector<organs::CellsIn> places;
};
core::Result<ChosenCells> cells_from(const std::string& text);

// The chosen cells of places, conductances and maps on a twin's heart and into its assumptions. Fails: as organs::put_cells, organs::scale_conductances, ep::scale_by_map.
core::Result<void> lay_muscle(const MuscleChoices& choices, twin::TwinModel& twin);

// A map of factors into the case's choices, in the place of one of the same conductance; the twin is to be built again. Tried on the present twin first.
// file: .csv (ep::read_scale_csv) or .vtu (imaging::read_vtu_samples). Fails: as these and ep::scale_by_map; bad_input without a heart.
core::Result<ep::ScaleMapUse> take_scale_map(CaseData& data, const std::filesystem::path& file, const std::string& channel);

nlohmann::json encode_muscle(const MuscleChoices& choices);
MuscleChoices decode_muscle(const nlohmann::json& json);   // throws when it is not what encode_muscle wrote

}  // namespace ot::session
