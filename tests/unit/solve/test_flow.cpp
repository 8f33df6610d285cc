// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/solve/answers.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
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
  CHECK(notes_say(answer(fast), "Check the units of flow and geometry"));
  CHECK_FALSE(notes_say(answer(tube()), "Check the units of flow and geometry"));
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

// A cone of 2 mm at z = 0 to 1 mm at z = 30, whose file numbers its caps `wide` and `narrow` and its wall 1.
std::filesystem::path cone_file(int wide, int narrow) {
  auto cone = make_tube([](double s) { return core::Vec3(0, 0, 30 * s); }, [](double s) { return 2 - s; }, 60, 28);
  cone.patch_names = {{1, "patch 1"}, {wide, "patch wide"}, {narrow, "patch narrow"}};
  for (int& p : cone.patch) p = p == 2 ? wide : p == 3 ? narrow : 1;
  const auto path = scratch_folder("solve-cone") / (std::to_string(wide) + "_" + std::to_string(narrow) + ".vtp");
  REQUIRE(imaging::write_surface(cone, path, {}));
  return path;
}

json cone_spec(const std::filesystem::path& file, int inlet, int outlet, const char* mode) {
  json spec = tube();
  spec["mode"] = mode;
  spec["domain"] = {{"surface", file.string()}, {"unit", "mm"}, {"cap_array", "patch"}, {"edge_mm", 0.7}};
  spec["inlets"] = {{{"cap", inlet}, {"flow_mm3_per_s", {{0.0, 500.0}}}}};
  spec["outlets"] = {{{"cap", outlet}, {"resistance_Pa_s_per_mm3", 10.0}}};
  return spec;
}

// The loss of a cone of half angle near 2 degrees by Poiseuille's law, and the exchange of dynamic pressure of parabolic flow, mmHg.
double cone_drop(bool widens) {
  const double viscous = 8 * 0.0035 * 500 / pi * 30 / 3 * (1 - 1 / 8.0), head = 1.06e-3 * std::pow(500 / pi, 2) * (1 - 1 / 16.0);   // beta 4/3 of momentum bounds: head to 4/3 head
  return (viscous + (widens ? -head : head)) / 133.322387415;
}

}  // namespace

TEST_CASE("Caps of a surface go by the numbers of its file: a cone narrows or widens as its inlet says, in FAST and FULL, however they are numbered (Poiseuille and Bernoulli)") {
  for (const char* mode : {"fast", "full"}) {
    const double narrowing = value(answer(cone_spec(cone_file(2, 3), 2, 3, mode)), "pressure_drop_mmhg"), widening = value(answer(cone_spec(cone_file(2, 3), 3, 2, mode)), "pressure_drop_mmhg");
    INFO(mode << " narrowing " << narrowing << " widening " << widening << " by hand " << cone_drop(false) << " and " << cone_drop(true));
    CHECK(narrowing > widening + 0.1);
    CHECK(narrowing == Approx(cone_drop(false)).epsilon(0.25));
    CHECK(value(answer(cone_spec(cone_file(7, 4), 7, 4, mode)), "pressure_drop_mmhg") == Approx(narrowing).epsilon(1e-9));
    CHECK(value(answer(cone_spec(cone_file(7, 4), 4, 7, mode)), "pressure_drop_mmhg") == Approx(widening).epsilon(0.02));
  }
  refused(cone_spec(cone_file(7, 4), 3, 4, "fast"), "Its caps are 4 (");
  refused(cone_spec(cone_file(7, 4), 7, 5, "full"), "5 is no cap of");
  refused(cone_spec(cone_file(7, 4), 7, 1, "fast"), "1 is no cap of");   // the wall
}

TEST_CASE("The real aorta's caps 3, 4 and 5 (ModelFaceID of the file) are its inlet and both iliacs: 60 mL/s enter by 3, equal resistances share them, and the closing of its surface is said") {
  json spec = tube();
  spec["domain"] = {{"surface", shared_file("data/aorta-iliac-surface/aorta_iliac.vtp").string()}, {"unit", "cm"}, {"cap_array", "ModelFaceID"}, {"edge_mm", 2.5}};
  spec["inlets"] = {{{"cap", 3}, {"flow_mm3_per_s", {{0.0, 60000.0}}}, {"profile", "plug"}}};
  spec["outlets"] = {{{"cap", 4}, {"resistance_Pa_s_per_mm3", 0.2}}, {{"cap", 5}, {"resistance_Pa_s_per_mm3", 0.2}}};
  const json out = answer(spec);
  CHECK(notes_say(out, "Cap 3: inlet, 46"));   // 4.62 cm2
  double in = 0, left = 0;
  for (const auto& [key, q] : out["quantities"].items())
    if (key.ends_with("_flow_ml_min")) (key.find("3") != std::string::npos || key.starts_with("inlet") ? in : left) += q["value"].get<double>();
  CHECK(in == Approx(3600).epsilon(1e-6));
  CHECK(left == Approx(3600).epsilon(1e-6));
  spec["outlets"][1]["cap"] = 6;
  refused(spec, "Its caps are 3 (462");
}

TEST_CASE("No flow over a beat, a flow below 1e-6 mm/s and an outlet of 1e9 Pa s/mm3 get the same refusal from FAST and FULL, with the right reason") {
  for (const char* mode : {"fast", "full"}) {
    json spec = tube();
    spec["mode"] = mode, spec["domain"]["edge_mm"] = 1.0;
    spec["inlets"][0]["flow_mm3_per_s"] = {{0.0, 1e-9}};
    refused(spec, "Check the units of flow");
    spec["inlets"][0]["flow_mm3_per_s"] = {{0.0, 1000.0}};
    spec["outlets"][0]["resistance_Pa_s_per_mm3"] = 1e9;
    refused(spec, "outlets' resistances need");
    spec["outlets"][0]["resistance_Pa_s_per_mm3"] = 1;
    spec["steady"] = false;
    spec["inlets"][0]["flow_mm3_per_s"] = {{0.0, 0.0}, {0.4, 0.0}, {0.8, 0.0}};
    refused(spec, "zero throughout the cycle");
  }
}

TEST_CASE("What FAST cannot do it says: Carreau-Yasuda and a Womersley profile are notes, probes it answers with the section beside them (speed Q / (pi r^2) within 1e-3), a state to resume from is refused, by a steady FULL run too") {
  json spec = tube();
  CHECK_FALSE(notes_say(answer(spec), "FAST"));
  spec["fluid"]["carreau_yasuda"] = json::object();
  spec["inlets"][0]["profile"] = "womersley";
  spec["probes_mm"] = {{0.0, 0.0, 5.0}};
  const json out = answer(spec);
  CHECK(notes_say(out, "Carreau-Yasuda blood: FAST takes at every station"));
  CHECK(notes_say(out, "Womersley"));
  const double radius = spec["domain"]["tube_mm"]["radius"], flow = spec["inlets"][0]["flow_mm3_per_s"][0][1];
  CHECK(out["quantities"]["probe_1_velocity_z_mm_per_s"]["value"].get<double>() == Approx(flow / (3.14159265358979 * radius * radius)).epsilon(1e-3));
  spec["resume"] = "flow.state";
  refused(spec, "this run is FAST");
  spec["mode"] = "full";
  refused(spec, "this run is steady");
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
