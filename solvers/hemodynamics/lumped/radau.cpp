// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/lumped/radau.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ot::hemo::lumped {
namespace {

constexpr int stages = 3;
constexpr double nothing = 1e-10;     // of a step of the case: instants nearer than this are one
constexpr double a_jump = 1e-6;       // of a step of the case: a part as short as that is taken whatever its error
constexpr int most_changes = 64;      // of valves within a step of the case; more is a valve that flutters

struct Scheme {
  double c[stages], a[stages][stages];
};
const Scheme& radau() {
  static const double s = std::sqrt(6.0);
  static const Scheme scheme{{(4 - s) / 10, (4 + s) / 10, 1.0},
                             {{(88 - 7 * s) / 360, (296 - 169 * s) / 1800, (-2 + 3 * s) / 225},
                              {(296 + 169 * s) / 1800, (88 + 7 * s) / 360, (-2 - 3 * s) / 225},
                              {(16 - s) / 36, (16 + s) / 36, 1.0 / 9}}};
  return scheme;
}

// Variables of one kind are judged together: what is a thousandth of the largest of them is not resolved further.
std::string kind_of(const std::string& variable) {
  const std::string name = variable.substr(0, variable.find(':'));
  if (name == "flow" || name.rfind("Q_", 0) == 0) return "flow";
  if (name.rfind("pressure", 0) == 0 || name.rfind("P_", 0) == 0) return "pressure";
  if (name.rfind("V_", 0) == 0 || name == "Vc" || name.rfind("volume", 0) == 0) return "volume";
  return name;
}

}  // namespace

Radau::Radau(Model& model, double dt, double tolerance) : m_(model), dt_(dt), tolerance_(tolerance), wanted_(dt) {
  const System& s = m_.system;
  const std::size_t n = m_.y.size(), entries = s.row.size();
  std::vector<int> rows, cols;
  for (int i = 0; i < stages; ++i)
    for (int j = 0; j < stages; ++j)
      for (std::size_t k = 0; k < entries; ++k) rows.push_back(i * s.n + s.row[k]), cols.push_back(j * s.n + s.col[k]);
  for (Factors* f : {&whole_, &half_}) f->lu.pattern(stages * s.n, rows, cols), f->values.assign(rows.size(), 0.0);
  values_.assign(rows.size(), 0.0);
  for (int i = 0; i < stages; ++i) slope_[std::size_t(i)].assign(n, 0.0), stage_[std::size_t(i)].assign(n, 0.0);
  residual_.assign(n, 0.0), peak_.assign(n, 0.0), scale_.assign(n, 0.0), all_.assign(stages * n, 0.0);
  std::map<std::string, int> groups;
  for (const std::string& variable : m_.variables) group_.push_back(groups.emplace(kind_of(variable), int(groups.size())).first->second);
  group_peak_.assign(groups.size(), 0.0);
  for (const auto& b : m_.blocks)
    if (b->switches()) valves_.push_back(b.get());
  m_.system.clear();
  for (const auto& b : m_.blocks) b->constant(m_.system);
}

double Radau::margin(const Vector& y) const {
  double least = INFINITY;
  for (const Block* v : valves_) least = std::min(least, v->margin(y));
  return least;
}

void Radau::hold(const Vector& y) {
  for (Block* v : valves_) v->hold(y);
}

void Radau::see(const Vector& y) {
  for (std::size_t k = 0; k < y.size(); ++k) {
    peak_[k] = std::max(peak_[k], std::abs(y[k]));
    double& most = group_peak_[std::size_t(group_[k])];
    most = std::max(most, peak_[k]);
  }
}

// Corners of the prescribed curves between begin and end, and the end.
std::vector<double> Radau::stops(double begin, double end) const {
  std::vector<double> out;
  const double near = nothing * dt_;
  for (const Parameter& p : m_.clock.parameters) {
    if (p.constant || p.held) continue;
    const double first = p.periodic ? std::floor(begin / p.period) * p.period : 0.0;
    for (double turn = first; turn < end; turn += p.period) {
      if (turn > begin + near && turn < end - near) out.push_back(turn);
      for (auto at = std::upper_bound(p.t.begin(), p.t.end(), begin + near - turn); at != p.t.end() && turn + *at < end - near; ++at) out.push_back(turn + *at);
      if (!p.periodic) break;
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end(), [&](double a, double b) { return b - a < near; }), out.end());
  out.push_back(end);
  return out;
}

