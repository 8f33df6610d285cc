// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>
#include <vector>

#include "app/solve/cipa_scales.hpp"
#include "app/solve/solve.hpp"
#include "app/solve/spec_reader.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/interventions/drug/cell_trial.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::solve {
namespace {

void multiply(ep::ChannelScales& scales, const std::string& name, double factor) {
  if (auto done = interventions::scale_current(scales, name, factor); !done) throw SolverFailed(done.error());
}

using Named = std::vector<std::pair<std::string, double>>;

Named named_values(const nlohmann::json& object, const std::string& where) {
  Named out;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_number()) throw SpecError(where + ": " + key + " must be a number.");
    out.emplace_back(key, value.get<double>());
  }
  return out;
}

// A file of named states: an object of numbers, or an answer of solve (its final_state), or a reference beat (its state_end_of_last_beat).
Named states_of_file(const std::filesystem::path& path) {
  const std::string text = take(core::read_file(path, std::size_t(16) << 20));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) throw SpecError(fmt::format("{} is no JSON object of named states (the cell cannot start from it). Give {{\"V\": -85.2, ...}} or an answer of solve with \"final_state\".", path.string()));
  for (const char* key : {"final_state", "state_end_of_last_beat", "states"})
    if (json.contains(key) && json[key].is_object()) return named_values(json[key], path.string());
  return named_values(json, path.string());
}

}  // namespace

