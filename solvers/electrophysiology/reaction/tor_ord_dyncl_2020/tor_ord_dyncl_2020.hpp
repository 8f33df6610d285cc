// SPDX-License-Identifier: GPL-3.0-or-later
// ToR-ORd with dynamic chloride (2020): human ventricular cell, endocardial, epicardial and mid-myocardial.
//
// Source: J. Tomek, A. Bueno-Orovio, B. Rodriguez, bioRxiv 2020.06.01.127043 (dynamic chloride); J. Tomek et al., eLife 8 (2019) e48890
//   (ToR-ORd, supplement 15.3). Constants checked against the public model description myokit/models c/tomek-2020.mmt and
//   jtmff/torord; the two corrections of the sodium pump as in O'Hara-Rudy. IKATP is left out (its factor is 0 in the model).
// Model: 45 variables. Symbols as in ohara_rudy_2011.hpp, and
//   Cli Clss     chloride in cytosol and subspace                        mM   row_Cli, row_Clss
//   m h j hp jp  INa after Grandi 2010, p: phosphorylated                1    row_m ...
//   ncai ncass   share of channels in calcium-dependent mode, by place   1    row_ncai, row_ncass
//   C3 C2 C1 O I states of IKr                                           1    row_C3 ...
// Numerics: gates by their exponential solution, IKr by an L-stable second-order implicit step, the rest explicit; single cells by
//   two-stage midpoint steps. Fails, threads: ohara_rudy_2011.hpp.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::torord {

const IonicFamily& family();
IonicModel model(CellType type);

}  // namespace ot::ep::torord

namespace ot::ep {
std::vector<IonicModel> tor_ord_dyncl_2020_models();   // the entry of the list of models
}
