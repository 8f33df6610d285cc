// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>

#include "app/solve/solve.hpp"
#include "app/solve/spec_reader.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::solve {
namespace {

// Names of the literature for what ChannelScales scales.
double* scale_of(ep::ChannelScales& s, const std::string& name) {
  const std::map<std::string, double*> names{{"GNa", &s.g_Na}, {"INa", &s.g_Na}, {"GCaL", &s.g_CaL}, {"ICaL", &s.g_CaL}, {"GKr", &s.g_Kr}, {"IKr", &s.g_Kr}, {"GKs", &s.g_Ks},
                                             {"IKs", &s.g_Ks}, {"GK1", &s.g_K1}, {"IK1", &s.g_K1},   {"Gto", &s.g_to},   {"Ito", &s.g_to}, {"GNaL", &s.g_NaL}, {"INaL", &s.g_NaL}};
  const auto at = names.find(name);
  return at == names.end() ? nullptr : at->second;
}

void multiply(ep::ChannelScales& scales, const std::string& name, double factor) {
  double* scale = scale_of(scales, name);
  if (!scale) throw SpecError("There is no channel \"" + name + "\". Known: INa ICaL IKr IKs IK1 Ito INaL (or GNa ...).");
  *scale *= factor;
}

}  // namespace

nlohmann::json solve_cell(const nlohmann::json& json, const core::Progress& progress) {
  SpecReader spec(json, "The cell spec");
  spec.text("kind", {});
  ep::CellProblem problem;
  problem.model = spec.text("model", problem.model);
  const ep::IonicModel* model = ep::find_ionic_model(problem.model);
  if (!model) throw SpecError("There is no ionic model \"" + problem.model + "\". See 'organtwin-cli list ionic-models'.");
  problem.cycle_length_ms = spec.number("cycle_length_ms", 1000, 50, 20000);
  problem.beats = spec.integer("beats", 50, 1, 100000);
  problem.record_beats = spec.integer("record_last_beats", 1, 1, problem.beats);
  problem.dt_ms = spec.number("dt_ms", 0.01, 1e-4, 0.1);
  if (spec.has("initial_state") && spec.at("initial_state").is_object()) {
    std::map<std::string, double> named;
    for (const auto& [key, value] : spec.at("initial_state").items()) {
      if (!value.is_number()) throw SpecError("\"initial_state\": " + key + " must be a number.");
      named[key] = value.get<double>();
    }
    problem.initial_state = model->initial_state();
    for (std::size_t i = 0; i < model->states.size(); ++i)
      if (const auto at = named.find(model->states[i].name); at != named.end()) {
        problem.initial_state[i] = at->second;
        named.erase(at);
      }
    if (!named.empty()) throw SpecError("The model has no state \"" + named.begin()->first + "\".");
  } else if (spec.text("initial_state", "published") != "published") {
    throw SpecError("\"initial_state\" is \"published\" or an object of named states.");
  }
  if (spec.has("scale"))
    for (const auto& [key, value] : spec.at("scale").items()) {
      const double factor = value.is_number() ? value.get<double>() : -1;
      if (!(factor >= 0 && factor <= 100)) throw SpecError("\"scale\": " + key + " must be 0 to 100.");
      multiply(problem.channels, key, factor);
    }
  if (spec.has("block"))
    for (const auto& one : spec.at("block")) {
      SpecReader block(one, "\"block\"");
      const double ic50 = block.number("ic50_nM", {}, 1e-12, 1e15), hill = block.number("hill", 1, 0.05, 20), c = block.number("concentration_nM", {}, 0, 1e15);
      multiply(problem.channels, block.text("channel", {}), pharma::remaining_fraction(c, ic50, hill));
      block.finish();
    }
  if (spec.has("stimulus")) {
    SpecReader stimulus(spec.at("stimulus"), "\"stimulus\"");
    problem.stimulus_mV_per_ms = -stimulus.number("amplitude_A_per_F", -52, -1000, -1e-3);   // A/F = mV/ms, inward is negative
    problem.stimulus_ms = stimulus.number("duration_ms", 1, 0.05, 100);
    problem.stimulus_start_ms = stimulus.number("start_ms", 10, 0, 1000);
    stimulus.finish();
  }
  spec.finish();
  const ep::CellResult cell = take(ep::run_cell(problem, progress));
  nlohmann::json out;
  out["quantities"] = {{"vrest_mV", quantity(cell.vrest_mV, "mV")}, {"vpeak_mV", quantity(cell.vpeak_mV, "mV")}, {"dvdt_max_V_per_s", quantity(cell.dvdt_max_V_per_s, "V/s")},
                       {"apd50_ms", quantity(cell.apd50_ms, "ms")}, {"apd90_ms", quantity(cell.apd90_ms, "ms")}, {"ca_diastolic_mM", quantity(cell.ca_diastolic_mM, "mM")},
                       {"ca_peak_mM", quantity(cell.ca_peak_mM, "mM")}, {"apd90_change_ms", quantity(cell.apd90_change_ms, "ms")}};
  out["series"]["V_mV"] = {{"t", cell.t_ms}, {"values", cell.v_mV}, {"unit", "mV"}};
  if (!cell.cai_mM.empty()) out["series"]["Cai_mM"] = {{"t", cell.t_ms}, {"values", cell.cai_mM}, {"unit", "mM"}};
  out["iterations"] = static_cast<long>(problem.beats * problem.cycle_length_ms / problem.dt_ms);
  out["notes"] = cell.notes;
  return out;
}

}  // namespace ot::solve
