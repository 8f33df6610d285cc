// SPDX-License-Identifier: GPL-3.0-or-later
// A real aorta (aorta-iliac-surface: centimetres, labelled caps) through the documented commands: stenosis, then a stent over it.
#include <catch2/catch.hpp>

#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json ok(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "--quiet"});
  const auto r = run(arguments);
  std::string line = "organtwin-cli";
  for (const auto& a : arguments) line += " " + a;
  INFO(line << "\n" << r.err);
  REQUIRE(r.code == 0);
  return r.json();
}

double value(const json& answer, const std::string& key) {
  INFO(key);
  return answer.at("quantities").at(key).at("value").get<double>();
}

json stretch(double start, double length) { return {{"kind", "segment"}, {"vessel", "aorta"}, {"branch", 0}, {"start_mm", start}, {"length_mm", length}}; }

struct Plans {
  std::string folder, narrow, stented;
};

Plans aorta_case(const fs::path& dir, const std::string& edge) {
  const fs::path surface = shared_file("data/aorta-iliac-surface/aorta_iliac.vtp");
  Plans p{(dir / "case").string(), (dir / "stenosis.json").string(), (dir / "stent.json").string()};
  const json imported = ok({"import", surface.string(), "--surface", "aorta", "--unit", "cm", "--cap-array", "ModelFaceID", "--inlet", "3", "--edge", edge, "--case", p.folder});
  CHECK(imported["stages"][0]["inverted"] == 0);
  CHECK(imported["stages"][0]["lumen_volume_ml"].get<double>() == Approx(135).epsilon(0.02));   // of the closed surface in cm3
  ok({"build", p.folder});
  const json narrow{{"id", "stenosis-1"}, {"kind", "stenosis"}, {"placement", stretch(60, 30)}, {"params", {{"diameter_percent", 60}}}};
  const json stent{{"id", "stent-1"}, {"kind", "stent"}, {"placement", stretch(55, 40)}, {"params", {{"diameter_mm", 18}}}};
  put(p.narrow, json{{"name", "Narrow"}, {"interventions", {narrow}}}.dump(2));
  put(p.stented, json{{"name", "Stented"}, {"interventions", {narrow, stent}}}.dump(2));
  return p;
}

// The drop rises by a third and more with the stenosis and the stent takes back at least half of it. Returns how many times it rises.
double drop_rises_and_falls(const Plans& p, const std::string& mode) {
  const json base = ok({"run", p.folder, "--mode", mode}), narrow = ok({"run", p.folder, "--mode", mode, "--scenario", p.narrow}), stented = ok({"run", p.folder, "--mode", mode, "--scenario", p.stented});
  for (const json* r : {&base, &narrow, &stented}) {
    CHECK((*r).at("mode") == mode);
    CHECK((*r).at("source_labels_sha256") == base.at("source_labels_sha256"));
    CHECK(value(*r, "aorta_inlet_flow_ml_min") == Approx(5000).epsilon(1e-6));
    CHECK(value(*r, "aorta_outlet_1_flow_ml_min") + value(*r, "aorta_outlet_2_flow_ml_min") == Approx(5000).epsilon(1e-4));
    CHECK(value(*r, "aorta_max_wss_pa") > 0);
  }
  const double a = value(base, "aorta_pressure_drop_mmhg"), b = value(narrow, "aorta_pressure_drop_mmhg"), c = value(stented, "aorta_pressure_drop_mmhg");
  INFO(mode << ": baseline " << a << ", stenosis " << b << ", stent " << c << " mmHg");
  CHECK(b > a * 1.33);
  CHECK(c < b - 0.5 * (b - a));
  CHECK(c > 0);
  CHECK(narrow.at("setup_sha256") != base.at("setup_sha256"));
  CHECK(stented.at("setup_sha256") != narrow.at("setup_sha256"));
  return b / a;
}

}  // namespace

// FAST was once asked to double the drop. That held because its baseline was a third of the 3D solution's (no entrance flow, no bends);
// what it has to reproduce is the 3D solver's rise.
TEST_CASE("Real aorta, FAST and 3D Navier-Stokes: 60 % stenosis raises the drop by a third and more and within 15 % as many times in both, a stent of 18 mm takes it back") {
  const auto plans = aorta_case(scratch_folder("real-aorta"), "4");
  const double fast = drop_rises_and_falls(plans, "fast"), full = drop_rises_and_falls(plans, "full");
  CHECK(fast == Approx(full).epsilon(0.15));
}

TEST_CASE("Real aorta: the inlet must be a cap of the surface, and the unit is not guessed") {
  const auto dir = scratch_folder("real-aorta-bad");
  const std::string surface = shared_file("data/aorta-iliac-surface/aorta_iliac.vtp").string();
  const auto wrong = [&](std::vector<std::string> rest, int code) {
    std::vector<std::string> arguments{"import", surface, "--surface", "aorta", "--case", (dir / "case").string(), "--quiet"};
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    const auto r = run(arguments);
    INFO(r.err);
    CHECK(r.code == code);
    CHECK(not_one_sentence(r.err) == "");
    CHECK(!fs::exists(dir / "case" / "case.json"));
  };
  wrong({"--unit", "cm", "--cap-array", "ModelFaceID", "--inlet", "17"}, 3);
  wrong({"--unit", "cm", "--cap-array", "NoSuchArray", "--inlet", "3"}, 3);
  wrong({"--unit", "furlong", "--cap-array", "ModelFaceID", "--inlet", "3"}, 2);
}
