// SPDX-License-Identifier: GPL-3.0-or-later
// Ionic models: the explicit list, what each is made of, and the choice of its vectorised kernel.
// Adding one: its own folder here, one line in CMakeLists.txt.
// Threads: everything is constant after the first call.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/reaction/kernel.hpp"

namespace ot::ep {

struct IonicState {
  std::string name, unit;
  std::string reference = {};   // qualified name in the public model description where it differs: "inal.m" for mL
};

struct IonicParameter {
  std::string symbol, meaning, unit;
  double value = 0;
  std::string source;
};

// Where the fast sodium current finds its factors: I_Na = param[conductance] m^3 h j (V - E_Na). Where part of the channels is phosphorylated
// the product h j is (1 - f) h j + f hp jp, which `available` gives for the block_nodes lanes of a block's state; h and j are -1 then.
struct FastSodium {
  int m = -1, h = -1, j = -1;   // rows of the state
  int conductance = -1;         // row of the parameters
  void (*available)(const double* state, double* out) = nullptr;
  bool present() const { return m >= 0; }
};

// The equations, shared by all cell types of a family.
struct IonicFamily {
  std::string key;                    // "ten_tusscher_panfilov_2006"
  int states = 0, params = 0;         // rows of a block, V not counted
  FastSodium sodium;
  int cai = -1;                       // row of the cytosolic calcium, -1: the model has none
  std::vector<std::string> scales;    // members of ChannelScales that act here: "g_Na", ...
  double stimulus_mV_per_ms = 0, stimulus_ms = 0;   // twice the threshold or as published: default of single cells
  bool two_stage = false;             // the kernel reads KernelBlock::state_at: second order and steps of free size in single cells
  std::vector<int> watched;           // rows whose relative change also limits a chosen step (calcium of the subspace)
  double upstroke_mV = 0;             // its upward crossing is an activation of tissue (0 mV: Niederer et al. 2011)
  int pacing_beats = 30;              // single cells before a tissue beat: APD90 then within 1 ms of a longer history
  bool dynamic_herg = false;          // ChannelScales::herg binds here; where not, a drug acts by its static block
  int qnet = -1;                      // row that accumulates INaL + ICaL + Ito + IKr + IKs + IK1 over time, uA/uF ms
  // One cell's column of parameters, row by row.
  std::vector<double> (*parameters)(CellType, const ChannelScales&) = nullptr;
  // Published initial state: V first, then the states.
  std::vector<double> (*initial)(CellType) = nullptr;
  KernelStep (*kernel)(const std::string& instruction_set) = nullptr;   // nullptr when not built for that set
};

struct IonicModel {
  std::string key, name, summary, source;
  const IonicFamily* family = nullptr;
  CellType cell_type = CellType::epi;
  std::vector<IonicState> states;             // V first
  std::vector<IonicParameter> parameters;
  std::vector<double> initial_state() const { return family->initial(cell_type); }   // V first
};

const std::vector<IonicModel>& builtin_ionic_models();
const IonicModel* find_ionic_model(const std::string& key);      // nullptr when unknown
const IonicFamily* find_ionic_family(const std::string& key);    // nullptr when unknown

// Every family the problem's regions, layers and it itself name exists. wrong_usage else.
core::Result<void> check_cells(const ElectroProblem& problem);

// How the family is called: the name of its models without their kind of cell, "ten Tusscher-Panfilov 2006"; the key when it is unknown.
std::string family_name(const std::string& family_key);

// A state (V first) from named values. A name is the model's own, its reference name, or a qualified name ("ical.fCaSS") whose last
// part is the model's own or "V". States not named keep their published value and are listed in *missing.
// Fails: bad_input for a name the model does not have, or one given twice.
core::Result<std::vector<double>> named_state(const IonicModel& model, const std::vector<std::pair<std::string, double>>& values,
                                              std::vector<std::string>* missing = nullptr);

// "avx512", "avx2", "baseline", best first; only those this machine can run.
std::vector<std::string> usable_instruction_sets();
// The kernel for the best usable set. Results differ between sets by rounding only (tested), never between thread counts.
KernelStep best_kernel(const IonicFamily& family);

}  // namespace ot::ep
