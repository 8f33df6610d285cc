// SPDX-License-Identifier: GPL-3.0-or-later
// Twelve-lead pseudo-ECG through precomputed node weights, electrode placement and automatic intervals.
// Model:   with the six points of the body among the electrodes: a bounded torso with blood in the ventricles (torso.hpp). Without
//          them: heart in an unbounded homogeneous conductor of conductivity sigma_b:
//          phi(x_e) = -1/(4 pi sigma_b) * integral sigma grad V . grad(1/r) dV,  r = |x - x_e|   (mV)
//          with the monodomain tensor sigma, so that div(sigma grad V) is the transmembrane current the solver computes.
//          Neglected: lungs, unequal anisotropy.
// Source:  Gima & Rudy 2002 (Circ Res 90:889, eq. 1); Plonsey & Barr, Bioelectricity, ch. 2 (sign: a front of rising V that
//          comes nearer gives a positive deflection).
//          sigma_b = 0.22 S/m, mean torso: Keller, Weber, Seemann, Doessel 2010 (IEEE Trans Biomed Eng 57:1568), Gabriel 1996.
//          Region scales above 1 are taken as 1: they stand for the speed of the conduction system, not for more muscle.
// Numerics: 1/r at the centroid of each tet (error (h/r)^2 / 40), grad V exact for P1; order 2 in h through the geometry.
// Threads: same bits for every thread count.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

inline constexpr double torso_conductivity = 0.22;   // S/m = mS/mm, see above

inline constexpr int lead_count = 12;
const std::array<const char*, lead_count>& lead_names();   // I II III aVR aVL aVF V1 .. V6

// Weights of the eight independent leads (I, II, V1..V6); the others follow exactly: III = II - I, aVR = -(I + II)/2 ...
struct LeadField {
  std::vector<std::array<double, 8>> weight;   // [nodes] mV of lead per mV at the node; each column sums to 0
  std::vector<std::array<double, 8>> potential;   // [nodes] of the lead in a bounded torso, what weights follow from; empty: unbounded
  bool empty() const { return weight.empty(); }
};

// Electrodes RA LA LL V1..V6 by name (RL is the ground and has no effect). Empty when one is missing.
LeadField make_lead_field(const ElectroProblem& problem);
core::Result<LeadField> make_lead_field(const ElectroProblem& problem, const core::Progress& progress);   // fails only as cancelled

// All healthy tissue conducting; what every lesion starts from. apply_tissue() then takes the actual tissue into account:
// same numbers for the same problem, whatever was computed before.
// The potentials of a torso are solved once for a mesh and its electrodes and kept for the last three.
core::Result<LeadField> make_healthy_lead_field(const ElectroProblem& problem, const core::Progress& progress);
void apply_tissue(const ElectroProblem& problem, LeadField& healthy);

std::array<double, lead_count> twelve_leads(const std::array<double, 8>& independent);
std::array<double, lead_count> evaluate(const LeadField& field, const std::vector<float>& v_mV);

// Potential of one point (probe, unipolar electrogram): weights [nodes]. Within a tet's own radius of its centroid the point
// counts as that far away: the mean field of a source spread over the tet.
std::vector<double> point_weights(const ElectroProblem& problem, const core::Vec3& position);

// Unipolar electrograms of FAST and FULL alike, [points][frames] mV, from the membrane potential over time; the potential far away
// is zero. A bipolar one is the difference of two.
std::vector<std::vector<double>> electrograms(const ElectroProblem& problem, const std::vector<core::Vec3>& points,
                                              const std::vector<ElectroFrame>& frames);
std::vector<double> bipolar(const std::vector<double>& tip, const std::vector<double>& ring);

// Heart axes that place the electrodes when no torso is known.
struct HeartAxes {
  core::Vec3 centre{0, 0, 0};
  core::Vec3 long_axis{0, 0, -1};      // unit, base to apex
  core::Vec3 rv_direction{-1, 0, 0};   // unit, LV to RV
};
// patient: chest and limbs lie along the LPS axes around the heart (images). heart: the body is assumed to lie around the
// heart as in an average adult (model hearts without patient orientation).
enum class ElectrodeFrame { patient, heart };
std::vector<Electrode> standard_electrodes(const HeartAxes& axes, ElectrodeFrame frame = ElectrodeFrame::patient);
// Columns: directions left, posterior, superior of the average adult, in the frame of the given heart.
core::Mat3 average_body_axes(const HeartAxes& axes);

// Global intervals over all leads. QRS: from the spatial speed of the ECG; T end: steepest tangent, median over leads;
// axis: net QRS area of I and aVF (aVF scaled by 2/sqrt 3). NaN where it cannot be measured. Samples before the first one
// are taken as isoelectric.
// The edges of the QRS: of a simulated trace by what is slow, too (delta waves, late parts of a block), of a recorded one by 5 % of its steepest slope.
enum class EcgSource { simulated, recorded };
EcgIntervals measure(const Ecg& ecg, double cycle_length_ms = 1000, EcgSource source = EcgSource::simulated);

// Heights of R and depths of S (both >= 0, mV) in V1..V6 above the level before the QRS, and the chest lead from which R
// exceeds S (interpolated, 1..6; NaN when it never does or does already in V1).
struct PrecordialProgression {
  std::array<double, 6> r, s;
  double transition;
};
PrecordialProgression precordial(const Ecg& ecg, const EcgIntervals& intervals);

}  // namespace ot::ep
