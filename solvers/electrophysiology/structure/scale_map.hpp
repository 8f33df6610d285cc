// SPDX-License-Identifier: GPL-3.0-or-later
// A conductance that differs from place to place: a map of factors laid on a tissue.
//
// Model:    every conducting tet takes the factor of its four nodes' mean where the map's points are the mesh's nodes, else that of the point nearest
//           to its middle. Factors are rounded to at most 40 levels with equal ratios (0 is a level of its own), and each level of each tissue
//           becomes a region that multiplies what the tissue had: so FULL, FAST, re-entry, drugs and saved cases treat a map as they treat regions.
//           A node takes the level that most of the tissue around it has, as with every region.
// In/out:   points [n] mm, factor [n] without unit, 0 .. 10 (1 = as published).
// Numerics: the rounding is at most half the ratio between two levels, 1 % where highest over lowest is below 2.2; reported.
// Fails:    wrong_usage for an unknown conductance; bad_input when no cell has it, sizes differ, a factor is out of range, or the map covers less than
//           99 % of the conducting tets. The problem is unchanged then.
// Threads:  pure.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct ScaleMap {
  std::string channel;                // "g_Na", as channel_keys() names it
  std::string name;                   // of the file
  std::vector<core::Vec3> points;
  std::vector<float> factor;
  bool operator==(const ScaleMap&) const = default;
};

inline constexpr double largest_map_scale = 10;
inline constexpr double map_reach_mm = 5;       // a tet farther from every point is not covered

struct ScaleMapUse {
  std::size_t levels = 0;
  double lowest = 1, highest = 1, rounding_percent = 0, farthest_mm = 0;   // of the conducting tets
};
core::Result<ScaleMapUse> scale_by_map(ElectroProblem& problem, const ScaleMap& map);

// One line for notes and assumptions.
std::string scale_map_words(const ScaleMap& map, const ScaleMapUse& use);

}  // namespace ot::ep
