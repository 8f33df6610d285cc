// SPDX-License-Identifier: GPL-3.0-or-later
// The time step of the monodomain solver on inner nodes; scheme in monodomain.hpp.
//
//   (M + dt/2 K) dV = dt (M (stim - 3/2 I(n) + 1/2 I(n-1)) - K V(n)),   V(n+1) = V(n) + dV,   K already over chi Cm
//
// K V and K dV are not multiplied out again: the solved system itself gives K dV = 2/dt (b - r - M dV), refreshed by a true
// product now and then against rounding. Conjugate gradients in the form with one reduction per iteration
// (Chronopoulos and Gear 1989, J Comput Appl Math 25:153), so that one iteration is two passes over the nodes.
// Tissue at rest: a block of one kind of cell all whose neighbours are of the same kind does what a single cell does, until the
// front comes. Such blocks take the state of one resting cell and are left out of every pass; they wake when a node of a
// neighbouring block leaves that cell's potential by more than rest_tolerance_mV, when they are stimulated, or when the cell itself
// drifts by more than rest_drift_mV.
// State: everything that the next step needs, so that a run goes on bit for bit from a saved one.
// Threads: every pass writes each value once over fixed chunks; sums are ordered.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/monodomain_state.hpp"
#include "solvers/electrophysiology/sodium_interpolation.hpp"

namespace ot::ep {

// What resting tissue may leave out: of the 100 mV of a front the same part as the linear solver, at most 0.01 mV. A front is ahead of
// itself by 9 e-folds of D / velocity then.
inline double rest_tolerance_mV(const ElectroProblem& p) { return 100 * (p.solver_tolerance < 1e-4 ? p.solver_tolerance : 1e-4); }
inline constexpr double rest_drift_mV = 2;          // a resting cell farther than this from its start is not at rest

class MonodomainStep {
 public:
  struct Trouble {
    std::ptrdiff_t inner_node = -1;   // -1: none
    double v_mV = 0;
    bool solver = false;              // the linear solver did not converge
  };

  MonodomainStep(const ElectroProblem& problem, const Tissue& tissue);

  Trouble advance();                              // one dt
  double time() const { return double(steps_) * dt_; }
  long steps() const { return steps_; }
  long iterations() const { return iterations_; }
  const AlignedVector& v() const { return v_; }
  // [beat][n] ms, NaN = not yet: the k-th time a node crossed 0 mV upwards, and the 90 % repolarisation that followed. At least one.
  const std::vector<std::vector<float>>& activation() const { return activation_; }
  const std::vector<std::vector<float>>& repolarisation() const { return repolarisation_; }
  double awake_share() const { return block_steps_ > 0 ? double(awake_steps_) / double(block_steps_) : 1.0; }

  MonodomainState save() const;              // key is left empty
  bool restore(const MonodomainState& s);    // false: not of this tissue

 private:
  void set_stimulus();
  void ionic_pass();
  bool solve();
  Trouble finish_pass();
  void multiply(const std::vector<std::ptrdiff_t>& blocks, const AlignedVector& x, AlignedVector& y) const;   // y = K x, rows of blocks
  void note_initial();
  void find_sleepers();
  void rest_step();                          // increments of the resting cells
  void rest_finish();                        // and their new potentials
  void wake(std::ptrdiff_t block);           // list_awake() must follow
  void wake_by_front();
  void list_awake();

  const ElectroProblem& problem_;
  const Tissue& tissue_;
  KernelStep kernel_;
  bool interpolate_;
  SodiumInterpolation sodium_;
  double dt_;
  long steps_ = 0, iterations_ = 0;
  bool stimulated_ = false;

  AlignedVector state_, param_store_;   // parameters: tables of the mixes of classes
  std::vector<const double*> params_;              // [blocks] rows of the block's parameters
  AlignedVector v_, dv_, i_before_, e_na_, stimulus_, b_, r_, u_, p_, s_, w_, inverse_, kv_, kd_;
  std::vector<double> rr_part_, bb_part_, uw_part_;
  double gamma_ = 0, bb_ = 0;
  std::vector<std::vector<float>> activation_, repolarisation_;
  std::vector<std::uint8_t> armed_;                // 1: a crossing of 0 mV is the next beat; [padded]
  AlignedVector peak_, rest_;

  // Resting cells, one per kind: rows of lane_multiple equal lanes within a block of their own.
  struct RestCell {
    AlignedVector state;
    const double* param = nullptr;
    double v = 0, dv = 0, i_before = 0, e_na = 0;
  };
  std::vector<RestCell> rest_cell_;                // [classes]; empty state: no block of it sleeps
  std::vector<std::uint8_t> asleep_;               // [blocks]
  std::vector<std::ptrdiff_t> awake_, frontier_;   // blocks, ascending; frontier: awake beside one asleep
  std::vector<std::ptrdiff_t> neighbour_begin_;    // [blocks + 1] blocks coupled to a block
  std::vector<core::Index> neighbour_;
  long awake_steps_ = 0, block_steps_ = 0;
};

}  // namespace ot::ep
