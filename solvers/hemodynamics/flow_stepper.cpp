// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/flow_stepper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::hemo {
using core::Index;

namespace {

// flow-numerics.md, "Parameters that worked": same drag to five digits as hundred times tighter.
constexpr double momentum_tolerance = 1e-6, pressure_tolerance = 1e-4;
// A steady iteration need not solve each pseudo-step further than this share of its own change (0.02: same answer, same steps).
constexpr double steady_reduction = 0.1;
constexpr int momentum_limit = 200, pressure_limit = 200;
constexpr double runaway = 50;  // times the expected peak speed: no bounded flow gets there

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class F>
void each(std::size_t n, F&& f) {
  core::parallel_chunks(std::ptrdiff_t(n), 8192, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) f(std::size_t(i));
  });
}

}  // namespace

FlowStepper::FlowStepper(const FlowMesh& m, const FlowProblem& problem, const std::vector<InflowProfile>& profiles, double peak_speed)
    : m_(m), problem_(problem), profiles_(profiles), rho_(problem.fluid.density_g_per_mm3), peak_speed_(peak_speed),
      ops_(m, problem.fluid.viscosity_Pa_s / problem.fluid.density_g_per_mm3, peak_speed), tied_(tie_outlets(m)) {
  for (const Outlet& o : problem.outlets) windkessels_.emplace_back(o, problem.steady);
  if (!problem.steady)   // a steady flow's pseudo-time has no history to develop in: there all that comes in is resisted
    for (const Cap& cap : m.outlets) developed_.emplace_back(m.mesh, cap, problem.fluid.viscosity_Pa_s / rho_);
  if (!developed_.empty()) ops_.incoming().assign(3 * m.nodes(), 0.0);
  outlet_flow_.assign(problem.outlets.size(), 0.0);
  outlet_pressure_.assign(problem.outlets.size(), 0.0);
  advect_.resize(3 * m.nodes());
  next_.resize(3 * m.nodes());
  p_star_.resize(m.nodes());
  tied_rhs_.resize(std::size_t(tied_.count));
  tied_phi_.resize(std::size_t(tied_.count));
  for (int patch : problem.force_patches) {
    force_nodes_.emplace_back(m.nodes(), 0);
    for (const core::BoundaryFace& f : m.mesh.boundary)
      if (f.patch == patch)
        for (Index i : f.nodes) force_nodes_.back()[std::size_t(i)] = 1;
  }
}

FlowState FlowStepper::state() const {
  FlowState s;
  s.dt_s = coupling_dt_;
  s.velocity = u_, s.velocity_before = fresh_ ? std::vector<double>{} : u_before_;
  s.pressure = p_;
  if (!fresh_) s.increment = phi_, s.increment_before = phi_before_;
  for (const Windkessel& w : windkessels_) w.save(s.outlets);
  for (const DevelopedFlow& d : developed_) d.save(s.outlets);
  return s;
}

bool FlowStepper::restore(const FlowState& s) {
  std::size_t memory = 0;
  for (const Windkessel& w : windkessels_) memory += w.memory();
  for (const DevelopedFlow& d : developed_) memory += d.memory();
  if (s.velocity.size() != 3 * m_.nodes() || s.pressure.size() != m_.nodes() || s.outlets.size() != memory) return false;
  u_ = s.velocity, p_ = s.pressure;
  fresh_ = s.velocity_before.empty();
  u_before2_ = u_;
  u_before_ = fresh_ ? u_ : s.velocity_before;
  phi_ = fresh_ ? std::vector<double>(m_.nodes(), 0.0) : s.increment;
  phi_before_ = fresh_ ? phi_ : s.increment_before;
  const double* from = s.outlets.data();
  for (Windkessel& w : windkessels_) from = w.load(from);
  for (DevelopedFlow& d : developed_) from = d.load(from);
  return true;
}

bool FlowStepper::adjust_pressure(double t) {
  const FlowState before = state();
  if (!step(t)) return false;
  const std::vector<double> pressure = p_;
  restore(before);
  p_ = pressure;
  return true;
}

std::vector<core::Vec3> FlowStepper::forces_uN() const {
  std::vector<core::Vec3> out;
  for (const auto& nodes : force_nodes_) out.push_back(rho_ * ops_.reaction(nodes, last_, u_, u_before_, u_before2_, p_));
  return out;
}

