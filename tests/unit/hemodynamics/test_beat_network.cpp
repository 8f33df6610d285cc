// SPDX-License-Identifier: GPL-3.0-or-later
// FAST over a beat on a centreline tree: lumped (RLC) and pulse waves (1-D), blood that shear thins.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/blood_viscosity.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

using namespace ot;
using hemo::FlowProblem;
using hemo::NetworkModel;

namespace {

constexpr double pi = std::numbers::pi;

core::VesselBranch straight(int parent, double radius, double from_z, double length, int patch, double narrowed = 0) {
  core::VesselBranch b;
  b.parent = parent, b.outlet_patch = patch;
  const int n = int(std::ceil(length / 0.5));
  for (int k = 0; k <= n; ++k) {
    const double z = length * k / n, off = z - 0.5 * length;
    b.arc.push_back(z), b.points.push_back(core::Vec3(0, 0, from_z + z));
    b.radius.push_back(radius * (std::abs(off) < 4 ? 1 - 0.5 * narrowed * (1 + std::cos(2 * pi * off / 8)) : 1.0));   // 8 mm long
  }
  return b;
}

FlowProblem on(core::VesselNetwork network, std::vector<std::pair<double, double>> flow, double cycle_s) {
  FlowProblem p;
  network.inlet_patch = 1;
  p.network = std::make_shared<core::VesselNetwork>(std::move(network));
  p.inlets = {{1, std::move(flow), hemo::InletProfile::parabolic}};
  p.steady = false, p.cycle_s = cycle_s, p.dt_s = cycle_s / 400;
  return p;
}

std::vector<std::pair<double, double>> wave(double mean, double swing, double cycle_s) {
  std::vector<std::pair<double, double>> flow;
  for (int k = 0; k < 200; ++k) flow.emplace_back(cycle_s * k / 200, mean + swing * (std::sin(2 * pi * k / 200) + 0.5 * std::sin(4 * pi * k / 200)));
  return flow;
}

const core::Series& curve(const hemo::FlowResult& r, const std::string& name) {
  for (const auto& s : r.series)
    if (s.name == name) return s;
  FAIL("no curve " << name);
  return r.series.front();
}

double value(const hemo::FlowResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  FAIL("no quantity " << key);
  return 0;
}

// Time at which a curve first passes half way between its lowest and highest value.
double half_rise(const core::Series& s) {
  const auto [low, high] = std::minmax_element(s.values.begin(), s.values.end());
  const double half = 0.5 * (*low + *high);
  for (std::size_t k = 1; k < s.values.size(); ++k)
    if (s.values[k - 1] < half && s.values[k] >= half) return s.t[k - 1] + (s.t[k] - s.t[k - 1]) * (half - s.values[k - 1]) / (s.values[k] - s.values[k - 1]);
  FAIL("the curve does not rise");
  return 0;
}

double rms_over_pulse(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  const auto [low, high] = std::minmax_element(b.begin(), b.end());
  return std::sqrt(sum / double(a.size())) / (*high - *low);
}

// A wide artery that forks, two sizes of children, Windkessels by Murray's law.
FlowProblem fork(NetworkModel model) {
  core::VesselNetwork n;
  n.branches = {straight(-1, 4.0, 0, 80, 0), straight(0, 3.2, 80, 60, 2), straight(0, 2.6, 80, 60, 3)};
  n.branches[0].children = {1, 2};
  n.branches[1].points.back() += core::Vec3(8, 0, 0), n.branches[2].points.back() -= core::Vec3(8, 0, 0);
  FlowProblem p = on(std::move(n), wave(8000, 5000, 0.8), 0.8);
  hemo::MurrayOptions with;
  with.total_compliance = 0.6;
  p.outlets = *hemo::murray_outlets(hemo::outlet_sizes(*p.network), 8000, 12000, 600, with);
  p.network_model = model;
  return p;
}

}  // namespace