bool Radau::jumps_at(double time) const {
  return std::any_of(m_.clock.parameters.begin(), m_.clock.parameters.end(), [&](const Parameter& p) {
    return !p.constant && !p.held && p.periodic && p.v.front() != p.v.back() && std::abs(time - std::round(time / p.period) * p.period) < nothing * dt_;
  });
}

Radau::Outcome Radau::solve(Factors& factors, double time, double h, const Vector& from, Reached& to) {
  const Scheme& s = radau();
  const std::size_t n = from.size(), entries = m_.system.row.size();
  for (std::size_t k = 0; k < n; ++k) scale_[k] = std::max({peak_[k], std::abs(from[k]), 1e-3 * group_peak_[std::size_t(group_[k])]});
  for (Vector& v : slope_) std::fill(v.begin(), v.end(), 0.0);
  for (Vector& v : stage_) v = from;
  double before = INFINITY;
  for (int round = 0; round < std::max(m_.settings.iterations, 10); ++round) {
    for (std::size_t i = 0; i < stages; ++i) {
      m_.clock.evaluate(std::min(time + s.c[i] * h, latest_));
      for (const auto& b : m_.blocks) b->in_time(m_.system);
      for (const auto& b : m_.blocks) b->in_solution(m_.system, stage_[i], slope_[i]);
      m_.system.residual(stage_[i], slope_[i], residual_);
      std::copy(residual_.begin(), residual_.end(), all_.begin() + std::ptrdiff_t(i * n));
      for (std::size_t j = 0; j < stages; ++j) {
        double* at = values_.data() + (i * stages + j) * entries;
        const double of_y = h * s.a[i][j];
        for (std::size_t k = 0; k < entries; ++k) at[k] = of_y * (m_.system.f[k] + m_.system.d[k]);
        if (i == j)
          for (std::size_t k = 0; k < entries; ++k) at[k] += m_.system.e[k] + m_.system.g[k];
      }
    }
    for (const double x : all_)
      if (!std::isfinite(x)) return Outcome::not_finite;
    if (!factors.made || values_ != factors.values) {
      ++factorisations;
      factors.made = factors.lu.factorise(values_);
      if (!factors.made) return Outcome::singular;
      factors.values = values_;
    }
    factors.lu.solve(all_);
    ++iterations;
    for (std::size_t i = 0; i < stages; ++i)
      for (std::size_t k = 0; k < n; ++k) slope_[i][k] += all_[i * n + k];
    double moved = 0;
    for (std::size_t i = 0; i < stages; ++i)
      for (std::size_t k = 0; k < n; ++k) {
        double change = 0;
        for (std::size_t j = 0; j < stages; ++j) change += s.a[i][j] * slope_[j][k];
        const double fresh = from[k] + h * change, by = std::abs(fresh - stage_[i][k]);
        stage_[i][k] = fresh;
        if (by > 0) moved = std::max(moved, by / std::max(scale_[k], std::abs(fresh)));
        if (!std::isfinite(fresh)) return Outcome::not_finite;
      }
    // Within 1 % of the tolerance, or where rounding stops it.
    if (moved <= 0.01 * tolerance_ || (moved <= tolerance_ && moved > 0.5 * before)) {
      to.y = stage_[stages - 1], to.slope = slope_[stages - 1];
      return Outcome::solved;
    }
    before = moved;
  }
  return Outcome::no_convergence;
}

double Radau::error_of(const Reached& whole, const Reached& halves) {
  double most = 0;
  for (std::size_t k = 0; k < whole.y.size(); ++k) {
    const double off = std::abs(whole.y[k] - halves.y[k]);
    if (off > 0) most = std::max(most, off / std::max({peak_[k], std::abs(halves.y[k]), 1e-3 * group_peak_[std::size_t(group_[k])]}));
  }
  return most / tolerance_;
}

