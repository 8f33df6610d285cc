// SPDX-License-Identifier: GPL-3.0-or-later
// A CiPA drug at a free concentration as scales of a cell: Hill block of INa, INaL and ICaL, binding to hERG (Li et al. 2017).
#pragma once
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/pharmacology/cipa.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::solve {

inline ep::ChannelScales cipa_scales(const pharma::CipaDrug& drug, double concentration_nM) {
  ep::ChannelScales s;
  s.g_Na = pharma::remaining_fraction(concentration_nM, drug.na.ic50_nM, drug.na.hill);
  s.g_NaL = pharma::remaining_fraction(concentration_nM, drug.nal.ic50_nM, drug.nal.hill);
  s.g_CaL = pharma::remaining_fraction(concentration_nM, drug.cal.ic50_nM, drug.cal.hill);
  s.herg = {concentration_nM, drug.herg.Kmax, drug.herg.Ku_per_ms, drug.herg.n, drug.herg.halfmax_nM_n, drug.herg.Vhalf_mV};
  return s;
}

}  // namespace ot::solve
