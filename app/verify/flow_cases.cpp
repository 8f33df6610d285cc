// SPDX-License-Identifier: GPL-3.0-or-later
// Three-dimensional flow against exact solutions: Poiseuille, Womersley, mass, wall shear, oscillating wall indices.
#include "app/verify/flow_cases.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numbers>

#include "solvers/hemodynamics/navier_stokes.hpp"

namespace ot::verify {
namespace flow {

using core::Vec3;

double velocity_error(const core::TetMesh& mesh, const std::vector<float>& velocity, const VectorAt& exact, const std::function<bool(const Vec3&)>& where) {
  constexpr double near_corner = 0.585410196624969, far_corner = 0.138196601125011;
  double off = 0, size = 0;
  for (const core::Tet& e : mesh.tets) {
    Vec3 centre = Vec3::Zero();
    for (core::Index i : e) centre += 0.25 * mesh.nodes[std::size_t(i)];
    if (where && !where(centre)) continue;
    const double v = core::tet_volume(mesh.nodes[std::size_t(e[0])], mesh.nodes[std::size_t(e[1])], mesh.nodes[std::size_t(e[2])], mesh.nodes[std::size_t(e[3])]) / 4;
    for (std::size_t q = 0; q < 4; ++q) {
      Vec3 x = Vec3::Zero(), u = Vec3::Zero();
      for (std::size_t j = 0; j < 4; ++j) {
        const double w = j == q ? near_corner : far_corner;
        x += w * mesh.nodes[std::size_t(e[j])];
        for (int c = 0; c < 3; ++c) u[c] += w * double(velocity[3 * std::size_t(e[j]) + std::size_t(c)]);
      }
      const Vec3 want = exact(x);
      off += v * (u - want).squaredNorm(), size += v * want.squaredNorm();
    }
  }
  return std::sqrt(off / size);
}

double shear_error(const core::TetMesh& mesh, const std::vector<float>& shear, int wall_patch, const VectorAt& exact, double scale, const std::function<bool(const Vec3&)>& where) {
  std::vector<std::uint8_t> wall(mesh.nodes.size(), 0);
  for (const auto& f : mesh.boundary)
    if (f.patch == wall_patch)
      for (core::Index i : f.nodes) wall[std::size_t(i)] = 1;
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < wall.size(); ++i) {
    if (!wall[i] || !where(mesh.nodes[i])) continue;
    sum += (Vec3(shear[3 * i], shear[3 * i + 1], shear[3 * i + 2]) - exact(mesh.nodes[i])).squaredNorm(), ++count;
  }
  return count > 0 ? std::sqrt(sum / count) / scale : NAN;
}

double quantity_of(const hemo::FlowResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  return NAN;
}

Row at_most(std::string name, std::string quantity, double value, double most, std::string source, double wall_s, bool quick) {
  Row r;
  r.name = std::move(name), r.quantity = std::move(quantity), r.value = value, r.reference = 0, r.tolerance = most, r.relative = false, r.source = std::move(source), r.wall_s = wall_s, r.quick = quick;
  return r;
}
Row close_to(std::string name, std::string quantity, double value, double reference, double tolerance, std::string source, double wall_s, bool quick) {
  Row r;
  r.name = std::move(name), r.quantity = std::move(quantity), r.value = value, r.reference = reference, r.tolerance = tolerance, r.source = std::move(source), r.wall_s = wall_s, r.quick = quick;
  return r;
}
Row at_least(std::string name, std::string quantity, double value, double least, std::string source, double wall_s, bool quick) {
  return at_most(std::move(name), std::move(quantity), std::isfinite(value) ? std::max(0.0, least - value) : NAN, 0, fmt::format("{}; measured {:.4g}, at least {:g}", source, value, least), wall_s, quick);
}

core::Result<Pipe> pipe(double radius, double length, int rings, double grading, double axial) {
  hemo::Revolution shape;
  shape.profile = {{0, radius}, {length, radius}};
  shape.edge_mm = radius / rings, shape.wall_grading = grading, shape.axial_ratio = axial;
  auto made = hemo::revolution_mesh(shape);
  if (!made) return core::pass(made);
  Pipe p;
  p.radius = radius, p.length = length;
  p.problem.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  p.problem.network = std::make_shared<core::VesselNetwork>(std::move(made->network));
  p.problem.outlets = {{hemo::domain_outlet, 1e-4, 0, 0, 0}};
  return p;
}

std::complex<double> bessel_j0(std::complex<double> z) {
  std::complex<double> term = 1, sum = 1;
  for (int k = 1; k < 200; ++k) sum += term *= -0.25 * z * z / double(k * k);
  return sum;
}
std::complex<double> bessel_j1(std::complex<double> z) {
  std::complex<double> term = 0.5 * z, sum = term;
  for (int k = 1; k < 200; ++k) sum += term *= -0.25 * z * z / double(k * (k + 1));
  return sum;
}

namespace {
constexpr std::complex<double> imaginary(0, 1);
}
std::complex<double> Womersley::lambda() const { return std::polar(1.0, 0.75 * std::numbers::pi) * radius * std::sqrt(w * rho / mu); }
double Womersley::cycle() const { return 2 * std::numbers::pi / w; }
double Womersley::speed(double r, double t) const {
  const auto l = lambda();
  return g0 / (4 * mu) * (radius * radius - r * r) + std::real(g1 / (imaginary * rho * w) * (1.0 - bessel_j0(l * r / radius) / bessel_j0(l)) * std::polar(1.0, w * t));
}
double Womersley::flow(double t) const {
  const auto l = lambda();
  const double pi = std::numbers::pi;
  return pi * g0 * std::pow(radius, 4) / (8 * mu) + std::real(g1 * pi * radius * radius / (imaginary * rho * w) * (1.0 - 2.0 * bessel_j1(l) / (l * bessel_j0(l))) * std::polar(1.0, w * t));
}
double Womersley::shear(double t) const {
  // mu times -du/dr at the wall
  const auto l = lambda();
  return g0 * radius / 2 + std::real(mu * g1 / (imaginary * rho * w) * (-l / radius) * bessel_j1(l) / bessel_j0(l) * std::polar(1.0, w * t));
}

}  // namespace flow

