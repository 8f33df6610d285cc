// SPDX-License-Identifier: GPL-3.0-or-later
// Single cells: laws every ionic model must keep, blocks, refusals.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

using namespace ot;
using namespace ot::ep;

TEST_CASE("Every ionic model: unique key, a source, named states, a beat fires and repolarises, rest stays at rest or the pacemaker fires by itself") {
  std::set<std::string> keys;
  for (const IonicModel& m : builtin_ionic_models()) {
    INFO(m.key);
    CHECK(keys.insert(m.key).second);
    CHECK(find_ionic_model(m.key) == &m);
    CHECK(!m.source.empty());
    CHECK(int(m.states.size()) == m.family->states + 1);
    CHECK(m.initial_state().size() == m.states.size());
    CHECK(int(m.family->parameters(m.cell_type, {}).size()) == m.family->params);
    CellProblem p;
    p.model = m.key;
    p.beats = 3;
    const auto r = run_cell(p);
    REQUIRE(r);
    CHECK(r->vpeak_mV > 0);
    // Remodelled atrium: 40 to 60 ms at 50 % (Courtemanche 1999). Purkinje: drifts up from its maximum diastolic potential, about -74 mV (Stewart 2009).
    const bool remodelled = m.key == "courtemanche_1998_af", pacemaker = m.family->key == "stewart_2009";
    CHECK(r->apd50_ms > (remodelled ? 40 : 100));
    CHECK(r->apd90_ms > r->apd50_ms);
    CHECK(r->vrest_mV < (pacemaker ? -65 : -75));
    CHECK(r->final_state.size() == m.states.size());
    p.stimulus_start_ms = 999;  // quiet for a cycle
    p.stimulus_ms = 0.5;
    p.stimulus_mV_per_ms = 1e-9;
    p.beats = 1;
    p.initial_state = r->final_state;
    const auto quiet = run_cell(p);
    REQUIRE(quiet);
    if (pacemaker) {
      CHECK(*std::max_element(quiet->v_mV.begin(), quiet->v_mV.end()) > 0);   // a cycle of 1 s without stimulus: it fires on its own
      continue;
    }
    for (double v : quiet->v_mV) CHECK(v == Approx(r->final_state[0]).margin(1.0));
    CHECK(std::isnan(quiet->apd90_ms));
    CHECK(!quiet->notes.empty());
  }
}

TEST_CASE("Half of IKr by scale and by block give the same beat to the last bit, and a longer one than control by 5-60 ms") {
  CellProblem p;
  p.beats = 5;
  const auto control = run_cell(p);
  auto scaled = p, blocked = p;
  scaled.channels.g_Kr = 0.5;
  blocked.blocks = {{"g_Kr", 0.5}};
  const auto a = run_cell(scaled), b = run_cell(blocked);
  REQUIRE(control);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->v_mV == b->v_mV);
  CHECK(a->apd90_ms - control->apd90_ms > 5);
  CHECK(a->apd90_ms - control->apd90_ms < 60);
  auto none = p;
  none.blocks = {{"g_Kr", 0.0}, {"g_Na", 0.0}};
  CHECK(run_cell(none)->v_mV == control->v_mV);
}

TEST_CASE("A pacing run of several cells at once equals each cell alone to the last bit") {
  const std::vector<CellType> types{CellType::epi, CellType::endo, CellType::mid};
  std::vector<ChannelScales> scales(3);
  scales[2].g_Kr = 0.7;
  const auto all = paced_states("ten_tusscher_panfilov_2006", 700, 2, 0.02, types, scales);
  REQUIRE(all);
  CHECK((*all)[0] != (*all)[1]);
  CHECK((*all)[1] != (*all)[2]);
  CellProblem p;  // the same beats by the other route; stimulus at the start of the cycle
  p.model = "ten_tusscher_panfilov_2006_mid";
  p.cycle_length_ms = 700;
  p.beats = 2;
  p.stimulus_start_ms = 0;
  p.channels.g_Kr = 0.7;
  const auto alone = run_cell(p);
  REQUIRE(alone);
  CHECK(alone->final_state == (*all)[2]);
}

TEST_CASE("Unknown models and channels, impossible blocks, steps, cycles and states are refused by name") {
  const auto refused = [](const CellProblem& p, const std::string& words) {
    const auto r = run_cell(p);
    REQUIRE(!r);
    INFO(r.error().message);
    CHECK(r.error().message.find(words) != std::string::npos);
  };
  CellProblem p;
  p.model = "hodgkin";
  refused(p, "hodgkin");
  p = {};
  p.blocks = {{"g_X", 0.5}};
  refused(p, "g_X");
  p.blocks = {{"g_Kr", 1.5}};
  refused(p, "g_Kr");
  p = {};
  p.dt_ms = 0.5;
  refused(p, "time step");
  p = {};
  p.cycle_length_ms = 3;
  refused(p, "cycle length");
  p = {};
  p.initial_state = {1, 2, 3};
  refused(p, "initial state");
  p = {};
  p.channels.g_Na = -1;
  refused(p, "channel scale");
  p = {};
  p.stimulus_mV_per_ms = 5000;
  refused(p, "200 mV");
}

TEST_CASE("A channel the model does not have is answered with a note") {
  CellProblem p;
  p.beats = 1;
  p.channels.g_NaL = 2;
  const auto r = run_cell(p);
  REQUIRE(r);
  REQUIRE(r->notes.size() == 1);
  CHECK(r->notes[0].find("g_NaL") != std::string::npos);
}
