// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "solvers/core/parallel.hpp"
#include "solvers/core/place.hpp"
#include "solvers/hemodynamics/developed_flow.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/sections.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;
using hemo::FlowProblem;

namespace {

FlowProblem stenosed(int n, double flow = 800) {
  const test::Tube t = test::tube(1.5, 12, n, test::cosine_stenosis(1.5, 0.4, 5, 4));
  FlowProblem p;
  p.mesh = std::make_shared<core::TetMesh>(t.mesh);
  p.network = std::make_shared<core::VesselNetwork>(t.network);
  p.inlets = {{test::tube_inlet, {{0.0, flow}}, hemo::InletProfile::parabolic}};
  p.outlets = {{test::tube_outlet, 5.0, 0, 0, 1000.0}};
  return p;
}

double value(const hemo::FlowResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  FAIL("no quantity " << key);
  return 0;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct Threads {
  explicit Threads(int n) { core::set_thread_count(n); }
  ~Threads() { core::set_thread_count(core::hardware_threads()); }
};

}  // namespace

TEST_CASE("steady and pulsatile flow on 1 and 2 threads are bitwise equal") {
  for (bool steady : {true, false}) {
    FlowProblem p = stenosed(8);  // above 8192 nodes: below, loops are one chunk by design
    REQUIRE(p.mesh->nodes.size() > 9000);
    p.steady = steady;
    p.max_s = 0.02;  // a few steps are enough to differ
    if (!steady) {
      p.inlets[0].flow = {{0.0, 300.0}, {0.01, 500.0}, {0.03, 300.0}};
      p.cycle_s = 0.04;
      p.cycles = 1;
      p.dt_s = 0.002;
      p.outlets[0].rd = 10, p.outlets[0].c = 0.02;
    }
    const auto run = [&](int n) {
      const Threads threads(n);
      return hemo::run_navier_stokes(p);
    };
    const auto one = run(1), two = run(2);
    REQUIRE((one && two));
    CHECK(same_bits(one->velocity, two->velocity));
    CHECK(same_bits(one->pressure, two->pressure));
    CHECK(same_bits(one->wall_shear, two->wall_shear));
    CHECK(value(*one, "pressure_drop_mmhg") == value(*two, "pressure_drop_mmhg"));
    CHECK(value(*one, "mass_balance_rel") <= 1e-5);
    CHECK(one->problem_sha256 == p.sha256());
    CHECK(one->mesh_sha256 == p.mesh->sha256());
    CHECK(one->steps > 0);
  }
}

TEST_CASE("the outlet pressure is distal pressure plus resistance times flow, to 1e-4, and every section passes the inflow within 3 % at four cells per radius") {
  const FlowProblem p = stenosed(4);
  const auto r = hemo::run_navier_stokes(p);
  REQUIRE(r);
  CHECK(value(*r, "outlet_1_pressure_mmhg") * 133.322387415 == Approx(1000 + 5.0 * 800).epsilon(1e-4));
  CHECK(value(*r, "outlet_1_flow_ml_min") == Approx(48.0).epsilon(1e-5));
  for (double z : {2.0, 5.0, 8.0, 11.0})
    CHECK(hemo::section_flow(*p.mesh, *p.network, r->velocity, 0, z) == Approx(800).epsilon(0.03));
  REQUIRE(r->pullback.size() == p.network->branches[0].points.size());
  CHECK(r->pullback.front().pressure_Pa > r->pullback.back().pressure_Pa);
  CHECK(r->pullback.back().pressure_Pa == Approx(5000).epsilon(0.02));
  CHECK(r->pullback.back().flow_mm3_s == Approx(800).epsilon(1e-4));
}

TEST_CASE("turning the mesh turns the velocity and leaves the pressure drop unchanged to 1e-3") {
  const FlowProblem p = stenosed(4);
  FlowProblem q = p;
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(0.7, core::Vec3(1, 2, 3).normalized()).toRotationMatrix();
  auto mesh = std::make_shared<core::TetMesh>(*p.mesh);
  for (auto& x : mesh->nodes) x = turn * x + core::Vec3(10, -20, 5);
  q.mesh = mesh;
  q.network = nullptr;
  const auto a = hemo::run_navier_stokes(p), b = hemo::run_navier_stokes(q);
  REQUIRE((a && b));
  CHECK(value(*b, "pressure_drop_mmhg") == Approx(value(*a, "pressure_drop_mmhg")).epsilon(1e-3));
  double off = 0, size = 0;
  for (std::size_t i = 0; i < mesh->nodes.size(); ++i) {
    const core::Vec3 u(a->velocity[3 * i], a->velocity[3 * i + 1], a->velocity[3 * i + 2]), v(b->velocity[3 * i], b->velocity[3 * i + 1], b->velocity[3 * i + 2]);
    off += (turn * u - v).squaredNorm(), size += u.squaredNorm();
  }
  CHECK(std::sqrt(off / size) < 2e-3);
  CHECK(b->pullback.empty());
}

TEST_CASE("a warm start on the same mesh takes fewer steps to the same drop (0.5 %), one from another mesh is ignored with a note") {
  const FlowProblem p = stenosed(4, 1200);
  const auto first = hemo::run_navier_stokes(p);
  REQUIRE(first);
  const auto again = hemo::run_navier_stokes(p, {}, std::make_shared<hemo::FlowResult>(*first));
  REQUIRE(again);
  CHECK(again->steps < first->steps);
  CHECK(value(*again, "pressure_drop_mmhg") == Approx(value(*first, "pressure_drop_mmhg")).epsilon(5e-3));
  const auto other = hemo::run_navier_stokes(stenosed(3, 1200), {}, std::make_shared<hemo::FlowResult>(*first));
  REQUIRE(other);
  bool said = false;
  for (const auto& n : other->notes) said = said || n.find("another mesh") != std::string::npos;
  CHECK(said);
}

TEST_CASE("a cancelled flow returns cancelled at once and while it runs") {
  const auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto r = hemo::run_navier_stokes(stenosed(4), core::Progress({}, flag));
  REQUIRE_FALSE(r);
  CHECK(r.error().code == core::ErrorCode::cancelled);
  const auto later = std::make_shared<core::CancelFlag>();
  int reports = 0;
  const auto stopped = hemo::run_navier_stokes(stenosed(4), core::Progress([&](double, std::string_view) { if (++reports == 3) later->cancel(); }, later));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == core::ErrorCode::cancelled);
}

