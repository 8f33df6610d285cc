// SPDX-License-Identifier: GPL-3.0-or-later
// Three-dimensional flow: an exact unsteady solution in a cube, Windkessel outlets against their equation, shear-thinning blood.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numbers>

#include "app/verify/flow_cases.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/flow_stepper.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"

namespace ot::verify {
namespace {

using namespace flow;
using core::Vec3;
using Clock = std::chrono::steady_clock;

// Ethier and Steinman 1994 with a = pi/4, d = pi/2, nu = rho = 1, on [-1, 1]^3.
constexpr double es_a = std::numbers::pi / 4, es_d = std::numbers::pi / 2;
Vec3 ethier_velocity(const Vec3& q, double t) {
  const double a = es_a, d = es_d, x = q[0], y = q[1], z = q[2], f = -a * std::exp(-d * d * t);
  return f * Vec3(std::exp(a * x) * std::sin(a * y + d * z) + std::exp(a * z) * std::cos(a * x + d * y), std::exp(a * y) * std::sin(a * z + d * x) + std::exp(a * x) * std::cos(a * y + d * z),
                  std::exp(a * z) * std::sin(a * x + d * y) + std::exp(a * y) * std::cos(a * z + d * x));
}
double ethier_pressure(const Vec3& q, double t) {
  const double a = es_a, d = es_d, x = q[0], y = q[1], z = q[2];
  return -a * a / 2 * std::exp(-2 * d * d * t) *
         (std::exp(2 * a * x) + std::exp(2 * a * y) + std::exp(2 * a * z) + 2 * std::sin(a * x + d * y) * std::cos(a * z + d * x) * std::exp(a * (y + z)) +
          2 * std::sin(a * y + d * z) * std::cos(a * x + d * y) * std::exp(a * (z + x)) + 2 * std::sin(a * z + d * x) * std::cos(a * y + d * z) * std::exp(a * (x + y)));
}

struct Cube {
  double velocity, pressure, wall_s;
};

core::Result<Cube> ethier(int n, int steps, double end_s, const core::Progress& progress) {
  const auto begin = Clock::now();
  auto box = std::make_shared<core::TetMesh>(core::make_box(Vec3(2, 2, 2), 2.0 / n, core::BoxSplit::alternating));
  Vec3 low = Vec3::Constant(1e300);
  for (const Vec3& x : box->nodes) low = low.cwiseMin(x);
  for (Vec3& x : box->nodes) x += Vec3(-1, -1, -1) - low;
  for (auto& f : box->boundary) f.patch = 1;
  hemo::FlowProblem problem;
  problem.mesh = box;
  problem.fluid.density_g_per_mm3 = 1, problem.fluid.viscosity_Pa_s = 1;
  problem.steady = false;
  problem.inlets = {{1, {{0.0, 0.0}}, hemo::InletProfile::plug}};   // velocity given on the whole boundary
  const hemo::FlowMesh m = hemo::make_flow_mesh(problem);
  const std::vector<hemo::InflowProfile> none;
  double peak = 0;
  std::vector<double> u(3 * m.nodes()), p(m.nodes());
  for (std::size_t i = 0; i < m.nodes(); ++i) {
    const Vec3 v = ethier_velocity(m.mesh.nodes[i], 0);
    for (std::size_t c = 0; c < 3; ++c) u[3 * i + c] = v[Eigen::Index(c)];
    peak = std::max(peak, v.norm());
    p[i] = ethier_pressure(m.mesh.nodes[i], 0);
  }
  hemo::FlowStepper s(m, problem, none, peak);
  s.set_boundary([&](double t, hemo::InletState& state) {
    state.velocity.assign(3 * m.nodes(), 0.0), state.inflow.assign(m.nodes(), 0.0), state.rate = 0;
    for (core::Index i : m.inlets[0].nodes) {
      const Vec3 v = ethier_velocity(m.mesh.nodes[std::size_t(i)], t);
      for (std::size_t c = 0; c < 3; ++c) state.velocity[3 * std::size_t(i) + c] = v[Eigen::Index(c)];
    }
    hemo::add_inflow(m, m.inlets[0], state);
    // What the interpolated field lets through the whole boundary is taken off evenly: a closed box has a solution for zero only.
    double count = double(m.inlets[0].nodes.size());
    for (core::Index i : m.inlets[0].nodes) state.inflow[std::size_t(i)] -= state.rate / count;
  });
  s.set_state(u, p);
  const double dt = end_s / steps;
  s.set_time_step(std::vector<double>(m.tets(), dt), dt, hemo::bdf2);
  for (int k = 1; k <= steps; ++k) {
    if (progress.cancelled()) return core::cancelled();
    if (!s.step(dt * k)) return core::computation_failed("The exact solution in the cube was not followed: " + s.trouble() + ". This is an error of the solver.");
  }
  std::vector<float> out(3 * m.nodes());
  double mean = 0, volume = 0;
  for (std::size_t i = 0; i < m.nodes(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) out[3 * i + c] = float(s.velocity()[3 * i + c]);
    mean += m.lumped[i] * (s.pressure_Pa(i) - ethier_pressure(m.mesh.nodes[i], end_s)), volume += m.lumped[i];
  }
  mean /= volume;
  double exact_mean = 0, off = 0, size = 0;
  for (std::size_t i = 0; i < m.nodes(); ++i) exact_mean += m.lumped[i] * ethier_pressure(m.mesh.nodes[i], end_s) / volume;
  for (std::size_t i = 0; i < m.nodes(); ++i) {
    const double exact = ethier_pressure(m.mesh.nodes[i], end_s);
    off += m.lumped[i] * std::pow(s.pressure_Pa(i) - mean - exact, 2), size += m.lumped[i] * std::pow(exact - exact_mean, 2);
  }
  return Cube{velocity_error(m.mesh, out, [&](const Vec3& x) { return ethier_velocity(x, end_s); }), std::sqrt(off / size), std::chrono::duration<double>(Clock::now() - begin).count()};
}

// Largest error of the outlet pressure over the run, against the equation driven by the inflow, over its peak. Coronary: in the second cycle.
core::Result<std::pair<double, double>> rcr_error(int steps, bool coronary, const core::Progress& progress) {
  auto p = pipe(3.0, 9.0, 4);
  if (!p) return core::pass(p);
  hemo::FlowProblem& problem = p->problem;
  problem.steady = false, problem.cycle_s = 0.9, problem.cycles = 1, problem.dt_s = 0.9 / steps;
  problem.inlets = {{hemo::domain_inlet, {}, hemo::InletProfile::parabolic}};
  for (int k = 0; k < 2000; ++k) problem.inlets[0].flow.emplace_back(0.9 * k / 2000, 3000 + 2000 * std::sin(2 * std::numbers::pi * k / 2000.0));
  // Common carotid of Boileau et al. 2015 (physiology_and_models.json).
  hemo::Outlet o{hemo::domain_outlet, 0.24875, 0.17529, 1.8697, 500.0};
  const double w = 2 * std::numbers::pi / 0.9, squeeze = 4000;
  if (coronary) {
    // Splits of coronary_lpn in physiology_and_models.json: resistance 0.32, 0.52, 0.16, compliance 0.11, 0.89; Pim = 5000 - 4000 cos(w t) Pa.
    hemo::CoronaryBed bed;
    bed.ca = 0.11 * 0.1, bed.cim = 0.89 * 0.1, bed.ra_micro = 0.52 * 2.1, bed.rv = 0.16 * 2.1, bed.cycle_s = 0.9;
    for (int k = 0; k < 2000; ++k) bed.pim.emplace_back(0.9 * k / 2000, 5000 - squeeze * std::cos(2 * std::numbers::pi * k / 2000.0));
    o = hemo::coronary_outlet(hemo::domain_outlet, 0.32 * 2.1, std::move(bed), 500);
    problem.cycles = 2;
  }
  problem.outlets = {o};
  auto r = hemo::run_navier_stokes(problem, progress);
  if (!r) return core::pass(r);
  // Exact periodic answer: the Windkessel is linear, the inflow one harmonic.
  const std::complex<double> i(0, 1);
  std::complex<double> z = o.rp + o.rd / (1.0 + i * w * o.rd * o.c), lift = 0;  // answers to the flow and to Pim
  if (coronary) {
    const hemo::CoronaryBed& b = *o.coronary;
    const std::complex<double> m = 1 / b.ra_micro, d1 = i * w * b.ca + m, d2 = i * w * b.cim + m + 1 / b.rv;
    z = o.rp + d2 / (d1 * d2 - m * m);
    lift = i * w * b.cim * m / (d1 * d2 - m * m);
  }
  double worst = 0, peak = 0;
  for (const auto& s : r->series)
    if (s.name == "outlet 1 pressure")
      for (std::size_t k = 0; k < s.t.size(); ++k) {
        if (coronary && s.t[k] < 0.9) continue;
        const double exact = o.pd + (o.rp + o.rd) * 3000 + 2000 * std::imag(z * std::polar(1.0, w * s.t[k])) - squeeze * std::real(lift * std::polar(1.0, w * s.t[k]));
        worst = std::max(worst, std::abs(s.values[k] - exact)), peak = std::max(peak, exact);
      }
  return std::pair{worst / peak, r->wall_s};
}

}  // namespace

Rows flow_ethier_steinman(bool quick, const core::Progress& progress) {
  const int n = quick ? 10 : 14;
  const double end = 0.1;
  auto a = ethier(n, 10, end, progress.part(0, 0.2));
  if (!a) return core::pass(a);
  auto b = ethier(2 * n, 20, end, progress.part(0.2, 1));
  if (!b) return core::pass(b);
  const std::string source = fmt::format("Ethier & Steinman 1994, a = pi/4, d = pi/2, nu = 1; {} and {} cells a side, {:g} s", n, 2 * n, end);
  const double wall = a->wall_s + b->wall_s;
  return std::vector<Row>{at_most("flow/ethier-steinman", "velocity_l2_rel", b->velocity, 0.01, source, wall, quick),
                          at_least("flow/ethier-steinman", "order_shortfall", std::log2(a->velocity / b->velocity), 1.9, source, wall, quick)};
}

Rows flow_rcr(bool quick, const core::Progress& progress) {
  auto a = rcr_error(50, false, progress.part(0, 0.1));
  if (!a) return core::pass(a);
  auto b = rcr_error(100, false, progress.part(0.1, 0.2));
  if (!b) return core::pass(b);
  const std::string source = "p = pd + Rp Q + pc, C dpc/dt = Q - pc/Rd, solved exactly for one harmonic; Boileau 2015 common carotid";
  std::vector<Row> rows{at_most("flow/rcr", "outlet_pressure_error_rel_100_steps", b->first, 0.002, source, b->second, quick),
                        at_least("flow/rcr", "order_in_time_shortfall", std::log2(a->first / b->first), 1.9, source, a->second + b->second, quick)};
  // Flow that turns: down to -1000 of 2000 mm3/s, through a 40 % lesion.
  hemo::Revolution shape;
  shape.edge_mm = 0.9 / 4;
  for (int k = 0; k <= 60; ++k) {
    const double z = 12.0 * k / 60;
    shape.profile.emplace_back(z, std::abs(z - 5) < 2 ? 1.5 * (1 - 0.2 * (1 + std::cos(std::numbers::pi * (z - 5) / 2))) : 1.5);
  }
  auto made = hemo::revolution_mesh(shape);
  if (!made) return core::pass(made);
  hemo::FlowProblem p;
  p.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  p.steady = false, p.cycle_s = 0.6, p.cycles = 2, p.dt_s = 0.006;
  p.outlets = {{hemo::domain_outlet, 1.0, 0.02, 10.0, 0.0}};
  p.inlets = {{hemo::domain_inlet, {}, hemo::InletProfile::parabolic}};
  for (int k = 0; k < 60; ++k) p.inlets[0].flow.emplace_back(0.01 * k, 500 + 1500 * std::sin(2 * std::numbers::pi * k / 60.0));
  double fastest = 0;
  hemo::FlowOptions how;
  how.frames_per_cycle = 100;
  how.on_frame = [&](const hemo::FlowFrame& f) {
    for (std::size_t i = 0; i + 2 < f.velocity.size(); i += 3) fastest = std::max(fastest, std::sqrt(double(f.velocity[i]) * f.velocity[i] + double(f.velocity[i + 1]) * f.velocity[i + 1] + double(f.velocity[i + 2]) * f.velocity[i + 2]));
  };
  auto r = hemo::run_navier_stokes(p, progress.part(0.5, 1), how);
  if (!r) return core::pass(r);
  rows.push_back(at_most("flow/rcr-reversal", "peak_speed_over_parabola_in_throat", fastest / (2 * 2000 / (std::numbers::pi * 0.9 * 0.9)), 1.2, "no bounded flow is faster than about the parabola of the largest flow in the throat", r->wall_s, quick));
  rows.push_back(at_most("flow/rcr-reversal", "mass_balance_rel", quantity_of(*r, "mass_balance_rel"), 1e-5, "in less out of the discrete continuity equation, over the largest flow", r->wall_s, quick));
  return rows;
}

Rows flow_coronary_outlet(bool quick, const core::Progress& progress) {
  auto c = rcr_error(50, true, progress.part(0, 0.3));
  if (!c) return core::pass(c);
  auto d = rcr_error(100, true, progress.part(0.3, 1));
  if (!d) return core::pass(d);
  const std::string bed = "two capacitors, one held by the intramyocardial pressure (Kim et al. 2010), solved exactly for one harmonic of each";
  return std::vector<Row>{at_most("flow/coronary-outlet", "outlet_pressure_error_rel_100_steps", d->first, 0.002, bed, d->second, quick),
                          at_least("flow/coronary-outlet", "order_in_time_shortfall", std::log2(c->first / d->first), 1.9, bed, c->second + d->second, quick)};
}

Rows flow_carreau(bool quick, const core::Progress& progress) {
  const double radius = 2, length = 16;
  std::vector<Row> rows;
  const std::vector<double> rates = quick ? std::vector<double>{300} : std::vector<double>{60, 300, 1500};   // mm3/s: wall shear rates of about 12 to 280 1/s
  for (double flow : rates) {
    auto p = pipe(radius, length, 12, 1, 2);
    if (!p) return core::pass(p);
    hemo::FlowProblem& problem = p->problem;
    problem.fluid.carreau_yasuda = true;
    problem.inlets = {{hemo::domain_inlet, {{0.0, flow}}, hemo::InletProfile::parabolic}};
    problem.sections = 20;
    problem.steady_tolerance = 1e-4;
    auto r = hemo::run_navier_stokes(problem, progress);
    if (!r) return core::pass(r);
    double s0 = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
    for (const auto& s : r->sections)
      if (s.arc_mm > length / 2 && s.arc_mm < 0.9 * length) s0 += 1, sx += s.arc_mm, sxx += s.arc_mm * s.arc_mm, sy += s.pressure_Pa, sxy += s.arc_mm * s.pressure_Pa;
    const double gradient = -(s0 * sxy - sx * sy) / (s0 * sxx - sx * sx);
    // One-dimensional: mu(g) g = gradient r / 2, flow = pi integral of r^2 g dr (Rabinowitsch), midpoint rule.
    double quadrature = 0;
    constexpr int pieces = 4000;
    for (int k = 0; k < pieces; ++k) {
      const double x = radius * (k + 0.5) / pieces, stress = gradient * x / 2;
      double low = 0, high = stress / problem.fluid.viscosity_Pa_s;
      for (int round = 0; round < 100; ++round) {
        const double g = 0.5 * (low + high);
        (problem.fluid.viscosity_at(g) * g > stress ? high : low) = g;
      }
      quadrature += std::numbers::pi * x * x * high * radius / pieces;
    }
    rows.push_back(close_to("flow/carreau-yasuda-pipe", fmt::format("flow_at_{:g}_mm3_s", flow), flow, quadrature, 0.01, "quadrature of the one-dimensional Carreau-Yasuda profile at the computed pressure gradient", r->wall_s, quick));
  }
  return rows;
}

}  // namespace ot::verify
