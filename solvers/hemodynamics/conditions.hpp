// SPDX-License-Identifier: GPL-3.0-or-later
// Conditions at the ends of a vessel: what is refused before a run, caps of the mesh, flow waveform, Windkessel outlets.
#pragma once
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

// One flat end of the lumen. Node and face numbers are those of the mesh it was made from.
struct Cap {
  int patch = 0;
  core::Vec3 normal{0, 0, 1}, centre{0, 0, 0};  // outward unit normal, centroid
  double area_mm2 = 0;
  double roundness = 0;                   // 4 pi area / perimeter^2, 1 for a circle
  std::vector<core::Index> faces;         // in mesh.boundary
  std::vector<core::Index> nodes;         // ascending
  std::vector<std::uint8_t> rim;          // [nodes] 1: shared with the wall
  double radius_mm() const;               // of the circle of equal area
};

Cap make_cap(const core::TetMesh& mesh, int patch);

// Refuses with a sentence: physical constants, flows, resistances, times. No geometry is looked at.
core::Result<void> check_conditions(const FlowProblem& problem);
// The same for the mesh and its patches: simulation ready, every named patch present, every inlet/outlet patch conditioned.
core::Result<void> check_mesh_conditions(const FlowProblem& problem);
// The same for the network: root inlet, an outlet for every terminal branch.
core::Result<void> check_network_conditions(const FlowProblem& problem);

// Linear between the given points, repeated with the cycle; steady problems use the mean.
double flow_at(const Inlet& inlet, double t_s, double cycle_s);
double mean_flow(const Inlet& inlet, double cycle_s);

// Values of a periodic curve, linear between its points.
double curve_at(const std::vector<std::pair<double, double>>& curve, double t_s, double cycle_s);

// Three-element Windkessel p = pd + Rp Q + pc, C dpc/dt = Q - pc/Rd, or the coronary bed of problem.hpp; BDF2 (second order).
// Within one step it is the line p = history + impedance Q.
class Windkessel {
 public:
  Windkessel(const Outlet& outlet, bool steady) : o_(outlet), steady_(steady || outlet.rd <= 0) {}
  // State at t = 0 for the flow q: the capacitors hold the pressures of `mean_q`.
  void start(double q, double mean_q, double dt_s);
  double impedance(double dt_s) const;
  double history(double dt_s) const;
  void advance(double q, double dt_s);
  double pressure(double q) const;   // after advance(q)
  double pressure_line(double q) const { return o_.pd + (o_.rp + o_.rd) * q; }  // at a steady flow
  double capacitor_Pa() const { return pc_; }
  void change_step(double old_dt, double new_dt);  // the state before moves on the line through both
  std::size_t memory() const { return bed() ? 5 : 2; }
  void save(std::vector<double>& to) const;
  const double* load(const double* from);

 private:
  const CoronaryBed* bed() const { return steady_ ? nullptr : o_.coronary.get(); }
  double coefficient(double dt_s) const { return 1.5 * o_.c / dt_s + 1.0 / o_.rd; }
  // Both pressures of the bed at the end of a step for the flow q into it.
  std::pair<double, double> bed_pressures(double q, double dt_s) const;
  Outlet o_;
  bool steady_;
  double pc_ = 0, before_ = 0;           // of the bed: p1
  double wall_ = 0, wall_before_ = 0;    // bed: p2 - Pim, what stretches its wall
  double t_ = 0;                         // bed: time of the state
};

}  // namespace ot::hemo
