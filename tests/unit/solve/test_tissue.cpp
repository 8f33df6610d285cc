// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <filesystem>
#include <fstream>

#include "imaging/exchange/mesh_file.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/electrophysiology/fibres.hpp"
#include "tests/support/ellipsoid_heart.hpp"
#include "tests/unit/solve/answers.hpp"

using namespace ot::test;

namespace {

json eikonal() {
  return {{"kind", "eikonal"}, {"mesh", {{"box_mm", {6, 3, 3}}, {"edge_mm", 0.75}}}, {"velocity_m_per_s", {0.6, 0.3, 0.3}}, {"sources", {{{"at_mm", {0, 0, 0}}}}}, {"sensors", {{{"activation_at_mm", {{6, 3, 3}}}}}}};
}
json tissue() {
  return {{"kind", "tissue"}, {"mesh", {{"box_mm", {4, 1, 1}}, {"edge_mm", 0.5}}}, {"conductivity", {{"intra_S_per_m", {0.17, 0.019, 0.019}}, {"extra_S_per_m", {0.62, 0.24, 0.24}}}}, {"end_ms", 12},
          {"stimuli", {{{"box_mm", {{0, 0, 0}, {1, 1, 1}}}, {"duration_ms", 2}, {"amplitude_mV_per_ms", 35.714}}}}, {"sensors", {{{"activation_at_mm", {{4, 1, 1}}}}}}};
}

}  // namespace

TEST_CASE("A state to be saved in a folder that is not there is refused before the run, an eikonal velocity of 1e-300 m/s by its size") {
  json spec = tissue();
  spec["end_ms"] = 1e5;   // hours, were it to run
  spec["save_state"] = {{"file", "no such folder/state"}};
  refused(spec, "there is no folder");
  spec = eikonal();
  spec["velocity_m_per_s"] = {0.6, 1e-300, 0.3};
  refused(spec, "is below 1e-09 m/s");
}

TEST_CASE("Sources and sensors more than an edge outside the tissue are refused with the distance, a faceted surface may be missed by less") {
  json spec = eikonal();
  spec["sources"][0]["at_mm"] = {46, 0, 0};
  refused(spec, "40 mm outside");
  spec = eikonal();
  spec["sensors"][0]["activation_at_mm"] = {{6, 3, 92}};
  refused(spec, "89 mm outside");
  spec["sensors"][0]["activation_at_mm"] = {{6.05, 3, 3}};
  CHECK(value(answer(spec), "activation_0_ms") == value(answer(eikonal()), "activation_0_ms"));
  json slab = tissue();
  slab["sensors"][0]["activation_at_mm"] = {{70, 1, 1}};
  refused(slab, "66 mm outside");
}

TEST_CASE("Velocities of 600 m/s and of 0 are refused, tissue that no source reaches is said with its nodes") {
  json spec = eikonal();
  spec["velocity_m_per_s"] = {600, 300, 300};
  refused(spec, "10 m/s");
  spec["velocity_m_per_s"] = {0.6, 0, 0.3};
  refused(spec, "velocity_m_per_s");
  CHECK(answer(eikonal())["notes"].empty());
  spec = eikonal();   // a wall of lesions right across cuts the box in two
  spec["lesions"] = json::array();
  for (double y = 0; y <= 3; y += 0.75)
    for (double z = 0; z <= 3; z += 0.75) spec["lesions"].push_back({{"sphere_mm", {{3.75, y, z}, 0.75}}});
  const json out = answer(spec);
  CHECK(value(out, "activated_percent") < 70);
  CHECK(null(out, "activation_0_ms"));
  CHECK(notes_say(out, "2 separate parts; 1 of them"));
}

TEST_CASE("A stimulus too weak or after the end activates nothing: total_activation_ms is null and the note says no capture") {
  json weak = tissue();
  weak["stimuli"][0]["amplitude_mV_per_ms"] = 1;
  json late = tissue();
  late["stimuli"][0]["start_ms"] = 50;
  for (const json& spec : {weak, late}) {
    const json out = answer(spec);
    CHECK(null(out, "total_activation_ms"));
    CHECK(value(out, "activated_percent") == 0);
    CHECK(notes_say(out, "No capture"));
  }
}