using namespace flow;
namespace {

// Re = 4 rho Q / (pi mu D) = 96 with radius 2 mm and 1000 mm3/s.
struct Steady {
  double velocity, shear, mass, sections, drop;
  double wall_s;
};

core::Result<Steady> poiseuille(int rings, const core::Progress& progress) {
  const double radius = 2, length = 8, flow = 1000;
  auto p = pipe(radius, length, rings);
  if (!p) return core::pass(p);
  p->problem.inlets = {{hemo::domain_inlet, {{0.0, flow}}, hemo::InletProfile::parabolic}};
  p->problem.sections = 5;
  p->problem.steady_tolerance = 1e-4;
  auto r = hemo::run_navier_stokes(p->problem, progress);
  if (!r) return core::pass(r);
  const double pi = std::numbers::pi, mu = p->problem.fluid.viscosity_Pa_s;
  const double wall = 4 * mu * flow / (pi * std::pow(radius, 3));
  Steady s{};
  s.velocity = velocity_error(*p->problem.mesh, r->velocity, [&](const core::Vec3& x) { return core::Vec3(0, 0, 2 * flow / (pi * radius * radius) * (1 - (x[0] * x[0] + x[1] * x[1]) / (radius * radius))); });
  s.shear = shear_error(*p->problem.mesh, r->wall_shear, hemo::domain_wall, [&](const core::Vec3&) { return core::Vec3(0, 0, wall); }, wall, [&](const core::Vec3& x) { return x[2] > length / 4 && x[2] < 3 * length / 4; });
  s.mass = quantity_of(*r, "mass_balance_rel");
  s.sections = quantity_of(*r, "section_flow_error_rel");
  s.drop = quantity_of(*r, "pressure_drop_mmhg") * 133.322387415 / (8 * mu * length * flow / (pi * std::pow(radius, 4)));
  s.wall_s = r->wall_s;
  return s;
}

struct Pulsed {
  double velocity, shear, wall_s;
};

// One period from the exact start; error over the middle half at the end of the period.
core::Result<Pulsed> womersley(const Womersley& w, double length, int rings, double grading, double axial, int steps, const core::Progress& progress) {
  auto p = pipe(w.radius, length, rings, grading, axial);
  if (!p) return core::pass(p);
  hemo::FlowProblem& problem = p->problem;
  problem.fluid.density_g_per_mm3 = w.rho, problem.fluid.viscosity_Pa_s = w.mu;
  problem.steady = false, problem.cycles = 1, problem.cycle_s = w.cycle(), problem.dt_s = w.cycle() / steps;
  problem.inlets = {{hemo::domain_inlet, {}, hemo::InletProfile::womersley}};
  for (int k = 0; k < 400; ++k) problem.inlets[0].flow.emplace_back(w.cycle() * k / 400, w.flow(w.cycle() * k / 400));
  auto r = hemo::run_navier_stokes(problem, progress);
  if (!r) return core::pass(r);
  const auto middle = [&](const core::Vec3& x) { return x[2] > length / 4 && x[2] < 3 * length / 4; };
  double peak = 0;
  for (int k = 0; k < 200; ++k) peak = std::max(peak, std::abs(w.shear(w.cycle() * k / 200)));
  Pulsed s{};
  s.velocity = velocity_error(*problem.mesh, r->velocity, [&](const core::Vec3& x) { return core::Vec3(0, 0, w.speed(std::hypot(x[0], x[1]), 0)); }, middle);
  s.shear = shear_error(*problem.mesh, r->wall_shear, hemo::domain_wall, [&](const core::Vec3&) { return core::Vec3(0, 0, w.shear(0)); }, peak, middle);
  s.wall_s = r->wall_s;
  return s;
}

// The three cases of shared/reference/hemodynamics/womersley/cases.json, mm and Pa/mm.
Womersley case_of(double alpha) {
  Womersley w;
  if (alpha < 3) w = {1.5, 0.004, 1.06e-3, 6.708595387840671, 0.120, 0.180};
  else if (alpha < 10) w = {3.0, 0.004, 1.06e-3, 8.49056603773585, 0.060, 0.120};
  else w = {10.0, 0.004, 1.06e-3, 6.279622641509434, 0.020, 0.090};
  return w;
}

double order(double coarse, double fine, double ratio) { return std::log(coarse / fine) / std::log(ratio); }

}  // namespace

