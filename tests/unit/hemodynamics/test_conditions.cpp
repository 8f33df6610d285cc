// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>

#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/inflow.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;
using hemo::FlowProblem;

namespace {

FlowProblem small_problem() {
  static const test::Tube t = test::tube(1.5, 4.0, 3);
  FlowProblem p;
  p.mesh = std::make_shared<core::TetMesh>(t.mesh);
  p.network = std::make_shared<core::VesselNetwork>(t.network);
  p.inlets = {{test::tube_inlet, {{0.0, 500.0}}, hemo::InletProfile::parabolic}};
  p.outlets = {{test::tube_outlet, 0.1, 0, 0, 0}};
  return p;
}

// Refused by the full solver with bad_input and a sentence that holds `word`.
void refused(const FlowProblem& p, const std::string& word) {
  const auto r = hemo::run_navier_stokes(p);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == core::ErrorCode::bad_input);
  CHECK_THAT(r.error().message, Catch::Contains(word));
  CHECK(r.error().message.back() == '.');
}

}  // namespace

TEST_CASE("each bad flow condition is refused with bad_input and its own sentence") {
  const double nan = std::nan("");
  FlowProblem p = small_problem();
  SECTION("no inlet") { p.inlets.clear(); refused(p, "no inlet"); }
  SECTION("no outlet") { p.outlets.clear(); refused(p, "no outlet"); }
  SECTION("zero inflow") { p.inlets[0].flow = {{0, 0.0}}; refused(p, "positive flow"); }
  SECTION("negative inflow") { p.inlets[0].flow = {{0, -5.0}}; refused(p, "positive flow"); }
  SECTION("inflow not a number") { p.inlets[0].flow = {{0, nan}}; refused(p, "not a number"); }
  SECTION("inflow empty") { p.inlets[0].flow.clear(); refused(p, "no flow"); }
  SECTION("zero viscosity") { p.fluid.viscosity_Pa_s = 0; refused(p, "viscosity"); }
  SECTION("negative density") { p.fluid.density_g_per_mm3 = -1; refused(p, "density"); }
  SECTION("zero resistance") { p.outlets[0].rp = 0; refused(p, "resistance"); }
  SECTION("negative resistance") { p.outlets[0].rp = -1; refused(p, "resistance"); }
  SECTION("negative compliance") { p.outlets[0].c = -1; refused(p, "compliance"); }
  SECTION("distal pressure not a number") { p.outlets[0].pd = nan; refused(p, "not a number"); }
  SECTION("inlet patch that is not in the mesh") { p.inlets[0].patch = 77; refused(p, "77"); }
  SECTION("outlet cap without a condition") { p.outlets[0].patch = test::tube_wall; refused(p, "outlet 1"); }
  SECTION("two conditions on one patch") { p.outlets[0].patch = test::tube_inlet; refused(p, "two conditions"); }
  SECTION("waveform out of order") { p.inlets[0].flow = {{0.2, 1.0}, {0.1, 2.0}}; refused(p, "rise"); }
  SECTION("time step longer than a twentieth of the cycle") { p.steady = false; p.dt_s = 0.1; refused(p, "time step"); }
  SECTION("time step far too large for the mesh") {
    p.steady = false;
    p.inlets[0].flow = {{0, 2e6}};
    p.dt_s = 0.04;
    refused(p, "too large");
  }
  SECTION("no cycles") { p.steady = false; p.cycles = 0; refused(p, "cycle"); }
  SECTION("inverted tetrahedron") {
    auto bad = std::make_shared<core::TetMesh>(*p.mesh);
    std::swap(bad->tets[5][0], bad->tets[5][1]);
    p.mesh = bad;
    refused(p, "inverted");
  }
  SECTION("cap one cell wide") {
    const test::Tube thin = test::tube(1.0, 4.0, 1);
    core::TetMesh m = thin.mesh;
    // Only the centre node of the inlet is free; giving one inlet face to the wall leaves none.
    for (auto& f : m.boundary)
      if (f.patch == test::tube_inlet) {
        f.patch = test::tube_wall;
        break;
      }
    p.mesh = std::make_shared<core::TetMesh>(m);
    refused(p, "one cell wide");
  }
}

