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

// Three-element Windkessel p = pd + Rp Q + pc, C dpc/dt = Q - pc/Rd, integrated with BDF2 (second order).
// Within one step it is the line p = history + impedance Q.
class Windkessel {
 public:
  Windkessel(const Outlet& outlet, bool steady) : o_(outlet), steady_(steady || outlet.rd <= 0) {}
  // State at t = 0 for the flow q: the capacitor holds the pressure of `mean_q`.
  void start(double q, double mean_q, double dt_s);
  double impedance(double dt_s) const;
  double history(double dt_s) const;
  void advance(double q, double dt_s);
  double pressure(double q) const { return o_.pd + o_.rp * q + (steady_ ? o_.rd * q : pc_); }  // after advance(q)
  double pressure_line(double q) const { return o_.pd + (o_.rp + o_.rd) * q; }  // at a steady flow
  double capacitor_Pa() const { return pc_; }
  void change_step(double old_dt, double new_dt) { before_ = pc_ - (pc_ - before_) * new_dt / old_dt; }  // on the line through both
  std::size_t memory() const { return 2; }
  void save(std::vector<double>& to) const { to.push_back(pc_), to.push_back(before_); }
  const double* load(const double* from) { return pc_ = from[0], before_ = from[1], from + 2; }

 private:
  double coefficient(double dt_s) const { return 1.5 * o_.c / dt_s + 1.0 / o_.rd; }
  Outlet o_;
  bool steady_;
  double pc_ = 0, before_ = 0;
};

}  // namespace ot::hemo
