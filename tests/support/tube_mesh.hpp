// SPDX-License-Identifier: GPL-3.0-or-later
// Test vessel: a straight tube along +z from z = 0 with an optional radius profile, as tets, closed surface and centreline.
// Add ${CMAKE_SOURCE_DIR}/tests/support/tube_mesh.cpp to the test's SOURCES.
#pragma once
#include <functional>

#include "solvers/core/mesh.hpp"
#include "solvers/core/vessel_network.hpp"

namespace ot::test {

inline constexpr int tube_wall = 1, tube_inlet = 2, tube_outlet = 3;  // patches "wall", "inlet", "outlet 1"

struct Tube {
  core::TetMesh mesh;
  core::SurfaceMesh surface;     // the mesh's boundary, same patches
  core::VesselNetwork network;   // one branch "tube", outlet_patch = tube_outlet, points about radius/4 apart
};

// Rings of 6, 12, 18 ... nodes round the axis (near-equilateral triangles of edge about radius/elements_per_radius),
// extruded in layers whose thickness follows the local radius; every layer's prisms are cut with the opposite diagonals.
// radius_at(z): local radius in mm, empty = constant. Wall nodes lie on the exact surface.
// jitter: interior nodes are moved by up to jitter * local edge (0..0.25, deterministic) to break the regularity.
// Nodes: about 3 n^2 per layer; tets: 18 n^2 per layer; layers: about length / (radius / n).
Tube tube(double radius_mm, double length_mm, int elements_per_radius,
          const std::function<double(double)>& radius_at = {}, double jitter = 0.0);

// r(z) of a cosine narrowing of given share of the diameter centred at `centre`, `length` long in all:
// r = R [1 - severity/2 (1 + cos(2 pi (z - centre)/length))] inside, R outside.
std::function<double(double)> cosine_stenosis(double radius_mm, double severity, double centre_mm, double length_mm);

}  // namespace ot::test
