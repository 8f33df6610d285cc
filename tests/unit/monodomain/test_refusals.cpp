// SPDX-License-Identifier: GPL-3.0-or-later
// What the monodomain solver refuses before it starts, and how it stops when a run goes wrong.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "solvers/electrophysiology/monodomain.hpp"
#include "tests/verification/monodomain/slab.hpp"

namespace {
using namespace ot;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

ep::ElectroProblem tiny() {
  auto p = test::slab({2, 1, 1}, 0.5, core::BoxSplit::kuhn);
  p.end_ms = 3;
  p.frame_every_ms = 1;
  p.conductivity_tuning = false;
  return p;
}

// The run must fail with this code and a message that holds these words.
void refused(const ep::ElectroProblem& p, core::ErrorCode code, const std::string& words) {
  long frames = 0;
  const auto r = ep::run_monodomain(p, [&](const ep::ElectroFrame&, const ep::Ecg&) { ++frames; }, {});
  REQUIRE(!r);
  INFO(r.error().message);
  CHECK(r.error().code == code);
  CHECK(r.error().message.find(words) != std::string::npos);
  CHECK(frames == 0);
}
}  // namespace

TEST_CASE("A good small problem runs, frames come at 0, 1, 2, 3 ms, and the hash changes with the stimulus weights") {
  auto p = tiny();
  std::vector<double> times;
  const auto r = ep::run_monodomain(p, [&](const ep::ElectroFrame& f, const ep::Ecg& e) {
    times.push_back(f.t_ms);
    CHECK(f.v_mV->size() == p.mesh->nodes.size());
    CHECK(e.t_ms.empty());
  }, {});
  REQUIRE(r);
  REQUIRE(times.size() == 4);
  for (int i = 0; i < 4; ++i) CHECK(times[std::size_t(i)] == Approx(i).margin(1e-9));
  CHECK(r->steps == 60);
  CHECK(r->mode == core::Mode::full);
  CHECK(r->problem_sha256 == p.sha256());
  p.sites[0].weights[0] *= 0.5f;
  CHECK(r->problem_sha256 != p.sha256());
}

TEST_CASE("No stimulus, a stimulus without nodes, outside the mesh, or wholly in a lesion is refused") {
  auto p = tiny();
  p.sites.clear();
  refused(p, core::ErrorCode::bad_input, "no stimulus");
  p = tiny();
  p.sites[0].nodes.clear();
  p.sites[0].weights.clear();
  refused(p, core::ErrorCode::bad_input, "no nodes");
  p = tiny();
  p.sites[0].nodes[0] = core::Index(p.mesh->nodes.size());
  refused(p, core::ErrorCode::bad_input, "outside the mesh");
  p = tiny();
  p.sites[0].nodes = {0};
  p.sites[0].weights.clear();
  p.regions.push_back({"lesion", false, {1, 1, 1}, {}, "test"});
  for (std::size_t e = 0; e < p.tissue.size(); ++e)
    for (core::Index i : p.mesh->tets[e])
      if (i == 0) p.tissue[e] = 1;
  refused(p, core::ErrorCode::bad_input, "outside conducting tissue");
}

TEST_CASE("A time step of 0, -1, 0.3 ms or not a number is refused") {
  for (double dt : {0.0, -1.0, 0.3, not_a_number}) {
    auto p = tiny();
    p.dt_ms = dt;
    refused(p, core::ErrorCode::wrong_usage, "time step");
  }
}

TEST_CASE("Conductivities that are zero, negative, infinite or not a number are refused, globally and in a region by name") {
  for (double bad : {0.0, -0.1, not_a_number, std::numeric_limits<double>::infinity()}) {
    auto p = tiny();
    p.sigma.y() = bad;
    refused(p, core::ErrorCode::bad_input, "conductivities");
    p = tiny();
    p.regions[0].sigma_scale.z() = bad;
    refused(p, core::ErrorCode::bad_input, "\"healthy\"");
  }
}