TEST_CASE("a pulse runs along a tube of a VesselNetwork at the speed of its wall, c2 = 2 E h / (3 rho r), to 1 % (1-D) and 3 % (RLC), and meets rho c / A, to 2 %") {
  const double radius = 4, length = 400, young = 4e5, wall = 0.8;
  core::VesselNetwork n;
  n.branches = {straight(-1, radius, 0, length, 2)};
  std::vector<std::pair<double, double>> flow;   // a bump of 60 ms in a beat of 0.8 s on hardly any flow: little speed is added to the wave's
  for (int k = 0; k <= 800; ++k) flow.emplace_back(1e-3 * k, 200 + (k > 100 && k < 160 ? 1000 * std::pow(std::sin(pi * (k - 100) / 60.0), 2) : 0.0));
  flow.pop_back();
  FlowProblem p = on(std::move(n), flow, 0.8);
  p.dt_s = 0.8 / 1600;
  p.fluid.viscosity_Pa_s = 1e-4;   // nearly no friction: the closed form has none
  p.vessel_wall.young_Pa = young, p.vessel_wall.thickness_mm = wall;
  const double rho = p.fluid.density_g_per_mm3, c = std::sqrt(2.0 / 3.0 * young * wall / (rho * radius)), z = rho * c / (pi * radius * radius);
  p.outlets = {{2, z, 0, 0, 12000}};   // takes the wave without an echo
  for (const auto& [model, speed_gap] : {std::pair{NetworkModel::one_d, 0.01}, {NetworkModel::rlc, 0.03}}) {
    p.network_model = model;
    const auto r = hemo::run_network(p, {}, 0);
    REQUIRE(r);
    const auto &in = curve(*r, "patch 1 pressure"), &out = curve(*r, "patch 2 pressure"), &q = curve(*r, "patch 1 flow");
    const double speed = length / (half_rise(out) - half_rise(in));
    INFO("speed " << speed << " mm/s, " << c << " in closed form");
    CHECK(std::abs(speed / c - 1) < speed_gap);
    const auto swing = [](const core::Series& s) { return *std::max_element(s.values.begin(), s.values.end()) - *std::min_element(s.values.begin(), s.values.end()); };
    CHECK(std::abs(swing(in) / swing(q) / z - 1) < 0.02);
  }
}

TEST_CASE("RLC: the pressure that swings a sine through a short tube is Womersley's (1955) to 3 % in size and 5 degrees in phase (friction stays that of steady flow), alpha 3 and 9 (a plug of blood: 20 % too small)") {
  const double radius = 2, length = 20;
  // 1 / (1 - F), F = 2 J1(z) / (z J0(z)) at z = i^(3/2) alpha, by another program (mpmath).
  for (const auto& [alpha, impedance] : {std::pair{3.0, std::complex<double>(1.31644, -0.945867)}, {9.0, std::complex<double>(1.152896, -0.197792)}}) {
    core::VesselNetwork n;
    n.branches = {straight(-1, radius, 0, length, 2)};
    const hemo::Fluid blood;
    const double omega = alpha * alpha * blood.viscosity_Pa_s / (blood.density_g_per_mm3 * radius * radius), cycle = 2 * pi / omega;
    std::vector<std::pair<double, double>> flow;
    for (int k = 0; k < 400; ++k) flow.emplace_back(cycle * k / 400, 500 + 100 * std::cos(2 * pi * k / 400));
    FlowProblem p = on(std::move(n), flow, cycle);
    p.vessel_wall.young_Pa = 1e9, p.vessel_wall.thickness_mm = 1;   // hardly gives: the closed form is of a rigid tube
    p.network_model = NetworkModel::rlc;
    p.outlets = {{2, 1, 0, 0, 12000}};
    const auto r = hemo::run_network(p);
    REQUIRE(r);
    const auto swing = [&](const std::vector<double>& v) {
      std::complex<double> sum = 0;
      for (std::size_t k = 0; k < v.size(); ++k) sum += v[k] * std::polar(2.0 / double(v.size()), -2 * pi * double(k + 1) / double(v.size()));
      return sum;
    };
    const auto &in = curve(*r, "patch 1 pressure"), &out = curve(*r, "patch 2 pressure"), &q = curve(*r, "patch 1 flow");
    const double per_flow = in.unit == "mmHg" ? 133.322 : 1.0, per_second = q.unit == "ml/min" ? 1000 / 60.0 : q.unit == "ml/s" ? 1000 : 1;
    const auto found = (swing(in.values) - swing(out.values)) * per_flow / (swing(q.values) * per_second);
    const auto exact = std::complex<double>(0, omega * blood.density_g_per_mm3 * length / (pi * radius * radius)) * impedance;
    INFO("alpha " << alpha << ": " << std::abs(found) << " of " << std::abs(exact) << " Pa s/mm3, units " << in.unit << ", " << q.unit);
    CHECK(std::abs(found) == Approx(std::abs(exact)).epsilon(0.03));
    CHECK(std::abs(std::arg(found / exact)) < 5 * pi / 180);
  }
}

