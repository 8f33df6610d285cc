// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/meshing.hpp"
#include "tests/unit/solve/answers.hpp"

using namespace ot::test;

namespace {

json tube() {
  json spec = example("flow");
  spec["mode"] = "fast";
  return spec;
}

}  // namespace

TEST_CASE("A flow of 80 km/s is refused by FAST and FULL, a density of 1.06 and a flow no vessel has are said in a note") {
  for (const char* mode : {"fast", "full"}) {
    json spec = tube();
    spec["mode"] = mode;
    spec["domain"]["edge_mm"] = 1.0;
    spec["inlets"][0]["flow_mm3_per_s"] = {{0.0, 1e9}};
    refused(spec, "speed of sound");
  }
  json light = tube();
  light["fluid"]["density_kg_per_m3"] = 1.06;
  CHECK(notes_say(answer(light), "1.06 kg/m3"));
  json fast = tube();
  fast["inlets"][0]["flow_mm3_per_s"] = {{0.0, 1e5}};   // 8 m/s
  CHECK(notes_say(answer(fast), "which no vessel does"));
  CHECK_FALSE(notes_say(answer(tube()), "which no vessel does"));
  CHECK_FALSE(notes_say(answer(tube()), "density"));
}

TEST_CASE("Unknown outputs are refused by name, averages over a beat need a beat, and ffr is computed from the lesion's pressure loss") {
  json spec = tube();
  spec["outputs"] = {"pressur"};
  refused(spec, "pressur");
  spec["outputs"] = {"osi"};
  refused(spec, "osi");
  spec["outputs"] = "ffr";
  refused(spec, "list of names");
  spec["outputs"] = {"pressure", "ffr"};
  spec["domain"] = {{"stenosis_mm", {{"radius", 1.5}, {"length", 60}, {"severity", 0.6}, {"centre", 20}}}, {"edge_mm", 0.4}};
  spec["inlets"][0]["flow_mm3_per_s"] = {{0.0, 2500}};
  spec["outlets"][0]["resistance_Pa_s_per_mm3"] = 4;
  const json out = answer(spec);
  CHECK(value(out, "ffr") < 0.97);
  CHECK(value(out, "ffr") > 0.3);
  spec["aortic_pressure_Pa"] = 2 * value(out, "ffr_aortic_pressure_Pa");   // the same loss of twice the pressure
  CHECK(1 - value(answer(spec), "ffr") == Approx((1 - value(out, "ffr")) / 2).epsilon(1e-6));
}

namespace {

// 60 % over 6 mm in a 3 mm tube of 40 mm.
json stenosed(const char* mode) {
  json spec = tube();
  spec["mode"] = mode;
  spec["domain"] = {{"stenosis_mm", {{"radius", 1.5}, {"length", 40}, {"severity", 0.6}, {"centre", 16}, {"lesion_length", 6}}}, {"edge_mm", 0.5}};
  spec["inlets"][0]["flow_mm3_per_s"] = {{0.0, 1000}};
  spec["outlets"] = {{{"cap", 2}, {"resistance_Pa_s_per_mm3", 5}}};
  spec["outputs"] = {"pressure"};
  return spec;
}
double drop(const json& solved) { return solved["quantities"]["pressure_drop_mmhg"]["value"]; }

}  // namespace

TEST_CASE("devices of a flow spec act as in a plan: an ideal lumen loses what the tube without the lesion does to 3 % (FAST), a stent and a balloon widen the throat, a graft leads past it") {
  const double narrow = drop(answer(stenosed("fast")));
  json healthy = stenosed("fast");
  healthy["domain"] = {{"tube_mm", {{"radius", 1.5}, {"length", 40}}}, {"edge_mm", 0.5}};
  const double smooth = drop(answer(healthy));
  REQUIRE(narrow > 3 * smooth);
  const auto with = [&](const char* device) {
    json spec = stenosed("fast");
    spec["devices"] = json::array({json::parse(device)});
    return answer(spec);
  };
  CHECK(drop(with(R"({"kind": "ideal_lumen", "start_mm": 11, "length_mm": 10})")) == Approx(smooth).epsilon(0.03));
  const json stented = with(R"({"kind": "stent", "centreline_branch": 0, "start_mm": 11, "length_mm": 10, "diameter_mm": 3.0})");
  CHECK(drop(stented) == Approx(smooth).epsilon(0.1));
  bool reported = false;
  for (const auto& [key, q] : stented["quantities"].items()) reported = reported || key.find("stent") != std::string::npos;
  CHECK(reported);
  const double after_balloon = drop(with(R"({"kind": "balloon", "start_mm": 11, "length_mm": 10, "diameter_mm": 3.0, "recoil_percent": 20})"));
  CHECK(after_balloon < 0.6 * narrow);
  CHECK(after_balloon > smooth);
  const json led = with(R"({"kind": "graft", "start_mm": 7, "to_mm": 30, "diameter_mm": 2.5})");
  CHECK(led["quantities"]["graft_flow_share"]["value"].get<double>() > 0.5);
  CHECK(drop(led) < narrow);
}

TEST_CASE("devices that do not fit, unknown kinds and unknown keys are refused by name") {
  const auto with = [](const char* device) {
    json spec = stenosed("fast");
    spec["devices"] = json::array({json::parse(device)});
    return spec;
  };
  refused(with(R"({"kind": "clip", "start_mm": 11, "length_mm": 10})"), "clip");
  refused(with(R"({"kind": "stent", "start_mm": 11, "length_mm": 10, "colour": 1})"), "colour");
  refused(with(R"({"kind": "stent", "start_mm": 35, "length_mm": 30})"), "branch");
  refused(with(R"({"kind": "stent", "start_mm": 11})"), "length_mm");
  json channel = with(R"({"kind": "stent", "start_mm": 11, "length_mm": 10})");
  channel["domain"] = {{"stenosis_mm", {{"radius", 1.5}, {"length", 40}, {"severity", 0.6}, {"centre", 16}, {"lesion_length", 6}}}};
  refused(channel, "edge_mm");
}

TEST_CASE("FULL meshes and solves the lumen that a stent left: its pressure drop falls below a third of the lesion's") {
  json spec = stenosed("full");
  ot::solve::SolveOptions options;
  options.tools.remesh_lumen = [](const ot::core::SurfaceMesh& lumen, double edge_mm, const ot::core::Progress& progress) { return ot::imaging::lumen_tets(lumen, edge_mm, progress); };
  const auto before = ot::solve::solve(spec, options, {});
  REQUIRE(before);
  spec["devices"] = json::array({json::parse(R"({"kind": "stent", "start_mm": 11, "length_mm": 10, "diameter_mm": 3.0})")});
  const auto after = ot::solve::solve(spec, options, {});
  INFO((after ? std::string() : after.error().message));
  REQUIRE(after);
  CHECK(drop(*after) < drop(*before) / 3);
  CHECK((*after)["quantities"]["tets"]["value"].get<double>() > 1000);
}
