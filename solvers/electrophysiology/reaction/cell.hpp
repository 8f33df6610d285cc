// SPDX-License-Identifier: GPL-3.0-or-later
// One paced cell: what drugs, template action potentials and `organtwin-cli solve` call.
// Numerics: cell_batch.hpp; potential and biomarkers see every step, traces are thinned to record_every_ms.
// Fails: wrong_usage for an unknown model, channel or impossible number; computation_failed when V leaves +-200 mV.
// Threads: re-entrant.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct ChannelBlock {
  std::string channel;     // member of ChannelScales: "g_Kr"
  double fraction = 0;     // 0 = free, 1 = fully blocked; blocks multiply: g *= 1 - fraction
};

struct CellProblem {
  std::string model = "ten_tusscher_panfilov_2006_epi";
  double cycle_length_ms = 1000;
  int beats = 50;
  double dt_ms = 0.02;              // 0 = chosen by the error where the family allows it (two_stage), else 0.01
  double tolerance_mV = 0.05;       // of a chosen step (pacer.hpp)
  double stimulus_mV_per_ms = 0;    // 0 = the model's own (TT06: 52 for 1 ms)
  double stimulus_ms = 0;           // 0 = the model's own
  double stimulus_start_ms = 10;    // within each cycle
  ChannelScales channels;
  std::vector<ChannelBlock> blocks;
  std::vector<double> initial_state;   // V first; empty = published
  int record_beats = 1;                // last beats whose traces are kept
  double record_every_ms = 0.5;
  std::vector<std::string> record;     // currents whose traces are kept as well: members of ChannelScales ("g_Kr"), or "total"
  int watch_beats = 1;                 // > 1: report, of the last so many, the beat with the largest dV/dt during repolarisation (CiPA)
};

struct CellResult {
  // Traces of the last beats; t_ms from the start of the first recorded beat.
  std::vector<double> t_ms, v_mV, cai_mM;   // cai_mM empty when the model has no calcium
  std::vector<std::vector<double>> currents_uA_per_uF;   // [CellProblem::record][samples], outward positive, without the stimulus
  // Of the last beat (or see watch_beats). APDs are NaN when it did not fire, did not repolarise within the cycle, or its stimulus met a
  // cell that had not repolarised (response.hpp). vrest is V just before the stimulus.
  double vrest_mV = 0, vpeak_mV = 0, dvdt_max_V_per_s = 0;
  double dvdt_max_ionic_V_per_s = 0;        // without the stimulus: of the membrane's own currents
  double apd50_ms = 0, apd90_ms = 0;        // from max dV/dt to Vpeak - x (Vpeak - Vrest)
  double ca_diastolic_mM = 0, ca_peak_mM = 0;
  double apd90_change_ms = 0;               // last beat minus the one before: how steady the state is
  double qnet_uC_per_uF = std::numeric_limits<double>::quiet_NaN();   // of the reported beat; NaN where the model has no such integral
  int reported_beat = 0, early_afterdepolarisations = 0;              // the latter: beats among the watched ones (beat.hpp)
  int stimuli_followed = 0, stimuli_captured = 0;                     // of the last twelve beats, or of all watched ones
  double captured_apd90_ms = 0;             // mean of those captured, also of those that repolarised after the next stimulus; NaN: none
  long steps = 0;
  std::vector<double> final_state;          // V first
  std::vector<std::string> notes;
};

// Scales after the blocks; fails on an unknown channel or a fraction outside [0, 1].
core::Result<ChannelScales> apply_blocks(const ChannelScales& scales, const std::vector<ChannelBlock>& blocks);

core::Result<CellResult> run_cell(const CellProblem& problem, const core::Progress& progress = {});

// Up to block_nodes cells that differ in their scales only, paced together: eight cost little more than one. `channels` and `blocks` of the
// problem are not used. With chosen steps the worst cell decides for all (pacer.hpp).
core::Result<std::vector<CellResult>> run_cells(const CellProblem& problem, const std::vector<ChannelScales>& scales, const core::Progress& progress = {});

// States (V first) of several cells of one family after `beats` beats, paced together; cached for the life of the process. More than a
// hundred beats of a family with two_stage are paced with steps chosen by the error instead of dt_ms.
core::Result<std::vector<std::vector<double>>> paced_states(const std::string& family, double cycle_length_ms, int beats, double dt_ms,
                                                            const std::vector<CellType>& types,
                                                            const std::vector<ChannelScales>& scales,
                                                            const core::Progress& progress = {});

}  // namespace ot::ep