TEST_CASE("standard12 gives twelve leads with Einthoven's and Goldberger's identities, and the electrodes may be given") {
  json spec = tissue();
  spec["sensors"].push_back({{"ecg_electrodes", "standard12"}});
  const json out = answer(spec);
  CHECK(value(out, "activated_percent") == 100);
  CHECK_FALSE(notes_say(out, "No capture"));
  const auto lead = [&](const char* name) { return out["series"].at(std::string("ecg_") + name).at("values").get<std::vector<double>>(); };
  const auto i = lead("I"), ii = lead("II"), iii = lead("III"), avr = lead("aVR"), avf = lead("aVF"), v6 = lead("V6");
  double most = 0, first = 0;
  for (std::size_t k = 0; k < i.size(); ++k) {
    CHECK(iii[k] == Approx(ii[k] - i[k]).margin(1e-12));
    CHECK(avr[k] == Approx(-(i[k] + ii[k]) / 2).margin(1e-12));
    CHECK(avf[k] == Approx(ii[k] - i[k] / 2).margin(1e-12));
    most = std::max(most, std::abs(v6[k]));
    if (first == 0 && std::abs(i[k]) > 1e-7) first = i[k];
  }
  CHECK(most > 1e-6);
  CHECK(first > 0);   // the front runs along +x, which is left: towards LA, away from RA
  CHECK(out["series"]["ecg_V1"]["t"].size() == v6.size());
  spec["sensors"][1]["ecg_electrodes"] = {{"RA", {-100, 0, 100}}};
  refused(spec, "LA");
  json wave = eikonal();
  wave["sensors"].push_back({{"ecg_electrodes", "standard12"}});
  refused(wave, "kind tissue");
}

TEST_CASE("A mesh file without unit is read as mm with a note when something in the body is as large, else its unit is asked for") {
  const auto folder = std::filesystem::temp_directory_path() / "organtwin-test-solve-unit";
  std::filesystem::create_directories(folder);
  auto box = ot::core::make_box({12, 6, 6}, 2, ot::core::BoxSplit::kuhn);
  REQUIRE(ot::imaging::write_tet_mesh(box, folder / "mm.vtu", {}));
  for (auto& x : box.nodes) x *= 0.1;
  REQUIRE(ot::imaging::write_tet_mesh(box, folder / "cm.vtu", {}));
  json spec = eikonal();
  spec["sensors"][0]["activation_at_mm"] = {{12, 6, 6}};
  const ot::solve::SolveOptions here{folder, {}};
  spec["mesh"] = {{"file", "mm.vtu"}};
  const json guessed = answer(spec, here);
  CHECK(notes_say(guessed, "mm.vtu was read as mm"));
  spec["mesh"] = {{"file", "cm.vtu"}};
  refused(spec, "unit of cm.vtu is not known", here);
  spec["mesh"]["unit"] = "cm";
  const json said = answer(spec, here);
  CHECK_FALSE(notes_say(said, "was read as"));
  CHECK(said["notes"].size() == 1);   // that it brings no fibres
  CHECK(value(said, "activation_0_ms") == Approx(value(guessed, "activation_0_ms")).epsilon(1e-5));
  spec["mesh"]["unit"] = "inch";
  refused(spec, "mm, cm, um or m", here);
  std::filesystem::remove_all(folder);
}

TEST_CASE("An openCARP mesh in micrometres with surfaces and fibres is solved as it is: its .lon fibres, or the same by rule, activate it alike within 0.1 %, one direction does not") {
  const auto folder = std::filesystem::temp_directory_path() / "organtwin-test-solve-opencarp";
  std::filesystem::create_directories(folder);
  const auto heart = ellipsoid_heart(5.0);
  const auto coordinates = ot::ep::ventricular_coordinates(heart, {});
  REQUIRE(coordinates);
  const auto fibres = ot::ep::rule_based_fibres(heart, *coordinates);
  REQUIRE(fibres);
  ot::imaging::MeshExport with;
  with.fibre = fibres->f;
  with.sheet = fibres->s;
  REQUIRE(ot::imaging::export_tets(heart, folder / "heart.elem", with, {}));
  REQUIRE(std::filesystem::exists(folder / "heart_epicardium.surf"));
  const ot::solve::SolveOptions here{folder, {}};
  json spec = eikonal();
  spec["mesh"] = {{"file", "heart"}, {"unit", "um"}};
  spec["velocity_m_per_s"] = {0.6, 0.3, 0.2};
  spec["sources"][0]["at_mm"] = {heart.nodes[0].x(), heart.nodes[0].y(), heart.nodes[0].z()};
  spec["sensors"] = json::array();
  const json own = answer(spec, here);
  CHECK(notes_say(own, "fibres of the file"));
  spec["fibres"] = {{"rule", "default"}};
  const json ruled = answer(spec, here);
  CHECK(notes_say(ruled, "60 degrees at the endocardium to -60"));
  CHECK(value(ruled, "total_activation_ms") == Approx(value(own, "total_activation_ms")).epsilon(1e-3));
  spec["fibres"] = {{"file", "heart.lon"}};
  CHECK(value(answer(spec, here), "total_activation_ms") == value(own, "total_activation_ms"));
  spec["fibres"] = {{"direction", {1, 0, 0}}};
  CHECK(std::abs(value(answer(spec, here), "total_activation_ms") / value(own, "total_activation_ms") - 1) > 0.01);
  spec["fibres"] = {{"rule", "bayer2012"}, {"patches", {{"base", "lid"}}}};
  refused(spec, "no patch \"lid\"", here);
  spec["fibres"] = {{"rule", "bayer"}};
  refused(spec, "bayer2012", here);
  spec["fibres"] = {{"rule", "default"}, {"angles_deg", {60, 200}}};
  refused(spec, "angles_deg", here);
  spec["fibres"] = {{"rule", "default"}};
  spec["mesh"] = {{"box_mm", {6, 3, 3}}, {"edge_mm", 1}};
  refused(spec, "patch", here);   // a box has no epicardium
}

