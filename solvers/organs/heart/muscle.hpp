// SPDX-License-Identifier: GPL-3.0-or-later
// The muscle of a twin as a person may choose it: velocities, fibre angles, conductances; and what is said about it, from the problem that is computed.
// Units: m/s, degrees, factors on maximal conductances (1 = as published). Threads: pure functions.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/fibres.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::organs {

// Along the fibres, in the sheets, across them. Slowest muscle that still conducts is about 0.05 m/s (general knowledge); Purkinje fibres, faster than any muscle, run at 2 to 4 m/s (EP-FACTS section 8).
inline constexpr double slowest_m_per_s = 0.05, fastest_m_per_s = 2.0;
core::Result<void> check_velocity(const core::Vec3& m_per_s);       // bad_input: out of range, or faster across than along
core::Result<void> check_fibre_angles(const ep::FibreAngles& a);    // bad_input: beyond +-90 degrees

// A factor on one conductance of the cells: everywhere (where empty), in a tissue region by its key ("border_zone"), or in a segment of the left ventricle ("segment_7").
struct ConductanceScale {
  std::string channel;   // "g_Kr", as channel_keys() names it
  double factor = 1;
  std::string where;
  bool operator==(const ConductanceScale&) const = default;
};
inline constexpr double largest_conductance_scale = 10;
// Multiplies the channels of the heart's regions, which drugs multiply again. A segment gets regions of its own.
// Fails: wrong_usage for an unknown conductance, bad_input for a factor out of 0..10, for a place the heart does not have, or when none of its cells have that conductance.
core::Result<void> scale_conductances(twin::HeartModel& heart, const std::vector<ConductanceScale>& scales);
// Cells of another model in a tissue region by its key, in a segment of the left ventricle ("segment_7"), or in a layer of the ventricles ("epi", "mid", "endo").
struct CellsIn {
  std::string family, where;
  bool operator==(const CellsIn&) const = default;
};
// Regions go before layers. Conductivities stay: velocity there follows from the cells.
// Fails: wrong_usage for an unknown family, bad_input for a place the heart does not have.
core::Result<void> put_cells(twin::HeartModel& heart, const std::vector<CellsIn>& cells);
std::string cells_assumption(const std::vector<CellsIn>& cells);   // empty without

// One line for the assumptions; empty without scales.
std::string scale_assumption(const std::vector<ConductanceScale>& scales);

// Families of cells a heart is computed with: that of its muscle, and Courtemanche's in the atria of a whole heart.
std::vector<std::string> families_of(const ep::ElectroProblem& problem);

// One line on the cells, one on conduction. A whole heart: of its ventricles.
std::vector<std::string> muscle_assumptions(const ep::ElectroProblem& problem);
// The lines above in the place of those that said it before (at the end when nothing did).
void restate_muscle(std::vector<std::string>& assumptions, const ep::ElectroProblem& problem);

}  // namespace ot::organs
