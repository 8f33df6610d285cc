// SPDX-License-Identifier: GPL-3.0-or-later
// Mitchell-Schaeffer 2003: two variables, one inward and one outward current, for studies where only fronts and durations matter.
//
// Source: C.C. Mitchell, D.G. Schaeffer, Bull Math Biol 65 (2003) 767-793, equations 1-4 and the parameters of section 3.
// Model: dv/dt = h v^2 (1 - v)/tau_in - v/tau_out + stimulus;  dh/dt = (1 - h)/tau_open if v < v_gate, else -h/tau_close.
//   V = -80 + 100 v mV (our choice of scale). g_Na multiplies 1/tau_in; no other channel has a counterpart.
//
// symbol      meaning                                value   unit   in the block
// v           scaled membrane potential                      1      (V + 80)/100
// h           gate of the inward current                     1      row_h
// tau_in      time scale of the inward current       0.3     ms     row_inv_tau_in = g_Na/tau_in
// tau_out     time scale of the outward current      6       ms
// tau_open    recovery of the gate                   120     ms
// tau_close   closing of the gate                    150     ms
// v_gate      potential at which the gate turns      0.13    1
//
// Numerics: the gate exactly for constant V over the step, V at mid-step. Threads: no shared state.
#pragma once
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep::ms03 {

const IonicFamily& family();
IonicModel model();

}  // namespace ot::ep::ms03

namespace ot::ep {
std::vector<IonicModel> mitchell_schaeffer_2003_models();   // the entry of the list of models
}
