// SPDX-License-Identifier: GPL-3.0-or-later
// Restart, frames, probes, sections, starts and idealised meshes of the 3D solver.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <set>

#include "solvers/hemodynamics/flow_domains.hpp"
#include "solvers/hemodynamics/flow_state.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"

using namespace ot;
using hemo::FlowProblem;

namespace {

core::Result<hemo::RevolutionMesh> tube(double radius, double length, double edge) {
  hemo::Revolution shape;
  shape.profile = {{0, radius}, {length, radius}};
  shape.edge_mm = edge;
  return hemo::revolution_mesh(shape);
}

FlowProblem pulse() {
  auto made = tube(2, 8, 0.5);
  REQUIRE(made);
  FlowProblem p;
  p.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  p.network = std::make_shared<core::VesselNetwork>(std::move(made->network));
  p.steady = false, p.cycle_s = 0.4, p.cycles = 1, p.dt_s = 0.01;
  p.inlets = {{hemo::domain_inlet, {{0.0, 500.0}, {0.1, 1500.0}, {0.3, -200.0}}, hemo::InletProfile::parabolic}};
  p.outlets = {{hemo::domain_outlet, 0.2, 0.2, 1.8, 100.0}};
  return p;
}

double value(const hemo::FlowResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  FAIL("no quantity " << key);
  return 0;
}

}  // namespace

TEST_CASE("a run that goes on from its state after one cycle ends bitwise as one that ran two, through a file as well") {
  FlowProblem p = pulse();
  const auto one = hemo::run_navier_stokes(p);
  REQUIRE(one);
  REQUIRE(one->state);
  const auto path = std::filesystem::temp_directory_path() / "organtwin_flow_state_test.state";
  REQUIRE(hemo::write_flow_state(*one->state, path));
  auto read = hemo::read_flow_state(path);
  REQUIRE(read);
  hemo::FlowOptions how;
  how.resume = std::make_shared<hemo::FlowState>(*read);
  const auto on = hemo::run_navier_stokes(p, {}, how);
  p.cycles = 2;
  const auto both = hemo::run_navier_stokes(p);
  REQUIRE((on && both));
  CHECK(on->state->velocity == both->state->velocity);
  CHECK(on->state->pressure == both->state->pressure);
  CHECK(on->state->outlets == both->state->outlets);
  CHECK(value(*on, "mean_osi") == value(*both, "mean_osi"));
  // A cut or changed file is refused, and so is a state of another mesh.
  std::string bytes;
  {
    std::ifstream in(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  for (const std::size_t keep : {std::size_t(0), std::size_t(40), bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, keep);
    const auto bad = hemo::read_flow_state(path);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == core::ErrorCode::bad_input);
  }
  std::filesystem::remove(path);
  read->mesh_sha256[0] ^= 1;
  how.resume = std::make_shared<hemo::FlowState>(*read);
  const auto other = hemo::run_navier_stokes(p, {}, how);
  REQUIRE_FALSE(other);
  CHECK_THAT(other.error().message, Catch::Contains("another mesh"));
}

TEST_CASE("a pulsatile run that is cancelled and goes on, through a file, ends bitwise as one that was left alone: fields, OSI, curves and mass balance") {
  FlowProblem p = pulse();
  p.cycles = 2;
  const auto whole = hemo::run_navier_stokes(p);
  REQUIRE(whole);
  for (const int reports_until_stop : {4, 14}) {   // in the first beat, and in the last one, whose averages have begun
    const auto flag = std::make_shared<core::CancelFlag>();
    int reports = 0;
    const core::Progress stopping([&](double, std::string_view) { if (++reports == reports_until_stop) flag->cancel(); }, flag);
    std::shared_ptr<const hemo::FlowState> state;
    hemo::FlowOptions how;
    how.on_stopped = [&](std::shared_ptr<const hemo::FlowState> s) { state = std::move(s); };
    const auto stopped = hemo::run_navier_stokes(p, stopping, how);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == core::ErrorCode::cancelled);
    REQUIRE(state);
    CHECK(state->steps_done > 0);
    const auto path = std::filesystem::temp_directory_path() / "organtwin_flow_stopped_test.state";
    REQUIRE(hemo::write_flow_state(*state, path));
    auto read = hemo::read_flow_state(path);
    REQUIRE(read);
    std::filesystem::remove(path);
    hemo::FlowOptions on;
    on.resume = std::make_shared<hemo::FlowState>(*read);
    const auto rest = hemo::run_navier_stokes(p, {}, on);
    REQUIRE(rest);
    CHECK(rest->velocity == whole->velocity);
    CHECK(rest->osi == whole->osi);
    CHECK(rest->tawss == whole->tawss);
    CHECK(value(*rest, "mass_balance_rel") == value(*whole, "mass_balance_rel"));
    REQUIRE(rest->series.size() == whole->series.size());
    for (std::size_t k = 0; k < whole->series.size(); ++k) CHECK(rest->series[k].values == whole->series[k].values);
    CHECK(rest->steps < whole->steps);
    FlowProblem other = p;   // its sums are those of other conditions
    other.outlets[0].pd += 1;
    const auto refused = hemo::run_navier_stokes(other, {}, on);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::Contains("other conditions"));
  }
}

