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
  double viscosity_Pa_s = 0.0035;      // Newtonian; with carreau_yasuda: at infinite shear rate
  // Carreau-Yasuda (Bird, Armstrong, Hassager 1987): mu = mu_inf + (mu_0 - mu_inf) (1 + (lambda g)^a)^((n-1)/a), g = sqrt(2 D:D).
  // Values of blood: public solver iKapitonau/blood_flow_2D, src/blood_consts.c (mu_inf 0.00345 there); no paper read: flow-3d.md.
  bool carreau_yasuda = false;
  double zero_shear_viscosity_Pa_s = 0.056, lambda_s = 1.902, power_n = 0.22, yasuda_a = 1.25;
  double viscosity_at(double shear_rate_per_s) const;
  bool operator==(const Fluid&) const = default;
};

// developed: laminar flow of the cap's own shape ("parabolic"); rectangular: product of two parabolas on a rectangular cap.
enum class InletProfile { plug, parabolic, womersley, rectangular };

// How FAST follows a beat; a steady flow is the marched network in every case.
// automatic: rlc. quasi_steady: losses alone. rlc: each piece of vessel has its losses, the inertia of its blood and the compliance of its
// wall. one_d: nonlinear pulse waves (one_dimensional/wave_network.hpp).
enum class NetworkModel { automatic, quasi_steady, rlc, one_d };

// Elastic wall of the arteries in FAST over a beat (FULL has a rigid wall): E h / r0 = k1 exp(k2 r0) + k3 at the radius r0 of the images,
// which is taken as that of the mean pressure; Poisson's ratio 1/2.
// Source: k1 = 2.00e7 g/(s2 cm), k2 = -22.53 /cm, k3 = 8.65e5 g/(s2 cm), fitted to arteries of 0.2 to 25 mm: Olufsen, Peskin, Kim, Pedersen,
//   Nadim, Larsen, Ann Biomed Eng 28 (2000) 1281-1299. young_Pa and thickness_mm, when both are given, take their place.
struct VesselWall {
  double k1_Pa = 2.00e6, k2_per_mm = -2.253, k3_Pa = 8.65e4;
  double young_Pa = 0, thickness_mm = 0;
  bool by_young() const { return young_Pa > 0 && thickness_mm > 0; }
  double stiffness_Pa(double radius_mm) const;                       // E h / r0
  double wave_speed_mm_s(double radius_mm, double density_g_per_mm3) const;   // c2 = 2/3 (E h / r0) / rho at that radius
  bool operator==(const VesselWall&) const = default;
};

struct Inlet {
  int patch = 0;
  std::vector<std::pair<double, double>> flow;  // (s, mm3/s), periodic; one entry = constant
  InletProfile profile = InletProfile::parabolic;
};

// Bed of a coronary artery behind Outlet::rp: p1 = p - Rp Q, Ca dp1/dt = Q - (p1 - p2)/Rm, Cim d(p2 - Pim)/dt = (p1 - p2)/Rm - (p2 - pd)/Rv.
// The heart muscle squeezes it with the intramyocardial pressure Pim(t), so that most of the flow is diastolic.
// Source: Kim et al., Ann Biomed Eng 38 (2010) 3195-3209; structure and splits: physiology_and_models.json, coronary_lpn.
struct CoronaryBed {
  double ca = 0, ra_micro = 0, cim = 0, rv = 0;      // mm3/Pa, Pa s/mm3
  std::vector<std::pair<double, double>> pim;        // (s, Pa), periodic with cycle_s; one entry = constant
  double cycle_s = 0.8;
};

// p = pd + Rp Q + pc, C dpc/dt = Q - pc/Rd. Pure resistance: rd = c = 0.
struct Outlet {
  int patch = 0;
  double rp = 0;   // Pa s/mm3
  double c = 0;    // mm3/Pa
  double rd = 0;   // Pa s/mm3
  double pd = 0;   // Pa
  std::shared_ptr<const CoronaryBed> coronary{};  // when given: rd is Rm + Rv (what a steady flow sees), c is not used, pd is the venous pressure
};
Outlet coronary_outlet(int patch, double ra, CoronaryBed bed, double venous_Pa);

// viscous: no inertia, the real lumen. developed: the inlet's velocity carried along a straight lumen (refused elsewhere).
// automatic: developed when the lumen is straight and of constant section, else viscous.
enum class FlowStart { automatic, viscous, developed, rest };

// A tube that leads blood from a station of the network to another one downstream: a bypass beside the lesion between them.
struct Graft {
  int from_branch = 0, to_branch = 0;
  double from_mm = 0, to_mm = 0;                      // arcs of the host's centreline that it begins and ends on
  core::VesselBranch line;                            // from there to there; its ends lie inside the host
  double free_from_mm = 0, free_to_mm = 0;            // arcs of `line` where its axis leaves and enters the host's lumen
};

