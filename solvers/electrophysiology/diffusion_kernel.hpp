// SPDX-License-Identifier: GPL-3.0-or-later
// The passes of the monodomain step over one block of nodes, compiled once per instruction set like the membrane kernels.
//
// Rows of the diffusion matrix lie sliced (Monakov, Lokhmotov, Avetisyan 2010, doi:10.1007/978-3-642-11515-8_10): eight rows side by side, padded to the
// longest of the eight with couplings of 0, so that one vector instruction serves eight nodes.
// In/out:  block = block_nodes nodes from `begin`; arrays over all padded nodes unless said. Symbols: monodomain_step.hpp.
// Numerics: products as sum k_ij (x_j - x_i): a constant gives exactly 0. Sums within a block in a fixed order.
// Threads: each call writes its own block only.
#pragma once
#include <cstddef>
#include <cstdint>

#include "solvers/electrophysiology/reaction/kernel.hpp"

namespace ot::ep {

inline constexpr int eight_tets = 8;

struct SlicedRows {
  const std::ptrdiff_t* begin = nullptr;   // [groups of 8 rows + 1] first column of eight couplings
  const float* k = nullptr;                // [columns][8]
  const std::int32_t* col = nullptr;       // [columns][8]; the row itself where padded
};

struct RightSide {
  double dt;
  bool first_step;           // Euler for the ionic current
  const double* kv_now;      // [block] K V(n)
  const double* current;     // [block] uA/uF
  const double* correction;  // [block]
  const double* stimulus;    // [block] mV/ms
  const double* mass;        // [block] mm3
  const double* inverse;     // [block] 1 / P (monodomain_step.hpp), 0 in idle lanes
  double* i_before;          // [block] in I(n-1), out I(n)
  double* kv;                // [block] in K V(n-1), out K V(n)
  double* kd;                // [block] in K dV(n-2), out K dV(n-1)
  double* dv;                // [block] in dV(n-1), out the guess 2 dV(n-1) - dV(n-2)
  double* dv_before;         // [block] in dV(n-2), out dV(n-1)
  double* u;                 // [block] out: residual of the guess times inverse, mV
};
struct RightSums {
  double bb;     // sum of b^2 / P
  double most;   // largest |u|
};

struct ConjugateBlock {
  double alpha, beta;
  const double *w, *inverse;   // [block]
  double *z, *p, *s, *r, *dv;  // [block]
};

struct FinishBlock {
  const double* rest;          // [block]
  double *u, *dv, *v, *peak;   // [block]; u: in what is left to add, out V before
  const std::uint8_t* armed;   // [block]
  double upstroke;             // mV
};

// Eight tets, as the block of nodes that shares their volume among edges reads them (sodium_interpolation.hpp): nodes and edges by their numbers within the block.
struct TetOctet {
  std::uint64_t nodes;              // bit l: lane l of the block is a node of one of the eight
  std::uint16_t corner[4][eight_tets];
  std::uint16_t edge[6][eight_tets];   // in the order 01 02 03 12 13 23; those of the block, then one more for all that belong to others
  float coupling[6][eight_tets];    // mm3/ms
  float volume[eight_tets];         // mm3, 0 where padded
};

struct DiffusionKernels {
  // y[lane] = sum_j k_ij (x_j - x_i) of the block's rows.
  void (*product)(const SlicedRows& rows, std::ptrdiff_t begin, const double* x, double* y);
  RightSums (*right_side)(const RightSide& a);
  // w = (M + dt/2 K) z of the block; returns sum z w.
  double (*system)(const SlicedRows& rows, std::ptrdiff_t begin, double half_dt, const double* mass, const double* z, double* w);
  // p = z + beta p, s = w + beta s, dv += alpha p, r -= alpha s, z = inverse r; returns sum r z.
  double (*conjugate)(const ConjugateBlock& a);
  // dv += u, v += dv, peaks of nodes in a beat. True when a node crossed 0 mV, repolarised, or left +-200 mV: look at each.
  bool (*finish)(const FinishBlock& a);
  // Adds to volume[edge] what the tets of the octets that touch one of `nodes` give it: their volume, shared as their energy k (v_i - v_j)^2, over at least
  // least_net of its positive part. v: by number within the block.
  void (*share_volume)(const TetOctet* octet, std::ptrdiff_t octets, std::uint64_t nodes, const double* v, double least_net, double* volume);
};

// For the best set this machine can run, as best_kernel() chooses.
const DiffusionKernels& diffusion_kernels();

}  // namespace ot::ep
