// SPDX-License-Identifier: GPL-3.0-or-later
// Our own integrator of a lumped network: implicit, with control of its error and with the instants at which the equations change.
// Model: E dy/dt + F y + c = 0 (system.hpp) over one step of the case, in as many parts as the tolerance asks for. A part never crosses
//   - a sample of a prescribed curve (linear in between: its derivative, which a capacitor at a given pressure passes on, jumps there), nor
//   - the instant at which a valve that is either open or shut changes over: its state is held over a part, and a part at whose end the
//     state is no longer what the pressures say is shortened until it ends at that instant.
//   What is written at a corner of a derivative is its value before the corner. Where a curve jumps (and at the start, whose state need not
//   fulfil the equations) a part of a millionth of the step goes first, its error not judged.
// Numerics: Radau IIA of three stages (order 5, L-stable, stiffly accurate: order 3 for a flow that is the derivative of a pressure);
//   every part is done whole and in halves, the halves are kept, and the difference of the two at the end, of EVERY variable over the
//   largest value it has had, is the error. Newton on the three stages at once until its correction is 1 % of the tolerance.
// Source: Hairer & Wanner, Solving Ordinary Differential Equations II, 2nd ed. 1996, IV.8 (scheme), VII.4 (index 2).
// Fails: a sentence when Newton does not converge in any step, or the equations are singular. Threads: one object per thread.
#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "solvers/hemodynamics/lumped/case.hpp"
#include "solvers/hemodynamics/lumped/sparse_lu.hpp"

namespace ot::hemo::lumped {

class Radau {
 public:
  Radau(Model& model, double dt, double tolerance);   // tolerance: of a part, over the largest value of the variable
  // Advances y and ydot from `time` by dt; empty on success, else a reason.
  std::string step(double time, Vector& y, Vector& ydot);
  long iterations = 0, factorisations = 0, parts = 0;

 private:
  struct Factors {   // of one length of step
    SparseLu lu;
    Vector values;
    bool made = false;
  };
  struct Reached {
    Vector y, slope;
  };
  enum class Outcome { solved, singular, not_finite, no_convergence };
  Outcome solve(Factors& factors, double time, double h, const Vector& from, Reached& to);
  std::vector<double> stops(double begin, double end) const;
  bool jumps_at(double time) const;   // whether a prescribed curve does, where it begins anew
  double margin(const Vector& y) const;
  void hold(const Vector& y);
  void see(const Vector& y);
  double error_of(const Reached& whole, const Reached& halves);
  // The part that ends where a valve changes over, at most h long: its length; the state in `to`.
  double until_change(double time, double h, const Vector& from, Reached& to);

  Model& m_;
  double dt_, tolerance_, wanted_, latest_ = 0;   // latest_: instant at which curves are read for the end of a part, before any corner there
  bool started_ = false;
  std::vector<Block*> valves_;
  Factors whole_, half_;
  std::array<Vector, 3> slope_, block_, stage_;
  Vector residual_, all_, values_;
  Vector peak_, scale_;
  std::vector<int> group_;    // [variables] variables of one kind: flows, pressures, volumes ...
  Vector group_peak_;
};

}  // namespace ot::hemo::lumped
