// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "app/session/exchange.hpp"
#include "app/session/recorded.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/recorded/fibres_in.hpp"
#include "solvers/organs/heart/heart.hpp"
#include "tests/support/ellipsoid_heart.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/recorded/made_ecg.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using core::Vec3;

TEST_CASE("A recorded ECG and a map come back from the saved case with their values source and registration") {
  const auto folder = test::scratch_folder("recorded-case");
  session::CaseData data = test::small_case();
  const ep::Ecg e = test::strip({}, 900, 4, 500, 0.01, 0.1, 5);
  auto made = ep::make_recorded(e.leads, e.mV, 500);
  REQUIRE(made);
  made->source_file = "rest.hea";
  CHECK(session::add_recorded_ecg(data, *made) == "ecg1");
  CHECK(session::add_recorded_ecg(data, *made) == "ecg2");
  ep::EaMap map;
  map.name = "LV sinus";
  for (int i = 0; i < 20; ++i) map.points.push_back({fmt::format("P{}", i), Vec3(i, 2 * i, 0.5), i % 3 ? 1.5 * i : std::nan(""), 5.0, 0.25 * i});
  auto r = ep::register_landmarks({{Vec3(0, 0, 0), Vec3(1, 1, 1)}, {Vec3(10, 0, 0), Vec3(1, 11, 1)}, {Vec3(0, 10, 0), Vec3(-9, 1, 1)}});
  REQUIRE(r);
  map.registration = *r;
  map.limit_mm = 7;
  CHECK(session::add_ea_map(data, map) == "map1");
  REQUIRE(session::save_case(data, folder / "case", {}));
  auto back = session::load_case(folder / "case", {});
  REQUIRE(back);
  REQUIRE(back->recorded_ecgs.size() == 2);
  const auto& b = *back->recorded_ecgs[0];
  CHECK(b.source_file == "rest.hea");
  CHECK(b.ecg.leads == made->ecg.leads);
  CHECK(b.ecg.mV[3][777] == Approx(made->ecg.mV[3][777]).margin(1e-6));
  CHECK(b.ecg.t_ms.back() == Approx(made->ecg.t_ms.back()));
  REQUIRE(back->ea_maps.size() == 1);
  const auto& m = *back->ea_maps[0];
  CHECK(m.points.size() == 20);
  CHECK(std::isnan(m.points[3].lat_ms));
  CHECK(m.points[19].bipolar_mV == 4.75);
  CHECK((m.registration.rotation - r->rotation).norm() == 0);
  CHECK(m.registration.landmarks.size() == 3);
  CHECK(m.limit_mm == 7);
  CHECK(std::isnan(m.registration.surface_rms_mm));
}

TEST_CASE("openCARP fibres are kept with the imported mesh to 1e-6 and come back from the saved case") {
  const auto folder = test::scratch_folder("recorded-carp");
  core::TetMesh mesh = core::make_box(Vec3(40, 30, 20), 5, core::BoxSplit::kuhn);
  mesh.boundary = core::find_boundary(mesh.tets);
  imaging::MeshExport options;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const double a = 0.01 * double(t);
    options.fibre.emplace_back(std::cos(a), std::sin(a), 0);
    options.sheet.emplace_back(-std::sin(a), std::cos(a), 0);
  }
  REQUIRE(imaging::export_tets(mesh, folder / "heart.elem", options, {}));
  session::CaseData data;
  auto ok = session::add_foreign_mesh(data, {folder / "heart.pts", "um", "heart", "", "", 0}, {}, {});
  INFO((ok ? "" : ok.error().message));
  REQUIRE(ok);
  REQUIRE(data.heart_mesh->fibres);
  CHECK(data.heart_mesh->fibres_source == "heart.pts");
  REQUIRE(data.heart_mesh->fibres->f.size() == data.heart_mesh->mesh->tets.size());
  double worst = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) worst = std::max({worst, (data.heart_mesh->fibres->f[t] - options.fibre[t]).norm(), (data.heart_mesh->fibres->s[t] - options.sheet[t]).norm()});
  CHECK(worst < 1e-6);
  REQUIRE(session::save_case(data, folder / "case", {}));
  auto back = session::load_case(folder / "case", {});
  REQUIRE(back);
  REQUIRE(back->heart_mesh->fibres);
  CHECK(back->heart_mesh->fibres->f == data.heart_mesh->fibres->f);
  CHECK(back->heart_mesh->fibres_source == "heart.pts");
}

TEST_CASE("The twin uses given fibres instead of rule-based ones and says so") {
  organs::HeartInputs in;
  in.mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart(5.0));
  std::vector<Vec3> f(in.mesh->tets.size(), Vec3(1, 2, 2)), wrong(7, Vec3(1, 0, 0));
  auto taken = ep::taken_fibres(f, {}, "measured.lon");
  REQUIRE(taken);
  CHECK(taken->completed.find("no sheet") != std::string::npos);
  in.fibres = taken->field;
  in.fibres_source = "measured.lon";
  auto heart = organs::build_heart(in, {});
  INFO((heart ? "" : heart.error().message));
  REQUIRE(heart);
  CHECK((*heart)->baseline.fibres == taken->field);
  CHECK((*heart)->baseline.fibres->f[3].isApprox(Vec3(1, 2, 2) / 3));
  const auto lines = organs::assumptions(in);
  CHECK(lines.front().find("measured.lon") != std::string::npos);
  auto few = ep::taken_fibres(wrong, {}, "x.lon");
  REQUIRE(few);
  in.fibres = few->field;
  auto refused = organs::build_heart(in, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("another mesh") != std::string::npos);
}

TEST_CASE("Fibres of a VTU and a lon file lie on the case's own mesh and drop the twin and another mesh is refused") {
  const auto folder = test::scratch_folder("recorded-fibres");
  session::CaseData data = test::small_case();
  const core::TetMesh mesh = *data.twin->heart->baseline.mesh;
  imaging::MeshExport options;
  options.fibre.assign(mesh.tets.size(), Vec3(0, 0.6, 0.8));
  options.sheet.assign(mesh.tets.size(), Vec3(1, 0, 0));
  REQUIRE(imaging::export_tets(mesh, folder / "f.vtu", options, {}));
  std::string lon = "1\n";
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) lon += "0 0.6 0.8\n";
  REQUIRE(core::write_file(folder / "f.lon", lon));
  for (const char* name : {"f.vtu", "f.lon"}) {
    session::CaseData one = data;
    auto ok = session::take_fibres(one, folder / name, {});
    INFO((ok ? "" : ok.error().message));
    REQUIRE(ok);
    CHECK(one.twin == nullptr);
    CHECK((one.heart_mesh->fibres->f[5] - Vec3(0, 0.6, 0.8)).norm() < 1e-6);
    CHECK(std::abs(one.heart_mesh->fibres->s[5].dot(Vec3(0, 0.6, 0.8))) < 1e-6);
  }
  REQUIRE(core::write_file(folder / "short.lon", "1\n0 1 0\n1 0 0\n"));
  session::CaseData two = data;
  auto bad = session::take_fibres(two, folder / "short.lon", {});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("another mesh") != std::string::npos);
  CHECK(two.twin == data.twin);
  core::TetMesh moved = mesh;
  for (auto& p : moved.nodes) p.x() += 3;
  REQUIRE(imaging::export_tets(moved, folder / "moved.vtu", options, {}));
  auto elsewhere = session::take_fibres(two, folder / "moved.vtu", {});
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().message.find("another heart") != std::string::npos);
}
