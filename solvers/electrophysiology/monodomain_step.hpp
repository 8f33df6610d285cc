// SPDX-License-Identifier: GPL-3.0-or-later
// The time step of the monodomain solver on inner nodes; scheme in monodomain.hpp.
//
//   (M + dt/2 K) dV = dt (M (stim - 3/2 I(n) + 1/2 I(n-1)) - K V(n)),   V(n+1) = V(n) + dV,   K already over chi Cm
//
// K V and K dV are not multiplied out again: the solved system itself gives K dV = 2/dt (b - r - M dV), refreshed by a true
// product now and then against rounding. Conjugate gradients in the form with one reduction per iteration
// (Chronopoulos and Gear 1989, J Comput Appl Math 25:153), so that one iteration is two passes over the nodes.
// Threads: every pass writes each value once over fixed chunks; sums are ordered.
#pragma once
#include <string>
#include <vector>

#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/sodium_interpolation.hpp"

namespace ot::ep {

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
  const std::vector<double>& activation() const { return activation_; }          // [n] ms, NaN = not yet
  const std::vector<double>& repolarisation() const { return repolarisation_; }  // [n] ms, NaN = not yet

 private:
  void set_stimulus();
  void ionic_pass();
  bool solve();
  Trouble finish_pass();
  void multiply(const AlignedVector& x, AlignedVector& y) const;   // y = K x

  const ElectroProblem& problem_;
  const Tissue& tissue_;
  KernelStep kernel_;
  bool interpolate_;
  SodiumInterpolation sodium_;
  double dt_;
  long steps_ = 0, iterations_ = 0;
  bool stimulated_ = false;

  AlignedVector state_, param_store_;
  std::vector<const double*> params_;              // [blocks] rows of the block's parameters
  AlignedVector v_, dv_, i_before_, e_na_, stimulus_, b_, r_, u_, p_, s_, w_, inverse_, kv_, kd_;
  std::vector<double> rr_part_, bb_part_, uw_part_;
  double gamma_ = 0, bb_ = 0;
  std::vector<double> activation_, repolarisation_;
  AlignedVector peak_, rest_;
};

}  // namespace ot::ep
