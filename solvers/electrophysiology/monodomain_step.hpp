// SPDX-License-Identifier: GPL-3.0-or-later
// The time step of the monodomain solver on inner nodes; scheme in monodomain.hpp.
//
//   (M + dt/2 K) dV = dt (M (stim - 3/2 I(n) + 1/2 I(n-1)) - K V(n)),   V(n+1) = V(n) + dV,   K already over chi Cm
//
// A step is one pass over all awake blocks (K V, membrane, right-hand side, and one Jacobi step from the guess
// dV = 2 dV(n-1) - dV(n-2)), conjugate gradients on the blocks that need more, and a light pass that adds the increment.
// The Jacobi step leaves dt/2 K times the error of the guess, a third difference in time: away from the front far below the
// tolerance. Blocks where it changes dV by more than jacobi_tolerance_mV are solved, with their neighbours; there and only there
// the others keep their increments (a principal part of the system, still positive definite).
// P, the diagonal of the step, is m_i + T_i with T_i = max(q_i, 2 q_i - m_i / 5), q_i = dt/2 sum |k_ij|. For an eigenvector of the repeated step
// with t = x'Tx / x'Mx and s = dt/2 x'Kx / x'Mx the factor z solves z^3 - z^2 (1 + 2c - 2s/(1+t)) + 3 c z - c = 0, c = (t - s)/(1 + t), which
// stays within 1 for s < t + 1/4, which diagonal dominance of T - dt/2 K + M/4 gives, and t <= most_jacobi; blocks with a larger T_i / m_i
// (slivers, 0.05 mm) are always solved.
// Conjugate gradients in the form with one reduction per iteration (Chronopoulos and Gear 1989, J Comput Appl Math 25:153).
// Tissue at rest: a block of one kind of cell all whose neighbours are of the same kind does what a single cell does, until the
// front comes. Such blocks take the state of one resting cell and are left out of every pass; they wake when a node of a
// neighbouring block leaves that cell's potential by more than rest_tolerance_mV, when they are stimulated, or when the cell itself
// drifts by more than rest_drift_mV.
// State: everything that the next step needs, so that a run goes on bit for bit from a saved one.
// Threads: every pass writes each value once over fixed chunks; sums are ordered.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "solvers/electrophysiology/diffusion_kernel.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/monodomain_state.hpp"
#include "solvers/electrophysiology/sodium_interpolation.hpp"

namespace ot::ep {

// What resting tissue may leave out: of the 100 mV of a front the same part as the linear solver, at most 0.01 mV. A front is ahead of
// itself by 9 e-folds of D / velocity then.
inline double rest_tolerance_mV(const ElectroProblem& p) { return 100 * (p.solver_tolerance < 1e-4 ? p.solver_tolerance : 1e-4); }
// Jacobi steps that move dV by less need no solve: a tenth of the solver's part of a front's 100 mV.
inline double jacobi_tolerance_mV(const ElectroProblem& p) { return 10 * (p.solver_tolerance < 1e-4 ? p.solver_tolerance : 1e-4); }
inline constexpr double most_jacobi = 2;            // by the roots of that polynomial: 0.94 at 2, 1.02 at 3
inline constexpr double rest_drift_mV = 2;          // a resting cell farther than this from its start is not at rest

class MonodomainStep {
 public:
  struct Trouble {
    std::ptrdiff_t inner_node = -1;   // -1: none
    double v_mV = 0;
    bool solver = false;              // the linear solver did not converge
  };

  MonodomainStep(const ElectroProblem& problem, const Tissue& tissue);

  // Adds to the rates of the inner nodes, mV/ms, for the step that begins at t_ms from these V; false ends the run. Not together with tissue at rest.
  using Source = std::function<bool(double t_ms, const AlignedVector& v_mV, AlignedVector& mV_per_ms)>;
  void set_source(Source source) { source_ = std::move(source); }

