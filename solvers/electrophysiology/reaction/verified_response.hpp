// SPDX-License-Identifier: GPL-3.0-or-later
// What a drug that binds to hERG does to cells that have no channel to bind to: the repolarisation of the cell model that was made for drugs, laid on them.
//
// Model:    CiPAORdv1.0, endocardial (the one cell type it was published for), is paced with and without the drug: all blocked currents and the binding. The change of its APD90
//           is the drug's effect on repolarisation. In the twin's own cells INa and IK1 (conduction, rest) are blocked as measured; all other blocks act through one common factor on
//           IKr and IKs per cell type, with which the APD90 of that type, paced alone, changes by as many ms. So repolarisation shifts by the same time in all layers and action
//           potentials keep their shape (verapamil changes no T wave in people, dofetilide does: Vicente et al. 2015, 10.1161/JAHA.114.001615). Neglected: the drug's own effect on
//           plateau, calcium and the dispersion between layers. Blocking ICaL here as well and letting the factor make up for it bends the action potential: at 4 x verapamil four
//           fifths of IKr and IKs would have to go.
//           Why not the static block of IKr: it was measured with long depolarisations, which bind more drug than a heartbeat does, and the cell models differ even in the
//           sign of the answer (verapamil, 1 x free Cmax: -13 ms in ten Tusscher-Panfilov 2006, +23 in O'Hara-Rudy, +9 in CiPAORdv1.0). Decision 0010.
// Source:   CiPAORdv1.0: Li et al. 2017, 10.1161/CIRCEP.116.004628, Dutta et al. 2017, 10.3389/fphys.2017.00616. One common factor on IKr and IKs as the handle of repolarisation:
//           Qian et al. 2025, 10.1038/s44161-025-00650-0, who fit it to a patient's QT. An even shift through the wall: activation-recovery intervals of human left
//           ventricles in vivo do not differ between layers, Taggart et al. 2001, 10.1016/s0008-6363(01)00223-1.
// Numerics: two sweeps of seven factors (0.1 to 3, then within the interval that holds the answer), linear between the last two: within 0.5 ms (tested).
// Fails:    as run_cells. Where the verified cell does not repolarise within the cycle, or no factor gives the change, the static block acts and a note says so.
// Threads:  results are kept for the life of the process; re-entrant.
#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

inline constexpr const char* verified_drug_cell = "cipaordv1_2017_endo";

// Ventricular families (three layers) with IKr and IKs and without a dynamic hERG channel.
bool takes_verified_response(const std::string& family);

struct VerifiedResponse {
  double change_ms = 0;                 // APD90 of the verified cell with the drug less without; NaN when it does not repolarise
  double factor = 1;                    // on IKr and IKs of the own cell
  bool found = false;                   // else the scales are the static block
  ChannelScales scales;                 // what acts in the own cell
};
// drug: its static block of every current (g_Kr too) and its binding.
core::Result<VerifiedResponse> verified_response(const std::string& family, CellType type, const ChannelScales& drug, double cycle_length_ms, const core::Progress& progress = {});

// The drug of a problem (ElectroProblem::channels) as it acts in each cell type the problem has: verified where the family takes it and cells are paced, else as it stands.
core::Result<std::array<ChannelScales, 3>> acting_drug(const ElectroProblem& problem, const core::Progress& progress = {}, std::vector<std::string>* notes = nullptr);
// The same for every family of cells the problem has (ionic_models_of), by its key.
core::Result<std::map<std::string, std::array<ChannelScales, 3>>> acting_drugs(const ElectroProblem& problem, const core::Progress& progress = {}, std::vector<std::string>* notes = nullptr);

}  // namespace ot::ep
