// SPDX-License-Identifier: GPL-3.0-or-later
// Drugs on single cells: qNet and risk classes of CiPA, APD90 of FDA's own model code, dofetilide and verapamil.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "app/solve/cipa_scales.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "app/verify/ionic_cases.hpp"
#include "app/verify/speed.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"
#include "solvers/interventions/drug/drug.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::verify {

// FDA's protocol: cycle length 2000 ms, 80 uA/uF for 0.5 ms, published start at that rate, steps chosen by the error.
ep::CellProblem cipa_protocol(int beats) {
  ep::CellProblem p;
  p.model = "cipaordv1_2017_endo";
  p.cycle_length_ms = 2000;
  p.stimulus_start_ms = 0;
  p.beats = beats;
  p.dt_ms = 0;
  return p;
}

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

Row row(const std::string& name, const std::string& quantity, double value, double reference, double tolerance, bool relative, const std::string& source, bool quick,
        double wall) {
  Row r;
  r.name = name;
  r.quantity = quantity;
  r.value = value;
  r.reference = reference;
  r.tolerance = tolerance;
  r.relative = relative;
  r.source = source;
  r.quick = quick;
  r.wall_s = wall;
  return r;
}

struct Trained {
  const char* drug;
  double mean_qnet;                // 1e-3 uC/uF, over 1-4 x free Cmax
  pharma::TorsadeRisk risk;
  std::array<int, 4> beats;        // of the reference run of each dose
  double apd90_at_1_ms;            // 1 x free Cmax
};

}  // namespace

Rows ionic_cipa_control(bool quick, const core::Progress& progress) {
  const auto start = Clock::now();
  const auto cell = ep::run_cell(cipa_protocol(1000), progress);
  if (!cell) return core::pass(cell);
  const std::string source = "reference/drugs/README.md: FDA right-hand side by CVODE, control at CL 2000; APD90: reference/ionic/rate_dependence.csv";
  return std::vector<Row>{with_settings(row("ionic/cipa-control-qnet", "qnet_uC_per_uF", cell->qnet_uC_per_uF, 0.069673, 0.001, true, source, quick, since(start)), cipa_settings(1000)),
                          with_settings(row("ionic/cipa-control-qnet", "apd90_ms", cell->apd90_ms, 289.144, 0.5, false, source, quick, since(start)), cipa_settings(1000))};
}

Rows drug_cipa_classes(bool quick, const core::Progress& progress) {
  using enum pharma::TorsadeRisk;
  // Means and classes of reference/drugs/cipa_training_qnet_fixed.csv.
  const Trained all[] = {{"quinidine", 54.5122, intermediate, {300, 300, 300, 600}, 532.31}, {"verapamil", 71.1177, low, {300, 300, 300, 600}, 300.18},      {"ranolazine", 76.6219, low, {300, 300, 300, 600}, 312.32},     {"bepridil", 43.4597, high, {600, 600, 600, 600}, 363.02},
                         {"chlorpromazine", 65.7649, intermediate, {600, 300, 300, 600}, 301.78}, {"cisapride", 60.4336, intermediate, {600, 600, 600, 600}, 308.96}, {"diltiazem", 72.1436, low, {300, 300, 300, 600}, 289.78}, {"dofetilide", 51.2877, high, {600, 600, 600, 600}, 328.25},
                         {"mexiletine", 92.9591, low, {300, 300, 300, 600}, 282.15},        {"ondansetron", 62.9501, intermediate, {300, 300, 300, 600}, 311.16}, {"sotalol", 55.7673, intermediate, {300, 300, 300, 600}, 329.78}, {"terfenadine", 61.5519, intermediate, {600, 600, 600, 600}, 317.84}};
  const std::string source = "reference/drugs/cipa_training_qnet_fixed.csv: FDA right-hand side by CVODE, fixed parameters, 300 or 600 beats";
  std::vector<Row> rows;
  for (const Trained& t : all) {
    if (quick && rows.size() == 9) break;   // three drugs
    const auto start = Clock::now();
    const pharma::CipaDrug* const drug = pharma::find_cipa_drug(t.drug);
    if (!drug) return core::wrong_usage(fmt::format("There is no CiPA drug {} (it cannot be classified). See solvers/pharmacology/cipa.cpp.", t.drug));
    double mean = 0, apd_at_1 = std::nan("");
    for (const int beats : {300, 600}) {   // doses whose reference took so many beats, paced together
      ep::CellProblem p = cipa_protocol(beats);
      p.watch_beats = 250;
      std::vector<ep::ChannelScales> doses;
      for (int k = 1; k <= 4; ++k)
        if (t.beats[std::size_t(k) - 1] == beats) doses.push_back(solve::cipa_scales(*drug, k * drug->free_cmax_nM));
      if (doses.empty()) continue;
      const auto cells = ep::run_cells(p, doses, progress);
      if (!cells) return core::pass(cells);
      for (const auto& c : *cells) mean += 0.25 * c.qnet_uC_per_uF;
      if (beats == t.beats[0]) apd_at_1 = cells->front().apd90_ms;
    }
    const std::string name = "ionic/cipa-classes";
    rows.push_back(row(name, std::string(t.drug) + "_mean_qnet_uC_per_uF", mean, 1e-3 * t.mean_qnet, 0.005, true, source, quick, since(start)));
    rows.push_back(row(name, std::string(t.drug) + "_apd90_ms_at_1_cmax", apd_at_1, t.apd90_at_1_ms, 1.0, false, source + "; control 289.2 ms", quick, since(start)));
    rows.push_back(row(name, std::string(t.drug) + "_class_0_low_2_high", double(pharma::torsade_risk(mean)), double(t.risk), 0, false, source, quick, since(start)));
  }
  return rows;
}

