// SPDX-License-Identifier: GPL-3.0-or-later
// One run of the Navier-Stokes solver: what its steady and pulsatile halves share. Internal to the solver.
#pragma once
#include "solvers/hemodynamics/flow_quantities.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/sections.hpp"

namespace ot::hemo {

// dt = cfl * edge / speed per tet, with the largest speed among the tets that share a node, at least 0.15 of the peak.
std::vector<double> local_steps(const FlowMesh& m, const std::vector<double>& velocity, double peak, double cfl);
double speed_peak(const std::vector<double>& velocity);

struct FlowRun {
  const FlowProblem& problem;
  const core::Progress& progress;
  const FlowOptions& options;
  FlowMesh mesh;
  std::vector<InflowProfile> profiles;
  InitialFlow start;
  double start_time = 0;   // of the cycle: where `start` was computed
  WallShear wall;
  std::vector<SectionProbe> sections;
  std::vector<PointProbe> points;
  FlowResult result;

  FlowRun(const FlowProblem& p, const core::Progress& g, const FlowOptions& o);

  core::Error diverged(const FlowStepper& s, double t) const;
  void count(const FlowStepper& s);
  FlowFrame frame(double t, const std::vector<double>& velocity, const std::vector<double>& pressure, const std::vector<double>& shear) const;
  void add_forces(const std::vector<core::Vec3>& forces, const char* note);
  void add_sections(const FlowSnapshot& mean);

  // Relative change of the velocity in the first pseudo-step of a steady run from `from` (volume mean): how far that start is off.
  double first_change(const InitialFlow& from) const;
  core::Result<FlowResult> steady();
  core::Result<FlowResult> pulsatile();
};

}  // namespace ot::hemo
