// SPDX-License-Identifier: GPL-3.0-or-later
// The ends of a lumen's surface. A flat patch is an end; a surface without such patches is repaired (surface_repair.hpp) and its ends are
// found by shape: flat pieces, about as round as long, that meet the wall at sharp edges.
// Units: mm. Fails: what surface_repair refuses; no two ends can be found. Threads: serial, deterministic.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

struct LumenEnds {
  core::SurfaceMesh surface;            // as given when it was closed and its ends were labelled
  std::map<int, double> area_mm2;       // of each flat patch
  std::vector<std::string> notes;
  int largest() const;                  // patch of the largest end
};
// The numbers that patches of such a surface get in a lumen (meshing.hpp): wall, inlet, then the outlets in the order of their given numbers.
inline constexpr int lumen_wall = 1, lumen_inlet = 2, lumen_first_outlet = 3;
std::map<int, int> lumen_patches(const LumenEnds& ends, int inlet);   // given -> in the lumen
core::Result<LumenEnds> lumen_ends(const core::SurfaceMesh& surface);

}  // namespace ot::imaging