// The product's own drug data as it acts in each cell: binding where the cell has a channel to bind to, else the response of the verified cell (ep::verified_response). What the
// static block alone does is said in the row.
Rows drug_cell_apd(bool quick, const core::Progress& progress) {
  const auto start = Clock::now();
  std::vector<Row> rows;
  for (const char* model : {"ten_tusscher_panfilov_2006_epi", "ten_tusscher_panfilov_2006_mid", "ohara_rudy_2011_endo", "tor_ord_dyncl_2020_endo", "cipaordv1_2017_endo"}) {
    if (quick && std::string(model) != "ten_tusscher_panfilov_2006_epi") continue;
    const ep::IonicModel& cell = *ep::find_ionic_model(model);
    ep::CellProblem p;
    p.model = model;
    p.beats = std::max(100, cell.family->pacing_beats);
    p.dt_ms = cell.family->two_stage ? 0 : 0.02;
    std::vector<ep::ChannelScales> doses(1), statics;
    for (const char* key : {"dofetilide", "verapamil"}) {
      const pharma::Drug* const drug = pharma::find_drug(key);
      if (!drug) return core::wrong_usage(fmt::format("There is no drug {} (nothing can be verified). See resources/drugs.", key));
      const ep::ChannelScales scales = interventions::scales_of(*drug, drug->free_cmax_nM.value, cell.family->key);
      doses.push_back(scales);
      if (!ep::takes_verified_response(cell.family->key)) continue;
      const auto response = ep::verified_response(cell.family->key, cell.cell_type, scales, p.cycle_length_ms, progress);
      if (!response) return core::pass(response);
      doses.back() = response->scales;
      statics.push_back(scales);
      statics.back().herg = {};
    }
    doses.insert(doses.end(), statics.begin(), statics.end());
    const auto cells = ep::run_cells(p, doses, progress);
    if (!cells) return core::pass(cells);
    const auto change = [&](std::size_t k) { return (*cells)[k].apd90_ms - (*cells)[0].apd90_ms; };
    const auto alone = [&](std::size_t k) { return statics.empty() ? std::string("bound") : fmt::format("static block alone {:+.1f}", change(k)); };
    const std::string source = "issue 4: dofetilide at 1 x free Cmax lengthens, verapamil changes by less than 10 ms; data: resources/drugs; decision 0010";
    rows.push_back(row("ionic/drug-cell-apd", fmt::format("{}: dofetilide lengthens APD90 (1 = yes; by {:.1f} ms, {})", model, change(1), alone(3)), change(1) > 1 ? 1 : 0, 1, 0, false, source, quick,
                       since(start)));
    rows.push_back(row("ionic/drug-cell-apd", fmt::format("{}: verapamil APD90 change ms ({})", model, alone(4)), change(2), 0, 10, false, source, quick, since(start)));
  }
  return rows;
}

}  // namespace ot::verify
