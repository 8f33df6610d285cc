// SPDX-License-Identifier: GPL-3.0-or-later
// State and one time step of the Navier-Stokes scheme described in navier_stokes.hpp. Internal to the solver.
#pragma once
#include <memory>
#include <string>

#include "solvers/fem/amg.hpp"
#include "solvers/fem/bicgstab.hpp"
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
  // One step to time t. False: diverged or not solvable; trouble() says how, where() the place.
  bool step(double t_s);

  const std::vector<double>& velocity() const { return u_; }
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
  TimeScheme scheme_ = bdf1;
  bool fresh_ = true;  // no history: the next step is backward Euler
  FlowOperators ops_;
  TiedUnknowns tied_;
  fem::CsrMatrix l_;
  std::unique_ptr<fem::Amg> amg_;
  fem::BicgstabWork work_;
  InletState inlet_;
  std::vector<Windkessel> windkessels_;
  std::vector<double> u_, u_before_, p_, phi_, phi_before_;     // p, phi kinematic
  std::vector<double> advect_, p_star_, next_, divergence_, tied_rhs_, tied_phi_;
  std::vector<double> outlet_flow_, outlet_pressure_;
  std::string trouble_;
};

}  // namespace ot::hemo