TEST_CASE("A region of tissue has cells of its own by ionic_model: they rest at their own potential, are said, and cells that are not there are refused") {
  json spec = tissue();
  spec["probes_mm"] = {{3.7, 0.5, 0.5}, {0.4, 0.5, 0.5}};
  spec["stimuli"][0]["start_ms"] = 5;
  const json plain = answer(spec);
  spec["regions"] = {{{"key", "graft"}, {"box_mm", {{2, 0, 0}, {4, 1, 1}}}, {"ionic_model", "stewart_2009"}}};
  const json out = answer(spec);
  CHECK(notes_say(out, "Stewart"));
  CHECK(notes_say(out, " in graft"));
  const auto potential = [](const json& from, int place) { return from["series"]["probe_" + std::to_string(place) + "_mV"]; };
  CHECK(potential(plain, 0) != potential(out, 0));
  spec["regions"][0]["ionic_model"] = "ten_tusscher_panfilov_2006_epi";   // those of the tissue
  CHECK(potential(answer(spec), 0) == potential(plain, 0));
  spec["regions"][0]["ionic_model"] = "no_such_cells";
  refused(spec, "no_such_cells");
}

TEST_CASE("scale_field lays factors from place to place: a map of 1 changes nothing, half of g_Na slows the wave, wrong places, sizes and factors are refused") {
  const auto folder = std::filesystem::temp_directory_path() / "ot_scale_field";
  std::filesystem::create_directories(folder);
  const json plain = tissue();
  const ot::core::TetMesh mesh = ot::core::make_box({4, 1, 1}, 0.5, ot::core::BoxSplit::alternating);
  const auto write_csv = [&](const char* name, auto&& factor, double shift = 0) {
    std::ofstream out(folder / name);
    out << "x_mm,y_mm,z_mm,factor\n";
    for (const auto& x : mesh.nodes) out << x.x() + shift << ',' << x.y() << ',' << x.z() << ',' << factor(x) << '\n';
  };
  const auto with = [&](const char* name, const char* channel = "g_Na") {
    json spec = plain;
    spec["scale_field"] = {{"file", (folder / name).string()}, {"channel", channel}};
    return spec;
  };
  write_csv("one.csv", [](const auto&) { return 1.0; });
  write_csv("half.csv", [](const auto&) { return 0.5; });
  write_csv("slope.csv", [](const auto& x) { return 1 - 0.15 * x.x(); });
  write_csv("far.csv", [](const auto&) { return 0.5; }, 100);
  write_csv("absurd.csv", [](const auto&) { return 50; });
  const double t = value(answer(plain), "activation_0_ms");
  CHECK(value(answer(with("one.csv")), "activation_0_ms") == t);
  json uniform = plain;   // the same factor as a scale of the whole tissue
  uniform["channels"] = {{"g_Na", 0.5}};
  const json half = answer(with("half.csv"));
  CHECK(value(half, "activation_0_ms") == Approx(value(answer(uniform), "activation_0_ms")).margin(1e-3));
  CHECK(value(half, "activation_0_ms") > 1.05 * t);
  const json slope = answer(with("slope.csv"));
  CHECK(value(slope, "activation_0_ms") > t);
  CHECK(value(slope, "activation_0_ms") < value(half, "activation_0_ms"));
  CHECK(notes_say(slope, "g_Na is scaled from place to place by the map slope.csv: x 0.4"));
  refused(with("far.csv"), "covers 0 %");
  refused(with("absurd.csv"), "0 to 10");
  refused(with("half.csv", "g_Xy"), "g_Xy");
  refused(with("half.csv", "g_Kur"), "would change nothing");
  // At the cells of a VTU, and at its nodes.
  std::vector<float> cells(mesh.tets.size(), 0.5f), nodes(mesh.nodes.size(), 0.5f);
  REQUIRE(ot::imaging::write_tet_mesh(mesh, folder / "cells.vtu", {{"g_Na", "", ot::core::Field::On::cell, 1, cells, mesh.sha256()}}));
  REQUIRE(ot::imaging::write_tet_mesh(mesh, folder / "nodes.vtu", {{"g_Na", "", ot::core::Field::On::node, 1, nodes, mesh.sha256()}}));
  for (const char* name : {"cells.vtu", "nodes.vtu"}) CHECK(value(answer(with(name)), "activation_0_ms") == value(half, "activation_0_ms"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("Fibres that a .vtu brings at its cells or points are used and said (a box with fibres along y as its .lon, to 1e-6 ms), one without any is said to run along x") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "organtwin-test-solve-vtu-fibres";
  fs::create_directories(folder);
  const auto mesh = ot::core::make_box({4, 4, 1}, 0.5, ot::core::BoxSplit::kuhn);
  const std::vector<ot::core::Vec3> y(mesh.tets.size(), ot::core::Vec3(0, 1, 0));
  REQUIRE(ot::imaging::write_tet_mesh(mesh, folder / "bare.vtu", {}));
  ot::core::Field cells{"fibre", "", ot::core::Field::On::cell, 3, {}, mesh.sha256()}, points{"fibre", "", ot::core::Field::On::node, 3, {}, mesh.sha256()};
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) cells.values.insert(cells.values.end(), {0.f, 1.f, 0.f});
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) points.values.insert(points.values.end(), {0.f, n % 2 ? 1.f : -1.f, 0.f});
  REQUIRE(ot::imaging::write_tet_mesh(mesh, folder / "cells.vtu", {cells}));
  REQUIRE(ot::imaging::write_tet_mesh(mesh, folder / "points.vtu", {points}));
  {
    std::ofstream lon(folder / "y.lon");
    lon << "1\n";
    for (std::size_t t = 0; t < mesh.tets.size(); ++t) lon << "0 1 0\n";
  }
  const auto with = [&](const char* file, const char* fibres) {
    json spec = eikonal();
    spec["mesh"] = {{"file", (folder / file).string()}, {"unit", "mm"}};
    if (fibres) spec["fibres"] = {{"file", (folder / fibres).string()}};
    spec["sensors"][0]["activation_at_mm"] = {{4, 0, 0}};
    return answer(spec);
  };
  const double across = value(with("bare.vtu", "y.lon"), "activation_0_ms");
  for (const char* file : {"cells.vtu", "points.vtu"}) {
    const json own = with(file, nullptr);
    INFO(file);
    CHECK(value(own, "activation_0_ms") == Approx(across).margin(1e-6));
    CHECK(notes_say(own, "The fibres of the file are used."));
    CHECK(value(with("bare.vtu", file), "activation_0_ms") == Approx(across).margin(1e-6));
  }
  const json bare = with("bare.vtu", nullptr);
  CHECK(value(bare, "activation_0_ms") < 0.7 * across);
  CHECK(notes_say(bare, "they run along x everywhere"));
}

TEST_CASE("An asked velocity is that of the paced cells the run starts with: O'Hara-Rudy at 1000 ms conducts with 0.6 m/s within 3 % (20 % slow by its published state)") {
  json spec = {{"kind", "tissue"}, {"mesh", {{"box_mm", {16, 0.2, 0.2}}, {"edge_mm", 0.2}, {"split", "kuhn"}}}, {"velocity_m_per_s", {0.6, 0.3, 0.3}}, {"end_ms", 32}, {"model", "ohara_rudy_2011_epi"},
               {"initial_state", "paced"}, {"cycle_length_ms", 1000}, {"stimuli", {{{"box_mm", {{0, 0, 0}, {1, 0.2, 0.2}}}}}}, {"sensors", {{{"activation_at_mm", {{5, 0, 0}, {11, 0, 0}}}}}}};
  const json out = answer(spec);
  const double velocity = 6 / (value(out, "activation_1_ms") - value(out, "activation_0_ms"));
  INFO(velocity);
  CHECK(velocity == Approx(0.6).epsilon(0.03));
}