nlohmann::json solve_cell(const nlohmann::json& json, const SolveOptions& options, const core::Progress& progress) {
  SpecReader spec(json, "The cell spec");
  spec.text("kind", {});
  ep::CellProblem problem;
  problem.model = spec.text("model", problem.model);
  const ep::IonicModel* model = ep::find_ionic_model(problem.model);
  if (!model) throw SpecError("There is no ionic model \"" + problem.model + "\". See 'organtwin-cli list ionic-models'.");
  problem.cycle_length_ms = spec.number("cycle_length_ms", 1000, 50, 20000);
  problem.beats = spec.integer("beats", 50, 1, 100000);
  problem.record_beats = spec.integer("record_last_beats", 1, 1, problem.beats);
  std::vector<std::string> record;
  if (spec.has("record")) {
    if (!spec.at("record").is_array()) throw SpecError("\"record\" must be a list of currents, such as [\"IKr\", \"total\"].");
    for (const auto& one : spec.at("record")) {
      if (!one.is_string()) throw SpecError("\"record\" must be a list of currents, such as [\"IKr\", \"total\"].");
      if (one == "V" || one == "V_mV" || one == "Cai" || one == "Cai_mM") continue;   // always there
      record.push_back(one);
      problem.record.push_back(interventions::key_of_current(record.back()));
    }
  }
  problem.dt_ms = spec.has("dt_ms") ? spec.number("dt_ms", {}, 1e-4, 0.1) : 0.0;   // none given: chosen by the error
  problem.tolerance_mV = spec.number("step_tolerance_mV", problem.tolerance_mV, 1e-6, 1);
  if (spec.has("initial_state") && spec.at("initial_state").is_object()) {
    problem.initial_state = take(ep::named_state(*model, named_values(spec.at("initial_state"), "\"initial_state\"")));
  } else if (const std::string file = spec.text("initial_state", "published"); file != "published") {
    problem.initial_state = take(ep::named_state(*model, states_of_file(options.base / file)));
  }
  if (spec.has("scale"))
    for (const auto& [key, value] : spec.at("scale").items()) {
      const double factor = value.is_number() ? value.get<double>() : -1;
      if (!(factor >= 0 && factor <= interventions::largest_cell_factor)) throw SpecError("\"scale\": " + key + " must be 0 to 100.");
      multiply(problem.channels, key, factor);
    }
  if (spec.has("block"))
    for (const auto& one : spec.at("block")) {
      SpecReader block(one, "\"block\"");
      const double ic50 = block.number("ic50_nM", {}, 1e-12, 1e15), hill = block.number("hill", 1, 0.05, 20), c = block.number("concentration_nM", {}, 0, 1e15);
      multiply(problem.channels, block.text("channel", {}), pharma::remaining_fraction(c, ic50, hill));
      block.finish();
    }
  if (spec.has("herg_binding")) {
    SpecReader b(spec.at("herg_binding"), "\"herg_binding\"");
    problem.channels.herg = {b.number("concentration_nM", {}, 0, 1e15), b.number("Kmax", {}, 0, 1e15),          b.number("Ku_per_ms", {}, 0, 1e6),
                             b.number("n", 1, 0.01, 20),                b.number("halfmax_nM_n", {}, 1e-12, 1e30), b.number("Vhalf_mV", {}, -1000, 1000)};
    b.finish();
  }
  if (spec.has("cipa_drug")) {
    SpecReader b(spec.at("cipa_drug"), "\"cipa_drug\"");
    const std::string name = b.text("name", {});
    const pharma::CipaDrug* drug = pharma::find_cipa_drug(name);
    if (!drug) throw SpecError("There is no CiPA drug \"" + name + "\" (its binding is not known). The 28 are named in resources/docs/dev/ionic-models.md.");
    problem.channels = problem.channels * cipa_scales(*drug, b.number("x_cmax", 1, 0, 1e6) * drug->free_cmax_nM);
    b.finish();
  }
  interventions::CellDrug drug;
  if (spec.has("drug")) {
    SpecReader b(spec.at("drug"), "\"drug\"");
    drug.key = b.text("name", {});
    drug.x_cmax = b.number("x_cmax", 1, 0, interventions::largest_cell_x_cmax);
    drug.static_block = b.flag("static_block", false);
    b.finish();
  }
  problem.watch_beats = spec.integer("watch_last_beats", 1, 1, problem.beats);
  if (spec.has("stimulus")) {
    SpecReader stimulus(spec.at("stimulus"), "\"stimulus\"");
    problem.stimulus_mV_per_ms = -stimulus.number("amplitude_A_per_F", -52, -1000, -1e-3);   // A/F = mV/ms, inward is negative
    problem.stimulus_ms = stimulus.number("duration_ms", 1, 0.05, 100);
    problem.stimulus_start_ms = stimulus.number("start_ms", 10, 0, 1000);
    stimulus.finish();
  }
  spec.finish();
  constexpr double for_drug = 0.3;   // share of the progress where a drug is looked up in CiPAORdv1.0 first
  std::vector<std::string> drug_notes;
  problem.channels = problem.channels * take(interventions::scales_in_cell(drug, *model, problem.cycle_length_ms, progress.part(0, drug.key.empty() ? 0 : for_drug), &drug_notes));
  const ep::CellResult cell = take(ep::run_cell(problem, progress.part(drug.key.empty() ? 0 : for_drug, 1)));
  nlohmann::json out;
  for (const interventions::CellQuantity& q : interventions::quantities_of(cell)) out["quantities"][q.key] = quantity(q.value, q.unit);
  out["series"]["V_mV"] = {{"t", cell.t_ms}, {"values", cell.v_mV}, {"unit", "mV"}};
  if (!cell.cai_mM.empty()) out["series"]["Cai_mM"] = {{"t", cell.t_ms}, {"values", cell.cai_mM}, {"unit", "mM"}};
  for (std::size_t k = 0; k < record.size(); ++k) out["series"][record[k]] = {{"t", cell.t_ms}, {"values", cell.currents_uA_per_uF[k]}, {"unit", "A/F"}};
  for (std::size_t i = 0; i < model->states.size(); ++i) out["final_state"][model->states[i].name] = cell.final_state[i];
  out["quantities"]["reported_beat"] = quantity(cell.reported_beat, "1");
  out["quantities"]["early_afterdepolarisations"] = quantity(cell.early_afterdepolarisations, "1");
  out["quantities"]["dvdt_max_ionic_V_per_s"] = quantity(cell.dvdt_max_ionic_V_per_s, "V/s");
  out["quantities"]["stimuli_followed"] = quantity(cell.stimuli_followed, "1");
  out["quantities"]["stimuli_captured"] = quantity(cell.stimuli_captured, "1");
  out["quantities"]["captured_apd90_ms"] = quantity(cell.captured_apd90_ms, "ms");
  out["iterations"] = cell.steps;
  drug_notes.insert(drug_notes.end(), cell.notes.begin(), cell.notes.end());
  out["notes"] = drug_notes;
  return out;
}

}  // namespace ot::solve
