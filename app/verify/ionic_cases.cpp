// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/verify/ionic_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::verify {
namespace {

using nlohmann::json;

std::filesystem::path reference_folder() {
  const char* const shared = std::getenv("ORGANTWIN_SHARED");
  return shared && *shared ? std::filesystem::path(shared) / "reference/ionic" : std::filesystem::path();
}

core::Result<std::optional<json>> reference_beat(const std::string& stem) {
  const std::filesystem::path file = reference_folder() / (stem + "_CL1000.json");
  std::error_code ec;
  if (reference_folder().empty() || !std::filesystem::exists(file, ec)) return std::optional<json>();
  std::ifstream in(file);
  const json data = json::parse(in, nullptr, false);
  if (data.is_discarded())
    return core::bad_input(fmt::format("{} is not JSON (there is no reference to compare with). Restore the file.", file.string()));
  return std::optional<json>(data);
}

// 600 ms is held out of the file, and was not played in this chain either: with 300 beats of it O'Hara-Rudy's APD90 at 500 ms is 1.4 ms off where its neighbours
// are 0.2 to 0.4 off, without them all are within 0.26 ms (ToR-ORd: -0.18, -0.51, +0.04, +0.09 at 750 to 350 ms with, -0.18, -0.20, -0.20, -0.19 without).
constexpr std::array<double, 7> stated_cycles_ms{2000, 1500, 1000, 750, 500, 400, 350};

double since(std::chrono::steady_clock::time_point t) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count(); }

}  // namespace

Rows ionic_beat(const std::string& row_name, const std::string& model_key, const std::string& stem, bool quick, const core::Progress& progress,
                double dt_ms) {
  const auto start = std::chrono::steady_clock::now();
  const auto loaded = reference_beat(stem);
  if (!loaded) return core::pass(loaded);
  if (!*loaded) return std::vector<Row>{};
  const json& ref = **loaded;
  const ep::IonicModel* const model = ep::find_ionic_model(model_key);
  if (!model) return core::wrong_usage(fmt::format("There is no ionic model \"{}\" (nothing can be verified). See `list ionic-models`.", model_key));
  std::vector<std::pair<std::string, double>> named;
  for (const auto& [name, value] : ref["state_end_of_last_beat"].items()) named.emplace_back(name, value.get<double>());
  std::vector<std::string> missing;
  const auto state = ep::named_state(*model, named, &missing);
  if (!state) return core::pass(state);

  ep::CellProblem cell;
  cell.model = model_key;
  cell.initial_state = *state;
  cell.cycle_length_ms = ref["cycle_length_ms"].get<double>();
  cell.beats = 1;
  cell.dt_ms = dt_ms;
  cell.stimulus_mV_per_ms = -ref["stimulus"]["amplitude_A_per_F"].get<double>();
  cell.stimulus_ms = ref["stimulus"]["duration_ms"].get<double>();
  cell.stimulus_start_ms = ref["stimulus"]["start_ms"].get<double>();
  const auto run = ep::run_cell(cell, progress);
  if (!run) return core::pass(run);

  std::vector<Row> rows;
  const auto add = [&](const char* quantity, double value, double reference, double tolerance, bool relative) {
    Row row;
    row.name = row_name;
    row.quantity = quantity;
    row.value = value;
    row.reference = reference;
    row.tolerance = tolerance;
    row.relative = relative;
    row.source = fmt::format("reference/ionic/{}_CL1000.json: {}, {}", stem, ref["source"].get<std::string>(), ref["integrator"].get<std::string>());
    row.quick = quick;
    row.wall_s = since(start);
    rows.push_back(row);
  };
  const json& b = ref["biomarkers"];
  add("vrest_mV", run->vrest_mV, b["Vrest_mV"], 0.1, false);
  add("vpeak_mV", run->vpeak_mV, b["Vpeak_mV"], 1.0, false);
  add("apd50_ms", run->apd50_ms, b["APD50_ms"], 1.0, false);
  add("apd90_ms", run->apd90_ms, b["APD90_ms"], 1.0, false);
  if (b.contains("CaPeak_mM")) add("ca_peak_mM", run->ca_peak_mM, b["CaPeak_mM"], 0.01, true);
  add("dvdt_max_V_per_s", run->dvdt_max_V_per_s, b["dVdtmax_V_per_s"], 0.03, true);
  // What the file does not name would start from the published value: the accumulated qNet is the only state that may.
  for (std::size_t i = 1; i < model->states.size(); ++i)
    for (const std::string& name : missing)
      if (name == model->states[i].name && int(i) - 1 != model->family->qnet) add(("state not in the reference: " + name).c_str(), 1, 0, 0, false);
  return rows;
}