TEST_CASE("a flow problem without a mesh is wrong usage, and so is a fast one without a network") {
  FlowProblem p = small_problem();
  p.mesh = nullptr;
  const auto full = hemo::run_navier_stokes(p);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == core::ErrorCode::wrong_usage);
  p.network = nullptr;
  const auto fast = hemo::run_network(p);
  REQUIRE_FALSE(fast);
  CHECK(fast.error().code == core::ErrorCode::wrong_usage);
}

TEST_CASE("flow waveforms are linear between points, periodic, and their mean is the trapezoid sum") {
  hemo::Inlet inlet{1, {{0.0, 0.0}, {0.2, 10.0}, {0.8, 0.0}}, hemo::InletProfile::plug};
  CHECK(hemo::flow_at(inlet, 0.1, 1.0) == Approx(5.0));
  CHECK(hemo::flow_at(inlet, 3.5, 1.0) == Approx(5.0));
  CHECK(hemo::flow_at(inlet, 0.9, 1.0) == Approx(0.0).margin(1e-12));
  CHECK(hemo::mean_flow(inlet, 1.0) == Approx(0.5 * 0.8 * 10.0));
  inlet.flow = {{0.3, 7.0}};
  CHECK(hemo::flow_at(inlet, 0.9, 1.0) == 7.0);
}

TEST_CASE("a Windkessel driven by a sine converges to the exact ODE solution with order >= 1.9 in the time step") {
  // Rp, C, Rd: common carotid of Boileau et al. 2015 (physiology_and_models.json) in mm3 units.
  const hemo::Outlet o{1, 0.24875, 0.17529, 1.8697, 0.0};
  const double w = 2 * M_PI / 0.9, qm = 6000, qa = 4000;
  // C dpc/dt + pc/Rd = qm + qa sin wt, pc(0) = Rd qm.
  const double k = 1 / (o.rd * o.c), a = qa / o.c;
  const auto exact = [&](double t) {
    const double steady = o.rd * qm, amplitude = a / (k * k + w * w);
    return steady + amplitude * (k * std::sin(w * t) - w * std::cos(w * t)) + amplitude * w * std::exp(-k * t);
  };
  double last = 0;
  for (int steps : {100, 200, 400}) {
    const double dt = 0.9 / steps;
    hemo::Windkessel wk(o, false);
    wk.start(qm, qm, dt);
    double worst = 0;
    for (int n = 1; n <= 2 * steps; ++n) {
      const double q = qm + qa * std::sin(w * n * dt);
      const double line = wk.history(dt) + wk.impedance(dt) * q;
      wk.advance(q, dt);
      CHECK(wk.pressure(q) == Approx(line).epsilon(1e-12));
      worst = std::max(worst, std::abs(wk.capacitor_Pa() - exact(n * dt)));
    }
    if (last > 0) CHECK(std::log2(last / worst) > 1.9);
    last = worst;
  }
  CHECK(last / (o.rd * qm) < 2e-4);
}

