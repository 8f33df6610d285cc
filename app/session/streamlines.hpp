// SPDX-License-Identifier: GPL-3.0-or-later
// Ways of the blood through a lumen: lines along the velocity of a FULL result (streamlines), or the paths of blood through the kept frames of a beat
// (pathlines), begun at the inlet where the flow enters.
// Model: dx/dt = u(x) or u(x, t), u linear in each tetrahedron and between frames, periodic. Streamlines of a pulsatile run are those of one frozen field,
//   not the paths of single beats; pathlines are.
// Numerics: midpoint rule, steps of a third of the local edge; error of a circular way 0.1 % per turn (tested). A line ends where it leaves the mesh, where the
//   blood stands, or after `longest_s`.
// In: mesh, velocity [nodes*3] mm/s. Fails: bad_input when they do not fit. Threads: pure function; 100 lines through 300k tetrahedra take about 1 s.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::session {

struct Streamline {
  std::vector<core::Vec3> points;    // mm
  std::vector<double> t_s;           // since it began
  std::vector<float> speed;          // mm/s
  double start_s = 0;                // pathlines: instant of the beat at which it begins
  double duration_s() const { return t_s.empty() ? 0 : t_s.back(); }
};
struct StreamlineParams {
  int count = 90;
  double longest_s = 4;
  int most_steps = 6000;
};
core::Result<std::vector<Streamline>> trace_streamlines(const core::TetMesh& mesh, const std::vector<float>& velocity, int inlet_patch, const StreamlineParams& params,
                                                        const core::Progress& progress = {});

// Paths begun at even instants of the beat, at each as many as its share of the inflow. The beat is gone through again and again until a path ends.
core::Result<std::vector<Streamline>> trace_pathlines(const core::TetMesh& mesh, const std::vector<hemo::FlowFrame>& beat, int inlet_patch, const StreamlineParams& params, const core::Progress& progress = {});

// One VTP file (ASCII, VTK XML PolyData): a polyline each, point data speed_mm_per_s and time_s.
std::string streamlines_vtp(const std::vector<Streamline>& lines);
// Tubes of this radius along the lines, and the speed on them: for pictures.
struct Tubes {
  core::SurfaceMesh surface;
  std::vector<float> speed_m_s;      // [points of the surface]
};
Tubes tubes_along(const std::vector<Streamline>& lines, double radius_mm);

// Particles at a time of the clock: short tubes with their tail behind them, on an endless round of every line.
struct Particles {
  core::SurfaceMesh tubes;
  std::vector<float> speed_m_s;      // [points of tubes]
  int count = 0;
};
Particles particles_at(const std::vector<Streamline>& lines, double clock_s, double radius_mm, double tail_s, double every_s);
// Of pathlines: each is begun once in every beat, at its instant, so that the stream swells and ebbs with the flow.
Particles pulsing_particles_at(const std::vector<Streamline>& paths, double clock_s, double cycle_s, double radius_mm, double tail_s);

}  // namespace ot::session
