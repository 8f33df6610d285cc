// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/conduction_tuning.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "solvers/electrophysiology/reaction/aligned.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"
#include "solvers/electrophysiology/sodium_interpolation.hpp"

namespace ot::ep {
namespace {

constexpr std::ptrdiff_t bn = block_nodes;
constexpr double finest_dt_ms = 0.01;   // of velocities that count as converged

// A strand of `nodes` cells, spacing q, D = 1, stepped like the tissue; the linear systems directly (tridiagonal).
class Strand {
 public:
  Strand(const IonicFamily& family, const std::vector<double>& parameters, const std::vector<double>& initial, std::ptrdiff_t nodes,
         double q, double dt, double interpolate)
      : family_(family), kernel_(best_kernel(family)), n_(nodes), blocks_((nodes + bn - 1) / bn), q_(q), dt_(dt),
        interpolate_(family.sodium.present() ? interpolate : 0.0) {
    const std::size_t padded = std::size_t(blocks_ * bn);
    state_.resize(padded * std::size_t(family.states));
    param_.resize(std::size_t(family.params * bn));
    for (std::ptrdiff_t l = 0; l < bn; ++l) {
      for (int p = 0; p < family.params; ++p) param_[std::size_t(p * bn + l)] = parameters[std::size_t(p)];
      for (std::ptrdiff_t b = 0; b < blocks_; ++b)
        for (int s = 0; s < family.states; ++s)
          state_[std::size_t((b * family.states + s) * bn + l)] = initial[std::size_t(s) + 1];
    }
    v_.assign(padded, initial[0]);
    for (AlignedVector* x : {&dv_, &rate_, &i_, &before_, &e_na_, &rhs_, &pivot_}) x->assign(padded, 0.0);
    stimulus_ = 2.0;  // ms, as the benchmark's: Niederer et al. 2011, table 2
    if (family.sodium.available) available_.assign(padded, 0.0);
    // One pass with dt = 0 for the sodium reversal potential.
    AlignedVector copy(state_);
    for (std::ptrdiff_t b = 0; b < blocks_; ++b) call_kernel(copy.data(), b, 0.0);
  }

  // Share of the way over the step at which node i crossed 0 mV upwards, or -1.
  void step(double t, double stimulated_to) {
    for (std::size_t i = 0; i < v_.size(); ++i) rate_[i] = v_[i] + 0.5 * dv_[i];
    AlignedVector& correction = rhs_;
    std::fill(correction.begin(), correction.end(), 0.0);
    if (interpolate_ > 0) {
      if (family_.sodium.available)
        for (std::ptrdiff_t b = 0; b < blocks_; ++b) family_.sodium.available(state_.data() + b * family_.states * bn, available_.data() + b * bn);
      add_interpolation(correction);
    }
    for (std::ptrdiff_t b = 0; b < blocks_; ++b) call_kernel(state_.data(), b, dt_);
    const double on = 35.714 * stimulus_share(t, dt_, 0.0, stimulus_);   // Niederer et al. 2011, table 2
    const double c = 1.0 / q_;                                           // K of one segment
    for (std::ptrdiff_t i = 0; i < n_; ++i) {
      const std::size_t k = std::size_t(i);
      const double mass = i == 0 || i == n_ - 1 ? 0.5 * q_ : q_;
      const double now = i_[k] + correction[k] / mass;
      const double ionic = first_ ? now : 1.5 * now - 0.5 * before_[k];
      before_[k] = now;
      double flux = 0;
      if (i > 0) flux += c * (v_[k - 1] - v_[k]);
      if (i + 1 < n_) flux += c * (v_[k + 1] - v_[k]);
      rhs_[k] = dt_ * (mass * ((double(i) * q_ <= stimulated_to ? on : 0.0) - ionic) + flux);
    }
    first_ = false;
    // (M + dt/2 K) dV = rhs by the Thomas algorithm.
    const double off = -0.5 * dt_ * c;
    const auto diagonal = [&](std::ptrdiff_t i) { return i == 0 || i == n_ - 1 ? 0.5 * q_ - off : q_ - 2.0 * off; };
    pivot_[0] = diagonal(0);
    for (std::ptrdiff_t i = 1; i < n_; ++i) {
      const double f = off / pivot_[std::size_t(i) - 1];
      pivot_[std::size_t(i)] = diagonal(i) - f * off;
      rhs_[std::size_t(i)] -= f * rhs_[std::size_t(i) - 1];
    }
    for (std::ptrdiff_t i = n_; i-- > 0;) {
      const double right = i + 1 < n_ ? off * dv_[std::size_t(i) + 1] : 0.0;
      dv_[std::size_t(i)] = (rhs_[std::size_t(i)] - right) / pivot_[std::size_t(i)];
    }
    for (std::ptrdiff_t i = 0; i < n_; ++i) v_[std::size_t(i)] += dv_[std::size_t(i)];
  }
  double v(std::ptrdiff_t i) const { return v_[std::size_t(i)]; }
  double before(std::ptrdiff_t i) const { return v_[std::size_t(i)] - dv_[std::size_t(i)]; }