TEST_CASE("a pulsatile step that is too large is divided and said so, the run ends with a CFL number below 16") {
  FlowProblem p = stenosed(4, 2500);
  p.steady = false;
  p.cycle_s = 0.2;
  p.cycles = 1;
  p.dt_s = 0.01;
  p.inlets[0].flow = {{0.0, 2500.0}};
  const auto r = hemo::run_navier_stokes(p);
  REQUIRE(r);
  bool said = false;
  for (const auto& n : r->notes) said = said || n.find("divided by") != std::string::npos;
  CHECK(said);
  CHECK(value(*r, "cfl_max") < 16);
  CHECK(r->steps > 20);
}

TEST_CASE("a Windkessel outlet with flow reversal stays bounded through two cycles (backflow factor 1)") {
  FlowProblem p = stenosed(4, 500);
  p.steady = false;
  p.cycle_s = 0.6;
  p.cycles = 2;
  p.dt_s = 0.006;
  p.outlets = {{test::tube_outlet, 1.0, 0.02, 10.0, 0.0}};
  p.inlets[0].flow.clear();
  for (int k = 0; k < 60; ++k) p.inlets[0].flow.emplace_back(0.01 * k, 500 + 1500 * std::sin(2 * M_PI * k / 60.0));  // down to -1000
  const auto r = hemo::run_navier_stokes(p);
  REQUIRE(r);
  double fastest = 0;
  for (std::size_t i = 0; i < r->velocity.size(); i += 3) fastest = std::max<double>(fastest, std::hypot(r->velocity[i], r->velocity[i + 1], r->velocity[i + 2]));
  CHECK(fastest < 2.0 * 2000 / (M_PI * 0.9 * 0.9) * 1.5);
  CHECK(value(*r, "mass_balance_rel") <= 1e-5);
  CHECK(value(*r, "max_osi") > 0.1);
  REQUIRE(r->series.size() == 4);
  CHECK(r->series[0].t.back() == Approx(1.2));
}

