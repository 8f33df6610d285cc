// SPDX-License-Identifier: GPL-3.0-or-later
// A drug at a dose: plasma concentration, then block of each channel by its Hill curve.
#pragma once
#include <string>

#include "solvers/pharmacology/drug.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

twin::InterventionKind drug();

// Free concentration in plasma that a spec of this kind leads to, by either way of giving the dose.
core::Result<double> concentration_nM(const twin::InterventionSpec& spec);

// What the drug at a free concentration (nM) does to cells of a family: every current by its Hill curve; IKr by binding to the channel where the family has one to bind to
// and the drug's binding is known. For other ventricular families both are given: the static block, and the binding that acting_drug() makes their response from.
ep::ChannelScales scales_of(const pharma::Drug& drug, double concentration_nM, const std::string& ionic_family);

}  // namespace ot::interventions