TEST_CASE("where the wave is long, RLC gives the pressures of the 1-D waves within 1 % of the pulse (RMS), on a fork with a beat of 0.8 s") {
  const auto lumped = hemo::run_network(fork(NetworkModel::rlc)), waves = hemo::run_network(fork(NetworkModel::one_d));
  REQUIRE(lumped);
  REQUIRE(waves);
  for (const char* name : {"patch 1 pressure", "patch 2 pressure", "patch 3 pressure", "patch 2 flow", "patch 3 flow"}) {
    INFO(name);
    CHECK(rms_over_pulse(curve(*lumped, name).values, curve(*waves, name).values) < 0.01);
  }
  // and the quasi-steady network, which has no wall, does not: the test can tell them apart
  const auto rigid = hemo::run_network(fork(NetworkModel::quasi_steady));
  REQUIRE(rigid);
  CHECK(rms_over_pulse(curve(*rigid, "patch 2 flow").values, curve(*waves, "patch 2 flow").values) > 0.02);
}

TEST_CASE("what enters a tree over a beat leaves it, to 1e-3 in all three models, and the mean pressure is that of the steady network within 1 %") {
  FlowProblem steady = fork(NetworkModel::automatic);
  steady.steady = true;
  const auto mean = hemo::run_network(steady);
  REQUIRE(mean);
  for (const auto model : {NetworkModel::quasi_steady, NetworkModel::rlc, NetworkModel::one_d}) {
    const auto r = hemo::run_network(fork(model));
    REQUIRE(r);
    CHECK(value(*r, "mass_balance_rel") < 1e-3);
    CHECK(r->pullback.front().pressure_Pa == Approx(mean->pullback.front().pressure_Pa).epsilon(0.01));
    REQUIRE(r->along.t_s.size() >= 50);
    CHECK(r->along.pressure_Pa.size() == r->along.t_s.size() * r->pullback.size());
  }
}

TEST_CASE("automatic is RLC, a beat has its own hash for every model and wall, and a steady problem does not ask") {
  FlowProblem p = fork(NetworkModel::automatic);
  const auto automatic = hemo::run_network(p);
  p.network_model = NetworkModel::rlc;
  const auto rlc = hemo::run_network(p);
  REQUIRE(automatic);
  REQUIRE(rlc);
  CHECK(automatic->series[1].values == rlc->series[1].values);
  const std::string before = p.sha256();
  p.vessel_wall.k3_Pa *= 1.5;
  CHECK(p.sha256() != before);
  p.steady = true;
  const std::string steady = p.sha256();
  p.network_model = NetworkModel::one_d;
  CHECK(p.sha256() == steady);
}