 private:
  void call_kernel(double* state, std::ptrdiff_t b, double dt) {
    kernel_({int(bn), dt, 0.0, state + b * family_.states * bn, param_.data(), v_.data() + b * bn, rate_.data() + b * bn,
             i_.data() + b * bn, e_na_.data() + b * bn});
  }
  double gate(int row, std::ptrdiff_t i) const { return state_[std::size_t((i / bn * family_.states + row) * bn + i % bn)]; }

  SodiumEnd end(std::ptrdiff_t i) const {
    const FastSodium& na = family_.sodium;
    const double h = na.available ? available_[std::size_t(i)] : gate(na.h, i), j = na.available ? 1.0 : gate(na.j, i);
    return {param_[std::size_t(na.conductance * bn)], gate(na.m, i), h, j, v_[std::size_t(i)], e_na_[std::size_t(i)]};
  }
  void add_interpolation(AlignedVector& out) const {
    for (std::ptrdiff_t i = 0; i + 1 < n_; ++i) {
      const std::size_t k = std::size_t(i);
      if (!(std::abs(v_[k] - v_[k + 1]) > svi_least_range)) continue;
      const auto add = sodium_edge_correction(end(i), end(i + 1));
      out[k] += interpolate_ * q_ * add[0];
      out[k + 1] += interpolate_ * q_ * add[1];
    }
  }

  const IonicFamily& family_;
  KernelStep kernel_;
  std::ptrdiff_t n_, blocks_;
  double q_, dt_, stimulus_ = 0;
  double interpolate_;
  bool first_ = true;
  AlignedVector state_, param_, v_, dv_, rate_, i_, before_, e_na_, rhs_, pivot_, available_;
};

TuningCurve compute(const IonicFamily& family, const std::vector<double>& parameters, const std::vector<double>& initial, double dt,
                    double interpolate) {
  TuningCurve curve;
  curve.velocity = converged_velocity(family, parameters, initial, std::min(dt, finest_dt_ms), interpolate);
  if (!(curve.velocity > 0)) return curve;
  for (const double q : {0.25, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3, 1.6, 2.0, 2.4, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 5.5}) {
    const double g = strand_velocity(family, parameters, initial, q, dt, interpolate);
    if (!(g > 0)) {   // blocked at this spacing
      curve.stops_beyond = true;
      break;
    }
    const double root = curve.velocity / g;
    if (!curve.q.empty() && q * root <= curve.q.back()) break;  // no longer a function of h / sqrt D
    curve.q.push_back(q * root);
    curve.k.push_back(root * root);
  }
  return curve;
}

}  // namespace

double strand_velocity(const IonicFamily& family, const std::vector<double>& parameters, const std::vector<double>& initial, double q,
                       double dt, double interpolate, const core::Progress& progress) {
  // Lengths in units of sqrt(D ms): the stimulated end, the start-up stretch and the measured stretch.
  const double stimulated = std::max(5.0, 3.0 * q), run_up = stimulated + std::max(6.0, 4.0 * q), measured = std::max(8.0, 6.0 * q);
  const auto from = std::ptrdiff_t(std::ceil(run_up / q)), to = from + std::ptrdiff_t(std::ceil(measured / q));
  Strand strand(family, parameters, initial, to + std::ptrdiff_t(std::ceil(5.0 / q)) + 2, q, dt, interpolate);
  const double limit = 5.0 + double(to) * q / 0.3;   // ms; 0.3: a seventh of the healthy velocity
  double t_from = -1;
  const double level = family.upstroke_mV;
  constexpr long steps_per_look = 256;   // some 30 ms of work
  for (long step = 0; double(step) * dt < limit; ++step) {
    if (step % steps_per_look == 0 && progress.cancelled()) return 0.0;
    strand.step(double(step) * dt, stimulated);
    const auto crossed = [&](std::ptrdiff_t i) { return strand.before(i) < level && strand.v(i) >= level; };
    const auto time = [&](std::ptrdiff_t i) {
      return (double(step) - (strand.before(i) - level) / (strand.v(i) - strand.before(i))) * dt;
    };
    if (t_from < 0 && crossed(from)) t_from = time(from);
    if (crossed(to)) return t_from >= 0 ? double(to - from) * q / (time(to) - t_from) : 0.0;
  }
  return 0.0;
}

double converged_velocity(const IonicFamily& family, const std::vector<double>& parameters, const std::vector<double>& initial, double dt, double interpolate, const core::Progress& progress) {
  const double coarse = strand_velocity(family, parameters, initial, 0.1, dt, interpolate, progress.part(0.0, 0.3));
  const double fine = coarse > 0 ? strand_velocity(family, parameters, initial, 0.05, dt, interpolate, progress.part(0.3, 1.0)) : 0.0;
  return fine > 0 ? (4.0 * fine - coarse) / 3.0 : 0.0;
}

core::Result<double> plane_wave_constant(const IonicFamily& family, bool paced, const core::Progress& progress) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, bool>, double> known;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    if (const auto it = known.find({family.key, paced}); it != known.end()) return it->second;
  }
  std::vector<double> state = family.initial(CellType::epi);
  if (paced) {
    constexpr double pacing_dt_ms = 0.02;   // as FAST and FULL, which share the states
    auto states = paced_states(family.key, resting_rate_cycle_ms, family.pacing_beats, pacing_dt_ms, {CellType::epi}, {ChannelScales{}}, progress.part(0.0, 0.8));
    if (!states) return core::pass(states);
    state = (*states)[0];
  }
  const double c0 = converged_velocity(family, family.parameters(CellType::epi, {}), state, finest_dt_ms, 1.0, progress.part(0.8, 1.0));
  if (progress.cancelled()) return core::cancelled();
  const std::lock_guard<std::mutex> lock(mutex);
  return known[{family.key, paced}] = c0;
}

