// SPDX-License-Identifier: GPL-3.0-or-later
// One-dimensional blood flow in a network of elastic vessels (pulse waves).
// Model: A_t + Q_x = 0;  Q_t + (a Q^2/A)_x + A/rho P_x = -2 (zeta+2) pi mu/rho Q/A, a = (zeta+2)/(zeta+1);
//   P = P_ref + beta (sqrt(A/A_ref) - 1), beta = 4/3 E h / r_ref (thin wall, Poisson 1/2). Vessels taper linearly; walls have no viscosity.
//   A vessel with a course of points follows their radii, stiffness and reference pressures, has a = 1 and the losses of total pressure
//   given along it in place of the friction: A/rho d(viscous (A_ref/A)2 Q + inertial Q|Q|)/dx.
//   Nodes conserve mass and total pressure P + rho/2 (Q/A)^2. Ends: prescribed flow, Windkessel R1-(C, R2), resistance, reflection,
//   coronary bed (CoronaryBed).
// Source: Boileau et al. 2015, Int J Numer Meth Biomed Eng 31:e02732 (model, benchmark); Alastruey et al. 2012 (ends);
//   wall thickness when not given: Blanco et al. 2015, h = r (0.2802 exp(-505.3 r) + 0.1324 exp(-11.14 r)), r in m.
// In: mm, g, s, Pa. Out: pressure [Pa], flow [mm3/s], radius [mm] at inlet, middle and outlet of every vessel.
// Numerics: finite volumes; P and Q are reconstructed linearly (unlimited central slopes: arterial waves do not form shocks), faces from the
//   linearised characteristic relations, Heun in time: second order in space and time. P = const, Q = 0 is kept exactly in tapered vessels.
// Fails: bad_input for open ends, disconnected parts, impossible values; computation_failed with time and vessel when a lumen collapses.
// Threads: one; the result does not depend on threads.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct WaveEnd {
  enum Kind { none, windkessel, reflection, coronary } kind = none;
  double r1 = 0;      // Pa s/mm3, next to the vessel
  bool matched = false;  // r1 is the vessel's characteristic impedance at the reference state; r2 = total - r1
  double r2 = 0;      // Pa s/mm3 (matched: total resistance)
  double c = 0;       // mm3/Pa
  double outlet_Pa = 0;
  double coefficient = 0;  // reflection, -1 .. 1
  double start_mm3_s = 0;  // the capacitors hold the pressures of this flow at t = 0; see `started`
  bool started = false;    // false: they hold the vessel's initial pressure
  std::shared_ptr<const CoronaryBed> bed{};   // coronary, behind r1; outlet_Pa is the venous pressure
};

// A vessel point by point, linear between them.
struct WavePoint {
  double arc_mm = 0, radius_mm = 0, beta_Pa = 0, reference_Pa = 0;
  double viscous = 0, inertial = 0;      // total pressure lost since the first point: Pa s/mm3, Pa s2/mm6
};

struct WaveSegment {
  std::string name;
  int from = 0, to = 0;                  // nodes
  double length_mm = 0, radius_in_mm = 0, radius_out_mm = 0;   // radii at the reference pressure
  double young_Pa = 0, wall_mm = 0;      // wall 0: from the radius
  double reference_Pa = 0;               // pressure at which the radii hold
  double initial_Pa = 0;                 // pressure at t = 0
  double zeta = 2;                       // profile exponent: 2 parabolic, 9 blunt
  int cells = 0;                         // 0: chosen from WaveProblem::cell_mm
  std::vector<WavePoint> course;         // when given: in place of the radii, stiffness, pressures and zeta above; starts at the reference state
  double initial_mm3_s = 0;              // flow at t = 0
  WaveEnd end;
};

struct WaveProblem {
  Fluid fluid;
  std::vector<WaveSegment> segments;
  int inlet_node = 0;
  std::vector<std::pair<double, double>> inflow;  // (s, mm3/s) over one period
  double cell_mm = 4;                    // at least 3 cells per vessel
  double courant = 0.8;                  // stable to about 0.9
  int cycles = 10;                       // at most
  double end_s = 0;                      // > 0: this time instead of cycles
  double periodic = 0;                   // > 0: stop when the mid pressures of two cycles differ by less (relative to the pulse, RMS)
  int samples = 200;                     // recorded per cycle
  bool along = false;                    // record every cell too
};

struct WaveCurve {
  std::vector<double> pressure_Pa, flow_mm3_s, radius_mm;
};
struct WaveVessel {
  std::string name;
  WaveCurve in, middle, out;
  double cell_mm = 0;
  std::vector<double> cell_Pa{}, cell_mm3_s{};   // [records * cells] when asked for, at the middle of each cell
};
struct WaveResult {
  std::vector<double> t;                 // s, of the last cycle (with end_s: all times), from its beginning
  std::vector<WaveVessel> vessels;
  double period_s = 0, periodicity = 0;  // the difference of the last two cycles (of all vessels the largest)
  int cycles = 0;
  long steps = 0, cells = 0;
  double mass_error = 0;                 // |inflow - outflow - change of volume| / inflow over the run
  std::vector<std::string> notes;        // a run that ended before it repeated itself, values no living vessel has
};

core::Result<void> check_wave_problem(const WaveProblem& problem);
core::Result<WaveResult> run_wave_network(const WaveProblem& problem, const core::Progress& progress);

// The YAML specification of openBF (SI units), with its inflow as (s, m3/s).
core::Result<WaveProblem> read_openbf(const std::string& yaml, const std::vector<std::pair<double, double>>& inflow_m3_s);
// The same from files; an empty inflow name looks for the specification's own file (inlet_file, PROJECT_inlet.dat) and for
// NAME_inlet_flow_m3s.csv beside NAME_openbf_spec.yaml.
core::Result<WaveProblem> load_openbf(const std::filesystem::path& yaml, const std::filesystem::path& inflow);
// Two columns of numbers, separated by comma, semicolon or blanks; lines that begin with something else are skipped.
core::Result<std::vector<std::pair<double, double>>> read_two_columns(const std::string& text);

}  // namespace ot::hemo
