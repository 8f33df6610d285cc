// SPDX-License-Identifier: GPL-3.0-or-later
// Atrial and Purkinje cells against shared/reference/ionic; the remodelled cell against the published factors.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/structure/tissue_regions.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot::ep;

namespace {

void check_beat(const std::string& model, const std::string& file, double dt) {
  std::ifstream in(ot::test::shared_file("reference/ionic/" + file));
  const auto j = nlohmann::json::parse(in);
  std::vector<std::pair<std::string, double>> named;
  for (const auto& [name, value] : j["state_end_of_last_beat"].items()) named.emplace_back(name, value.get<double>());
  std::vector<std::string> missing;
  const auto state = named_state(*find_ionic_model(model), named, &missing);
  REQUIRE(state);
  CHECK(missing.empty());
  CellProblem p;
  p.model = model;
  p.beats = 1;
  p.dt_ms = dt;
  p.initial_state = *state;
  p.stimulus_mV_per_ms = -j["stimulus"]["amplitude_A_per_F"].get<double>();
  p.stimulus_ms = j["stimulus"]["duration_ms"];
  const auto r = run_cell(p);
  REQUIRE(r);
  const auto& b = j["biomarkers"];
  CHECK(r->vrest_mV == Approx(b["Vrest_mV"].get<double>()).margin(0.1));
  CHECK(r->vpeak_mV == Approx(b["Vpeak_mV"].get<double>()).margin(1.0));
  CHECK(r->apd50_ms == Approx(b["APD50_ms"].get<double>()).margin(1.0));
  CHECK(r->apd90_ms == Approx(b["APD90_ms"].get<double>()).margin(0.3));
  CHECK(r->ca_peak_mM == Approx(b["CaPeak_mM"].get<double>()).epsilon(0.01));
  CHECK(r->dvdt_max_V_per_s == Approx(b["dVdtmax_V_per_s"].get<double>()).epsilon(0.03));
}

double apd90(const std::string& model, const ChannelScales& scales) {
  CellProblem p;
  p.model = model;
  p.beats = 5;
  p.channels = scales;
  const auto r = run_cell(p);
  REQUIRE(r);
  return r->apd90_ms;
}

}  // namespace

TEST_CASE("Courtemanche 1998 at dt 0.01: Vrest 0.1 mV, Vpeak 1 mV, APD50 1 ms, APD90 0.3 ms, Ca peak 1 %, dV/dt 3 % of CVODE at 1e-9 (reference/ionic)") {
  check_beat("courtemanche_1998", "courtemanche1998_CL1000.json", 0.01);
}

TEST_CASE("Stewart 2009 at dt 0.02: Vrest 0.1 mV, Vpeak 1 mV, APD50 1 ms, APD90 0.3 ms, Ca peak 1 %, dV/dt 3 % of CVODE at 1e-9 (reference/ionic)") {
  check_beat("stewart_2009", "stewart2009_purkinje_CL1000.json", 0.02);
}

TEST_CASE("AF remodelling: the named model and the region's factors give the same beat to 1e-9 ms, at least 30 % shorter than the healthy one") {
  const double healthy = apd90("courtemanche_1998", {}), named = apd90("courtemanche_1998_af", {}),
               region = apd90("courtemanche_1998", tissue_region("af_remodelled").channels);
  CHECK(named == Approx(region).margin(1e-9));
  CHECK(named < 0.7 * healthy);
}

TEST_CASE("The Purkinje cell fires by itself: without stimulus at least twice in 5 s, and not any more with the funny current blocked") {
  for (const double g_f : {1.0, 0.0}) {
    CellProblem p;
    p.model = "stewart_2009";
    p.cycle_length_ms = 5000;
    p.beats = 1;
    p.stimulus_mV_per_ms = 1e-9;
    p.channels.g_f = g_f;
    const auto r = run_cell(p);
    REQUIRE(r);
    int upstrokes = 0;
    for (std::size_t k = 0; k + 1 < r->v_mV.size(); ++k) upstrokes += r->v_mV[k] < 0 && r->v_mV[k + 1] >= 0;
    if (g_f > 0) CHECK(upstrokes >= 2);
    else CHECK(upstrokes == 0);
  }
}

TEST_CASE("Full block of a channel removes its current to 1e-12: a scale of 0 and a block of 1 give the same beat in every new model") {
  for (const char* model : {"courtemanche_1998", "stewart_2009"}) {
    ChannelScales zero;
    zero.g_Kr = 0;
    CellProblem a, b;
    a.model = b.model = model;
    a.beats = b.beats = 2;
    a.channels = zero;
    b.blocks = {{"g_Kr", 1.0}};
    const auto x = run_cell(a), y = run_cell(b);
    REQUIRE((x && y));
    CHECK(x->apd90_ms == Approx(y->apd90_ms).margin(1e-12));
    CellProblem free;
    free.model = model;
    free.beats = 2;
    const auto z = run_cell(free);
    REQUIRE(z);
    CHECK(x->apd90_ms > z->apd90_ms + 1);   // without IKr the beat is longer
  }
}
