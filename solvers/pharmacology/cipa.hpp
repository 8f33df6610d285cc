// SPDX-License-Identifier: GPL-3.0-or-later
// The 28 drugs of the CiPA initiative: dynamic hERG binding, Hill curves of three inward currents, free Cmax; and the rule that turns the
// torsade metric score (mean qNet over 1, 2, 3 and 4 x free Cmax) into a risk class.
// Source: FDA/CiPA, branch Lab_Specific_Validation_Calibration_2020 (Han et al. 2020, J Pharmacol Toxicol Methods,
//   doi:10.1016/j.vascn.2020.106890): hERG_fitting/results/<drug>/pars.txt, chantest_Hill_fitting/results/<drug>/IC50_optimal.csv,
//   newCiPA.csv; thresholds from that branch's ordinal regression over 28 drugs. Binding model: Li et al. 2017,
//   doi:10.1161/CIRCEP.116.004628. An IC50 of 7.9e9 nM means that no block was found.
// Threads: constant data.
#pragma once
#include <string>
#include <vector>

#include "solvers/pharmacology/drug.hpp"

namespace ot::pharma {

struct CipaHill {
  double ic50_nM, hill;
};
struct CipaDrug {
  std::string key;
  double free_cmax_nM;
  CipaBinding herg;
  CipaHill na, nal, cal;
};

const std::vector<CipaDrug>& cipa_drugs();                 // alphabetical
const CipaDrug* find_cipa_drug(const std::string& key);    // nullptr when unknown

enum class TorsadeRisk { low, intermediate, high };
const char* name_of(TorsadeRisk risk);
// Mean qNet in uC/uF; the most probable class of the ordinal regression.
TorsadeRisk torsade_risk(double mean_qnet_uC_per_uF);

}  // namespace ot::pharma
