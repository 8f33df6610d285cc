// SPDX-License-Identifier: GPL-3.0-or-later
// Velocity at an inlet cap: plug, or parabolic or Womersley on any shape, always scaled to the exact rate.
// Model: parabolic = fully developed laminar flow of the cap's shape (-laplace w = 1, w = 0 on the rim);
//   Womersley 1955 (J Physiol 127:553-563), one complex profile per harmonic of the waveform: in closed form on a round cap (roundness from
//   0.97 on), else -laplace w + i omega/nu w = 1 on the cap's triangles (lumped mass, second order). No-slip on the rim for all.
// Scaling: the rate is that of the P1 interpolant on the cap's triangles (interpolated profiles lose 0.5-2.3 % otherwise,
//   flow-numerics.md, pitfall 6).
#pragma once
#include <complex>

#include "solvers/hemodynamics/conditions.hpp"

namespace ot::hemo {

class InflowProfile {
 public:
  // note: filled with a sentence when the asked profile does not fit the cap (rectangular on a cap that is no rectangle).
  InflowProfile(const core::TetMesh& mesh, const Cap& cap, const Inlet& inlet, const Fluid& fluid, bool steady,
                double cycle_s, std::string& note);
  double rate(double t_s) const;   // mm3/s into the vessel
  // Speed against the outward normal at each node of the cap, mm/s.
  void speeds(double t_s, std::vector<double>& speed) const;
  const Cap& cap() const { return cap_; }
  void set_steady_rate(double mm3_s) { inlet_.flow = {{0.0, mm3_s}}; }   // steady profiles only: the shape stays

 private:
  struct Harmonic {
    std::complex<double> amplitude;                 // of the rate, mm3/s
    std::vector<std::complex<double>> shape;        // [cap nodes], 1/mm2, unit rate
  };
  Cap cap_;
  Inlet inlet_;
  bool steady_;
  double cycle_;
  std::vector<double> shape_;                       // [cap nodes], 1/mm2, unit rate
  std::vector<Harmonic> harmonics_;
};

}  // namespace ot::hemo
