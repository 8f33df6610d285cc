// SPDX-License-Identifier: GPL-3.0-or-later
// A cut along a vessel: a band that holds the centreline of one way down the tree and reaches from wall to wall, and the velocity on it.
// Model: across the band a direction that turns with the centreline as little as possible; each point keeps the tetrahedron it lies in, so that the
//   fields of a beat are painted on it one after the other. Points outside the blood are left out.
// Threads: pure functions; 0.1 s for 300k tetrahedra.
#pragma once
#include <array>

#include "app/session/pullback_table.hpp"
#include "app/session/streamlines.hpp"

namespace ot::session {

struct VelocitySlice {
  core::SurfaceMesh band;
  std::vector<core::Tet> nodes;                    // [points of the band] of the flow mesh
  std::vector<std::array<double, 4>> weights;      // of those nodes
  std::vector<core::Index> arrows;                 // points where a vector is drawn
  double radius_mm = 1;                            // mean of the vessel there
};
VelocitySlice velocity_slice(const core::TetMesh& mesh, const core::VesselNetwork& network, const PullbackWay& way);

// The band coloured by speed, with arrows along the velocity whose length is the speed (the fastest: `longest_mm`).
struct SlicePicture {
  core::SurfaceMesh surface;
  std::vector<float> speed_m_s;                    // [points of surface]
};
SlicePicture draw_slice(const VelocitySlice& slice, const std::vector<float>& velocity, double fastest_mm_s, double longest_mm);

}  // namespace ot::session
