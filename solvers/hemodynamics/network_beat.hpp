// SPDX-License-Identifier: GPL-3.0-or-later
// FAST flow over a beat on the centreline tree: losses alone, lumped pieces (RLC), or pulse waves. Internal to run_network.
// Model: every piece of vessel keeps the losses that were marched for it (entrance, bends, jets with K_t, junctions) as the line
//   dH = viscous Q + inertial Q|Q| of its total pressure H = P + rho/2 (Q/A)2.
//   quasi_steady: that is all.
//   rlc: pieces of at most 12 mm with  L dQ/dt = H_a - H_b - dH(Q),  C dP/dt = Q_in - Q_out at their ends,  L = rho int ds / A,
//     C = int 2 A / b ds,  b = 4/3 E h / r0 (VesselWall): R, L and C of Westerhof, Bosman, De Vries, Noordergraaf, J Biomech 2 (1969) 121-143.
//   one_d: one_dimensional/wave_network.hpp on the same tree; a lesion is a loss there, on a wall of the calibre beside it.
//   Outlets: resistance, Windkessel or coronary bed of the problem. The beat is repeated until it follows itself.
// Left out: viscosity of the wall; the higher friction of an oscillating profile (Womersley); the losses follow the flow at once.
// Units: mm, g, s, Pa. Numerics: quasi_steady, rlc: BDF2, Newton; the tree is eliminated from its ends in a time that grows with its pieces.
// Fails: computation_failed when Newton does not converge or a lumen collapses (one_d); cancelled. Threads: one; no shared state.
#pragma once
#include <optional>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct BeatPiece {
  const core::VesselBranch* line = nullptr;
  int from = -1, to = 0;                     // piece of the tree at whose distal end it begins (-1: inlet) and ends (its own number in the tree)
  std::vector<double> viscous, inertial;     // [points] lost since before its first point: Pa s/mm3, Pa s2/mm6
  double mean_flow = 0;                      // mm3/s, of the steady solution at the mean inflow
  int outlet = -1;                           // of the problem, at its distal end
};
struct BeatNetwork {
  std::vector<BeatPiece> pieces;             // the tree, parents first
  std::vector<BeatPiece> grafts;             // between the distal ends of two of them
  std::vector<double> total_Pa;              // [pieces + 1] of that steady solution: at the inlet, then at every distal end
};

// The last beat. Points: those of every piece of the tree in turn, then those of the grafts.
struct BeatAnswer {
  std::vector<double> t_s;                   // samples, from the first after the beginning of the beat to its end
  std::size_t points = 0;
  std::vector<double> pressure_Pa, flow_mm3_s;   // [samples * points], static
  std::vector<double> outlet_Pa, outlet_mm3_s;   // [samples * outlets]
  double inflow(std::size_t sample) const { return flow_mm3_s[sample * points]; }
  int beats = 0;
  double periodicity = 0;                    // RMS difference of the (total) pressure at the inlet between the last two beats over its pulse
  long steps = 0, iterations = 0;
};

// What `automatic` stands for.
NetworkModel network_model_of(const FlowProblem& problem);
inline constexpr double periodic_enough = 1e-3;   // of the pulse
inline constexpr int most_beats = 60;
int samples_of_beat(const FlowProblem& problem);

core::Result<BeatAnswer> run_lumped_beat(const FlowProblem& problem, const BeatNetwork& network, const core::Progress& progress);
core::Result<BeatAnswer> run_wave_beat(const FlowProblem& problem, const BeatNetwork& network, const core::Progress& progress);

}  // namespace ot::hemo
