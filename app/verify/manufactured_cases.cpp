// SPDX-License-Identifier: GPL-3.0-or-later
// The monodomain time step against a manufactured solution: V = A phi(x) s(t) with one gate, anisotropic diffusion in skewed axes.
//
// phi = product of sin^2(pi x / L): phi and grad phi vanish on every face, so no axis of D leads flux out. The membrane
// is that of manufactured.hpp: stepping, splitting, the extrapolation of the current, gates at mid-step and the linear solver are those of every run. No sodium, no tuning.
#include <array>
#include <cmath>
#include <numbers>

#include "app/verify/cases.hpp"
#include "app/verify/manufactured.hpp"

namespace ot::verify {
namespace {

constexpr double pi = std::numbers::pi, side_mm = 4, amplitude_mV = manufactured_mV, tau_ms = 1.5, omega = 2 * pi / 4, end_ms = 3;

double s_of(double t) { return manufactured_s(t); }
double ds_of(double t) { return omega * std::cos(omega * t); }
double gate_of(double phi, double t) {   // solves dw/dt = (1/2 + A phi s / 100 - w) / tau
  const double q = omega * tau_ms;
  return 0.5 + amplitude_mV * phi / 100 * (0.3 + (std::sin(omega * t) - q * std::cos(omega * t)) / (1 + q * q));
}
double reaction(double v, double w) { return 0.2 * v + 0.15 * w * v + 5e-5 * v * v * v; }

// Rows: states w, t; parameters phi, div(D grad phi).
void kernel_step(const ep::KernelBlock& k) {
  constexpr int n = ep::block_nodes;
  for (int l = 0; l < k.lanes; ++l) {
    double &w = k.state[l], &t = k.state[n + l];
    const double phi = k.param[l], spread = k.param[n + l], v = amplitude_mV * phi * s_of(t);
    const double source = amplitude_mV * (phi * ds_of(t) - spread * s_of(t)) + reaction(v, gate_of(phi, t));
    k.i_ion[l] = reaction(k.v[l], w) - source;
    const double target = 0.5 + k.v_rate[l] / 100;
    w = target + (w - target) * std::exp(-k.dt / tau_ms);
    t += k.dt;
  }
}
ep::KernelStep kernel_for(const std::string&) { return &kernel_step; }

const ep::IonicFamily& manufactured() {
  static const ep::IonicFamily family = [] {
    ep::IonicFamily f;
    f.key = "manufactured";
    f.states = f.params = 2;
    f.kernel = &kernel_for;
    return f;
  }();
  return family;
}

}  // namespace

double manufactured_s(double t) { return 0.3 + std::sin(omega * t); }

void manufacture(ep::Tissue& tissue, const std::vector<double>& phi, const std::vector<double>& spread) {
  tissue.family = &manufactured();
  tissue.classes.assign(std::size_t(tissue.n), {});
  for (std::ptrdiff_t i = 0; i < tissue.padded; ++i) tissue.class_of[std::size_t(i)] = std::uint16_t(std::min(i, tissue.n - 1));
  for (std::size_t i = 0; i < phi.size(); ++i) {
    tissue.classes[i].family = &manufactured();
    tissue.classes[i].parameters = {phi[i], spread[i]};
    tissue.classes[i].initial = {amplitude_mV * phi[i] * s_of(0), gate_of(phi[i], 0), 0.0};
  }
}

double manufactured_error(const ep::Tissue& tissue, const ep::MonodomainStep& step, const std::vector<double>& phi, double t) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < phi.size(); ++i) {
    const double exact = amplitude_mV * phi[i] * s_of(t);
    error += tissue.mass[i] * std::pow(step.v()[i] - exact, 2);
    size += tissue.mass[i] * exact * exact;
  }
  return std::sqrt(error / size);
}

ep::ElectroProblem manufactured_problem(std::shared_ptr<const core::TetMesh> mesh, const core::Vec3& f, const core::Vec3& s, double dt, double end) {
  ep::ElectroProblem p;
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), f);
  fibres->s.assign(mesh->tets.size(), s);
  p.fibres = fibres;
  p.tissue.assign(mesh->tets.size(), 0);
  p.mesh = std::move(mesh);
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  p.ionic_model = "mitchell_schaeffer_2003";   // replaced by `manufacture`; its tissue needs no tuning
  p.conductivity_tuning = p.upstroke_sodium_interpolation = p.skip_tissue_at_rest = false;
  p.cycle_length_ms = 0;
  p.dt_ms = dt;
  p.end_ms = end;
  p.solver_tolerance = 1e-10;
  return p;
}

