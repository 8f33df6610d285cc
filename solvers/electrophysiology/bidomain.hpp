// SPDX-License-Identifier: GPL-3.0-or-later
// The bidomain equations, with a bath and with electrodes in the extracellular space, on top of the monodomain step.
//
// Model:    chi (Cm dV/dt + I_ion) = div(sigma_i grad(V + phi_e)) + stimulus in the muscle, with phi_e of extracellular_space.hpp. No intracellular current leaves the muscle.
// Numerics: written as the monodomain equation with a source,
//             chi (Cm dV/dt + I_ion) = div(sigma grad V) + q,   sigma = sigma_i sigma_e / (sigma_i + sigma_e) per axis,   q = div(sigma_i grad(V + phi_e)) - div(sigma grad V),
//           so that operator, tuning and treatment of the upstroke are those that are verified there. q vanishes where the ratio of anisotropy is the same inside and outside and no bath
//           and no electrode is near. Its part from V is extrapolated by Adams-Bashforth 2 (second order), that of the electrodes is exact: one solve for each before the run. Since
//           parallel sums are superadditive, -q is a positive diffusion E; the step is stable while dt E < 1 (the root of r^2 (1 + z/2) - r (1 - z/2 - 3e/2) - e/2 reaches -1 at e = dt E = 1
//           for every z), which is measured before the run by power iteration. One elliptic solve a step.
// Source:   Tung 1978 (thesis, MIT); Sepulveda, Roth, Wikswo 1989, Biophys J 55:987 (electrodes); Bishop, Plank 2011, IEEE Trans Biomed Eng 58:2297 (reduction to a source).
// In/out:   uA, mS/mm, mm, mV. Currents in a piece of the mesh without ground must sum to 0.
// Threads:  same bits for every count.
#pragma once
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/extracellular_space.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"

namespace ot::ep {

// What a bidomain run refuses besides check_problem.
core::Result<void> check_bidomain(const ElectroProblem& problem);
// sigma_i sigma_e / (sigma_i + sigma_e).
core::Vec3 monodomain_sigma(const core::Vec3& sigma_i, const core::Vec3& sigma_e);

class BidomainSource {
 public:
  BidomainSource(const ElectroProblem& problem, const Tissue& tissue);

  // Potentials of the electrodes, and the largest step. Fails: computation_failed where a solve does not converge, wrong_usage for a step that is too large; cancelled.
  core::Result<void> prepare(const core::Progress& progress);
  // Adds q of the step from t to the rates of the inner nodes, mV/ms. V of all steps, one after the other. False: phi_e did not converge.
  bool add(double t_ms, const AlignedVector& v_mV, AlignedVector& mV_per_ms);
  // phi_e at t, V given, [mesh nodes] mV, with the electrodes that are on; empty when it did not converge.
  std::vector<double> potential(double t_ms, const AlignedVector& v_mV);
  double largest_dt_ms() const { return largest_dt_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  bool update(double t_ms, const AlignedVector& v_mV);   // phi_ of these V, once for each t
  // q of V and phi_e, [padded] mV/ms.
  void source_of(const std::vector<double>& v, const std::vector<double>& phi, AlignedVector& q) const;
  void spread(const AlignedVector& inner, std::vector<double>& nodes) const;

  const ElectroProblem& problem_;
  const Tissue& tissue_;
  SpaceTensors tensors_;          // until the space is made
  ExtracellularSpace space_;
  fem::CsrMatrix surplus_;        // Ki - K of sigma, untuned
  std::vector<double> v_, phi_, phi_before_;   // [mesh nodes]; of V alone
  AlignedVector q_, q_before_;
  std::vector<std::vector<double>> site_phi_;  // [sites][mesh nodes] mV at their currents
  std::vector<AlignedVector> site_q_;
  double solved_t_ = -1, largest_dt_ = 0;
  long solves_ = 0;
  bool has_before_ = false;
  std::vector<std::string> notes_;
};

}  // namespace ot::ep
