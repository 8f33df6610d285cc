// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/lumped/lumped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <set>

#include "solvers/hemodynamics/lumped/case.hpp"
#include "solvers/hemodynamics/lumped/radau.hpp"
#include "solvers/hemodynamics/lumped/sparse_lu.hpp"

namespace ot::hemo::lumped {
namespace {

constexpr double own_tolerance = 1e-7, tightens = 4, least_tolerance = 1e-10;   // of a part; with the fourth power of the refinement, above rounding

double largest(const Vector& v) {
  double most = 0;
  for (const double x : v) {
    if (!(std::abs(x) <= most)) most = std::abs(x);
    if (!std::isfinite(x)) return INFINITY;
  }
  return most;
}

class GeneralisedAlpha {
 public:
  GeneralisedAlpha(Model& model, double dt) : m_(model), dt_(dt) {
    const double rho = m_.settings.rho;
    alpha_m_ = 0.5 * (3 - rho) / (1 + rho);
    alpha_f_ = 1 / (1 + rho);
    gamma_ = 0.5 + alpha_m_ - alpha_f_;
    const std::size_t n = m_.y.size();
    for (Vector* v : {&y_at_, &dy_at_, &residual_, &base_, &slope_}) v->assign(n, 0.0);
    values_.assign(m_.system.row.size(), 0.0);
    lu_.pattern(m_.system.n, m_.system.row, m_.system.col);
    m_.system.clear();
    for (const auto& b : m_.blocks) b->constant(m_.system);  // with the values as last evaluated, as in the source
    set_time(0.0);
  }

  // Advances y and ydot from `time` by one step; empty on success, else a reason.
  std::string step(double time, Vector& y, Vector& ydot) {
    const std::size_t n = y.size();
    // Predictor: same y, the slope that belongs to it.
    base_ = y;
    for (std::size_t k = 0; k < n; ++k) slope_[k] = ydot[k] * (1 - 1 / gamma_);
    set_time(time + alpha_f_ * dt_);
    for (int round = 0; round < m_.settings.iterations; ++round) {
      for (std::size_t k = 0; k < n; ++k) {
        dy_at_[k] = ydot[k] + (slope_[k] - ydot[k]) * alpha_m_;
        y_at_[k] = y[k] + (base_[k] - y[k]) * alpha_f_;
      }
      const int code = round + 1 < m_.settings.iterations ? correct(alpha_m_, alpha_f_ * gamma_ * dt_) : last_check();
      if (code == 1) {
        y = base_;
        ydot = slope_;
        return {};
      }
      if (code < 0) return reason(code);
      if (round + 1 == m_.settings.iterations) break;
      for (const auto& block : m_.blocks) block->after_solve(base_);
      for (std::size_t k = 0; k < n; ++k) {
        slope_[k] += residual_[k];
        base_[k] += residual_[k] * gamma_ * dt_;
      }
    }
    return fmt::format("Newton did not converge in {} iterations", m_.settings.iterations);
  }
  long iterations = 0, factorisations = 0;

 private:
  void set_time(double time) {
    m_.clock.evaluate(time);
    for (const auto& b : m_.blocks) b->in_time(m_.system);
  }

  // One Newton correction of the slope into residual_; 1 = converged, 0 = corrected, -1 = singular, -2 = not finite.
  int correct(double a, double b) {
    for (const auto& block : m_.blocks) block->in_solution(m_.system, y_at_, dy_at_);
    m_.system.residual(y_at_, dy_at_, residual_);
    const double size = largest(residual_);
    if (size < m_.settings.tolerance) return 1;
    if (!std::isfinite(size)) return -2;
    if (m_.system.jacobian(a, b, values_) || factorisations == 0) {
      ++factorisations;
      if (!lu_.factorise(values_)) return -1;
    }
    lu_.solve(residual_);
    ++iterations;
    return 0;
  }

  std::string reason(int code) const {
    return code == -1 ? "the equations are singular: an end may lack a condition, or a resistance or compliance is zero where it cannot be"
                      : "the values are not finite: check resistances, compliances and curves for extreme values";
  }

  int last_check() {
    for (const auto& block : m_.blocks) block->in_solution(m_.system, y_at_, dy_at_);
    m_.system.residual(y_at_, dy_at_, residual_);
    const double size = largest(residual_);
    return size < m_.settings.tolerance ? 1 : std::isfinite(size) ? 0 : -2;
  }

