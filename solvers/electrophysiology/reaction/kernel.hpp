// SPDX-License-Identifier: GPL-3.0-or-later
// The narrow door between the solvers and the vectorised membrane kernels: plain pointers over a block of nodes.
// Included by translation units compiled for other instruction sets: no inline functions, no standard headers here.
#pragma once

namespace ot::ep {

inline constexpr int block_nodes = 64;   // nodes per block: all temporaries of a kernel stay in the first-level cache
inline constexpr int lane_multiple = 8;  // widest vector of doubles; lanes come in multiples of it

// One time step of `lanes` cells. Every array is a row of block_nodes lanes, aligned to 64 bytes; rows of one
// block follow one another.
// The kernel reads the state at the start of the step, gives the currents there, then advances gates and concentrations.
struct KernelBlock {
  int lanes;              // multiple of lane_multiple, at most block_nodes
  double dt;              // ms
  double i_stim;          // uA/uF, stimulus that enters the potassium balance (single cells; 0 in tissue)
  double* state;          // [states][block_nodes], without V
  const double* param;    // [params][block_nodes]
  const double* v;        // [lanes] mV, start of the step: currents
  const double* v_rate;   // [lanes] mV, middle of the step: gate rates
  double* i_ion;          // [lanes] uA/uF out, total ionic current at the start of the step
  double* e_na;           // [lanes] mV out, sodium reversal potential; untouched by models without sodium current
  // [states][block_nodes] where currents and rates are taken, while `state` is what they advance; nullptr: `state` itself.
  // Only read by families with `two_stage`.
  const double* state_at = nullptr;
};

using KernelStep = void (*)(const KernelBlock&);

}  // namespace ot::ep