void FlowStepper::set_state(const std::vector<double>& velocity, const std::vector<double>& pressure_Pa) {
  OT_EXPECT(velocity.size() == 3 * m_.nodes() && pressure_Pa.size() == m_.nodes());
  u_ = u_before_ = u_before2_ = velocity;
  p_.resize(m_.nodes());
  for (std::size_t i = 0; i < m_.nodes(); ++i) p_[i] = pressure_Pa[i] / rho_;
  // The pressure of an outlet is one unknown.
  for (const Cap& cap : m_.outlets) {
    double mean = 0;
    for (Index i : cap.nodes) mean += p_[std::size_t(i)] / double(cap.nodes.size());
    for (Index i : cap.nodes) p_[std::size_t(i)] = mean;
  }
  phi_.assign(m_.nodes(), 0.0);
  phi_before_ = phi_;
  fresh_ = true;
  for (std::size_t k = 0; k < developed_.size(); ++k) developed_[k].start(m_.outlets[k], u_);
}

void FlowStepper::let_in() {
  for (std::size_t k = 0; k < developed_.size(); ++k) {
    const Cap& cap = m_.outlets[k];
    const DevelopedFlow& flow = developed_[k];
    for (std::size_t i = 0; i < cap.nodes.size(); ++i) {
      const double outward = fresh_ ? flow.speed(i) : 2 * flow.speed(i) - flow.before(i);
      for (std::size_t c = 0; c < 3; ++c) ops_.incoming()[3 * std::size_t(cap.nodes[i]) + c] = std::min(0.0, outward) * cap.normal[Eigen::Index(c)];
    }
  }
}

void FlowStepper::set_time_step(const std::vector<double>& dt, double coupling_dt, const TimeScheme& scheme) {
  const double begin = seconds();
  // A change of step is a restart of the scheme from the present velocity, projected in passing.
  if (!phi_.empty() && !ops_.time_step().empty()) {
    u_before_ = u_;
    std::fill(phi_.begin(), phi_.end(), 0.0);
    std::fill(phi_before_.begin(), phi_before_.end(), 0.0);
    fresh_ = true;
  }
  scheme_ = scheme;
  if (coupling_dt_ > 0)
    for (Windkessel& w : windkessels_) w.change_step(coupling_dt_, coupling_dt);
  coupling_dt_ = coupling_dt;
  ops_.set_time_step(dt);
  std::vector<double> weight(m_.tets()), diagonal;
  for (std::size_t e = 0; e < m_.tets(); ++e) weight[e] = dt[e] / scheme.a0 + ops_.tau(e);
  for (const Windkessel& w : windkessels_) diagonal.push_back(rho_ / w.impedance(coupling_dt));
  l_ = tied_stiffness(m_, tied_, weight, diagonal);
  // Without an outlet the pressure is free up to a constant: one unknown is held at its value (exact for a balanced inflow).
  if (windkessels_.empty()) l_.value[std::size_t(l_.find(0, 0))] *= 2;
  amg_ = std::make_unique<fem::Amg>(l_);
  times.setup += seconds() - begin;
}

void FlowStepper::resume_step(double dt, const TimeScheme& scheme) {
  const FlowState now = state();
  coupling_dt_ = dt;
  set_time_step(std::vector<double>(m_.tets(), dt), dt, scheme);
  restore(now);
}

double FlowStepper::inlet_pressure(std::size_t k) const {
  const Cap& cap = m_.inlets[k];
  double sum = 0, area = 0;
  for (Index f : cap.faces) {
    const core::Triangle& t = m_.mesh.boundary[std::size_t(f)].nodes;
    const core::Vec3& x = m_.mesh.nodes[std::size_t(t[0])];
    const double a = 0.5 * (m_.mesh.nodes[std::size_t(t[1])] - x).cross(m_.mesh.nodes[std::size_t(t[2])] - x).norm();
    for (Index i : t) sum += a / 3.0 * pressure_Pa(std::size_t(i));
    area += a;
  }
  return sum / area;
}