struct FlowProblem {
  std::shared_ptr<const core::TetMesh> mesh;          // FULL; patches "wall", "inlet", "outlet*"
  std::shared_ptr<const core::VesselNetwork> network; // FAST
  std::vector<Graft> grafts;                          // FAST: parallel ways; FULL: the mesh holds them, here for starts and numbers
  Fluid fluid;
  std::vector<Inlet> inlets;
  std::vector<Outlet> outlets;
  bool steady = true;
  double dt_s = 0.002;
  double cycle_s = 0.8;
  int cycles = 2;
  double steady_tolerance = 1e-3;                     // relative change of the pressure drop per flow-through to stop
  double max_s = 0;                                   // 0: chosen
  FlowStart start = FlowStart::automatic;             // pulsatile runs
  double largest_cfl = 8;                             // pulsatile: steps above it are divided
  std::vector<core::Vec3> probes;                     // mm: velocity and pressure over time
  int sections = 0;                                   // plane sections along the network's branches: flow and pressure
  std::vector<int> force_patches;                     // patches whose fluid force is wanted
  NetworkModel network_model = NetworkModel::automatic;   // FAST over a beat
  VesselWall vessel_wall;                             // the same
  std::string sha256() const;
};

struct PullbackPoint {
  int branch = 0;
  double arc_mm = 0;        // along the branch
  double pressure_Pa = 0;   // section mean
  double radius_mm = 0;
  double flow_mm3_s = 0;
};

// All that a run needs to go on as if it had not stopped (mesh numbering of the solver). Kept in double.
struct FlowState {
  std::string mesh_sha256;
  double t_s = 0, dt_s = 0;
  std::vector<double> velocity, velocity_before, pressure, increment, increment_before;
  std::vector<double> outlets;                        // memory of each outlet model
  // Of a run that was stopped before its end: what it was (FlowProblem::sha256, empty: ended by itself), steps since it began, and the sums
  // and curves that it had gathered so far.
  std::string problem_sha256;
  long steps_done = 0;
  std::vector<double> averages;
  std::vector<core::Series> series;
};

// The last beat along the centreline (FAST over a beat): point k of the pull-back at time i is [i * pullback.size() + k].
struct BeatAlong {
  std::vector<double> t_s;                            // from the beginning of the beat
  std::vector<float> pressure_Pa, flow_mm3_s;
};

struct FlowFrame {
  double t_s = 0;
  std::vector<float> velocity, pressure, wall_shear;  // as in FlowResult
};

struct FlowProbe {
  double pressure_Pa = 0;
  core::Vec3 velocity_mm_s{0, 0, 0};
};

struct FlowSection {
  int branch = 0;
  double arc_mm = 0, area_mm2 = 0;
  double flow_mm3_s = 0;      // integral of u.n; mean of the last cycle
  double given_mm3_s = 0;     // what the downstream outlets pass
  double pressure_Pa = 0;
};

struct FlowResult {
  core::Mode mode = core::Mode::full;
  std::string problem_sha256, mesh_sha256;
  std::vector<float> velocity;     // [nodes*3] mm/s
  std::vector<float> pressure;     // [nodes] Pa
  std::vector<float> wall_shear;   // [nodes*3] Pa, zero off the wall
  std::vector<float> tawss, osi, rrt;    // [nodes] Pa, -, 1/Pa; last cycle of a pulsatile run, zero off the wall
  std::vector<float> mean_wall_shear;    // [nodes*3] Pa; the vector averaged over that cycle
  std::vector<PullbackPoint> pullback;
  BeatAlong along;
  std::vector<FlowSection> sections;
  std::vector<FlowProbe> probes;         // of the mean fields
  std::shared_ptr<const FlowState> state;  // to go on from
  std::vector<core::Series> series;        // flow and pressure per cap over time (pulsatile)
  std::vector<core::Quantity> quantities;  // pressure_drop_mmhg, ffr, max_wss_pa, mean_wss_pa, mass_balance_rel, ...
  double wall_s = 0;
  long steps = 0, momentum_iterations = 0, pressure_iterations = 0;
  std::vector<std::string> notes;
  // Pulsatile FULL: the fields at even instants of the last beat, times from its beginning (the last is cycle_s). At most `most_beat_frames` and
  // `most_beat_bytes`; none where fewer than `least_beat_frames` would fit (a note says so).
  std::vector<FlowFrame> beat;
};
inline constexpr int most_beat_frames = 32, least_beat_frames = 12;
inline constexpr std::size_t most_beat_bytes = std::size_t(96) << 20;
int kept_beat_frames(std::size_t nodes, int steps_per_beat);   // 0: none

}  // namespace ot::hemo