  Trouble advance();                              // one dt
  double time() const { return double(steps_) * dt_; }
  long steps() const { return steps_; }
  long iterations() const { return iterations_; }
  const AlignedVector& v() const { return v_; }
  // [beat][n] ms, NaN = not yet: the k-th time a node crossed 0 mV (IonicFamily::upstroke_mV) upwards, and the 90 % repolarisation that followed. At least one.
  const std::vector<std::vector<float>>& activation() const { return activation_; }
  const std::vector<std::vector<float>>& repolarisation() const { return repolarisation_; }
  // Of the node-steps made so far: those in blocks that were solved beyond the Jacobi step.
  double solved_share() const { return awake_steps_ > 0 ? double(solved_steps_) / double(awake_steps_) : 0.0; }
  double padded_couplings() const { return double(sliced_k_.size()); }
  double awake_share() const { return block_steps_ > 0 ? double(awake_steps_) / double(block_steps_) : 1.0; }

  MonodomainState save() const;              // key is left empty
  bool restore(const MonodomainState& s);    // false: not of this tissue

 private:
  bool set_stimulus();                       // false: the source gave up
  void ionic_pass();
  bool solve();
  Trouble finish_pass();
  void slice_rows();
  void list_solved();
  void note_initial();
  void find_sleepers();
  void lay_out_membrane();                   // parts of the blocks, their states and parameters
  std::span<const BlockPart> parts(std::ptrdiff_t block) const { return {part_of_.data() + part_begin_[std::size_t(block)], part_of_.data() + part_begin_[std::size_t(block) + 1]}; }
  // One step of the membrane of a block: KernelBlock's v, v_rate, i_ion and e_na.
  void membrane(std::ptrdiff_t block, double dt, const double* v, const double* rate, double* current, double* e_na) const;
  void rest_step();                          // increments of the resting cells
  void rest_finish();                        // and their new potentials
  void wake(std::ptrdiff_t block);           // list_awake() must follow
  void wake_by_front();
  void list_awake();

  const ElectroProblem& problem_;
  const Tissue& tissue_;
  std::map<const IonicFamily*, KernelStep> kernel_;
  bool interpolate_;
  SodiumInterpolation sodium_;
  double dt_;
  long steps_ = 0, iterations_ = 0;
  bool stimulated_ = false;
  Source source_;

  AlignedVector state_, param_store_;   // parameters: tables of the mixes of classes
  std::vector<BlockPart> part_of_;                 // of all blocks, one after the other
  std::vector<std::ptrdiff_t> part_begin_;         // [blocks + 1]
  const DiffusionKernels& diffusion_;
  std::vector<std::ptrdiff_t> sliced_begin_;       // the matrix in slices of eight rows: diffusion_kernel.hpp
  std::vector<float> sliced_k_;
  std::vector<core::Index> sliced_col_;
  SlicedRows rows_;
  // Between steps: v V(n), dv dV(n-1), dv_before dV(n-2), kv K V(n-1), kd K dV(n-2). z is 0 outside the solved blocks.
  AlignedVector v_, dv_, dv_before_, i_before_, e_na_, stimulus_, u_, inverse_, kv_, kd_;
  AlignedVector r_, z_, p_, s_, w_;                // of the solved blocks
  std::vector<double> part_, most_;                // [chunks], [blocks]
  std::vector<std::uint8_t> stiff_, marked_;       // [blocks]
  std::vector<std::ptrdiff_t> solved_;             // blocks, ascending
  double bb_ = 0;
  std::vector<std::vector<float>> activation_, repolarisation_;
  std::vector<std::uint8_t> armed_;                // 1: an upward crossing is the next beat; [padded]
  AlignedVector peak_, rest_;

  // Resting cells, one per kind: rows of lane_multiple equal lanes within a block of their own.
  struct RestCell {
    AlignedVector state;
    const double* param = nullptr;
    KernelStep kernel = nullptr;
    double v = 0, dv = 0, dv_before = 0, i_before = 0, e_na = 0;
  };
  std::vector<RestCell> rest_cell_;                // [classes]; empty state: no block of it sleeps
  std::vector<std::uint8_t> asleep_;               // [blocks]
  std::vector<std::ptrdiff_t> awake_, frontier_;   // blocks, ascending; frontier: awake beside one asleep
  std::vector<std::ptrdiff_t> neighbour_begin_;    // [blocks + 1] blocks coupled to a block
  std::vector<core::Index> neighbour_;
  long awake_steps_ = 0, solved_steps_ = 0, block_steps_ = 0;
};

}  // namespace ot::ep
