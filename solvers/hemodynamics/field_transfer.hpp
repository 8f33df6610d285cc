// SPDX-License-Identifier: GPL-3.0-or-later
// Carries the flow of one lumen mesh to the nodes of another: the start of a run after the lumen has changed a little.
// Model: linear interpolation in the old tetrahedron around a new node; a new node outside the old lumen gets no velocity (the old wall
//   was there) and the pressure of the nearest old node. Not conservative: the first pressure step of the solver repairs that.
// In/out: mm, mm/s, Pa. Numerics: old tets in boxes of about one edge, a few per point. Threads: bitwise equal for every number.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::hemo {

struct CarriedFlow {
  std::vector<double> velocity, pressure;   // [points*3], [points]
  std::size_t outside = 0;                  // points that lay outside the old lumen
};
CarriedFlow carry_flow(const core::TetMesh& from, const std::vector<float>& velocity, const std::vector<float>& pressure, const std::vector<core::Vec3>& to);

}  // namespace ot::hemo
