// SPDX-License-Identifier: GPL-3.0-or-later
// tests/cases/*.json through the program, against known physics.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot::test;
using nlohmann::json;

namespace {

json solve(const std::string& name, const std::string& threads = "2") {
  const auto r = run({"solve", std::string(OT_CASES) + "/" + name, "--json", "--quiet", "--threads", threads});
  INFO(name << " " << r.err);
  REQUIRE(r.code == 0);
  CHECK(r.err.empty());
  const json answer = r.json();
  for (const char* key : {"kind", "spec_sha256", "quantities", "series", "files", "wall_s", "iterations"}) CHECK(answer.contains(key));
  CHECK(answer["spec_sha256"].get<std::string>().size() == 64);
  for (const auto& [key, q] : answer["quantities"].items()) {
    CHECK(q.contains("value"));
    CHECK(q.at("unit").is_string());
  }
  return answer;
}

double value(const json& answer, const std::string& key) { return answer.at("quantities").at(key).at("value").get<double>(); }

// Slope of a straight line fitted to the pull-back more than one radius (2 mm) away from both caps of the 16 mm pipe, Pa/mm.
double gradient(const json& answer) {
  const auto& s = answer.at("series").at("pressure_along_centreline");
  std::vector<double> x, p;
  for (std::size_t i = 0; i < s.at("values").size(); ++i)
    if (const double arc = s.at("arc_mm")[i].get<double>(); arc > 2 && arc < 14) x.push_back(arc), p.push_back(s["values"][i].get<double>());
  REQUIRE(x.size() >= 8);
  const double n = double(x.size());
  double sx = 0, sp = 0, sxx = 0, sxp = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sx += x[i], sp += p[i], sxx += x[i] * x[i], sxp += x[i] * p[i];
  return (n * sxp - sx * sp) / (n * sxx - sx * sx);
}

void refused(const json& spec, const std::string& word) {
  const auto folder = scratch_folder("solve-refused");
  put(folder / "spec.json", spec.dump());
  const auto r = run({"solve", (folder / "spec.json").string(), "--json", "--quiet"});
  INFO(spec.dump() << "\n" << r.err);
  CHECK(r.code == 3);
  CHECK(r.out.empty());
  CHECK(not_one_sentence(r.err) == "");
  CHECK(r.err.find(word) != std::string::npos);
}

json example(const char* kind) { return run({"solve", "--schema", kind, "--json"}).json()["example"]; }

}  // namespace

TEST_CASE("Cell: ten Tusscher 2006 epi rests within 1 mV of -85.2 mV and IKr at its IC50 prolongs the action potential") {
  const json base = solve("cell_tt06.json"), blocked = solve("cell_tt06_ikr_block.json");
  CHECK(value(base, "vrest_mV") == Approx(-85.2).margin(1.0));   // ten Tusscher and Panfilov 2006, Am J Physiol 291:H1088, initial state of the published code
  CHECK(value(base, "vpeak_mV") > 25);
  CHECK(value(base, "apd90_ms") == Approx(306).margin(10));      // same paper, epicardial, 1 Hz
  CHECK(value(base, "apd50_ms") < value(base, "apd90_ms"));
  CHECK(value(base, "ca_peak_mM") > 3 * value(base, "ca_diastolic_mM"));
  CHECK(value(blocked, "apd90_ms") > value(base, "apd90_ms") + 5);
  const auto& v = base["series"]["V_mV"];
  CHECK(v["t"].size() == v["values"].size());
  CHECK(v["unit"] == "mV");
}

TEST_CASE("Eikonal: a plane wave crosses 20 mm at 0.6 m/s in 33.33 ms within 1 %") {
  const json wave = solve("eikonal_plane.json");
  CHECK(value(wave, "activation_0_ms") == Approx(10 / 0.6).epsilon(0.01));
  CHECK(value(wave, "activation_1_ms") == Approx(20 / 0.6).epsilon(0.01));
  CHECK(value(wave, "activation_2_ms") == Approx(20 / 0.6).epsilon(0.01));
  CHECK(value(wave, "activated_percent") == 100);
}