TEST_CASE("a lesion costs a beat more than its mean flow alone, in RLC as in 1-D, within 1 % of each other") {
  core::VesselNetwork n;
  n.branches = {straight(-1, 1.5, 0, 60, 2, 0.5)};
  FlowProblem p = on(n, wave(1500, 900, 0.8), 0.8);
  p.outlets = {{2, 1, 0.1, 6, 600}};
  const auto drop = [&](NetworkModel model, bool steady) {
    FlowProblem q = p;
    q.network_model = model, q.steady = steady;
    const auto r = hemo::run_network(q);
    REQUIRE(r);
    return r->pullback.front().pressure_Pa - r->pullback.back().pressure_Pa;
  };
  const double lumped = drop(NetworkModel::rlc, false), waves = drop(NetworkModel::one_d, false), mean = drop(NetworkModel::automatic, true);
  INFO("Pa: " << lumped << " RLC, " << waves << " 1-D, " << mean << " at the mean flow");
  CHECK(lumped > 1.1 * mean);
  CHECK(std::abs(waves / lumped - 1) < 0.01);
}

TEST_CASE("a coronary bed behind a 1-D tree gives the waves of the same bed behind RLC within 2 % of the pulse, most of them in diastole") {
  core::VesselNetwork n;
  n.branches = {straight(-1, 1.5, 0, 60, 2)};
  FlowProblem p = on(n, wave(1500, 500, 0.8), 0.8);
  hemo::CoronaryBed bed;
  bed.ca = 0.002, bed.ra_micro = 4, bed.cim = 0.02, bed.rv = 1.2, bed.cycle_s = 0.8;
  for (int k = 0; k < 40; ++k) bed.pim.emplace_back(0.02 * k, k < 16 ? 14000 * std::pow(std::sin(pi * k / 16), 2) : 0.0);
  p.outlets = {hemo::coronary_outlet(2, 2.4, bed, 600)};
  std::vector<std::vector<double>> pressures;
  for (const auto model : {NetworkModel::rlc, NetworkModel::one_d}) {
    p.network_model = model;
    const auto r = hemo::run_network(p);
    REQUIRE(r);
    pressures.push_back(curve(*r, "patch 2 pressure").values);
  }
  CHECK(rms_over_pulse(pressures[0], pressures[1]) < 0.02);
}

TEST_CASE("FAST with Carreau-Yasuda blood loses in a long tube what its own developed flow does, to 0.2 %, at three rates") {
  const double radius = 2, length = 200;
  core::VesselNetwork n;
  n.branches = {straight(-1, radius, 0, length, 2)};
  for (const double flow : {20.0, 300.0, 4000.0}) {
    FlowProblem p = on(n, {{0.0, flow}}, 0.8);
    p.steady = true, p.fluid.carreau_yasuda = true;
    p.outlets = {{2, 1, 0, 0, 0}};
    const auto r = hemo::run_network(p);
    REQUIRE(r);
    const double gradient = (r->pullback.front().pressure_Pa - r->pullback.back().pressure_Pa) / length;
    // Independent: shear rate from mu(g) g = G r/2 by bisection in 20000 rings, flow = pi int g r2 dr.
    double passed = 0;
    constexpr int rings = 20000;
    for (int k = 0; k < rings; ++k) {
      const double at = radius * (k + 0.5) / rings, stress = 0.5 * gradient * at;
      double low = 0, high = 1e7;
      for (int i = 0; i < 80; ++i) (p.fluid.viscosity_at(0.5 * (low + high)) * 0.5 * (low + high) < stress ? low : high) = 0.5 * (low + high);
      passed += pi * low * at * at * radius / rings;
    }
    INFO("rate " << flow << " mm3/s, by quadrature " << passed);
    CHECK(passed == Approx(flow).epsilon(0.002));
  }
  // Newtonian blood is as it was, exactly.
  CHECK(hemo::ApparentViscosity(hemo::Fluid{}).in_tube(100, 1) == hemo::Fluid{}.viscosity_Pa_s);
}
