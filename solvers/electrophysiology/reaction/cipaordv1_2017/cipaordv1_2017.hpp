// SPDX-License-Identifier: GPL-3.0-or-later
// CiPAORdv1.0: O'Hara-Rudy 2011 with the dynamic hERG channel of Li 2017 and re-fitted conductances, the model of the CiPA qNet metric.
//
// Source: S. Dutta et al., Front Physiol 8 (2017) 616 (conductances, qNet); Z. Li et al., Circ Arrhythm Electrophysiol 10 (2017) e004628
//   (hERG gating and drug binding: herg.hpp); reference code FDA/CiPA AP_simulation/models/newordherg_qNet.c.
// Model: factors on the published O'Hara-Rudy conductances: IKr 1.114/1.1, INaL 2.661, IKs 1.87, IK1 1.698, ICaL 1.007.
//   ChannelScales::herg binds the drug; Kt = 3.5e-5/ms with a drug. qNet = integral of INaL + ICaL + Ito + IKr + IKs + IK1.
// Symbols: ohara_rudy_2011.hpp; IC1 IC2 C1 C2 O IO: hERG inactivated-closed, closed, open, inactivated; Obound, IObound, Cbound: with drug.
// Numerics, failures, threads: ohara_rudy_2011.hpp, herg.hpp.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::cipa {

const IonicFamily& family();
IonicModel model(CellType type);

}  // namespace ot::ep::cipa

namespace ot::ep {
std::vector<IonicModel> cipaordv1_2017_models();   // the entry of the list of models
}
