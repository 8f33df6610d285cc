// SPDX-License-Identifier: GPL-3.0-or-later
// What both flow solvers (FAST network, FULL Navier-Stokes) take and give. Pure data.
// Units: mm, g, s; pressure Pa = g/(mm s2) * 1 exactly (1 Pa = 1 g/(mm s2)); flow mm3/s; density g/mm3; viscosity Pa s.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/vessel_network.hpp"

namespace ot::hemo {

struct Fluid {
  double density_g_per_mm3 = 1.06e-3;  // 1060 kg/m3
  double viscosity_Pa_s = 0.0035;
};

enum class InletProfile { plug, parabolic, womersley };

struct Inlet {
  int patch = 0;
  std::vector<std::pair<double, double>> flow;  // (s, mm3/s), periodic; one entry = constant
  InletProfile profile = InletProfile::parabolic;
};

// p = pd + Rp Q + pc, C dpc/dt = Q - pc/Rd. Pure resistance: rd = c = 0.
struct Outlet {
  int patch = 0;
  double rp = 0;   // Pa s/mm3
  double c = 0;    // mm3/Pa
  double rd = 0;   // Pa s/mm3
  double pd = 0;   // Pa
};

struct FlowProblem {
  std::shared_ptr<const core::TetMesh> mesh;          // FULL; patches "wall", "inlet", "outlet*"
  std::shared_ptr<const core::VesselNetwork> network; // FAST
  Fluid fluid;
  std::vector<Inlet> inlets;
  std::vector<Outlet> outlets;
  bool steady = true;
  double dt_s = 0.002;
  double cycle_s = 0.8;
  int cycles = 2;
  double steady_tolerance = 1e-3;                     // relative change of the pressure drop per flow-through to stop
  double max_s = 0;                                   // 0: chosen
  std::string sha256() const;
};

struct PullbackPoint {
  int branch = 0;
  double arc_mm = 0;        // along the branch
  double pressure_Pa = 0;   // section mean
  double radius_mm = 0;
  double flow_mm3_s = 0;
};

struct FlowResult {
  core::Mode mode = core::Mode::full;
  std::string problem_sha256, mesh_sha256;
  std::vector<float> velocity;     // [nodes*3] mm/s
  std::vector<float> pressure;     // [nodes] Pa
  std::vector<float> wall_shear;   // [nodes*3] Pa, zero off the wall
  std::vector<PullbackPoint> pullback;
  std::vector<core::Series> series;        // flow and pressure per cap over time (pulsatile)
  std::vector<core::Quantity> quantities;  // pressure_drop_mmhg, ffr, max_wss_pa, mean_wss_pa, mass_balance_rel, ...
  double wall_s = 0;
  long steps = 0, momentum_iterations = 0, pressure_iterations = 0;
  std::vector<std::string> notes;
};

}  // namespace ot::hemo