TEST_CASE("A mesh with one inverted tet is refused with its number and place") {
  auto p = tiny();
  auto mesh = std::make_shared<core::TetMesh>(*p.mesh);
  std::swap(mesh->tets[7][0], mesh->tets[7][1]);
  p.mesh = mesh;
  refused(p, core::ErrorCode::bad_input, "Tet 7 at");
}

TEST_CASE("Tissue that nowhere conducts, unknown regions, fibres of another mesh and skewed fibres are refused") {
  auto p = tiny();
  p.regions[0].conducting = false;
  refused(p, core::ErrorCode::bad_input, "No tissue conducts");
  p = tiny();
  p.tissue[3] = 9;
  refused(p, core::ErrorCode::bad_input, "region 9");
  p = tiny();
  p.fibres = test::uniform_fibres(5, {1, 0, 0}, {0, 1, 0});
  refused(p, core::ErrorCode::bad_input, "do not belong to this mesh");
  p = tiny();
  p.fibres = test::uniform_fibres(p.mesh->tets.size(), {1, 0, 0}, {0.6, 0.8, 0});
  refused(p, core::ErrorCode::bad_input, "not orthonormal");
}

TEST_CASE("A potential beyond 200 mV stops the run with time and place instead of going on") {
  auto p = tiny();
  p.sites[0].amplitude_mV_per_ms = 1e5;
  const auto r = ep::run_monodomain(p, {}, {});
  REQUIRE(!r);
  INFO(r.error().message);
  CHECK(r.error().code == core::ErrorCode::computation_failed);
  CHECK(r.error().message.find("ms") != std::string::npos);
  CHECK(r.error().message.find(") mm became") != std::string::npos);
}

TEST_CASE("A NaN born in the membrane model stops the run with time and place") {
  auto p = tiny();
  p.channels.g_K1 = 1e308;  // overflows to infinity, then to NaN, inside the kernel
  const auto r = ep::run_monodomain(p, {}, {});
  REQUIRE(!r);
  INFO(r.error().message);
  CHECK(r.error().code == core::ErrorCode::computation_failed);
  CHECK(r.error().message.find(") mm became") != std::string::npos);
}

TEST_CASE("A cancelled run returns cancelled within the frame in which it was asked for") {
  auto p = tiny();
  p.end_ms = 1000;
  auto flag = std::make_shared<core::CancelFlag>();
  long frames = 0;
  const auto r = ep::run_monodomain(p, [&](const ep::ElectroFrame&, const ep::Ecg&) {
    if (++frames == 3) flag->cancel();
  }, core::Progress({}, flag));
  REQUIRE(!r);
  CHECK(r.error().code == core::ErrorCode::cancelled);
  CHECK(frames == 3);
}

TEST_CASE("A part of the tissue without a site gets a note, not an error") {
  auto p = tiny();
  auto mesh = std::make_shared<core::TetMesh>(*p.mesh);
  const core::TetMesh other = *p.mesh;
  const core::Index n = core::Index(mesh->nodes.size());
  for (const core::Vec3& x : other.nodes) mesh->nodes.push_back(x + core::Vec3(9, 0, 0));
  for (core::Tet t : other.tets) {
    for (core::Index& i : t) i += n;
    mesh->tets.push_back(t);
  }
  p.mesh = mesh;
  p.fibres = test::uniform_fibres(mesh->tets.size(), {1, 0, 0}, {0, 1, 0});
  p.tissue.assign(mesh->tets.size(), 0);
  p.cell_type.clear();
  const auto r = ep::run_monodomain(p, {}, {});
  REQUIRE(r);
  bool told = false;
  for (const std::string& note : r->notes) told = told || note.find("2 separate parts; 1 of them") != std::string::npos;
  CHECK(told);
}

TEST_CASE("Mitchell-Schaeffer tissue, which has no sodium gates to interpolate, runs and is activated") {
  auto p = tiny();
  p.ionic_model = "mitchell_schaeffer_2003";
  p.end_ms = 20;
  const auto r = ep::run_monodomain(p, {}, {});
  REQUIRE(r);
  for (float a : r->activation_ms) CHECK(a > 0);
  p.ionic_model = "no_such_model";
  refused(p, core::ErrorCode::wrong_usage, "no_such_model");
}