Rows flow_poiseuille(bool quick, const core::Progress& progress) {
  const int n = quick ? 5 : 6;
  auto a = poiseuille(n, progress.part(0, 0.2));
  if (!a) return core::pass(a);
  auto b = poiseuille(2 * n, progress.part(0.2, 1));
  if (!b) return core::pass(b);
  const std::string source = fmt::format("Hagen-Poiseuille, R/h {} and {}", n, 2 * n);
  const double wall = a->wall_s + b->wall_s;
  return std::vector<Row>{at_most("flow/poiseuille", "velocity_l2_rel", b->velocity, 0.01, source, wall, quick), at_least("flow/poiseuille", "order_shortfall", order(a->velocity, b->velocity, 2), 1.9, source, wall, quick),
                          close_to("flow/poiseuille", "pressure_drop_over_exact", b->drop, 1.0, 0.01, source, wall, quick),
                          at_most("flow/mass", "consistent_balance_rel", std::max(a->mass, b->mass), 1e-5, "in less out of the discrete continuity equation", wall, quick),
                          at_most("flow/mass", "section_flow_error_rel", b->sections, 0.01, "integral of u.n over five interior sections", wall, quick),
                          at_least("flow/mass", "section_error_fall_shortfall", a->sections / b->sections, 3.0, fmt::format("h halved: {:.2e} to {:.2e}", a->sections, b->sections), wall, quick),
                          at_most("flow/wall-shear-poiseuille", "l2_of_peak", b->shear, 0.03, source, wall, quick)};
}

