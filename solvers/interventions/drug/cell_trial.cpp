// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/drug/cell_trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"
#include "solvers/interventions/drug/drug.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::interventions {
namespace {

constexpr int settled_binding_beats = 1000;

const ep::ChannelKey* find_current(const std::string& name) {
  for (const ep::ChannelKey& k : ep::channel_keys()) {
    const std::string current = k.current;
    if (name == current || name == k.key || (current[0] == 'I' && name == "G" + current.substr(1))) return &k;
  }
  return nullptr;
}

core::Result<const ep::IonicModel*> model_of(const std::string& key) {
  if (const ep::IonicModel* found = ep::find_ionic_model(key)) return found;
  return core::bad_input(fmt::format("There is no ionic model \"{}\" (no cell can be paced). See 'organtwin-cli list ionic-models'.", key));
}

void add_note(std::vector<std::string>& notes, std::string note) {
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

}  // namespace

core::Result<void> scale_current(ep::ChannelScales& scales, const std::string& name, double factor) {
  if (!(factor >= 0 && factor <= largest_cell_factor)) return core::bad_input(fmt::format("The factor on {} is {:g} (a conductance cannot be so). Give 0 to {:g}; 1 is as published.", name, factor, largest_cell_factor));
  if (const ep::ChannelKey* k = find_current(name)) {
    scales.*k->member *= factor;
    return {};
  }
  std::string known;
  for (const ep::ChannelKey& k : ep::channel_keys()) known += std::string(" ") + k.current;
  return core::bad_input("There is no channel \"" + name + "\". Known:" + known + " (or GNa ..., g_Na ...).");
}

std::string key_of_current(const std::string& name) {
  const ep::ChannelKey* k = find_current(name);
  return k ? k->key : name;
}

std::vector<ep::ChannelKey> currents_of(const ep::IonicModel& model) {
  std::vector<ep::ChannelKey> out;
  const auto& there = model.family->scales;
  for (const ep::ChannelKey& k : ep::channel_keys())
    if (k.current[0] == 'I' && std::find(there.begin(), there.end(), k.key) != there.end()) out.push_back(k);
  return out;
}

core::Result<ep::ChannelScales> scales_in_cell(const CellDrug& drug, const ep::IonicModel& model, double cycle_length_ms, const core::Progress& progress, std::vector<std::string>* notes) {
  if (drug.key.empty() || drug.x_cmax == 0) return ep::ChannelScales{};
  const pharma::Drug* data = pharma::find_drug(drug.key);
  if (!data) {
    std::string known;
    for (const auto& d : pharma::builtin_drugs()) known += " " + d.key;
    return core::bad_input(fmt::format("There is no drug \"{}\" in the catalogue (its blocks are not known). Known:{}.", drug.key, known));
  }
  if (!(drug.x_cmax >= 0 && drug.x_cmax <= largest_cell_x_cmax)) return core::bad_input(fmt::format("A dose of {:g} x free Cmax cannot be given (a concentration cannot be so). Give 0 to {:g}.", drug.x_cmax, largest_cell_x_cmax));
  const double concentration = pharma::free_concentration_nM(*data, drug.x_cmax);
  ep::ChannelScales scales = scales_of(*data, concentration, model.family->key);
  const auto say = [&](std::string note) {
    if (notes) add_note(*notes, std::move(note));
  };
  if (scales.herg.concentration_nM > 0 && !model.family->dynamic_herg && !drug.static_block) {
    const auto response = ep::verified_response(model.family->key, model.cell_type, scales, cycle_length_ms, progress);
    if (!response) return core::pass(response);
    scales = response->scales;
    if (response->found)
      say(fmt::format("{}: as in the heart, its effect on repolarisation ({:+.1f} ms of APD90) is that of CiPAORdv1.0, laid on this cell by one factor ({:.3f}) on IKr and IKs; the other blocks of the plateau do not act (decision 0010).", data->name,
                      response->change_ms, response->factor));
    else say(data->name + ": CiPAORdv1.0 gives no change of APD90 that this cell could take; its static blocks act.");
  } else if (model.family->dynamic_herg && data->herg) {
    say(fmt::format("{}: IKr follows its binding to the hERG channel and its trapping there ({}).", data->name, data->herg_source));
  } else {
    say(data->name + ": every current by its static block (Hill curve).");
  }
  if (!model.family->dynamic_herg) scales.herg = {};   // it has been laid, or the cell has nothing to bind to
  say(fmt::format("{} at {:.4g} nM free, {:g} x free Cmax ({}).", data->name, concentration, drug.x_cmax, data->free_cmax_nM.source));
  return scales;
}

std::vector<CellQuantity> quantities_of(const ep::CellResult& cell) {
  std::vector<CellQuantity> out{{"vrest_mV", "Rest V", "mV", cell.vrest_mV},
                                {"vpeak_mV", "Peak V", "mV", cell.vpeak_mV},
                                {"apd50_ms", "APD50", "ms", cell.apd50_ms},
                                {"apd90_ms", "APD90", "ms", cell.apd90_ms},
                                {"triangulation_ms", "Triangulation", "ms", cell.apd90_ms - cell.apd50_ms},
                                {"dvdt_max_V_per_s", "Max dV/dt", "V/s", cell.dvdt_max_V_per_s},
                                {"ca_diastolic_mM", "Ca diastolic", "mM", cell.ca_diastolic_mM},
                                {"ca_peak_mM", "Ca peak", "mM", cell.ca_peak_mM},
                                {"apd90_change_ms", "APD90 drift", "ms", cell.apd90_change_ms}};
  if (std::isfinite(cell.qnet_uC_per_uF)) out.push_back({"qnet_uC_per_uF", "qNet", "uC/uF", cell.qnet_uC_per_uF});
  return out;
}

core::Result<CellTrialAnswer> run_cell_trial(const CellTrial& trial, const core::Progress& progress, const CellTrialAnswer* before) {
  const auto model = model_of(trial.model);
  if (!model) return core::pass(model);
  CellTrialAnswer answer;
  answer.asked = trial;
  ep::CellProblem problem;
  problem.model = trial.model;
  problem.cycle_length_ms = trial.cycle_length_ms;
  problem.beats = trial.beats;
  problem.dt_ms = 0;   // chosen by the error, as `solve` does
  for (const ep::ChannelKey& k : currents_of(**model)) {
    answer.currents.push_back(k.current);
    problem.record.push_back(k.key);
  }
  constexpr double for_control = 0.4, for_drug = 0.2;   // shares of the progress
  if (before && before->control && before->asked.model == trial.model && before->asked.cycle_length_ms == trial.cycle_length_ms && before->asked.beats == trial.beats) {
    answer.control = before->control;
  } else {
    auto control = ep::run_cell(problem, progress.part(0, for_control));
    if (!control) return core::pass(control);
    answer.control = std::make_shared<const ep::CellResult>(std::move(*control));
  }
  const auto scales = scales_in_cell(trial.drug, **model, trial.cycle_length_ms, progress.part(for_control, for_control + for_drug), &answer.notes);
  if (!scales) return core::pass(scales);
  problem.channels = *scales;
  for (const auto& [name, factor] : trial.scale)
    if (auto done = scale_current(problem.channels, name, factor); !done) return core::pass(done);
  if (problem.channels.herg.concentration_nM > 0 && trial.beats < settled_binding_beats)
    answer.notes.push_back(fmt::format("Binding to hERG takes about {} beats to settle (as CiPA plays them); {} are played.", settled_binding_beats, trial.beats));
  if (problem.channels == ep::ChannelScales{}) {
    answer.changed = answer.control;
  } else {
    auto changed = ep::run_cell(problem, progress.part(for_control + for_drug, 1));
    if (!changed) return core::pass(changed);
    answer.changed = std::make_shared<const ep::CellResult>(std::move(*changed));
  }
  for (const auto& note : answer.control->notes) answer.notes.push_back("Control: " + note);
  if (answer.changed != answer.control)
    for (const auto& note : answer.changed->notes) answer.notes.push_back("Changed: " + note);
  return answer;
}

std::string solve_spec_of(const CellTrial& trial) {
  nlohmann::json spec{{"kind", "cell"}, {"model", trial.model}, {"cycle_length_ms", trial.cycle_length_ms}, {"beats", trial.beats}};
  if (!trial.drug.key.empty()) {
    spec["drug"] = {{"name", trial.drug.key}, {"x_cmax", trial.drug.x_cmax}};
    if (trial.drug.static_block) spec["drug"]["static_block"] = true;
  }
  for (const auto& [name, factor] : trial.scale) spec["scale"][name] = factor;
  return spec.dump();
}

std::string csv_of(const CellTrialAnswer& answer) {
  const ep::CellResult &control = *answer.control, &changed = *answer.changed;
  std::string out = "# One isolated cell, not a patient. The changed cell as a spec of organtwin-cli solve: " + solve_spec_of(answer.asked) + "\n# quantity,unit,control,changed\n";
  const auto a = quantities_of(control), b = quantities_of(changed);
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) out += fmt::format("# {},{},{:.6g},{:.6g}\n", a[i].key, a[i].unit, a[i].value, b[i].value);
  for (const std::string& note : answer.notes) out += "# note: " + note + "\n";
  struct Column {
    std::string name;
    const std::vector<double>* values;
  };
  std::vector<Column> columns;
  for (const auto& [name, cell] : {std::pair("control", &control), std::pair("changed", &changed)}) {
    columns.push_back({fmt::format("V_{}_mV", name), &cell->v_mV});
    if (!cell->cai_mM.empty()) columns.push_back({fmt::format("Cai_{}_mM", name), &cell->cai_mM});
    for (std::size_t k = 0; k < answer.currents.size(); ++k) columns.push_back({fmt::format("{}_{}_A_per_F", answer.currents[k], name), &cell->currents_uA_per_uF[k]});
  }
  out += "t_ms";
  for (const Column& c : columns) out += "," + c.name;
  out += "\n";
  for (std::size_t row = 0; row < control.t_ms.size(); ++row) {
    out += fmt::format("{:g}", control.t_ms[row]);
    for (const Column& c : columns) out += row < c.values->size() ? fmt::format(",{:.6g}", (*c.values)[row]) : std::string(",");
    out += "\n";
  }
  return out;
}

}  // namespace ot::interventions
