// SPDX-License-Identifier: GPL-3.0-or-later
// FULL electrophysiology: the monodomain equation on tetrahedra with a detailed membrane model.
//
// Model:    chi (Cm dV/dt + I_ion) = div(sigma grad V) + stimulus, no flux through any boundary of conducting tissue.
//           Tets whose region does not conduct are left out of every integral; nodes without a conducting tet are inert.
//           With ElectroProblem::bidomain the extracellular space is solved beside it (bidomain.hpp): unequal anisotropy, bath, electrodes.
//           Neglected: stretch; without bidomain also unequal anisotropy and bath.
// Source:   space and time scheme: shared/design/ep-numerics.md section 1; state-variable interpolation:
//           Pathmanathan, Bernabeu, Niederer, Gavaghan, Kay 2012, Int J Numer Meth Biomed Engng 28:890;
//           benchmark: Niederer et al. 2011, Phil Trans R Soc A 369:4331.
// In/out:   ElectroProblem (mm, ms, mV, mS/mm) -> activation and repolarisation [nodes] ms, frames, ECG.
// Numerics: P1, lumped mass, nodal ionic current; the fast sodium current of edges that carry the upstroke is integrated from
//           interpolated m, h, j and V (sodium_interpolation.hpp). Crank-Nicolson for diffusion, Adams-Bashforth 2
//           for the ionic current, Rush-Larsen gates at mid-step; second order in dt. Conductivities times a factor
//           k(h / sqrt D) per element and direction that takes out the mesh's own effect on the velocity
//           (conduction_tuning.hpp). Increments by one Jacobi step from an extrapolated guess, by conjugate gradients where
//           that is not enough (monodomain_step.hpp).
//           Good for h / sqrt D <= 3.5 across fibres (a note warns above) and dt <= 0.05 ms.
// Fails:    wrong_usage or bad_input before the first step for impossible input; computation_failed with time and place when
//           V leaves +-200 mV; cancelled. Nothing is left behind, but what was asked to be kept (keep_run.hpp).
// Threads:  core::thread_count(); the same bits for every thread count on one machine.
#pragma once
#include <array>
#include <functional>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/keep_run.hpp"
#include "solvers/electrophysiology/monodomain_state.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

// on_frame is called from the calling thread at t = 0, frame_every_ms, 2 frame_every_ms, ... with the ECG up to there.
core::Result<ElectroResult> run_monodomain(const ElectroProblem& problem,
                                           const std::function<void(const ElectroFrame&, const Ecg& so_far)>& on_frame,
                                           const core::Progress& progress);

// The same with more to ask for.
struct MonodomainRun {
  std::function<void(const ElectroFrame&, const Ecg& so_far)> on_frame;   // of a restarted run: frames from the saved time on
  // Between frames, whenever live_every_s have passed on the clock since the last one: for a screen. Nothing of the result depends on it.
  std::function<void(const ElectroFrame&, const Ecg& so_far)> on_live;
  double live_every_s = 0.07;                       // with steps of up to 30 ms ten a second and more
  std::shared_ptr<const MonodomainState> restart;   // of a problem that differs in stimuli, end, frames and electrodes at most
  double save_at_ms = -1;                           // with on_saved: within the run; the first step that ends there or later
  std::function<void(const MonodomainState&)> on_saved;      // empty: not saved
  std::function<void(const MonodomainState&)> on_state;      // every state_every_ms, behind the frame of that time: for a caller that keeps the run itself
  double state_every_ms = 0;
  std::function<void(const MonodomainState&)> on_last_good;  // when the run is stopped by the sentinel: at most last_good_every_ms old
  std::vector<core::Vec3> probes;                   // unipolar electrograms, mV (ecg.hpp: point_weights)
  // V and, of a bidomain, phi_e (NaN else) at places of the mesh: nodes and their weights. At the times of the probes.
  struct Place {
    std::array<core::Index, 4> node{};
    std::array<double, 4> weight{};
  };
  std::vector<Place> places;
  double probe_every_ms = 0.5;
  KeepRun keep;                                     // on disk while the run goes on; not together with `restart`
};
inline constexpr double last_good_every_ms = 10;

struct MonodomainResult : ElectroResult {
  // [beat][nodes] ms, NaN = not: the k-th activation of every node and the repolarisation that followed.
  std::vector<std::vector<float>> beat_activation_ms, beat_repolarisation_ms;
  std::vector<double> probe_t_ms;
  std::vector<std::vector<double>> probe_mV;        // [probes][samples]
  std::vector<double> place_t_ms;
  std::vector<std::vector<double>> place_v_mV, place_phi_e_mV;   // [places][samples]; V is NaN in a bath
};
core::Result<MonodomainResult> run_monodomain_with(const ElectroProblem& problem, const MonodomainRun& run, const core::Progress& progress);
std::string restart_key(const ElectroProblem& problem);

// The refusals of run_monodomain alone, for a form that wants to know before it starts.
core::Result<void> check_problem(const ElectroProblem& problem);

}  // namespace ot::ep
