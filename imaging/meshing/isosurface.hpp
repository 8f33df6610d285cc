// SPDX-License-Identifier: GPL-3.0-or-later
// Closed surface of a scalar field's level (VTK flying edges in the .cpp).
// In: field [grid]; the field is closed by one layer of outside values around the grid. Out: LPS mm, normals outward for every
// direction matrix, one vertex per crossed grid edge, so closed and without cracks. Threads: serial.
#pragma once
#include "solvers/core/mesh.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

enum class Inside { above, below };
core::SurfaceMesh isosurface(const core::Volume& field, double level, Inside inside);

// The level of a smoothed 0..1 indicator whose surface encloses `volume_mm3` (secant, 0.2 %), and that surface: smoothing then
// neither shrinks nor swells.
struct LevelSurface {
  core::SurfaceMesh surface;
  double level = 0.5;
};
LevelSurface surface_of_volume(const core::Volume& indicator, double volume_mm3);

}  // namespace ot::imaging
