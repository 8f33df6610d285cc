// SPDX-License-Identifier: GPL-3.0-or-later
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