TEST_CASE("a steady run that is cancelled goes on from where it was: fewer steps than anew, the pressure drop within the tolerance, another flow is refused") {
  FlowProblem p = pulse();
  p.steady = true, p.inlets[0].flow = {{0.0, 800.0}};
  const auto anew = hemo::run_navier_stokes(p);
  REQUIRE(anew);
  const auto flag = std::make_shared<core::CancelFlag>();
  int reports = 0;
  const core::Progress stopping([&](double, std::string_view text) { if (text.find("step") != std::string_view::npos && ++reports == 3) flag->cancel(); }, flag);
  hemo::FlowOptions how, on;
  how.on_stopped = [&](std::shared_ptr<const hemo::FlowState> s) { on.resume = std::move(s); };
  REQUIRE_FALSE(hemo::run_navier_stokes(p, stopping, how));
  REQUIRE(on.resume);
  const auto rest = hemo::run_navier_stokes(p, {}, on);
  REQUIRE(rest);
  CHECK(rest->steps < anew->steps);
  CHECK(value(*rest, "pressure_drop_mmhg") == Approx(value(*anew, "pressure_drop_mmhg")).epsilon(2 * p.steady_tolerance));
  p.inlets[0].flow = {{0.0, 900.0}};
  const auto refused = hemo::run_navier_stokes(p, {}, on);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("not that of a stopped run"));
}

TEST_CASE("frames arrive as often as asked with rising times, probes and sections hold the exact parabola within 3 % and the flow within 1 %, a probe outside is refused") {
  FlowProblem p = pulse();
  p.inlets[0].flow = {{0.0, 800.0}};
  p.probes = {core::Vec3(0, 0, 4)};
  p.sections = 3;
  std::vector<double> times;
  hemo::FlowOptions how;
  how.frames_per_cycle = 8;
  how.on_frame = [&](const hemo::FlowFrame& f) {
    times.push_back(f.t_s);
    CHECK(f.velocity.size() == 3 * p.mesh->nodes.size());
  };
  const auto r = hemo::run_navier_stokes(p, {}, how);
  REQUIRE(r);
  REQUIRE(times.size() == 8);
  for (std::size_t k = 0; k < 8; ++k) CHECK(times[k] == Approx(0.05 * double(k + 1)));
  REQUIRE(r->probes.size() == 1);
  CHECK(r->probes[0].velocity_mm_s[2] == Approx(2 * 800 / (std::numbers::pi * 4)).epsilon(0.03));
  REQUIRE(r->sections.size() == 3);
  for (const auto& s : r->sections) CHECK(s.flow_mm3_s == Approx(800).epsilon(0.01));
  // Poiseuille's dissipation 8 mu L Q^2 / (pi R^4) in nW, less than 5 % off at four cells per radius.
  CHECK(value(*r, "energy_loss_mw") * 1e6 == Approx(8 * 0.0035 * 8 * 800.0 * 800.0 / (std::numbers::pi * 16)).epsilon(0.05));
  p.probes = {core::Vec3(9, 0, 4)};
  const auto outside = hemo::run_navier_stokes(p);
  REQUIRE_FALSE(outside);
  CHECK(outside.error().code == core::ErrorCode::bad_input);
}

TEST_CASE("a developed start is refused in a tapered lumen and taken in a straight one, where the automatic start takes it too") {
  hemo::Revolution taper;
  taper.profile = {{0, 2}, {8, 1.5}};
  taper.edge_mm = 0.5;
  auto made = hemo::revolution_mesh(taper);
  REQUIRE(made);
  FlowProblem p = pulse();
  const auto straight = hemo::run_navier_stokes(p);
  REQUIRE(straight);
  CHECK_THAT(straight->notes[0], Catch::Contains("straight"));
  p.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  p.network = nullptr;
  p.start = hemo::FlowStart::developed;
  const auto refused = hemo::run_navier_stokes(p);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("viscous"));
}