// Largest difference of Womersley's profile on a square cap of n cells a side from the double series of a square duct, over the peak.
double off_the_duct(int n) {
  constexpr double side = 4, cycle = 0.8;
  core::TetMesh m;   // only a cap: the profile asks for no more
  for (int j = 0; j <= n; ++j)
    for (int i = 0; i <= n; ++i) m.nodes.emplace_back(side * i / n, side * j / n, 0);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) {
      const core::Index a = core::Index(j * (n + 1) + i), b = a + 1, c = a + n + 1, d = c + 1;
      if ((i + j) % 2) m.boundary.push_back({{a, c, b}, 1}), m.boundary.push_back({{b, c, d}, 1});
      else m.boundary.push_back({{a, d, b}, 1}), m.boundary.push_back({{a, c, d}, 1});
    }
  const hemo::Cap cap = hemo::make_cap(m, 1);
  REQUIRE(cap.roundness < 0.8);
  hemo::Fluid fluid;
  const double w = 2 * M_PI / cycle, nu = w * 4.0 / 64;   // half a side of 2 mm: alpha 8
  fluid.viscosity_Pa_s = nu * fluid.density_g_per_mm3;
  hemo::Inlet inlet{1, {}, hemo::InletProfile::womersley};
  for (int k = 0; k < 512; ++k) inlet.flow.emplace_back(cycle * k / 512, 1000 * std::cos(2 * M_PI * k / 512));
  std::string note;
  const hemo::InflowProfile profile(m, cap, inlet, fluid, false, cycle, note);
  CHECK(note.empty());
  // w(x, y) ~ sum over odd p, q of sin sin / (p q (k2 + i omega / nu)); the rate is its integral.
  const auto series = [&](double x, double y, bool whole) {
    std::complex<double> sum = 0;
    for (int p = 1; p < 160; p += 2)
      for (int q = 1; q < 160; q += 2) {
        const double k2 = M_PI * M_PI / side / side * (p * p + q * q);
        const double shape = whole ? 4 * side * side / (M_PI * M_PI * p * q) : std::sin(p * M_PI * x / side) * std::sin(q * M_PI * y / side);
        sum += shape / (double(p * q) * std::complex<double>(k2, w / nu));
      }
    return sum;
  };
  const std::complex<double> rate = series(0, 0, true);
  double worst = 0, peak = 0;
  for (const double t : {0.0, 0.13, 0.37, 0.6}) {
    std::vector<double> speed;
    profile.speeds(t, speed);
    for (std::size_t k = 0; k < cap.nodes.size(); k += 7) {
      const core::Vec3& x = m.nodes[std::size_t(cap.nodes[k])];
      const double exact = (1000.0 * std::polar(1.0, w * t) * series(x[0], x[1], false) / rate).real();
      worst = std::max(worst, std::abs(speed[k] - exact)), peak = std::max(peak, std::abs(exact));
    }
  }
  return worst / peak;
}

TEST_CASE("Womersley on a square cap meets the double series of a square duct to 0.5 % of the peak with 48 cells a side (Womersley number 8), with second order") {
  const double coarse = off_the_duct(24), fine = off_the_duct(48);
  INFO(coarse << " with 24 cells, " << fine << " with 48");
  CHECK(fine < 0.005);
  CHECK(std::log2(coarse / fine) > 1.8);
}

TEST_CASE("inflow profiles carry the exact rate on round and elliptical caps, to 1e-12") {
  test::Tube t = test::tube(2.0, 3.0, 6);
  for (double squeeze : {1.0, 0.5}) {
    core::TetMesh m = t.mesh;
    for (auto& x : m.nodes) x[0] *= squeeze;
    const hemo::Cap cap = hemo::make_cap(m, test::tube_inlet);
    CHECK(cap.normal[2] == Approx(-1.0));
    CHECK(cap.area_mm2 == Approx(M_PI * 4 * squeeze).epsilon(0.02));
    for (auto profile : {hemo::InletProfile::plug, hemo::InletProfile::parabolic, hemo::InletProfile::womersley}) {
      const hemo::Inlet inlet{test::tube_inlet, {{0.0, 900.0}, {0.2, 2500.0}, {0.5, -300.0}}, profile};
      std::string note;
      const hemo::InflowProfile p(m, cap, inlet, hemo::Fluid{}, false, 0.8, note);
      CHECK(note.empty());   // every profile fits every cap
      std::vector<double> speed;
      p.speeds(0.23, speed);
      std::vector<double> at(m.nodes.size(), 0.0);
      for (std::size_t k = 0; k < cap.nodes.size(); ++k) {
        at[std::size_t(cap.nodes[k])] = speed[k];
        if (cap.rim[k]) CHECK(speed[k] == 0.0);
      }
      double rate = 0;
      for (const auto& f : m.boundary) {
        if (f.patch != test::tube_inlet) continue;
        const auto& x = m.nodes;
        const double area = 0.5 * (x[f.nodes[1]] - x[f.nodes[0]]).cross(x[f.nodes[2]] - x[f.nodes[0]]).norm();
        rate += area * (at[f.nodes[0]] + at[f.nodes[1]] + at[f.nodes[2]]) / 3;
      }
      CHECK(rate == Approx(hemo::flow_at(inlet, 0.23, 0.8)).epsilon(1e-12));
    }
  }
}