bool FlowStepper::step(double t) {
  const double start = seconds();
  // The first step is backward Euler but keeps the pressure matrix of the scheme: phi then stands for dt/a0 instead of dt.
  const TimeScheme now = fresh_ ? bdf1 : scheme_;
  if (boundary_) boundary_(t, inlet_);
  else inlet_state(m_, profiles_, t, inlet_);
  last_ = now;
  const double c0 = scheme_.a1 / scheme_.a0, c1 = fresh_ ? 0.0 : scheme_.a2 / scheme_.a0;
  const bool extrapolate = !fresh_ && scheme_.a2 != 0;
  each(m_.nodes(), [&](std::size_t i) {
    p_star_[i] = fresh_ ? p_[i] : p_[i] + c0 * phi_[i] - c1 * phi_before_[i];
    for (std::size_t k = 3 * i; k < 3 * i + 3; ++k) {
      advect_[k] = m_.fixed[i] ? inlet_.velocity[k] : extrapolate ? 2 * u_[k] - u_before_[k] : u_[k];
      next_[k] = advect_[k];
    }
  });
  let_in();
  ops_.set_viscosity(problem_.fluid, advect_);
  ops_.assemble_momentum(now, u_, u_before_, advect_, p_star_, p_, inlet_.velocity);
  ++steps;
  const double cfl = ops_.largest_cfl();
  const std::size_t fastest = std::size_t(ops_.fastest_tet());
  const double speed = cfl * double(m_.edge[fastest]) / ops_.time_step()[fastest];
  if (!std::isfinite(speed) || speed > runaway * peak_speed_) {
    trouble_ = fmt::format("the speed grew to {:.3g} m/s", speed / 1000);
    return false;
  }
  const double assembled = seconds();
  times.assembly += assembled - start;

  const fem::SolveReport momentum = fem::bicgstab3(ops_.matrix(), ops_.rhs(), next_, work_, momentum_tolerance, momentum_limit, problem_.steady ? steady_reduction : 0.0);
  momentum_iterations += momentum.iterations;
  times.momentum += seconds() - assembled;
  if (!momentum.converged && !(momentum.relative_residual < 1e-3)) {
    trouble_ = fmt::format("the momentum equation was not solved (relative residual {:.1e})", momentum.relative_residual);
    return false;
  }

  const double solving = seconds();
  ops_.divergence(next_, divergence_);
  each(m_.nodes(), [&](std::size_t i) {
    if (m_.outlet_of[i] < 0) tied_rhs_[std::size_t(tied_.of_node[i])] = divergence_[i] + inlet_.inflow[i];
  });
  for (std::size_t k = 0; k < m_.outlets.size(); ++k) {   // all nodes of an outlet share one unknown
    double& sum = tied_rhs_[std::size_t(tied_.outlet(k))] = 0;
    for (Index i : m_.outlets[k].nodes)
      if (m_.outlet_of[std::size_t(i)] == int(k)) sum += divergence_[std::size_t(i)] + inlet_.inflow[std::size_t(i)];
  }
  for (std::size_t k = 0; k < windkessels_.size(); ++k) {
    const double p = rho_ * p_[std::size_t(m_.outlets[k].nodes[0])];
    tied_rhs_[std::size_t(tied_.outlet(k))] -= (p - windkessels_[k].history(coupling_dt_)) / windkessels_[k].impedance(coupling_dt_);
  }
  std::fill(tied_phi_.begin(), tied_phi_.end(), 0.0);
  const fem::SolveReport pressure = fem::amg_conjugate_gradients(l_, *amg_, tied_rhs_, tied_phi_, pressure_tolerance, pressure_limit);
  pressure_iterations += pressure.iterations;
  if (!pressure.converged && !(pressure.relative_residual < 1e-2)) {
    trouble_ = fmt::format("the pressure equation was not solved (relative residual {:.1e})", pressure.relative_residual);
    times.pressure += seconds() - solving;
    return false;
  }
  for (std::size_t k = 0; k < windkessels_.size(); ++k) {
    const double p = rho_ * (p_[std::size_t(m_.outlets[k].nodes[0])] + tied_phi_[std::size_t(tied_.outlet(k))]);
    outlet_flow_[k] = (p - windkessels_[k].history(coupling_dt_)) / windkessels_[k].impedance(coupling_dt_);
    outlet_pressure_[k] = p;
    windkessels_[k].advance(outlet_flow_[k], coupling_dt_);
    if (!developed_.empty()) developed_[k].advance(outlet_flow_[k], coupling_dt_, now);
  }
  if (!force_nodes_.empty()) u_before2_ = u_before_;
  const double share = fresh_ ? bdf1.a0 / scheme_.a0 : 1.0;
  each(m_.nodes(), [&](std::size_t i) {
    phi_before_[i] = fresh_ ? 0.0 : phi_[i];
    phi_[i] = tied_phi_[std::size_t(tied_.of_node[i])];
    p_[i] += share * phi_[i];
    for (std::size_t k = 3 * i; k < 3 * i + 3; ++k) u_before_[k] = u_[k], u_[k] = next_[k];
  });
  fresh_ = false;
  times.pressure += seconds() - solving;
  return true;
}

}  // namespace ot::hemo