TEST_CASE("the developed flow of an outlet carries the asked flow to 1e-9, ends as Poiseuille's parabola within 2 % of its peak and comes back bit for bit from what it saved (closed form)") {
  const test::Tube t = test::tube(1.5, 2, 10);
  const hemo::Cap cap = hemo::make_cap(t.mesh, test::tube_outlet);
  constexpr double nu = 3.3, dt = 0.02, radius = 1.5, flow = -700;   // R^2 / nu = 0.7 s; backwards
  hemo::DevelopedFlow w(t.mesh, cap, nu);
  w.start(cap, std::vector<double>(3 * t.mesh.nodes.size(), 0.0));
  const auto carried = [&](const hemo::DevelopedFlow& of) {
    double sum = 0;
    for (core::Index f : cap.faces) {
      const core::Triangle& n = t.mesh.boundary[std::size_t(f)].nodes;
      const core::Vec3& x = t.mesh.nodes[std::size_t(n[0])];
      const double area = 0.5 * (t.mesh.nodes[std::size_t(n[1])] - x).cross(t.mesh.nodes[std::size_t(n[2])] - x).norm();
      for (core::Index i : n) sum += area / 3 * of.speed(std::size_t(std::lower_bound(cap.nodes.begin(), cap.nodes.end(), i) - cap.nodes.begin()));
    }
    return sum;
  };
  for (int k = 0; k < 150; ++k) {
    w.advance(flow, dt, k == 0 ? hemo::bdf1 : hemo::bdf2);
    if (k == 0 || k == 20) CHECK(carried(w) == Approx(flow).epsilon(1e-9));
  }
  const double peak = 2 * flow / (M_PI * radius * radius);
  for (std::size_t k = 0; k < cap.nodes.size(); ++k) {
    const core::Vec3 d = t.mesh.nodes[std::size_t(cap.nodes[k])] - cap.centre;
    CHECK(w.speed(k) == Approx(peak * (1 - d.squaredNorm() / (radius * radius))).margin(0.02 * std::abs(peak)));
  }
  std::vector<double> kept;
  w.save(kept);
  REQUIRE(kept.size() == w.memory());
  hemo::DevelopedFlow again(t.mesh, cap, nu);
  again.load(kept.data());
  w.advance(300, dt, hemo::bdf2), again.advance(300, dt, hemo::bdf2);
  for (std::size_t k = 0; k < cap.nodes.size(); ++k) CHECK(w.speed(k) == again.speed(k));
}

TEST_CASE("a run that diverges stops with computation_failed, the time and the place, a run that never settles says so and averages") {
  const FlowProblem p = stenosed(4);
  const auto good = hemo::run_navier_stokes(p);
  REQUIRE(good);
  auto wild = std::make_shared<hemo::FlowResult>(*good);
  for (float& u : wild->velocity) u *= 1e6f;  // no iteration recovers from that start
  const auto r = hemo::run_navier_stokes(p, {}, wild);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == core::ErrorCode::computation_failed);
  CHECK_THAT(r.error().message, Catch::Contains("diverged at t =") && Catch::Contains("near (") && Catch::Contains("Refine"));
  const auto place = core::place_in(r.error().message);   // where the window flies to
  REQUIRE(place);
  CHECK(std::any_of(p.mesh->nodes.begin(), p.mesh->nodes.end(), [&](const core::Vec3& x) { return (x - *place).norm() < 0.1; }));

  FlowProblem hurried = p;
  hurried.max_s = 0.05;
  hurried.steady_tolerance = 1e-9;
  const auto cut = hemo::run_navier_stokes(hurried);
  REQUIRE(cut);
  bool said = false;
  for (const auto& n : cut->notes) said = said || n.find("Not settled") != std::string::npos;
  CHECK(said);
  CHECK(value(*cut, "pressure_drop_mmhg") == Approx(value(*good, "pressure_drop_mmhg")).epsilon(0.25));  // the start-up is in the average
}
