// SPDX-License-Identifier: GPL-3.0-or-later
// Up to block_nodes unconnected cells of one family stepped together: single cells and the pacing of tissue classes.
// Numerics: step() is the tissue's without diffusion: V by Adams-Bashforth 2 (Euler in the first step), gates at mid-step,
// the stimulus as its mean over the step. try_midpoint() is second order in everything and takes steps of any size: rates at the start
// carry the state half a step, rates there carry it the whole step (Sundnes et al. 2009, doi:10.1109/TBME.2009.2014739).
// Threads: one batch is used by one thread.
#pragma once
#include <vector>

#include "solvers/electrophysiology/reaction/aligned.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {

// Share of [t, t + dt] during which a stimulus [start, start + duration) is on.
double stimulus_share(double t, double dt, double start, double duration);

class CellBatch {
 public:
  // columns[c]: parameters of cell c; states[c]: V first.
  CellBatch(const IonicFamily& family, const std::vector<std::vector<double>>& columns,
            const std::vector<std::vector<double>>& states);

  void step(double dt, double stimulus_mV_per_ms);   // the stimulus also enters the potassium balance
  // Families with two_stage only. Returns the largest difference over the cells, mV, between this step and Euler's; in the watched rows
  // of the family a relative difference of 2 % counts as 0.05 mV. The new state is kept
  // aside until accept(), so a step may be refused by simply not accepting it.
  double try_midpoint(double dt, double stimulus_mV_per_ms);
  void accept();
  double v(int cell) const { return v_[std::size_t(cell)]; }
  double state(int cell, int row) const { return state_[std::size_t(row * block_nodes + cell)]; }
  std::vector<double> states(int cell) const;        // V first
  // Total ionic current of every cell in its present state, uA/uF, with other parameters (one column a cell). The difference to the total with
  // one conductance set to 0 is that current: every scale multiplies its current (tested to 1e-12 uA/uF).
  std::vector<double> ionic_current(const std::vector<std::vector<double>>& columns) const;
  double highest_v() const;                          // mV, over the cells
  bool finite() const;                               // every state too
  bool sound() const;                                // every V finite and within +-200 mV

 private:
  const IonicFamily* family_;
  KernelStep kernel_;
  int cells_, lanes_;
  AlignedVector param_, state_, v_, v_rate_, dv_, i_, i_before_, e_na_;
  AlignedVector half_, next_, v_next_, i_last_;   // only with two_stage
  bool first_ = true;
};

}  // namespace ot::ep
