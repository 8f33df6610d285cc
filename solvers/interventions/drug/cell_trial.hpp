// SPDX-License-Identifier: GPL-3.0-or-later
// One isolated cell, paced twice: as published (control) and with a drug and factors on its currents (changed). What `organtwin-cli solve` (kind cell) and the window's
// single-cell page share.
// Model:   run_cell (reaction/cell.hpp): a cell without neighbours, published initial state, a stimulus every cycle. A drug of the catalogue blocks each current by its Hill curve; IKr by
//          binding where the cell has a channel to bind to. Ventricular cells without one take the drug as the heart does: the repolarisation of CiPAORdv1.0 laid on them
//          (reaction/verified_response.hpp, decision 0010), or on wish its static blocks. Factors on currents multiply on top.
// Source:  of the cell: IonicModel::source; of the drug: resources/drugs. 1000 beats for the binding to settle: Li et al. 2017, 10.1161/CIRCEP.116.004628.
// Fails:   bad_input for an unknown model, drug or current or a factor outside 0 to 100; what run_cell fails with.
// Threads: re-entrant.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"

namespace ot::ep {
struct IonicModel;
}

namespace ot::interventions {

inline constexpr double largest_cell_factor = 100, largest_cell_x_cmax = 1e6;

// Multiplies one scale. A current is named by itself ("IKr", "Jup"), by its conductance ("GKr") or by its key ("g_Kr").
core::Result<void> scale_current(ep::ChannelScales& scales, const std::string& name, double factor);
// The key ("g_Kr") of a current named in any of these ways; the name itself when there is none ("total").
std::string key_of_current(const std::string& name);
// Membrane currents that the model has, in the order of channel_keys(): members of ChannelScales whose current can be recorded.
std::vector<ep::ChannelKey> currents_of(const ep::IonicModel& model);

struct CellDrug {
  std::string key;            // of resources/drugs; empty: none
  double x_cmax = 1;          // free concentration as a multiple of the usual free maximum
  bool static_block = false;  // do not lay the verified response on cells that take it
  bool operator==(const CellDrug&) const = default;
};
// What the drug does to this cell; `notes` says by which way.
core::Result<ep::ChannelScales> scales_in_cell(const CellDrug& drug, const ep::IonicModel& model, double cycle_length_ms, const core::Progress& progress, std::vector<std::string>* notes);

struct CellQuantity {
  std::string key, label, unit;
  double value = 0;           // NaN: there is none, CellResult::notes say why
};
// What is measured of the reported beat; qNet only where the model has it.
std::vector<CellQuantity> quantities_of(const ep::CellResult& cell);

struct CellTrial {
  std::string model;          // key of an ionic model
  double cycle_length_ms = 1000;
  int beats = 100;
  CellDrug drug;
  std::vector<std::pair<std::string, double>> scale;   // current, factor
  bool operator==(const CellTrial&) const = default;
};
struct CellTrialAnswer {
  CellTrial asked;
  std::vector<std::string> currents;                   // names of CellResult::currents_uA_per_uF: "IKr"
  std::shared_ptr<const ep::CellResult> control, changed;   // the same where nothing is changed
  std::vector<std::string> notes;                      // of the drug and of both cells
};
// `before`: an earlier answer whose control is taken when it is of the same cell, cycle length and beats.
core::Result<CellTrialAnswer> run_cell_trial(const CellTrial& trial, const core::Progress& progress, const CellTrialAnswer* before = nullptr);

// The changed cell as a spec of `organtwin-cli solve`.
std::string solve_spec_of(const CellTrial& trial);
// Quantities as comment lines, then t_ms and every trace of control and changed; LF, decimal points.
std::string csv_of(const CellTrialAnswer& answer);

}  // namespace ot::interventions
