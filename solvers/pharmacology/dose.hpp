// SPDX-License-Identifier: GPL-3.0-or-later
// From a dose to the block of each channel.
// Model: one compartment, first-order oral absorption (Bateman), repeated equal doses by superposition:
//   C(t) = F D ka / (V (ka - ke)) sum_n [exp(-ke (t + n tau)) - exp(-ka (t + n tau))],  ke = ln2 / t_half,
//   ka from the time of the peak, tmax = ln(ka/ke) / (ka - ke); free concentration = (1 - bound fraction) C;
//   scale of a channel's conductance = 1 / (1 + (C_free / IC50)^h).
//   Neglected: distribution phase, saturable clearance, metabolites, binding kinetics and voltage dependence of the block.
// Source: Gibaldi & Perrier, Pharmacokinetics (1982), chapters 1 and 3 (Bateman, multiple doses); Hill 1910, J Physiol 40 iv.
// Fails: wrong_usage for a dose in mg of a drug whose oral kinetics are not known; nothing is changed.
// Threads: pure functions.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/pharmacology/drug.hpp"

namespace ot::pharma {

struct Dosing {
  double dose_mg = 0;        // each dose, >= 0
  double interval_h = 12;    // between doses
  int doses = 0;             // number of doses taken; 0 = so many that the concentration repeats (steady state)
  double weight_kg = 70;     // reference adult of the source data
};

// Can a dose in mg of this drug be turned into a concentration?
bool has_oral_kinetics(const Drug& drug);
// Which numbers are missing, in words; empty when none.
std::string missing_kinetics(const Drug& drug);

// Absorption rate 1/h with peak at tmax for elimination rate ke (ka > ke). NaN when tmax >= 1/ke (flip-flop kinetics).
double absorption_rate_per_h(double ke_per_h, double tmax_h);

// t_h: hours since the last dose, >= 0.
core::Result<double> total_concentration_mg_per_L(const Drug& drug, const Dosing& dosing, double t_h);
core::Result<double> free_concentration_nM(const Drug& drug, const Dosing& dosing, double t_h);
// Multiple of the free therapeutic maximum, the usual dose axis of safety pharmacology.
double free_concentration_nM(const Drug& drug, double multiple_of_cmax);

// Remaining fraction of a current: exactly 1 at C = 0.
double remaining_fraction(double concentration_nM, double ic50_nM, double hill);

// Factors on the conductances, 1 = untouched.
struct ChannelBlock {
  double kr = 1, cal = 1, na = 1, nal = 1, ks = 1, k1 = 1, to = 1;
  bool operator==(const ChannelBlock&) const = default;
};
ChannelBlock block_at(const Drug& drug, double free_concentration_nM);

}  // namespace ot::pharma
