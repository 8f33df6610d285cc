// SPDX-License-Identifier: GPL-3.0-or-later
// Single cells: laws every ionic model must keep, blocks, refusals.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "solvers/electrophysiology/reaction/beat.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/response.hpp"

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

namespace {

bool says(const CellResult& r, const std::string& words) {
  return std::any_of(r.notes.begin(), r.notes.end(), [&](const std::string& n) { return n.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("A stimulus on the plateau is no beat: without IKr and IKs the APDs are NaN and one note says why, for TT06 and O'Hara-Rudy") {
  CellProblem p;
  p.channels.g_Kr = p.channels.g_Ks = 0;
  p.beats = 3;
  const auto tt06 = run_cell(p);
  REQUIRE(tt06);
  CHECK(tt06->vrest_mV > -10);   // the plateau: the stimulus met a cell that is depolarised for good
  CHECK(std::isnan(tt06->apd90_ms));
  CHECK(std::isnan(tt06->apd50_ms));
  CHECK(std::isnan(tt06->captured_apd90_ms));
  CHECK(tt06->stimuli_captured == 1);
  CHECK(tt06->early_afterdepolarisations == 0);
  CHECK(tt06->notes.size() == 1);
  CHECK(says(*tt06, "had not repolarised when it was stimulated"));
  p = {};
  p.model = "ohara_rudy_2011_endo";
  p.channels.g_Kr = 0;
  p.dt_ms = 0;
  p.beats = 2;
  const auto ord = run_cell(p);
  REQUIRE(ord);
  CHECK(ord->vrest_mV > -40);
  CHECK(std::isnan(ord->apd90_ms));
  CHECK(ord->stimuli_captured == 1);
  CHECK(ord->notes.size() == 1);
  CHECK(says(*ord, "had not repolarised when it was stimulated"));
  p.initial_state = ord->final_state;   // a run that begins on the plateau: nothing before it to compare with
  p.beats = 1;
  p.initial_state[0] = -15;
  const auto resumed = run_cell(p);
  REQUIRE(resumed);
  CHECK(resumed->stimuli_captured == 0);
  CHECK(std::isnan(resumed->apd90_ms));
}

TEST_CASE("At 233 ms TT06 epi answers every second stimulus and says 2:1, the APD90 of the captured beats is that of the voltage trace within 1 ms, with either parity") {
  CellProblem p;
  p.cycle_length_ms = 233;
  p.record_beats = 2;
  for (const int beats : {21, 22}) {
    p.beats = beats;
    const auto r = run_cell(p);
    REQUIRE(r);
    CHECK(std::isnan(r->apd90_ms));
    CHECK(r->stimuli_followed == 12);
    CHECK(r->stimuli_captured == 6);
    CHECK(r->early_afterdepolarisations == 0);
    REQUIRE(r->notes.size() == 1);
    CHECK(says(*r, "2:1"));
    if (beats % 2) continue;
    // Both recorded beats are one action potential: from its upstroke through 0 mV to the last fall through 90 % repolarisation.
    const double peak = *std::max_element(r->v_mV.begin(), r->v_mV.begin() + 200), rest = r->v_mV.front(), level = peak - 0.9 * (peak - rest);
    double up = 0, down = 0;
    for (std::size_t k = 1; k < r->t_ms.size(); ++k) {
      if (up == 0 && r->v_mV[k] > 0) up = r->t_ms[k];
      if (r->v_mV[k - 1] > level && r->v_mV[k] <= level) down = r->t_ms[k];
    }
    CHECK(down - up > 250);
    CHECK(r->captured_apd90_ms == Approx(down - up).margin(1.0));
  }
}

TEST_CASE("Healthy beats have no early afterdepolarisation: Purkinje notch and dome, TT06 at 150 ms, a dome during phase 3 has one") {
  CellProblem p;
  p.model = "stewart_2009";
  p.beats = 2;
  for (const double cycle : {1000.0, 2000.0}) {
    p.cycle_length_ms = cycle;
    const auto r = run_cell(p);
    REQUIRE(r);
    CHECK(r->apd90_ms > 250);
    CHECK(r->early_afterdepolarisations == 0);
    CHECK(r->notes.size() == (cycle > 1500 ? 1 : 0));   // it beats by itself some 1180 ms after a stimulus
  }
  p = {};
  p.cycle_length_ms = 150;
  p.beats = 20;
  const auto fast = run_cell(p);
  REQUIRE(fast);
  CHECK(fast->early_afterdepolarisations == 0);
  CHECK(says(*fast, "2:1"));
  p = {};
  p.model = "ohara_rudy_2011_endo";   // without IKr it rises again on the plateau, O'Hara et al. 2011 figure 11 (EADs with IKr block)
  p.channels.g_Kr = 0;
  p.dt_ms = 0;
  p.beats = 1;
  CHECK(run_cell(p)->early_afterdepolarisations == 1);
  // The criterion itself on a drawn beat: 2 mV of rise at 200 ms count, at 60 ms (a dome) or at 600 ms (diastole) they do not.
  for (const double at : {60.0, 200.0, 600.0}) {
    Beat beat;
    for (double t = 0; t <= 800; t += 0.5) {
      double v = t < 10 ? -85 : t < 11 ? -85 + 120 * (t - 10) : t < 40 ? 35 - (t - 11) : t < 300 ? 6 - 0.1 * (t - 40) : t < 400 ? -20 - 0.65 * (t - 300) : -85;
      if (t > at && t < at + 20) v += 5;
      beat.t.push_back(t), beat.v.push_back(v);
    }
    CHECK(measure(beat, {10, 1, 0}).early_afterdepolarisation == (at == 200.0));
  }
}

TEST_CASE("The ionic dV/dt is that of the reference files within 3 %, and a note says when the stimulus alone makes the upstroke") {
  CellProblem p;
  p.beats = 2;
  const auto healthy = run_cell(p);
  REQUIRE(healthy);
  // reference/ionic/tt06_epi_CL1000.json: total minus ionic is the stimulus of 52 mV/ms
  CHECK(healthy->dvdt_max_V_per_s - healthy->dvdt_max_ionic_V_per_s == Approx(52.0).epsilon(0.03));
  CHECK(healthy->notes.empty());
  p.channels.g_Na = 0;
  const auto blocked = run_cell(p);
  REQUIRE(blocked);
  CHECK(blocked->dvdt_max_V_per_s == Approx(52).margin(0.5));
  CHECK(blocked->dvdt_max_ionic_V_per_s < 20);
  CHECK(says(*blocked, "made by the stimulus"));
}

TEST_CASE("Stewart's Purkinje cell at 4000 ms beats by itself between stimuli: said, and the APD90 is that of the stimulated beat, within 10 % of the one at 1000 ms") {
  CellProblem p;
  p.model = "stewart_2009";
  p.beats = 12;
  p.cycle_length_ms = 1000;
  const auto paced = run_cell(p);
  REQUIRE(paced);
  CHECK_FALSE(says(*paced, "by itself"));
  p.cycle_length_ms = 4000;
  const auto slow = run_cell(p);
  REQUIRE(slow);
  CHECK(says(*slow, "beats by itself"));
  CHECK(slow->apd90_ms == Approx(paced->apd90_ms).epsilon(0.1));
  CHECK(std::abs(slow->apd90_change_ms) < 30);   // 1226 ms when a beat of its own was measured from the stimulated upstroke
}

TEST_CASE("An action potential 500 ms after its stimulus counts as none of the stimulus, and an APD90 that changes by more than 5 ms at the end without alternating is said to") {
  PacedResponse response(-85, 10, 1000);
  for (int beat = 0; beat < 4; ++beat) {
    for (const auto& [t, v] : {std::pair{0.0, -85.0}, {10.0, -85.0}, {12.0, -40.0}, {100.0, -85.0}, {505.0, -70.0}, {510.0, 20.0}, {800.0, -85.0}, {1000.0, -85.0}}) response.sample(t, v);
    CHECK(response.unprompted_ms() == 510);
    Biomarkers b;
    CHECK(response.end_beat(&b) == PacedResponse::Answer::no_upstroke);
  }
  CHECK(response.summary().unprompted == 4);
  CHECK(response.summary().unprompted_ms == 500);
  PacedResponse rising(-85, 10, 1000);
  for (int beat = 0; beat < 4; ++beat) {
    for (const auto& [t, v] : {std::pair{0.0, -85.0}, {10.0, -85.0}, {12.0, 30.0}, {300.0, -85.0}, {1000.0, -85.0}}) rising.sample(t, v);
    Biomarkers b;
    b.apd90 = 200 + 20 * beat;
    CHECK(rising.end_beat(&b) == PacedResponse::Answer::captured);
  }
  CHECK(rising.summary().unprompted == 0);
  CHECK_FALSE(rising.summary().alternates);
  CHECK(rising.summary().note.find("has not settled") != std::string::npos);
}

TEST_CASE("Beats that alternate by more than 5 ms are said to, a stimulus of 2 mV/ms captures nothing and says so") {
  PacedResponse response(-85, 10, 300);
  for (int beat = 0; beat < 12; ++beat) {
    for (const auto& [t, v] : {std::pair{0.0, -85.0}, {10.0, -85.0}, {12.0, 30.0}, {100.0, 0.0}, {280.0, -85.0}, {300.0, -85.0}}) response.sample(t, v);
    Biomarkers b;
    b.apd90 = beat % 2 ? 200 : 212;
    CHECK(response.end_beat(&b) == PacedResponse::Answer::captured);
  }
  const auto s = response.summary();
  CHECK(s.captured == 12);
  CHECK(s.alternates);
  CHECK(s.apd90_ms == Approx(206));
  CHECK(s.longer_ms == 212);
  CHECK(s.shorter_ms == 200);
  CHECK(s.note.find("alternate") != std::string::npos);
  CellProblem p;
  p.beats = 2;
  p.stimulus_mV_per_ms = 2;
  const auto weak = run_cell(p);
  REQUIRE(weak);
  CHECK(weak->stimuli_captured == 0);
  CHECK(weak->notes.size() == 1);
  CHECK(says(*weak, "started no action potential"));
}