core::Result<core::Vec3> conductivity_for(const std::string& ionic_model, const core::Vec3& velocity, double chi, double cm, bool paced, const core::Progress& progress) {
  const IonicFamily* family = find_ionic_family(ionic_model);
  if (!family) return core::wrong_usage(fmt::format("There is no family of cells \"{}\" (no conductivity follows from a velocity). See 'organtwin-cli list ionic-models'.", ionic_model));
  const auto c0 = plane_wave_constant(*family, paced, progress);
  if (!c0) return core::pass(c0);
  if (!(*c0 > 0)) return core::bad_input(fmt::format("Cells of {} do not pass an action potential on along a strand (no conductivity gives the asked velocity). Choose another cell model.", family_name(ionic_model)));
  return conductivity_for_velocity(*c0, velocity, chi, cm);
}

double TuningCurve::factor(double x) const {
  if (q.empty()) return 1.0;
  if (x <= q.front()) return 1.0 + (k.front() - 1.0) * (x / q.front()) * (x / q.front());
  if (x >= q.back()) return k.back();
  const std::size_t hi = std::size_t(std::upper_bound(q.begin(), q.end(), x) - q.begin());
  const double s = (x - q[hi - 1]) / (q[hi] - q[hi - 1]);
  return k[hi - 1] + s * (k[hi] - k[hi - 1]);
}

double TuningCurve::factor_of_square(double square) const {
  return square >= 0 ? factor(std::sqrt(square)) : std::clamp(2.0 - factor(std::sqrt(-square)), least_factor, 1.0);
}

std::shared_ptr<const TuningCurve> tuning_curve(const IonicFamily& family, const std::vector<double>& parameters,
                                                const std::vector<double>& initial, double dt, double interpolate) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::vector<double>>, std::shared_ptr<const TuningCurve>> cache;
  std::vector<double> key(parameters);
  key.insert(key.end(), initial.begin(), initial.end());
  key.insert(key.end(), {dt, interpolate});
  const std::lock_guard<std::mutex> lock(mutex);
  auto& entry = cache[{family.key, key}];
  if (!entry) entry = std::make_shared<const TuningCurve>(compute(family, parameters, initial, dt, interpolate));
  return entry;
}

}  // namespace ot::ep