TEST_CASE("the developed profile of a 2:1 ellipse peaks at twice its mean speed (exact laminar solution), within 2 %") {
  test::Tube t = test::tube(2.0, 3.0, 12);
  for (auto& x : t.mesh.nodes) x[0] *= 0.5;
  const hemo::Cap cap = hemo::make_cap(t.mesh, test::tube_inlet);
  std::string note;
  const hemo::InflowProfile p(t.mesh, cap, {test::tube_inlet, {{0, 100.0}}, hemo::InletProfile::parabolic}, {}, true, 1, note);
  std::vector<double> speed;
  p.speeds(0, speed);
  CHECK(*std::max_element(speed.begin(), speed.end()) / (100.0 / cap.area_mm2) == Approx(2.0).epsilon(0.02));
}

TEST_CASE("Murray outlets pass the total flow at the mean pressure and split it by the cube of the radius") {
  const std::vector<hemo::CapSize> caps{{4, 1.0}, {5, 2.0}};
  const auto o = hemo::murray_outlets(caps, 900.0, 12000.0, 1000.0);
  REQUIRE(o);
  CHECK((12000.0 - 1000.0) / (*o)[0].rp == Approx(100.0));
  CHECK((12000.0 - 1000.0) / (*o)[1].rp == Approx(800.0));
  hemo::MurrayOptions w;
  w.total_compliance = 9.0;
  const auto rcr = hemo::murray_outlets(caps, 900.0, 12000.0, 1000.0, w);
  REQUIRE(rcr);
  CHECK((*rcr)[1].rp + (*rcr)[1].rd == Approx((*o)[1].rp));
  CHECK((*rcr)[0].c + (*rcr)[1].c == Approx(9.0));
  // With a wave speed: rho c / A, 1.06e-3 * 7270 / (pi 2^2) Pa s/mm3, and never more than half of the resistance.
  w.wave_speed_mm_s = 7270;
  const auto matched = hemo::murray_outlets(caps, 900.0, 12000.0, 1000.0, w);
  REQUIRE(matched);
  CHECK((*matched)[1].rp == Approx(0.61324).epsilon(1e-4));
  CHECK((*matched)[1].rp + (*matched)[1].rd == Approx((*o)[1].rp));
  w.wave_speed_mm_s = 1e9;
  CHECK((*hemo::murray_outlets(caps, 900.0, 12000.0, 1000.0, w))[0].rp == Approx((*o)[0].rp / 2));
  w.wave_speed_mm_s = -1;
  CHECK_FALSE(hemo::murray_outlets(caps, 900.0, 12000.0, 1000.0, w));
  CHECK_FALSE(hemo::murray_outlets(caps, 0.0, 12000.0, 0.0));
  CHECK_FALSE(hemo::murray_outlets(caps, 900.0, 100.0, 200.0));
  CHECK_FALSE(hemo::murray_outlets({}, 900.0, 12000.0, 0.0));
}

TEST_CASE("hyperaemia lowers coronary outlet resistance to 0.24 of rest (Wilson 1990)") {
  const test::Tube t = test::tube(1.5, 20, 2);
  const double q = hemo::coronary_rest_flow(hemo::CoronaryVessel::lad);
  CHECK(q * 60 / 1000 == Approx(101.25));  // mL/min
  CHECK(hemo::coronary_rest_flow(hemo::CoronaryVessel::lad, 300) / q == Approx(std::pow(2.0, 0.75)));
  const auto rest = hemo::coronary_outlets(t.network, q, hemo::mean_aortic_pressure_Pa, false);
  const auto max = hemo::coronary_outlets(t.network, q, hemo::mean_aortic_pressure_Pa, true);
  REQUIRE((rest && max));
  CHECK((*max)[0].rp / (*rest)[0].rp == Approx(0.24));
}