  Model& m_;
  double dt_;
  double alpha_m_ = 0, alpha_f_ = 0, gamma_ = 0;
  Vector y_at_, dy_at_, residual_, base_, slope_, values_;
  SparseLu lu_;
};

// Steady start: curves are replaced by their means, Windkessel capacitors are taken out.
void to_steady(Model& m) {
  for (Parameter& p : m.clock.parameters)
    if (!p.constant) {
      double sum = 0;
      for (const double v : p.v) sum += v;
      p.value = sum / double(p.v.size());
      p.held = true;
    }
  for (const auto& b : m.blocks) {
    b->steady = true;
    if (b->type == "RCR" || b->type == "ClosedLoopRCR") {
      Parameter& c = m.clock.parameters[std::size_t(b->par[1])];
      c.v = {c.value};
      c.value = 0;
    }
  }
}

void to_unsteady(Model& m) {
  for (Parameter& p : m.clock.parameters) p.held = false;
  for (const auto& b : m.blocks) {
    b->steady = false;
    if (b->type == "RCR" || b->type == "ClosedLoopRCR") {
      Parameter& c = m.clock.parameters[std::size_t(b->par[1])];
      c.value = c.v[0];
    }
  }
}

std::vector<VesselEnds> vessel_ends(const Model& m) {
  static const std::set<std::string> listed{"BloodVessel", "ChamberSphere", "LinearElastanceChamber", "PiecewiseValve", "BloodVesselCRL"};
  std::vector<VesselEnds> out;
  for (const auto& b : m.blocks)
    if (listed.count(b->type)) {
      const Node &in = m.nodes[std::size_t(b->inlets[0])], &end = m.nodes[std::size_t(b->outlets[0])];
      out.push_back({b->name, in.flow, end.flow, in.pressure, end.pressure});
    }
  return out;
}

// Whether the cycle means of flow and pressure at every cap differ by less than the case's error between the last two cycles.
bool settled(const Model& m, const std::vector<Vector>& last) {
  const std::size_t points = std::size_t(m.settings.points);
  const auto differs = [&](int variable) {
    double before = 0, after = 0;
    for (std::size_t k = 0; k < points; ++k) before += last[k][std::size_t(variable)], after += last[points - 1 + k][std::size_t(variable)];
    return std::abs((after - before) / before) > m.settings.cycle_error;
  };
  return std::none_of(m.caps.begin(), m.caps.end(), [&](const auto& cap) { return differs(cap.first) || differs(cap.second); });
}

}  // namespace

core::Result<Result> run(const std::string& json, const Options& options, const core::Progress& progress) {
  if (options.refine < 1) return core::wrong_usage("The refinement must be at least 1.");
  auto read = read_case(json);
  if (!read) return core::pass(read);
  Model& m = **read;
  const Settings& s = m.settings;
  Result r;
  r.variables = m.variables;
  r.vessels = vessel_ends(m);
  r.variable_based = s.variable_based, r.mean_only = s.mean_only, r.derivative = s.derivative;
  r.period_s = m.clock.period;
  r.dt_s = s.dt / options.refine;
  Vector y = m.y, ydot = m.ydot;
  const auto failed = [&](double t, const std::string& why) {
    return core::computation_failed(fmt::format("The lumped network was not solved at t = {:.6g} ({}). Check the values of the case, or use more time points per cycle.", t, why));
  };
  if (s.steady_initial) {
    to_steady(m);
    const double dt = m.clock.period / 10;  // 31 steps of a tenth of a period, as in the source
    GeneralisedAlpha steady(m, dt);
    for (int k = 0; k < 31; ++k)
      if (const std::string why = steady.step(dt * k, y, ydot); !why.empty()) return failed(0.0, "steady start: " + why);
    r.iterations += steady.iterations;
    to_unsteady(m);
    for (const auto& b : m.blocks)
      if (b->type == "ClosedLoopRCR") {
        r.notes.push_back("After a steady start the source integrates ClosedLoopRCR without its compliance; the same is done here. Set steady_initial to false to keep it.");
        break;
      }
  }
  for (const auto& b : m.blocks) b->start(y, ydot);

  // One of the two, with what it counts.
  std::optional<GeneralisedAlpha> of_source;
  std::optional<Radau> own;
  if (options.scheme == Scheme::own) own.emplace(m, r.dt_s, std::max(least_tolerance, own_tolerance * std::pow(double(options.refine), -tightens)));
  else of_source.emplace(m, r.dt_s);
  auto polled = std::chrono::steady_clock::now();
  double time = 0;
  int waiting = 0;
  const int first_of_last = s.steps - s.points;
  const auto keep = [&] {
    r.t.push_back(time);
    r.y.push_back(y);
    r.ydot.push_back(ydot);
  };
  if (s.all_cycles || first_of_last <= 0) keep();
  std::vector<Vector> two_cycles;
  const std::size_t two = 2 * (std::size_t(s.points) - 1) + 1;
  // One step of the case that ends at step number i; true unless it failed (then `error` is set).
  tl::expected<void, core::Error> error;
  const auto advance = [&](int i) {
    if (std::chrono::steady_clock::now() - polled > std::chrono::milliseconds(200)) {
      polled = std::chrono::steady_clock::now();
      if (progress.cancelled()) {
        error = core::cancelled();
        return false;
      }
    }
    for (int part = 0; part < options.refine; ++part)
      if (const std::string why = own ? own->step(time + part * r.dt_s, y, ydot) : of_source->step(time + part * r.dt_s, y, ydot); !why.empty()) {
        error = failed(time + part * r.dt_s, why);
        return false;
      }
    r.steps += options.refine;
    ++waiting;
    time = s.dt * i;
    if (s.cycle_to_cycle) {
      two_cycles.push_back(y);
      if (two_cycles.size() > two) two_cycles.erase(two_cycles.begin());
    }
    if (waiting == s.interval || (!s.all_cycles && i == first_of_last)) {
      if (s.all_cycles || i >= first_of_last) keep();
      waiting = 0;
    }
    return true;
  };
  if (s.cycle_to_cycle) two_cycles.push_back(y);
  for (int i = 1; i < s.steps; ++i)
    if (!advance(i)) return core::Result<Result>(tl::unexpected<core::Error>(error.error()));
  if (s.cycle_to_cycle && !m.windkessel && two_cycles.size() == two) {
    constexpr int most = 1000;  // extra cycles: a case that needs more does not settle
    int extra = 0;
    while (!settled(m, two_cycles)) {
      if (++extra > most) return failed(time, fmt::format("flow and pressure at the ends still change after {} more cycles", most));
      for (int i = 1; i < s.points; ++i)
        if (!advance(i)) return core::Result<Result>(tl::unexpected<core::Error>(error.error()));
    }
  }
  if (!s.all_cycles && !r.t.empty()) {
    const double begin = r.t.front();
    for (double& t : r.t) t -= begin;
  }
  r.iterations += own ? own->iterations : of_source->iterations;
  r.factorisations = own ? own->factorisations : of_source->factorisations;
  r.parts = own ? own->parts : r.steps;
  return r;
}

std::string to_csv(const Result& r) {
  std::string out = "name,time,";
  const double count = double(r.t.size());
  const auto row = [&](const std::string& name, const std::vector<int>& of) {
    const auto write = [&](const std::string& time, auto&& value) {
      out += name + "," + time;
      for (const int v : of) out += fmt::format(",{:.10g}", value(r.y, v));
      if (r.derivative)
        for (const int v : of) out += fmt::format(",{:.10g}", value(r.ydot, v));
      out += "\n";
    };
    if (r.mean_only) {
      write("", [&](const std::vector<Vector>& s, int v) {
        double sum = 0;
        for (const Vector& one : s) sum += one[std::size_t(v)];
        return sum / count;
      });
      return;
    }
    for (std::size_t k = 0; k < r.t.size(); ++k) write(fmt::format("{:.10g}", r.t[k]), [&](const std::vector<Vector>& s, int v) { return s[k][std::size_t(v)]; });
  };
  if (r.variable_based) {
    out += r.derivative ? "y,ydot\n" : "y\n";
    for (std::size_t k = 0; k < r.variables.size(); ++k) row(r.variables[k], {int(k)});
  } else {
    out += "flow_in,flow_out,pressure_in,pressure_out";
    out += r.derivative ? ",d_flow_in,d_flow_out,d_pressure_in,d_pressure_out\n" : "\n";
    for (const VesselEnds& v : r.vessels) row(v.name, {v.flow_in, v.flow_out, v.pressure_in, v.pressure_out});
  }
  return out;
}

}  // namespace ot::hemo::lumped