Rows flow_womersley(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  const std::string source = "Womersley 1955; cases of shared/reference/hemodynamics/womersley";
  {
    const Womersley w = case_of(4.5);
    const int n = quick ? 5 : 6, steps = quick ? 80 : 100;
    auto a = womersley(w, 2 * w.radius, n, 1, 1, steps, progress.part(0, 0.1));
    if (!a) return core::pass(a);
    auto b = womersley(w, 2 * w.radius, 2 * n, 1, 1, 2 * steps, progress.part(0.1, 0.5));
    if (!b) return core::pass(b);
    const std::string at = fmt::format("{}; alpha 4.5, R/h {} and {}, {} steps a period", source, n, 2 * n, 2 * steps);
    const double wall = a->wall_s + b->wall_s;
    rows.push_back(at_most("flow/womersley-4.5", "velocity_l2_rel", b->velocity, 0.01, at, wall, quick));
    rows.push_back(at_least("flow/womersley-4.5", "order_shortfall", order(a->velocity, b->velocity, 2), 1.9, at, wall, quick));
    rows.push_back(at_most("flow/wall-shear-womersley", "l2_of_peak", b->shear, 0.03, at, wall, quick));
  }
  {
    const Womersley w = case_of(2);
    const int n = quick ? 5 : 6, steps = quick ? 60 : 100;
    auto a = womersley(w, 2 * w.radius, n, 1, 1, steps, progress.part(0.5, 0.55));
    if (!a) return core::pass(a);
    auto b = womersley(w, 2 * w.radius, 2 * n, 1, 1, 2 * steps, progress.part(0.55, 0.75));
    if (!b) return core::pass(b);
    const std::string at = fmt::format("{}; alpha 2, R/h {} and {}, {} steps a period", source, n, 2 * n, 2 * steps);
    rows.push_back(at_most("flow/womersley-2", "velocity_l2_rel", b->velocity, 0.01, at, a->wall_s + b->wall_s, quick));
    rows.push_back(at_least("flow/womersley-2", "order_shortfall", order(a->velocity, b->velocity, 2), 1.9, at, a->wall_s + b->wall_s, quick));
  }
  {
    const Womersley w = case_of(12.9);
    const int n = quick ? 12 : 16;
    auto a = womersley(w, w.radius, n, 0.35, 1.5, 200, progress.part(0.75, 1));
    if (!a) return core::pass(a);
    rows.push_back(at_most("flow/womersley-12.9", "velocity_l2_rel", a->velocity, 0.02, fmt::format("{}; alpha 12.9, {} rings graded to the wall, from the exact field", source, n), a->wall_s, quick));
  }
  return rows;
}

// A pipe whose flow reverses: wall shear g0 + g1 wave, so that TAWSS and OSI have closed integrals. Every node of the wall, those of both caps too.
Rows flow_oscillating_wall(bool quick, const core::Progress& progress) {
  Womersley w = case_of(4.5);
  w.g0 = 0.020, w.g1 = 0.180;
  const int n = 12, steps = quick ? 100 : 200;
  auto p = pipe(w.radius, 3 * w.radius, n);
  if (!p) return core::pass(p);
  hemo::FlowProblem& problem = p->problem;
  problem.fluid.density_g_per_mm3 = w.rho, problem.fluid.viscosity_Pa_s = w.mu;
  problem.steady = false, problem.cycles = 3, problem.cycle_s = w.cycle(), problem.dt_s = w.cycle() / steps;
  problem.inlets = {{hemo::domain_inlet, {}, hemo::InletProfile::womersley}};
  for (int k = 0; k < 400; ++k) problem.inlets[0].flow.emplace_back(w.cycle() * k / 400, w.flow(w.cycle() * k / 400));
  auto r = hemo::run_navier_stokes(problem, progress);
  if (!r) return core::pass(r);
  double size = 0, mean = 0;
  constexpr int samples = 20000;
  for (int k = 0; k < samples; ++k) {
    const double s = w.shear(w.cycle() * k / samples);
    size += std::abs(s) / samples, mean += s / samples;
  }
  const double osi = 0.5 * (1 - std::abs(mean) / size);
  std::vector<std::uint8_t> wall(problem.mesh->nodes.size(), 0);
  for (const auto& f : problem.mesh->boundary)
    if (f.patch == hemo::domain_wall)
      for (core::Index i : f.nodes) wall[std::size_t(i)] = 1;
  double worst_tawss = 0, worst_osi = 0, sum_tawss = 0, sum_osi = 0;
  int count = 0;
  for (std::size_t i = 0; i < wall.size(); ++i) {
    if (!wall[i]) continue;
    worst_tawss = std::max(worst_tawss, std::abs(r->tawss[i] / size - 1)), worst_osi = std::max(worst_osi, std::abs(r->osi[i] / osi - 1));
    sum_tawss += r->tawss[i], sum_osi += r->osi[i], ++count;
  }
  const std::string source = fmt::format("Womersley 1955 integrated over the period, alpha 4.5, R/h {}: TAWSS {:.4g} Pa, OSI {:.4g}", n, size, osi);
  return std::vector<Row>{close_to("flow/oscillating-wall", "tawss_mean_Pa", sum_tawss / count, size, 0.02, source, r->wall_s, quick), close_to("flow/oscillating-wall", "osi_mean", sum_osi / count, osi, 0.02, source, r->wall_s, quick),
                          at_most("flow/oscillating-wall", "tawss_worst_node_rel", worst_tawss, 0.02, source, r->wall_s, quick), at_most("flow/oscillating-wall", "osi_worst_node_rel", worst_osi, 0.02, source, r->wall_s, quick)};
}

}  // namespace ot::verify
