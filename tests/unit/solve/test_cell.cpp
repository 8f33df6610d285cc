// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "tests/unit/solve/answers.hpp"

using namespace ot::test;

namespace {

json cell() {
  return {{"kind", "cell"}, {"model", "ten_tusscher_panfilov_2006_epi"}, {"cycle_length_ms", 500}, {"beats", 1}, {"dt_ms", 0.02}};
}
std::vector<double> series(const json& out, const std::string& name) {
  INFO(name);
  REQUIRE(out.at("series").contains(name));
  REQUIRE(out["series"][name]["values"].size() == out["series"]["V_mV"]["values"].size());
  return out["series"][name]["values"].get<std::vector<double>>();
}

}  // namespace

TEST_CASE("Recorded currents: the total is -dV/dt away from the stimulus within 2 %, half of IKr by scale halves it at the first sample, INa peaks in the upstroke") {
  json spec = cell();
  spec["record"] = {"total", "IKr", "INa", "V_mV"};
  const json out = answer(spec);
  const auto v = series(out, "V_mV"), total = series(out, "total"), ikr = series(out, "IKr"), ina = series(out, "INa");
  CHECK(out["series"]["IKr"]["unit"] == "A/F");
  const auto& t = out["series"]["V_mV"]["t"];
  for (std::size_t k = 60; k + 1 < v.size(); k += 40) {   // 30 ms on: samples of 0.5 ms resolve V
    const double rate = (v[k + 1] - v[k - 1]) / (t[k + 1].get<double>() - t[k - 1].get<double>());
    INFO(t[k]);
    CHECK(total[k] == Approx(-rate).epsilon(0.02).margin(2e-3));
  }
  CHECK(*std::min_element(ina.begin(), ina.end()) < -100);
  CHECK(*std::max_element(ikr.begin(), ikr.end()) > 0.1);
  CHECK(*std::min_element(ikr.begin(), ikr.end()) > -0.01);
  spec["scale"] = {{"GKr", 0.5}};
  CHECK(series(answer(spec), "IKr").front() == Approx(ikr.front() / 2).epsilon(1e-9));
  spec["record"] = {"IKur"};
  refused(spec, "IKur");
  spec["record"] = {"Jup"};
  refused(spec, "Jup");
  spec["record"] = "IKr";
  refused(spec, "list of currents");
}

TEST_CASE("A cell starts from a file of named states: a flat object, an answer of solve and the object itself give the same beat") {
  const auto folder = std::filesystem::temp_directory_path() / "organtwin-test-solve-states";
  std::filesystem::create_directories(folder);
  const json first = answer(cell());
  const auto put = [&](const char* name, const std::string& text) { std::ofstream(folder / name) << text; };
  put("answer.json", first.dump());
  put("flat.json", first["final_state"].dump());
  put("list.json", "[1, 2]");
  put("foreign.json", R"({"V": -80, "gate_of_another_model": 0.5})");
  json spec = cell();
  spec["initial_state"] = first["final_state"];
  const json expected = answer(spec)["series"];
  const ot::solve::SolveOptions here{folder, {}};
  for (const char* name : {"answer.json", "flat.json"}) {
    spec["initial_state"] = name;
    CHECK(answer(spec, here)["series"] == expected);
  }
  spec["initial_state"] = "list.json";
  refused(spec, "named states", here);
  spec["initial_state"] = "foreign.json";
  refused(spec, "gate_of_another_model", here);
  spec["initial_state"] = "not_there.json";
  refused(spec, "not_there.json", here);
  std::filesystem::remove_all(folder);
}

TEST_CASE("The answer of a cell holds capture and the ionic dV/dt, and null for an APD of a stimulus on the plateau") {
  json spec = cell();
  spec["scale"] = {{"GKr", 0}, {"GKs", 0}};
  spec["beats"] = 2;
  const json out = answer(spec);
  CHECK(null(out, "apd90_ms"));
  CHECK(null(out, "captured_apd90_ms"));
  CHECK(value(out, "stimuli_captured") == 1);
  CHECK(value(out, "stimuli_followed") == 2);
  CHECK(value(out, "dvdt_max_ionic_V_per_s") < 1);
  CHECK(notes_say(out, "had not repolarised"));
}

TEST_CASE("A drug of the catalogue on a cell: in TT06 dofetilide at 1 x Cmax lengthens APD90 by what CiPAORdv1.0 shows within 0.5 ms (decision 0010), by static block otherwise, and an unknown drug is refused") {
  json spec = cell();
  spec["cycle_length_ms"] = 1000;
  const auto beats_of = [](const char* family) { return ot::ep::find_ionic_family(family)->pacing_beats; };   // the response is found with these
  spec["beats"] = beats_of("ten_tusscher_panfilov_2006");
  spec["model"] = "ten_tusscher_panfilov_2006_endo";
  const double control = value(answer(spec), "apd90_ms");
  spec["drug"] = {{"name", "dofetilide"}};
  const json laid = answer(spec);
  CHECK(notes_say(laid, "CiPAORdv1.0"));
  json verified = {{"kind", "cell"}, {"model", "cipaordv1_2017_endo"}, {"cycle_length_ms", 1000}, {"beats", beats_of("cipaordv1_2017")}};
  const double verified_control = value(answer(verified), "apd90_ms");
  verified["drug"] = spec["drug"];
  const double change = value(answer(verified), "apd90_ms") - verified_control;
  CHECK(change > 10);   // a class III drug at its usual dose
  CHECK(value(laid, "apd90_ms") - control == Approx(change).margin(0.5));
  spec["drug"]["static_block"] = true;
  const json as_static = answer(spec);
  CHECK(notes_say(as_static, "static block"));
  CHECK_FALSE(notes_say(as_static, "binding had no effect"));   // it was not asked to bind
  CHECK(std::abs(value(as_static, "apd90_ms") - control - change) > 1);   // IKr of TT06 carries little
  CHECK(value(laid, "triangulation_ms") == Approx(value(laid, "apd90_ms") - value(laid, "apd50_ms")));
  spec["drug"] = {{"name", "sugar"}};
  refused(spec, "sugar");
}