Rows ionic_rates(const std::string& row_name, const std::string& model_key, const std::string& stem, const std::string& label, double tolerance_ms, double dt_ms, bool quick,
                 const core::Progress& progress) {
  const auto loaded = reference_beat(stem);
  if (!loaded) return core::pass(loaded);
  std::ifstream table(reference_folder() / "rate_dependence.csv");
  if (!*loaded || !table) return std::vector<Row>{};
  const json& stimulus = (**loaded)["stimulus"];
  std::vector<std::pair<double, double>> rates;   // cycle length, APD90
  for (std::string line; std::getline(table, line);) {
    std::vector<std::string> cell;
    std::stringstream words(line);
    for (std::string word; std::getline(words, word, ',');) cell.push_back(word);
    if (cell.size() > 3 && cell[0] == stem) rates.emplace_back(std::stod(cell[1]), std::stod(cell[3]));
  }
  ep::CellProblem cell;
  cell.model = model_key;
  cell.dt_ms = dt_ms;
  cell.stimulus_mV_per_ms = -stimulus["amplitude_A_per_F"].get<double>();
  cell.stimulus_ms = stimulus["duration_ms"].get<double>();
  cell.stimulus_start_ms = stimulus["start_ms"].get<double>();
  std::vector<Row> rows;
  const std::size_t played = quick ? 2 : stated_cycles_ms.size();
  for (std::size_t k = 0; k < played; ++k) {
    const auto start = std::chrono::steady_clock::now();
    cell.cycle_length_ms = stated_cycles_ms[k];
    cell.beats = k == 0 ? 500 : 300;
    const auto run = ep::run_cell(cell, progress.part(double(k) / double(played), double(k + 1) / double(played)));
    if (!run) return core::pass(run);
    cell.initial_state = run->final_state;
    const auto wanted = std::find_if(rates.begin(), rates.end(), [&](const auto& r) { return r.first == cell.cycle_length_ms; });
    if (wanted == rates.end()) continue;
    Row row;
    row.name = row_name;
    row.quantity = fmt::format("{}{}apd90_ms_at_{:g}", label, label.empty() ? "" : "_", wanted->first);
    row.value = run->apd90_ms;
    row.reference = wanted->second;
    row.tolerance = tolerance_ms;
    row.relative = false;
    row.source = "reference/ionic/rate_dependence.csv: CVODE at 1e-9, 500 beats at 2000 ms, then 300 at each of 1500, 1000, 750, 500, 400, 350 ms";
    row.quick = quick;
    row.wall_s = since(start);
    rows.push_back(row);
  }
  return rows;
}

Rows ionic_rates_two_stage(bool quick, const core::Progress& p) {
  std::vector<Row> rows;
  for (const auto& [model, stem] : {std::pair("ohara_rudy_2011_endo", "ord2011_endo"), std::pair("cipaordv1_2017_endo", "ordcipa_endo"), std::pair("tor_ord_dyncl_2020_endo", "torord_dyncl_endo")}) {
    auto some = ionic_rates("ionic/rates", model, stem, stem, 1.0, 0, quick, p);
    if (!some) return core::pass(some);
    rows.insert(rows.end(), some->begin(), some->end());
  }
  return rows;
}

Rows ionic_rates_tt06(bool quick, const core::Progress& p) {
  std::vector<Row> rows;
  if (quick) return rows;
  for (const char* type : {"epi", "mid", "endo"}) {
    auto some = ionic_rates("ionic/rates-tt06", std::string("ten_tusscher_panfilov_2006_") + type, std::string("tt06_") + type, std::string("tt06_") + type, 1.0, 0.02, quick, p);
    if (!some) return core::pass(some);
    rows.insert(rows.end(), some->begin(), some->end());
  }
  return rows;
}

Rows ionic_tt06_epi(bool quick, const core::Progress& p) { return ionic_beat("ionic/tt06_epi-beat", "ten_tusscher_panfilov_2006_epi", "tt06_epi", quick, p); }
Rows ionic_tt06_mid(bool quick, const core::Progress& p) { return ionic_beat("ionic/tt06_mid-beat", "ten_tusscher_panfilov_2006_mid", "tt06_mid", quick, p); }
Rows ionic_tt06_endo(bool quick, const core::Progress& p) { return ionic_beat("ionic/tt06_endo-beat", "ten_tusscher_panfilov_2006_endo", "tt06_endo", quick, p); }
Rows ionic_ord_endo(bool quick, const core::Progress& p) { return ionic_beat("ionic/ord2011_endo-beat", "ohara_rudy_2011_endo", "ord2011_endo", quick, p); }
Rows ionic_ord_epi(bool quick, const core::Progress& p) { return ionic_beat("ionic/ord2011_epi-beat", "ohara_rudy_2011_epi", "ord2011_epi", quick, p); }
Rows ionic_ord_mid(bool quick, const core::Progress& p) { return ionic_beat("ionic/ord2011_mid-beat", "ohara_rudy_2011_mid", "ord2011_mid", quick, p); }
Rows ionic_cipa_endo(bool quick, const core::Progress& p) { return ionic_beat("ionic/ordcipa_endo-beat", "cipaordv1_2017_endo", "ordcipa_endo", quick, p); }
Rows ionic_torord_endo(bool quick, const core::Progress& p) { return ionic_beat("ionic/torord_dyncl_endo-beat", "tor_ord_dyncl_2020_endo", "torord_dyncl_endo", quick, p); }
Rows ionic_torord_epi(bool quick, const core::Progress& p) { return ionic_beat("ionic/torord_dyncl_epi-beat", "tor_ord_dyncl_2020_epi", "torord_dyncl_epi", quick, p); }
Rows ionic_torord_mid(bool quick, const core::Progress& p) { return ionic_beat("ionic/torord_dyncl_mid-beat", "tor_ord_dyncl_2020_mid", "torord_dyncl_mid", quick, p); }

}  // namespace ot::verify
