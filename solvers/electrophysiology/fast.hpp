// SPDX-License-Identifier: GPL-3.0-or-later
// FAST electrophysiology: eikonal activation, template action potentials, 12-lead ECG. Answers while the mouse moves.
// Model:   activation from the eikonal equation (eikonal.hpp); V(t) of a node = template of its cell type and tissue at
//          (t - t_act) / stretch. Repolarisation times are smoothed by electrotonic coupling before the stretch is set:
//          R - tau div(D grad R) = t_act + APD_cell, D = sigma / (chi Cm), zero flux at walls and scar.
//          Speed of a region: sqrt of its conductivity scale, times the velocity of its cells on a strand of FULL's membrane model
//          relative to healthy cells (sodium block and border zones slow it). A site fires when FULL's stimulus reaches 0 mV.
//          Neglected: curvature and collision effects on speed, one beat only, no re-entry.
// Source:  templates: the cell model of FULL paced alone (activation_template.cpp); eikonal + template after Neic et al. 2017
//          (J Comput Phys 346:191). Smoothing: linear response of repolarisation to coupling current; tau = 100 ms is the
//          order of phases 2-3, over which neighbours exchange current (space constant 2-3 mm along fibres, Sampson &
//          Henriquez 2005, Am J Physiol 289:H350).
// In/out:  ElectroProblem -> ElectroResult (mode fast). Activation: upward crossing of 0 mV, as in FULL.
// Fails:   bad_input for impossible speeds, no source in conducting tissue; cancelled. Threads: same bits for every count.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct ActionPotential {
  double dt_ms = 0.25;
  double upstroke_ms = 0;      // time of the upward crossing of 0 mV within v
  double apd90_ms = 0;         // from there to 90 % repolarisation
  std::vector<float> v_mV;     // samples; the first is rest, the last is held
  float rest_mV = -85;
  std::string note;            // what a reader must know: alternating beats; empty else
};

struct FastTemplates {
  std::vector<ActionPotential> shapes;
  std::vector<std::array<std::uint8_t, 3>> of_region;   // [regions][CellType] index into shapes
  // [regions] plane-wave velocity of FULL's cells there over that of its healthy cells, at equal conductivity (a strand of the same
  // membrane model); 0 = a wave dies. Empty = 1 everywhere.
  std::vector<double> speed;
  std::vector<std::string> notes;
};

// Paces the cell model of FULL for every pair of cell type and channel scales of the problem
// at its cycle length. Cached for the life of the process. computation_failed where a cell does not follow that rate one to one (one beat cannot show it) or does not repolarise within it.
core::Result<FastTemplates> make_templates(const ElectroProblem& problem, const core::Progress& progress = {});

// The state of every node at any time, without frames.
struct FastSolution {
  std::vector<double> activation_ms;      // [nodes], infinity = never
  std::vector<double> repolarisation_ms;  // [nodes] at 90 %
  std::vector<std::uint8_t> shape;        // [nodes] index into templates.shapes
  std::vector<float> stretch;             // [nodes] factor on time after the upstroke
  FastTemplates templates;
};

core::Result<FastSolution> solve_fast(const ElectroProblem& problem, const FastTemplates& templates, const core::Progress& progress);
void voltage_at(const FastSolution& solution, double t_ms, std::vector<float>& v);
// Tight loop over some nodes; v[k] belongs to node begin + k.
void voltage_at(const FastSolution& solution, double t_ms, std::size_t begin, std::size_t end, float* v);

// From the start of a stimulus to the crossing of 0 mV in the tissue under it, ms.
double capture_delay_ms(const ActivationSite& site);

// Share of all myocardium by volume that was activated; scar, fat and lesions count as myocardium that was not.
double activated_percent(const ElectroProblem& problem, const std::vector<float>& activation_ms);

core::Result<ElectroResult> run_fast(const ElectroProblem& problem, const FastTemplates& templates, const core::Progress& progress);

}  // namespace ot::ep