double Radau::until_change(double time, double h, const Vector& from, Reached& to) {
  // Illinois on the margin; the end returned lies past the change.
  double a = 0, fa = std::max(0.0, margin(from)), b = h, fb = 0;
  if (solve(whole_, time, b, from, to) != Outcome::solved) return 0;
  fb = margin(to.y);
  Reached trial;
  for (int round = 0; round < 60 && b - a > nothing * dt_ && fb < 0; ++round) {
    double x = fa > 0 ? (a * fb - b * fa) / (fb - fa) : 0.5 * (a + b);
    if (round % 4 == 3) x = 0.5 * (a + b);
    x = std::clamp(x, a + 0.25 * nothing * dt_, b - 0.25 * nothing * dt_);
    if (solve(whole_, time, x, from, trial) != Outcome::solved) break;
    const double fx = margin(trial.y);
    if (fx < 0) {
      b = x, fb = fx;
      std::swap(to, trial);
      fa *= 0.5;
    } else {
      a = x, fa = fx;
      fb *= 0.5;
    }
  }
  return b;
}

std::string Radau::step(double time, Vector& y, Vector& ydot) {
  const double least = nothing * dt_, digits = std::numeric_limits<double>::epsilon() * std::abs(time + dt_);
  const double shortest = std::max(a_jump * dt_, 16 * digits / tolerance_);   // in less the rounding of the time spoils the derivative of a curve
  Reached whole, middle, end;
  latest_ = time + dt_;
  if (!started_ && solve(whole_, time, dt_, y, whole) == Outcome::solved) see(whole.y);   // how large things are
  see(y);
  hold(y);
  double t = time;
  int changes = 0;
  for (const double stop : stops(time, time + dt_)) {
    latest_ = stop - 2 * digits;
    bool settles = !started_ || jumps_at(t);
    started_ = true;
    while (t < stop) {
      const double left = stop - t;
      double h = settles ? shortest : std::max(wanted_, shortest);
      if (left - h < least) h = left;
      else if (!settles && h > 0.5 * left) h = 0.5 * left;   // two even parts, not one and a crumb
      Outcome out = solve(whole_, t, h, y, whole);
      if (out == Outcome::solved) out = solve(half_, t, 0.5 * h, y, middle);
      if (out == Outcome::solved) out = solve(half_, t + 0.5 * h, 0.5 * h, middle.y, end);
      if (out != Outcome::solved) {
        if (h > shortest && !settles) {
          wanted_ = 0.25 * h;
          continue;
        }
        return out == Outcome::singular ? "the equations are singular: an end may lack a condition, or a resistance or compliance is zero where it cannot be"
               : out == Outcome::not_finite ? "the values are not finite: check resistances, compliances and curves for extreme values"
                                            : "Newton did not converge in any step";
      }
      const double error = error_of(whole, end);
      const double grow = std::clamp(0.9 * std::pow(std::max(error, 1e-12), -0.25), 0.1, 4.0);
      if (error > 1 && h > shortest && !settles) {
        wanted_ = h * std::min(grow, 0.5);
        continue;
      }
      ++parts;
      double done = h;
      if (changes < most_changes) {
        const bool early = margin(middle.y) < 0;
        if (early || margin(end.y) < 0) {
          const double until = until_change(t, early ? 0.5 * h : h, y, whole);
          if (until > 0) {
            done = until;
            std::swap(end, whole);
            ++changes;
          }
        }
      }
      if (!settles) wanted_ = std::min(dt_, h < wanted_ ? std::max(wanted_, h * grow) : h * grow);
      settles = false;
      y = end.y, ydot = end.slope;
      see(y);
      hold(y);
      t = done == left ? stop : t + done;
      if (stop - t < least) t = stop;
    }
  }
  return {};
}

}  // namespace ot::hemo::lumped
