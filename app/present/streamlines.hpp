// SPDX-License-Identifier: GPL-3.0-or-later
// Ways of the blood through a lumen: lines along the velocity of a FULL result, begun at the inlet where the flow enters.
// Model: dx/dt = u(x), u linear in each tetrahedron; of a pulsatile run the mean field, so lines are not the paths of single beats.
// Numerics: midpoint rule, steps of a third of the local edge; error of a circular way 0.1 % per turn (tested). A line ends where it leaves the mesh, where the
//   blood stands, or after `longest_s`.
// In: mesh, velocity [nodes*3] mm/s. Fails: bad_input when they do not fit. Threads: pure function; 100 lines through 300k tetrahedra take about 1 s.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::present {

struct Streamline {
  std::vector<core::Vec3> points;    // mm
  std::vector<double> t_s;           // since it began
  std::vector<float> speed;          // mm/s
  double duration_s() const { return t_s.empty() ? 0 : t_s.back(); }
};
struct StreamlineParams {
  int count = 90;
  double longest_s = 4;
  int most_steps = 6000;
};
core::Result<std::vector<Streamline>> trace_streamlines(const core::TetMesh& mesh, const std::vector<float>& velocity, int inlet_patch, const StreamlineParams& params,
                                                        const core::Progress& progress = {});

// Particles at a time of the clock: short tubes with their tail behind them, on an endless round of every line.
struct Particles {
  core::SurfaceMesh tubes;
  std::vector<float> speed_m_s;      // [points of tubes]
  int count = 0;
};
Particles particles_at(const std::vector<Streamline>& lines, double clock_s, double radius_mm, double tail_s, double every_s);

}  // namespace ot::present
