// SPDX-License-Identifier: GPL-3.0-or-later
// k(h / sqrt D): the factor on the diffusivity that gives a strand of spacing h the velocity of the converged equation.
//
// Model:    a plane wave in a 1D strand, stepped with exactly the scheme of the tissue (lumped mass, sodium interpolation along
//           segments, same dt, same cells). With D = 1 and spacing q the strand gives a velocity g(q). A
//           spacing q sqrt(k) with diffusivity k is the same strand, so that sqrt(k) = c0 / g(q) at h / sqrt D = q sqrt(k).
//           c0: the velocity for q -> 0 and dt <= 0.01 ms (Richardson from q = 0.1 and 0.05).
// Source:   shared/design/ep-numerics.md section 3; idea: Costa, Hoetzl, Rocha, Prassl, Plank 2013, Comput Cardiol 40:369.
// Numerics: k interpolated linearly between 17 strands, parabola below the first, constant above the last.
// Fails:    a cell that does not conduct at all gives an empty curve: k = 1.
// Threads:  curves are computed once per process and shared.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {

struct TuningCurve {
  std::vector<double> q;     // h / sqrt D, sqrt(ms), ascending
  std::vector<double> k;
  bool stops_beyond = false;   // a strand coarser than the last of q passed no wave on
  double velocity = 0;       // c0: converged plane-wave velocity / sqrt D, 1/sqrt(ms)
  double factor(double h_over_sqrt_d) const;   // 1 when empty
  double factor_of_square(double h2_over_d) const;   // the same; below 0 the excess of the mirrored spacing is taken away, at most least_factor
  // The series holds for small excess only. A lower limit makes plane waves across fibres on irregular meshes truer and oblique ones slow (monodomain.md).
  static constexpr double least_factor = 0.8;
  double largest() const { return q.empty() ? 0.0 : q.back(); }
};

// parameters: column of the family; initial: V first.
std::shared_ptr<const TuningCurve> tuning_curve(const IonicFamily& family, const std::vector<double>& parameters,
                                                const std::vector<double>& initial, double dt_ms, double sodium_interpolation);

// Ask for m/s, get mS/mm: the conductivities along f, s, n whose converged plane waves have these velocities. c0: velocity / sqrt D, 1/sqrt(ms).
inline core::Vec3 conductivity_for_velocity(double c0, const core::Vec3& velocity_m_per_s, double chi_per_mm, double cm_uF_per_mm2) {
  return (velocity_m_per_s / c0).cwiseAbs2() * (chi_per_mm * cm_uF_per_mm2);
}

// c0 of the family's epicardial cells: what the conductivities of a heart follow from. Paced at 60 per minute, as a heart at rest (a beat at another rate then conducts by the restitution of these cells);
// not paced: in their published initial state, from which it differs by up to 18 % (O'Hara-Rudy). 0 when they do not conduct. Computed once per process, some seconds.
// Fails: as paced_states (cell.hpp).
inline constexpr double resting_rate_cycle_ms = 1000;
core::Result<double> plane_wave_constant(const IonicFamily& family, bool paced, const core::Progress& progress = {});
// The same from the family's key. Fails: also wrong_usage for an unknown family, bad_input for cells that do not conduct.
core::Result<core::Vec3> conductivity_for(const std::string& ionic_model, const core::Vec3& velocity_m_per_s, double chi_per_mm, double cm_uF_per_mm2, bool paced, const core::Progress& progress = {});

// Velocity of a plane wave on a strand of spacing q = h with D = 1 mm2/ms; 0 when the wave dies
// (and when it is cancelled: the caller asks progress).
double strand_velocity(const IonicFamily& family, const std::vector<double>& parameters, const std::vector<double>& initial, double q,
                       double dt_ms, double sodium_interpolation, const core::Progress& progress = {});
// For spacing -> 0: Richardson from q = 0.1 and 0.05, second order. 0 when the wave dies or when it is cancelled.
double converged_velocity(const IonicFamily& family, const std::vector<double>& parameters, const std::vector<double>& initial, double dt_ms, double sodium_interpolation,
                          const core::Progress& progress = {});

}  // namespace ot::ep
