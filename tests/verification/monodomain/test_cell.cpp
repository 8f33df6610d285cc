// SPDX-License-Identifier: GPL-3.0-or-later
// Single cells against shared/reference/ionic: CVODE at 1e-9 on public model descriptions, paced 1000 beats at 1000 ms.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "tests/support/shared_data.hpp"

namespace {

using namespace ot::ep;

nlohmann::json reference(const std::string& name) {
  std::ifstream in(ot::test::shared_file("reference/ionic/" + name));
  return nlohmann::json::parse(in);
}

// The state in our order, V first, under the names of the public model description.
std::vector<double> end_state(const nlohmann::json& j) {
  const char* const order[] = {"membrane.V", "calcium.Cai", "calcium.CaSR", "calcium.CaSS", "sodium.Nai", "potassium.Ki", "ina.m",
                               "ina.h",      "ina.j",       "ikr.xr1",      "ikr.xr2",      "iks.xs",     "ito.r",        "ito.s",
                               "ical.d",     "ical.f",      "ical.f2",      "ical.fCaSS",   "jrel.R"};
  std::vector<double> y;
  for (const char* key : order) y.push_back(j.at("state_end_of_last_beat").at(key).get<double>());
  return y;
}

void check_ten_tusscher(const std::string& type, double dt) {
  const nlohmann::json j = reference("tt06_" + type + "_CL1000.json"), b = j.at("biomarkers");
  CellProblem p;
  p.model = "ten_tusscher_panfilov_2006_" + type;
  p.beats = 1;
  p.dt_ms = dt;
  p.initial_state = end_state(j);
  const auto r = run_cell(p);
  REQUIRE(r);
  INFO("rest " << r->vrest_mV << " peak " << r->vpeak_mV << " dvdt " << r->dvdt_max_V_per_s << " apd50 " << r->apd50_ms << " apd90 "
               << r->apd90_ms << " ca " << r->ca_diastolic_mM << " " << r->ca_peak_mM);
  INFO("reference: " << b.dump());
  CHECK(r->vrest_mV == Approx(b["Vrest_mV"].get<double>()).margin(0.1));
  CHECK(r->vpeak_mV == Approx(b["Vpeak_mV"].get<double>()).margin(1.0));
  CHECK(r->apd50_ms == Approx(b["APD50_ms"].get<double>()).margin(1.0));
  CHECK(r->apd90_ms == Approx(b["APD90_ms"].get<double>()).margin(1.0));
  CHECK(r->dvdt_max_V_per_s == Approx(b["dVdtmax_V_per_s"].get<double>()).epsilon(0.03));
  CHECK(r->ca_diastolic_mM == Approx(b["CaDiastolic_mM"].get<double>()).epsilon(0.01));
  CHECK(r->ca_peak_mM == Approx(b["CaPeak_mM"].get<double>()).epsilon(0.01));
}

}  // namespace

TEST_CASE("TT06 epi at dt 0.02: Vrest 0.1 mV, Vpeak 1 mV, APD 1 ms, Ca peak 1 %, dV/dt 3 % of CVODE at 1e-9 (reference/ionic)") {
  check_ten_tusscher("epi", 0.02);
}
TEST_CASE("TT06 mid at dt 0.02: Vrest 0.1 mV, Vpeak 1 mV, APD 1 ms, Ca peak 1 %, dV/dt 3 % of CVODE at 1e-9 (reference/ionic)") {
  check_ten_tusscher("mid", 0.02);
}
TEST_CASE("TT06 endo at dt 0.02: Vrest 0.1 mV, Vpeak 1 mV, APD 1 ms, Ca peak 1 %, dV/dt 3 % of CVODE at 1e-9 (reference/ionic)") {
  check_ten_tusscher("endo", 0.02);
}

TEST_CASE("TT06 epi at dt 0.05 keeps APD90 within 1 ms and Ca peak within 2 % of CVODE at 1e-9 (reference/ionic)") {
  const nlohmann::json j = reference("tt06_epi_CL1000.json"), b = j.at("biomarkers");
  CellProblem p;
  p.beats = 1;
  p.dt_ms = 0.05;
  p.initial_state = end_state(j);
  const auto r = run_cell(p);
  REQUIRE(r);
  INFO("peak " << r->vpeak_mV << " dvdt " << r->dvdt_max_V_per_s << " apd50 " << r->apd50_ms << " apd90 " << r->apd90_ms << " ca "
               << r->ca_peak_mM);
  CHECK(r->apd90_ms == Approx(b["APD90_ms"].get<double>()).margin(1.0));
  CHECK(r->ca_peak_mM == Approx(b["CaPeak_mM"].get<double>()).epsilon(0.02));
}

TEST_CASE("Mitchell-Schaeffer at 1000 and 500 ms: time above v_gate within 0.5 ms, peak within 0.2 mV (reference/ionic/mitchell_schaeffer.json)") {
  const nlohmann::json j = reference("mitchell_schaeffer.json");
  for (const char* const cl : {"1000", "500"}) {
    const nlohmann::json& row = j["results_by_CL"][cl];
    CellProblem p;
    p.model = "mitchell_schaeffer_2003";
    p.cycle_length_ms = std::stod(cl);
    p.beats = 25;
    p.record_every_ms = p.dt_ms;
    const auto r = run_cell(p);
    REQUIRE(r);
    double above = 0;
    for (std::size_t k = 0; k + 1 < r->v_mV.size(); ++k) above += r->v_mV[k] > -80 + 13 ? p.dt_ms : 0;
    INFO("CL " << cl << " above gate " << above << " peak " << r->vpeak_mV);
    CHECK(above == Approx(row["APD_gate_ms"].get<double>()).margin(0.5));
    CHECK(r->vpeak_mV == Approx(-80 + 100 * row["v_peak"].get<double>()).margin(0.2));
  }
}

TEST_CASE("Every ionic model gives the same beat with every instruction set of this machine to 1e-9 mV after 20 ms") {
  for (const IonicModel& m : builtin_ionic_models()) {
    std::vector<double> last, peak;
    for (const std::string& set : usable_instruction_sets()) {
      const KernelStep step = m.family->kernel(set);
      REQUIRE(step != nullptr);
      alignas(64) static double state[64 * block_nodes], param[64 * block_nodes], v[block_nodes], i[block_nodes], e[block_nodes];
      const auto y = m.initial_state();
      const auto c = m.family->parameters(m.cell_type, {});
      for (int l = 0; l < block_nodes; ++l) {
        v[l] = y[0];
        for (int s = 0; s < m.family->states; ++s) state[s * block_nodes + l] = y[std::size_t(s) + 1];
        for (int q = 0; q < m.family->params; ++q) param[q * block_nodes + l] = c[std::size_t(q)];
      }
      peak.push_back(y[0]);
      for (int k = 0; k < 1000; ++k) {
        step({block_nodes, 0.02, 0, state, param, v, v, i, e});
        for (int l = 0; l < block_nodes; ++l) v[l] += 0.02 * ((k * 0.02 < m.family->stimulus_ms ? m.family->stimulus_mV_per_ms : 0.0) - i[l]);
        peak.back() = std::max(peak.back(), v[0]);
      }
      for (int l = 1; l < block_nodes; ++l) CHECK(v[l] == v[0]);
      last.push_back(v[0]);
    }
    INFO(m.key);
    for (double v : last) CHECK(v == Approx(last[0]).margin(1e-9));
    CHECK(peak[0] > 0);
  }
}
