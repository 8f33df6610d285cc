// SPDX-License-Identifier: GPL-3.0-or-later
// A tube of another tool, without labels, through the documented commands: its ends are found, what enters follows from name and calibre and can be set.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "solvers/core/atomic_file.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using nlohmann::json;

namespace {

std::string tube_stl(const std::filesystem::path& folder, double radius) {
  const auto tube = test::make_tube([](double s) { return core::Vec3(0, 0, 40 * s); }, [&](double s) { return radius * (1 - 0.4 * std::exp(-std::pow((s - 0.5) / 0.06, 2))); }, 80, 32);
  std::string text = "solid tube\n";
  for (const auto& t : tube.triangles) {
    text += "facet normal 0 0 0\nouter loop\n";
    for (core::Index n : t) text += fmt::format("vertex {:.9g} {:.9g} {:.9g}\n", tube.points[std::size_t(n)].x(), tube.points[std::size_t(n)].y(), tube.points[std::size_t(n)].z());
    text += "endloop\nendfacet\n";
  }
  const auto path = (folder / "tube.stl").string();
  REQUIRE(core::write_file(path, text + "endsolid tube\n"));
  return path;
}

json ok(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "--quiet"});
  const auto r = test::run(arguments);
  INFO(r.err);
  REQUIRE(r.code == 0);
  return r.json();
}

double value(const json& answer, const std::string& key) {
  INFO(key);
  return answer.at("quantities").at(key).at("value").get<double>();
}

}  // namespace

TEST_CASE("A stenosed tube of 3 mm as STL named LAD, in any case of letters, is a coronary: FFR at hyperaemia below 0.98, inflow from the aortic pressure, which cannot be overruled") {
  const auto folder = test::scratch_folder("cli-lad-stl");
  const auto where = (folder / "case").string();
  const json imported = ok({"import", tube_stl(folder, 1.5), "--surface", "LAD", "--unit", "mm", "--edge", "0.6", "--case", where});
  CHECK(imported.dump().find("ends were found by their shape") != std::string::npos);
  ok({"build", where});
  const json run = ok({"run", where, "--mode", "fast"});
  CHECK(value(run, "LAD_ffr") < 0.98);
  CHECK(value(run, "LAD_ffr") > 0.5);
  CHECK(value(run, "LAD_inlet_pressure_mmhg") == Approx(93).epsilon(0.01));
  // The number comes with its meaning, its limits, where it was read, and the curve it was read on.
  const double ffr = value(run, "LAD_ffr");
  const json& told = run.at("ffr").at("LAD");
  CHECK(told.at("low").get<double>() == Approx(ffr - 0.1));
  CHECK(told.at("high").get<double>() == Approx(std::min(1.0, ffr + 0.1)));
  CHECK(told.at("meaning").get<std::string>() == (ffr < 0.76 ? "reduced" : ffr <= 0.80 ? "grey_zone" : "not_reduced"));
  CHECK(told.at("where").get<std::string>().find("mm from its beginning") != std::string::npos);
  const json& curve = run.at("pullback").at("LAD");
  REQUIRE(curve.size() == 1);
  CHECK(curve[0].at("ffr").front().get<double>() == Approx(1).epsilon(1e-9));
  CHECK(curve[0].at("ffr").back().get<double>() == Approx(ffr).margin(0.02));
  const auto out = folder / "out";
  const auto text = test::run({"run", where, "--mode", "fast", "--out", out.string()});
  REQUIRE(text.code == 0);
  CHECK(text.out.find("limits of agreement") != std::string::npos);
  CHECK(std::filesystem::exists(out / "LAD_pullback.csv"));
  CHECK(test::run({"conditions", where, "--inflow", "200", "--quiet"}).code == 3);
}

TEST_CASE("The same tube as a carotid of 6.5 mm takes 1.43 d^2.55 (van der Giessen 2011: 225 mL/min within 5 %) and then the 400 mL/min and 80 mmHg that are asked for, within 1 %") {
  const auto folder = test::scratch_folder("cli-carotid-stl");
  const auto where = (folder / "case").string();
  ok({"import", tube_stl(folder, 3.25), "--surface", "carotid", "--unit", "mm", "--edge", "1.2", "--case", where});
  ok({"build", where});
  const auto inlet_flow = [&](const json& shown) { return shown.at("vessels")[0].at("ends")[0].at("mean_flow_ml_min").get<double>(); };
  CHECK(inlet_flow(ok({"conditions", where})) == Approx(225).epsilon(0.05));
  CHECK(inlet_flow(ok({"conditions", where, "--inflow", "400", "--mean-pressure", "80"})) == Approx(400).epsilon(1e-9));
  const json run = ok({"run", where, "--mode", "fast"});
  CHECK(value(run, "carotid_inlet_flow_ml_min") == Approx(400).epsilon(1e-6));
  CHECK(value(run, "carotid_outlet_1_pressure_mmhg") == Approx(80).epsilon(0.01));
  const json pulse = ok({"conditions", where, "--pulse", "--beat", "0.9", "--outlet", "outlet 1:RCR=1,0.1,10"});
  CHECK_FALSE(pulse.at("vessels")[0].at("steady").get<bool>());
  CHECK(pulse.at("vessels")[0].at("cycle_s").get<double>() == Approx(0.9));
  const json beat = ok({"run", where, "--mode", "fast", "--out", (folder / "out").string()});
  CHECK(beat.at("notes").dump().find("steady flow") == std::string::npos);
  CHECK(beat.at("notes").dump().find("flow over a beat of 0.9 s") != std::string::npos);
  CHECK(beat.at("notes").dump().find("population values;") == std::string::npos);
  CHECK(std::filesystem::exists(folder / "out" / "carotid_waveforms.csv"));
  const auto before = test::snapshot(where);
  for (const auto& wrong : {"outlet 7:R=3", "outlet 1:R=x", "outlet 1:Q=3", "outlet 1"}) {
    const auto refused = test::run({"conditions", where, "--outlet", wrong, "--quiet"});
    INFO(wrong << " -> " << refused.err);
    CHECK((refused.code == 2 || refused.code == 3));
  }
  CHECK(test::snapshot(where) == before);
}

TEST_CASE("run --probe on the axis of a tube of 3 mm: the speed there is twice the mean of developed flow within 10 % (Poiseuille), such a run is not kept, a place outside is refused") {
  const auto folder = test::scratch_folder("cli-probe");
  const auto where = (folder / "case").string();
  ok({"import", tube_stl(folder, 1.5), "--surface", "LAD", "--unit", "mm", "--edge", "0.4", "--case", where});
  ok({"build", where});
  const auto before = test::snapshot(where);
  const json run = ok({"run", where, "--mode", "full", "--probe", "0,0,8"});
  const double mean = value(run, "LAD_inlet_flow_ml_min") * 1000 / 60 / (3.14159265 * 1.5 * 1.5);
  const json& probe = run.at("probes").at("LAD").at(0);
  CHECK(probe.at("speed_mm_s").get<double>() == Approx(2 * mean).epsilon(0.1));
  CHECK(probe.at("pressure_mmhg").get<double>() == Approx(93).margin(8));
  CHECK(test::snapshot(where) == before);
  CHECK(test::run({"run", where, "--mode", "full", "--probe", "9,9,9", "--quiet"}).code == 3);
  CHECK(test::run({"run", where, "--probe", "1,2", "--quiet"}).code == 2);
}