TEST_CASE("a run that diverges in time hands out the last good state and names its time and place") {
  FlowProblem p = pulse();
  const auto first = hemo::run_navier_stokes(p);
  REQUIRE(first);
  hemo::FlowState wild = *first->state;
  for (double& u : wild.velocity) u *= 1e5;
  hemo::FlowOptions how;
  how.resume = std::make_shared<hemo::FlowState>(wild);
  int told = 0;
  how.on_divergence = [&](const hemo::FlowDivergence& d) {
    ++told;
    CHECK(d.last_good.pressure.size() == p.mesh->nodes.size());
    CHECK((d.where - core::Vec3(0, 0, 4)).norm() < 6);
  };
  const auto r = hemo::run_navier_stokes(p, {}, how);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == core::ErrorCode::computation_failed);
  CHECK_THAT(r.error().message, Catch::Contains("diverged at t =") && Catch::Contains("last good state"));
  CHECK(told == 1);
}

TEST_CASE("meshes of revolution and the cylinder channel are ready to simulate and hold the exact volume within 0.5 %") {
  const double pi = std::numbers::pi;
  struct Shape {
    std::vector<std::pair<double, double>> profile;
    double volume;
  };
  const std::vector<Shape> shapes{{{{0, 2}, {10, 2}}, pi * 40},
                                  {{{-10, 6}, {0, 2}, {5, 2}, {5, 6}, {20, 6}}, pi * (10.0 / 3 * (36 + 12 + 4) + 20 + 540)},
                                  {{{0, 3}, {5, 3}, {5, 1}, {8, 1}, {8, 2}, {12, 2}}, pi * (45 + 3 + 16)}};
  for (const Shape& s : shapes) {
    hemo::Revolution r;
    r.profile = s.profile, r.edge_mm = 0.25, r.axial_ratio = 2, r.wall_grading = 0.6, r.expanded_edge_ratio = 2;
    const auto made = hemo::revolution_mesh(r);
    if (!made) FAIL(made.error().message);
    CHECK(core::check_simulation_ready(made->mesh));
    CHECK(made->mesh.volume() == Approx(s.volume).epsilon(0.005));
    CHECK(core::measure_quality(made->mesh).parts == 1);
  }
  // Layers by position: half as tall in the second half of a tube, so twice as many there.
  hemo::Revolution by_place;
  by_place.profile = {{0, 2}, {40, 2}}, by_place.edge_mm = 0.5, by_place.axial_ratio_at = {{20, 2}, {20.01, 1}};
  const auto placed = hemo::revolution_mesh(by_place);
  REQUIRE(placed);
  std::set<double> first, second;
  for (const core::Vec3& x : placed->mesh.nodes) (x.z() < 20 ? first : second).insert(x.z());
  CHECK(std::abs(double(second.size()) / double(first.size()) - 2) < 0.1);
  by_place.axial_ratio_at = {{20, 2}, {10, 1}};
  CHECK_FALSE(hemo::revolution_mesh(by_place));
  hemo::CylinderChannel c;
  const auto channel = hemo::cylinder_channel_mesh(c);
  REQUIRE(channel);
  CHECK(core::check_simulation_ready(*channel));
  CHECK(channel->volume() == Approx((2500.0 * 410 - pi * 2500) * 410).epsilon(0.0005));
  hemo::Revolution bad;
  bad.profile = {{0, 1}, {5, -1}};
  bad.edge_mm = 0.2;
  CHECK_FALSE(hemo::revolution_mesh(bad));
  c.y_mm = 20;
  CHECK_FALSE(hemo::cylinder_channel_mesh(c));
}

TEST_CASE("Carreau-Yasuda viscosity runs from 0.056 at rest to 0.0035 Pa s at a high shear rate, monotonically (constants of flow-3d.md)") {
  hemo::Fluid f;
  f.carreau_yasuda = true;
  CHECK(f.viscosity_at(0) == Approx(0.056));
  CHECK(f.viscosity_at(1e7) == Approx(0.0035).epsilon(0.01));
  double last = 1;
  for (double g = 0.01; g < 1e5; g *= 2) {
    CHECK(f.viscosity_at(g) < last);
    last = f.viscosity_at(g);
  }
}
