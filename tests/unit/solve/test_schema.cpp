// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/solve/answers.hpp"

using namespace ot::test;

namespace {

json key(const json& schema, const std::string& in, const std::string& name) {
  for (const auto& k : schema.at("keys"))
    if (k["in"] == in && k["key"] == name) return k;
  FAIL("the schema lacks " << in << " " << name);
  return {};
}

}  // namespace

TEST_CASE("The schema of every kind lists types, units, defaults, ranges and what is required, as the readers have them") {
  for (const std::string& kind : ot::solve::kinds()) {
    const auto r = ot::solve::schema(kind);
    REQUIRE(r);
    INFO(kind);
    CHECK((*r)["keys"].size() > 12);
  }
  const json cell = *ot::solve::schema("cell"), tissue = *ot::solve::schema("tissue"), flow = *ot::solve::schema("flow"), network = *ot::solve::schema("network"), eikonal = *ot::solve::schema("eikonal");
  CHECK(key(cell, "", "cycle_length_ms") == json{{"in", ""}, {"key", "cycle_length_ms"}, {"type", "number"}, {"required", false}, {"default", 1000.0}, {"unit", "ms"}, {"min", 50.0}, {"max", 20000.0}});
  CHECK(key(cell, "", "beats")["type"] == "whole number");
  CHECK(key(cell, "block", "ic50_nM")["required"] == true);
  CHECK(key(cell, "block", "ic50_nM")["unit"] == "nM");
  CHECK(key(cell, "cipa_drug", "x_cmax")["default"] == 1.0);
  CHECK(key(tissue, "", "mesh")["required"] == true);
  CHECK(key(tissue, "", "end_ms")["required"] == true);
  CHECK(key(tissue, "mesh", "split")["default"] == "auto");
  CHECK(key(tissue, "mesh", "unit")["required"] == false);
  CHECK(key(tissue, "conductivity", "intra_S_per_m")["unit"] == "S/m");
  CHECK(key(tissue, "stimuli", "amplitude_mV_per_ms")["max"] == 1e4);
  CHECK(key(eikonal, "", "velocity_m_per_s")["type"] == "three numbers");
  CHECK(key(flow, "rcr", "c_mm3_per_Pa")["unit"] == "mm3/Pa");
  CHECK(key(flow, "domain", "edge_mm")["unit"] == "mm");
  CHECK(key(flow, "stenosis_mm", "severity")["max"] == 0.95);
  CHECK(key(flow, "domain", "cap_array")["default"] == "");
  CHECK(key(network, "A segment", "young_Pa")["unit"] == "Pa");
  CHECK(key(network, "", "cycles")["required"] == false);
  CHECK_FALSE(ot::solve::schema("weather"));
  json spec = example("cell");   // the recorder is gone: specs are solved, unknown keys refused
  spec["colour"] = "blue";
  refused(spec, "colour");
}
