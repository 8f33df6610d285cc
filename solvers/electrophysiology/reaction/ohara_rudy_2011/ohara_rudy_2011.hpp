// SPDX-License-Identifier: GPL-3.0-or-later
// O'Hara-Rudy 2011: human ventricular cell, endocardial, epicardial and mid-myocardial.
//
// Source: T. O'Hara, L. Virag, A. Varro, Y. Rudy, PLoS Comput Biol 7 (2011) e1002061, supplement; constants checked against the public
//   model description myokit/models c/ohara-2011.mmt, whose two corrections of the sodium pump are taken over.
// Model: 41 variables: fast, late sodium, transient outward, L-type calcium (with its Na and K parts), rapid and slow rectifier, inward
//   rectifier, exchanger in cytosol and subspace, pumps, backgrounds; CaMKII; Ca, Na, K in cytosol and subspace, Ca in network and
//   junctional SR.
//
// symbol                meaning                                               unit     in the block
// Nai Nass Ki Kss       sodium, potassium in cytosol and subspace             mM       row_Nai ...
// Cai Cass CaNSR CaJSR  calcium in cytosol, subspace, network, junctional SR  mM       row_Cai ...
// m hf hs j hsp jp      INa: activation, inactivation; p: phosphorylated      1        row_m ...
// mL hL hLp             INaL                                                  1        row_mL ...
// a iF iS ap iFp iSp    Ito                                                   1        row_a ...
// d ff fs fcaf fcas     ICaL: activation, fast and slow inactivation by V and Ca  1    row_d ...
// jca nca ffp fcafp     ICaL: recovery, Ca-dependent mode, phosphorylated     1        row_jca ...
// xrf xrs xs1 xs2 xk1   IKr fast and slow, IKs, IK1                           1        row_xrf ...
// Jrelnp Jrelp CaMKt    release, trapped CaMKII                               mM/ms, 1 row_Jrelnp ...
// The conductances and their values are in IonicModel::parameters.
//
// Numerics: gates by their exponential solution (Pade form, rudy_parts.hpp), the rest explicit; in single cells a two-stage midpoint
//   step of second order (Sundnes et al. 2009, doi:10.1109/TBME.2009.2014739), in tissue one stage.
// Fails: never; a state driven out of range shows as NaN or |V| > 200 mV, which the callers stop on.
// Threads: no shared state.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::ord {

const IonicFamily& family();
IonicModel model(CellType type);

// Shared with CiPAORdv1.0: `optimised` applies that model's factors on IKr, INaL, IKs, IK1, ICaL (Dutta et al. 2017).
std::vector<double> parameters(CellType type, const ChannelScales& scale, bool optimised);
std::vector<IonicState> shared_states();   // V and the rows up to shared_rows
std::vector<IonicParameter> described(const std::vector<double>& parameters, const std::string& source);

}  // namespace ot::ep::ord

namespace ot::ep {
std::vector<IonicModel> ohara_rudy_2011_models();   // the entry of the list of models
}