TEST_CASE("Tissue: a strand conducts at 0.5 to 0.8 m/s along the fibres, bitwise the same with 1 and 2 threads") {
  const json two = solve("tissue_strand.json", "2"), one = solve("tissue_strand.json", "1");
  const double velocity = 4.0 / (value(two, "activation_1_ms") - value(two, "activation_0_ms"));   // mm/ms = m/s
  CHECK(velocity > 0.5);
  CHECK(velocity < 0.8);   // Niederer 2011 benchmark tissue: about 0.6 to 0.7 m/s
  CHECK(value(two, "activated_percent") == 100);
  CHECK(one["quantities"] == two["quantities"]);
}

TEST_CASE("Flow: the pressure gradient of a pipe is within 1 % of Poiseuille's 8 mu Q / (pi R^4), FULL and FAST") {
  const double exact = -8 * 0.0035 * 1000 / (M_PI * 16);   // Pa/mm
  const json full = solve("poiseuille.json"), fast = solve("poiseuille_fast.json");
  CHECK(gradient(full) == Approx(exact).epsilon(0.01));
  CHECK(gradient(fast) == Approx(exact).epsilon(0.001));
  CHECK(value(full, "mass_balance_rel") < 1e-6);
  CHECK(value(full, "peak_speed_m_s") == Approx(2 * 1000 / (M_PI * 4) * 1e-3).epsilon(0.05));   // twice the mean
}

TEST_CASE("Fields go to --out as complete files that the answer names") {
  const auto folder = scratch_folder("solve-out");
  const auto r = run({"solve", std::string(OT_CASES) + "/eikonal_plane.json", "--json", "--quiet", "--out", (folder / "fields").string()});
  REQUIRE(r.code == 0);
  const auto files = r.json()["files"];
  REQUIRE(files.size() == 1);
  CHECK(std::filesystem::file_size(files[0].get<std::string>()) > 1000);
  CHECK(snapshot(folder).size() == 1);
}

TEST_CASE("An unknown key is refused by name in every kind and on every level") {
  for (const char* kind : {"cell", "tissue", "eikonal", "flow"}) {
    json spec = example(kind);
    spec["colour"] = "blue";
    refused(spec, "colour");
  }
  json cell = example("cell");
  cell["stimulus"]["strength"] = 3;
  refused(cell, "strength");
  json tissue = example("tissue");
  tissue["mesh"]["shape"] = "round";
  refused(tissue, "shape");
  json flow = example("flow");
  flow["outlets"][0]["valve"] = true;
  refused(flow, "valve");
}

TEST_CASE("Values that make no sense are refused by name: negative, of the wrong type, missing, unknown") {
  json cell = example("cell");
  cell["dt_ms"] = -1;
  refused(cell, "dt_ms");
  cell = example("cell");
  cell["model"] = "perpetuum_mobile";
  refused(cell, "perpetuum_mobile");
  cell = example("cell");
  cell["scale"] = {{"GKr", "much"}};
  refused(cell, "GKr");
  cell = example("cell");
  cell["block"][0]["concentration_nM"] = -2;
  refused(cell, "concentration_nM");
  cell = example("cell");
  cell["beats"] = 1.5;
  refused(cell, "beats");
  json tissue = example("tissue");
  tissue["mesh"]["box_mm"] = {20, -7, 3};
  refused(tissue, "box_mm");
  tissue = example("tissue");
  tissue["lesions"] = {{{"sphere_mm", {{500, 0, 0}, 2}}}};
  refused(tissue, "lesion");
  tissue = example("tissue");
  tissue["stimuli"][0]["box_mm"] = {{100, 100, 100}, {101, 101, 101}};
  refused(tissue, "stimulus");
  json flow = example("flow");
  flow.erase("domain");
  refused(flow, "domain");
  flow = example("flow");
  flow["domain"]["tube_mm"]["radius"] = 0;
  refused(flow, "radius");
  flow = example("flow");
  flow["inlets"][0]["flow_mm3_per_s"] = "lots";
  refused(flow, "flow_mm3_per_s");
  refused({{"kind", "weather"}}, "weather");
  refused(json::array(), "kind");
}
