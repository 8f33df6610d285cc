// SPDX-License-Identifier: GPL-3.0-or-later
// State and one time step of the Navier-Stokes scheme described in navier_stokes.hpp. Internal to the solver.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "solvers/fem/amg.hpp"
#include "solvers/fem/bicgstab.hpp"
#include "solvers/hemodynamics/developed_flow.hpp"
#include "solvers/hemodynamics/flow_operators.hpp"
#include "solvers/hemodynamics/initial_flow.hpp"

namespace ot::hemo {

// Where the wall time goes, s.
struct StepTimes {
  double assembly = 0, momentum = 0, pressure = 0, setup = 0;
};

class FlowStepper {
 public:
  FlowStepper(const FlowMesh& m, const FlowProblem& problem, const std::vector<InflowProfile>& profiles, double peak_speed);

  // Pa and mm/s; Windkessels must be started by the caller.
  void set_state(const std::vector<double>& velocity, const std::vector<double>& pressure_Pa);
  // dt per element; coupling_dt: the step the Windkessels see. Rebuilds the pressure matrix and its multigrid.
  void set_time_step(const std::vector<double>& dt, double coupling_dt, const TimeScheme& scheme);
  // Velocity given at the fixed nodes and the flow through them, instead of the inlet profiles (exact solutions).
  using Boundary = std::function<void(double t_s, InletState& state)>;
  void set_boundary(Boundary boundary) { boundary_ = std::move(boundary); }
  // All memory of the run, to go on bitwise (with the same step) or, after a rejected step, to go back.
  FlowState state() const;
  bool restore(const FlowState& state);  // false: made for another mesh or other outlets
  // Takes the step to t and goes back, keeping its pressure: a start pressure that fits the start velocity.
  bool adjust_pressure(double t_s);
  // Force of the fluid on each of FlowProblem::force_patches, g mm/s2 = 1e-6 N; of the last step.
  std::vector<core::Vec3> forces_uN() const;
  // The step the outlets were started with; and the step of a restored state, without starting the scheme anew.
  void start_step(double coupling_dt) { coupling_dt_ = coupling_dt; }
  void resume_step(double dt, const TimeScheme& scheme);
  const std::vector<double>& kinematic_pressure() const { return p_; }
  // One step to time t. False: diverged or not solvable; trouble() says how, where() the place.
  bool step(double t_s);

  const std::vector<double>& velocity() const { return u_; }
  double density() const { return rho_; }
  double pressure_Pa(std::size_t node) const { return p_[node] * rho_; }
  std::vector<Windkessel>& windkessels() { return windkessels_; }
  const std::vector<double>& outlet_flow() const { return outlet_flow_; }
  double outlet_pressure(std::size_t k) const { return outlet_pressure_[k]; }
  double inlet_rate() const { return inlet_.rate; }
  double inlet_pressure(std::size_t k) const;
  double cfl() const { return ops_.largest_cfl(); }
  const std::string& trouble() const { return trouble_; }
  core::Vec3 where() const { return m_.mesh.nodes[std::size_t(m_.mesh.tets[std::size_t(ops_.fastest_tet())][0])]; }
  long steps = 0, momentum_iterations = 0, pressure_iterations = 0;
  StepTimes times;

 private:
  const FlowMesh& m_;
  const FlowProblem& problem_;
  const std::vector<InflowProfile>& profiles_;
  double rho_, peak_speed_, coupling_dt_ = 0;
  void let_in();   // what of the developed flow comes in through the outlets, extrapolated to the step's end
  TimeScheme scheme_ = bdf1;
  bool fresh_ = true;  // no history: the next step is backward Euler
  FlowOperators ops_;
  TiedUnknowns tied_;
  fem::CsrMatrix l_;
  std::unique_ptr<fem::Amg> amg_;
  fem::BicgstabWork work_;
  InletState inlet_;
  std::vector<Windkessel> windkessels_;
  std::vector<DevelopedFlow> developed_;   // [outlets] of an unsteady problem
  Boundary boundary_;
  std::vector<std::vector<std::uint8_t>> force_nodes_;
  std::vector<double> u_before2_;  // only with forces
  TimeScheme last_ = bdf1;
  std::vector<double> u_, u_before_, p_, phi_, phi_before_;     // p, phi kinematic
  std::vector<double> advect_, p_star_, next_, divergence_, tied_rhs_, tied_phi_;
  std::vector<double> outlet_flow_, outlet_pressure_;
  std::string trouble_;
};

}  // namespace ot::hemo