namespace {

struct Outcome {
  double error = 0;                 // relative, lumped L2
  std::vector<double> v, mass;
};

core::Result<Outcome> run(int cells, double dt, const core::Progress& progress) {
  const auto mesh = std::make_shared<core::TetMesh>(core::make_box({side_mm, side_mm, side_mm}, side_mm / cells, core::BoxSplit::kuhn));
  const core::Vec3 f = core::Vec3(1, 2, 3).normalized(), s = core::Vec3(3, 0, -1).normalized(), n = f.cross(s);
  ep::ElectroProblem p = manufactured_problem(mesh, f, s, dt, end_ms);
  p.sigma = {0.1334, 0.05, 0.0176};
  auto tissue = ep::set_up_tissue(p, progress);
  if (!tissue) return core::pass(tissue);
  const core::Vec3 d = p.sigma / (p.chi_per_mm * p.cm_uF_per_mm2);
  const core::Mat3 diffusion = d[0] * f * f.transpose() + d[1] * s * s.transpose() + d[2] * n * n.transpose();

  std::vector<double> phi(static_cast<std::size_t>(tissue->n)), spread(phi.size(), 0.0);
  for (std::size_t i = 0; i < phi.size(); ++i) {
    const core::Vec3& x = mesh->nodes[std::size_t(tissue->node_of[i])];
    core::Vec3 g, g1, g2;           // sin^2 and its derivatives
    for (int a = 0; a < 3; ++a) {
      const double q = pi / side_mm;
      g[a] = std::pow(std::sin(q * x[a]), 2);
      g1[a] = q * std::sin(2 * q * x[a]);
      g2[a] = 2 * q * q * std::cos(2 * q * x[a]);
    }
    phi[i] = g.prod();
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) {
        double second = 1;
        for (int c = 0; c < 3; ++c) second *= c == a && c == b ? g2[c] : c == a || c == b ? g1[c] : g[c];
        spread[i] += diffusion(a, b) * second;
      }
  }
  manufacture(*tissue, phi, spread);
  ep::MonodomainStep step(p, *tissue);
  const long steps = std::lround(end_ms / dt);
  for (long k = 0; k < steps; ++k) {
    if (progress.cancelled()) return core::cancelled();
    if (const auto trouble = step.advance(); trouble.inner_node >= 0)
      return tl::unexpected<core::Error>({core::ErrorCode::computation_failed, "The manufactured run left its range."});
  }
  Outcome out;
  for (std::size_t i = 0; i < phi.size(); ++i) {
    out.v.push_back(step.v()[i]);
    out.mass.push_back(tissue->mass[i]);
  }
  out.error = manufactured_error(*tissue, step, phi, end_ms);
  return out;
}

double apart(const Outcome& a, const Outcome& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.v.size(); ++i) sum += a.mass[i] * std::pow(a.v[i] - b.v[i], 2);
  return std::sqrt(sum);
}

}  // namespace

Rows manufactured_monodomain(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  const auto add = [&](const std::string& quantity, double value, double reference, double tolerance, const std::string& source) {
    Row row;
    row.name = "ep/manufactured";
    row.quantity = quantity;
    row.value = value;
    row.reference = reference;
    row.tolerance = tolerance;
    row.relative = false;
    row.source = source;
    row.quick = quick;
    rows.push_back(row);
  };
  const std::string closed = "closed form (manufactured solution, app/verify/manufactured_cases.cpp)";
  std::vector<double> space;
  for (const int cells : {8, 16, 32}) {
    const auto r = run(cells, 0.0125, progress);
    if (!r) return core::pass(r);
    space.push_back(r->error);
  }
  add("l2_order_in_space", std::log2(space[1] / space[2]), 2, 0.1, closed + "; sides of 16 and 32 edges, dt 0.0125 ms; at least 1.9");
  add("l2_error_32_edges", space[2], 0, 0.001, closed);
  // In time on one mesh: differences of successive halvings, in which the error of the mesh cancels.
  std::vector<Outcome> time;
  for (const double dt : {0.1, 0.05, 0.025, 0.0125}) {
    auto r = run(16, dt, progress);
    if (!r) return core::pass(r);
    time.push_back(std::move(*r));
  }
  add("l2_order_in_time", std::log2(apart(time[1], time[2]) / apart(time[2], time[3])), 2, 0.1,
      "differences of dt 0.05, 0.025, 0.0125 ms on a mesh of 16 edges a side; at least 1.9");
  // Both at once against the closed form.
  std::vector<double> both;
  for (const int k : {1, 2, 4}) {
    const auto r = run(8 * k, 0.1 / k, progress);
    if (!r) return core::pass(r);
    both.push_back(r->error);
  }
  add("l2_order_space_and_time_together", std::log2(both[1] / both[2]), 2, 0.1, closed + "; h and dt halved together; at least 1.9");
  return rows;
}

}  // namespace ot::verify
