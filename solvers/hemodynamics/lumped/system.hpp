// SPDX-License-Identifier: GPL-3.0-or-later
// The assembled equations of a lumped network: E(t) dy/dt + F(t,y) y + c(t,y,dy/dt) = 0, one row per equation.
// Model: differential-algebraic system of SimVascular's svZeroDSolver (theory: Pfaller et al. 2022, Int J Numer Meth Biomed Eng 38:e3639).
//   d = dc/dy and g = dc/d(dy/dt) are only used in the Jacobian.
// In/out: y [n] flows and pressures of the nodes and inner variables of the blocks, in the units of the case. Threads: one object per thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

namespace ot::hemo::lumped {

using Vector = std::vector<double>;

struct System {
  int n = 0;
  std::vector<int> row, col;  // [entries]
  Vector e, f, d, g;          // [entries]
  Vector c;                   // [n]
  int slot(int r, int k) {
    row.push_back(r);
    col.push_back(k);
    e.push_back(0), f.push_back(0), d.push_back(0), g.push_back(0);
    return int(row.size()) - 1;
  }
  void clear() {
    for (Vector* v : {&e, &f, &d, &g, &c}) v->assign(v->size(), 0.0);
  }
  // out = -(E ydot + F y + c)
  void residual(const Vector& y, const Vector& ydot, Vector& out) const {
    for (std::size_t i = 0; i < c.size(); ++i) out[i] = -c[i];
    for (std::size_t k = 0; k < row.size(); ++k)
      out[std::size_t(row[k])] -= e[k] * ydot[std::size_t(col[k])] + f[k] * y[std::size_t(col[k])];
  }
  // out = a (E + G) + b (F + D); returns whether any entry changed
  bool jacobian(double a, double b, Vector& out) const {
    bool changed = false;
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double v = a * (e[k] + g[k]) + b * (f[k] + d[k]);
      changed = changed || v != out[k];
      out[k] = v;
    }
    return changed;
  }
};

// A value of the case: constant, or a curve in time (linear between its points, repeated with its own length).
struct Parameter {
  bool constant = true, periodic = true, held = false;
  double value = 0, period = 0;
  Vector t, v;
  double at(double time) const;
};

// What the blocks see of time and of the values they were given.
struct Clock {
  double time = 0, period = -1;
  std::vector<Parameter> parameters;
  Vector values;  // [parameters] as last evaluated
  void evaluate(double at_time);
};

// Active state of a heart chamber over the cycle, 0 to 1.
class Activation {
 public:
  virtual ~Activation() = default;
  virtual double at(double time) const = 0;
};

// One element: reads p(k) = its k-th parameter, writes its rows.
class Block {
 public:
  virtual ~Block() = default;
  std::string name, type;
  std::vector<int> inlets, outlets;  // nodes
  std::vector<int> var;              // [pressure, flow of every inlet, then of every outlet, then inner variables]
  std::vector<int> eq;
  std::vector<int> par;
  Clock* clock = nullptr;
  bool steady = false;

  virtual std::vector<std::string> inner() const { return {}; }
  virtual int equations() const = 0;
  virtual int fixed_inlets() const { return -1; }   // -1: any number
  virtual int fixed_outlets() const { return -1; }
  // Declares the entries (equation, variable) of the block by touch().
  virtual void layout() = 0;
  virtual void constant(System&) {}
  virtual void in_time(System&) {}
  virtual void in_solution(System&, const Vector&, const Vector&) {}
  virtual void after_solve(Vector&) {}
  virtual void start(const Vector&, const Vector&) {}  // y and dy/dt when time integration begins
  virtual void link(const std::vector<std::unique_ptr<Block>>&) {}
  // Elements that are in one of several states by the sign of something. hold() sets the states that y asks for; from then on
  // in_solution() keeps them. margin(): above zero while y asks for the states held, through zero where one of them changes.
  virtual bool switches() const { return false; }
  virtual void hold(const Vector&) {}
  virtual double margin(const Vector&) const { return 1; }

  void place(System& s) {
    table_.assign(eq.size() * var.size(), -1);
    layout();
    for (std::size_t k = 0; k < table_.size(); ++k)
      if (table_[k] == -2) table_[k] = s.slot(eq[k / var.size()], var[k % var.size()]);
  }

 protected:
  void touch(std::size_t i, std::size_t j) { table_[i * var.size() + j] = -2; }
  std::size_t at(std::size_t i, std::size_t j) const { return std::size_t(table_[i * var.size() + j]); }
  double p(std::size_t k) const { return clock->values[std::size_t(par[k])]; }
  double of(const Vector& y, std::size_t j) const { return y[std::size_t(var[j])]; }

 private:
  std::vector<int> table_;
};

}  // namespace ot::hemo::lumped
