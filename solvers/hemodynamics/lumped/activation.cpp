// SPDX-License-Identifier: GPL-3.0-or-later
// Activation curves of heart chambers and values that change in time.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "solvers/hemodynamics/lumped/blocks.hpp"

namespace ot::hemo::lumped {
namespace {

constexpr double pi = std::numbers::pi;

// One half-cosine twitch of length t_twitch from t_active on.
class HalfCosine : public Activation {
 public:
  HalfCosine(double active, double twitch, double period) : active_(active), twitch_(twitch), period_(period) {}
  double at(double time) const override {
    const double t = std::max(0.0, std::fmod(time, period_) - active_);
    return t <= twitch_ ? 0.5 - 0.5 * std::cos(2 * pi * t / twitch_) : 0.0;
  }

 private:
  double active_, twitch_, period_;
};

// Half cosine up, half cosine down, each with its own start and length (Regazzoni et al. 2022, J Comput Phys 457:111083).
class PiecewiseCosine : public Activation {
 public:
  PiecewiseCosine(double contract, double relax, double up, double down, double period) : contract_(contract), relax_(relax), up_(up), down_(down), period_(period) {}
  double at(double time) const override {
    const double a = std::fmod(time - contract_, period_);
    if (a >= 0 && a < up_) return 0.5 * (1 - std::cos(pi * a / up_));
    const double b = std::fmod(time - relax_, period_);
    return b >= 0 && b < down_ ? 0.5 * (1 + std::cos(pi * b / down_)) : 0.0;
  }

 private:
  double contract_, relax_, up_, down_, period_;
};

// Two-Hill curve, scaled to a largest value of one as sampled every 10 us (doi 10.1007/s10439-022-03047-3).
class TwoHill : public Activation {
 public:
  TwoHill(double shift, double tau1, double tau2, double m1, double m2, double period)
      : shift_(shift), tau1_(tau1), tau2_(tau2), m1_(m1), m2_(m2), period_(period) {
    double most = 0;
    for (double t = 0; t < period; t += 1e-5) most = std::max(most, raw(t));
    scale_ = 1 / most;
  }
  double at(double time) const override {
    double t = std::fmod(std::fmod(time, period_) - shift_, period_);
    if (t < 0) t += period_;
    return scale_ * raw(t);
  }

 private:
  double raw(double t) const {
    const double g1 = std::pow(t / tau1_, m1_), g2 = std::pow(t / tau2_, m2_);
    return g1 / (1 + g1) / (1 + g2);
  }
  double shift_, tau1_, tau2_, m1_, m2_, period_, scale_ = 1;
};

class WrappingCosine : public Activation {
 public:
  WrappingCosine(double tsa, double tpwave, double period) : tsa_(tsa), tpwave_(tpwave), period_(period) {}
  double at(double time) const override { return wrapping_cosine(time, period_, period_ * tsa_, period_ / tpwave_); }

 private:
  double tsa_, tpwave_, period_;
};

class Fourier : public Activation {
 public:
  explicit Fourier(double period) : period_(period) {
    constexpr int samples = 10000;  // least and largest value are sampled, as in the source
    double least = INFINITY, most = -INFINITY;
    for (int k = 0; k < samples; ++k) {
      const double v = elastance_series(double(k) / samples);
      least = std::min(least, v), most = std::max(most, v);
    }
    least_ = least, range_ = most - least;
  }
  double at(double time) const override { return (elastance_series(std::fmod(time, period_) / period_) - least_) / range_; }

 private:
  double period_, least_ = 0, range_ = 1;
};

}  // namespace

double elastance_series(double phase) {
  // Normalised ventricular elastance, 25 terms: data of Tran's tuning framework as published with svZeroDSolver (c7b0ca0).
  static constexpr double term[25][2] = {
      {0.283748803, 0.000000000},   {0.031830626, -0.374299825},  {-0.209472400, -0.018127770}, {0.020520047, 0.073971113},   {0.008316883, -0.047249597},
      {-0.041677660, 0.003212163},  {0.000867323, 0.019441411},   {-0.001675379, -0.005565534}, {-0.011252277, 0.003401432},  {-0.000414677, 0.008376795},
      {0.000253749, -0.000071880},  {-0.002584966, 0.001566861},  {0.000584752, 0.003143555},   {0.000028502, -0.000024787},  {0.000022961, -0.000007476},
      {0.000018735, -0.000001281},  {0.000015573, 0.000001781},   {0.000013133, 0.000003494},   {0.000011199, 0.000004507},   {0.000009634, 0.000005117},
      {0.000008343, 0.000005481},   {0.000007265, 0.000005687},   {0.000006354, 0.000005789},   {0.000005575, 0.000005821},   {0.000004903, 0.000005805}};
  double sum = 0;
  for (int k = 0; k < 25; ++k) sum += term[k][0] * std::cos(2 * pi * k * phase) - term[k][1] * std::sin(2 * pi * k * phase);
  return sum;
}

double wrapping_cosine(double time, double period, double tsa, double tpwave) {
  const double t = std::fmod(time, period);
  if (t <= tpwave) return 0.5 * (1 - std::cos(2 * pi * (t - tpwave + tsa) / tsa));
  if (t >= period - tsa + tpwave && t < period) return 0.5 * (1 - std::cos(2 * pi * (t - tpwave - (period - tsa)) / tsa));
  return 0;
}

const std::map<std::string, std::vector<std::string>>& activation_kinds() {
  static const std::map<std::string, std::vector<std::string>> kinds{{"half_cosine", {"t_active", "t_twitch"}},
                                                                     {"piecewise_cosine", {"contract_start", "relax_start", "contract_duration", "relax_duration"}},
                                                                     {"two_hill", {"t_shift", "tau_1", "tau_2", "m1", "m2"}},
                                                                     {"wrapping_cosine", {"Tsa", "tpwave"}},
                                                                     {"fourier", {}}};
  return kinds;
}

std::unique_ptr<Activation> make_activation(const std::string& type, const std::map<std::string, double>& v, double period) {
  if (type == "half_cosine") return std::make_unique<HalfCosine>(v.at("t_active"), v.at("t_twitch"), period);
  if (type == "piecewise_cosine")
    return std::make_unique<PiecewiseCosine>(v.at("contract_start"), v.at("relax_start"), v.at("contract_duration"), v.at("relax_duration"), period);
  if (type == "two_hill") return std::make_unique<TwoHill>(v.at("t_shift"), v.at("tau_1"), v.at("tau_2"), v.at("m1"), v.at("m2"), period);
  if (type == "wrapping_cosine") return std::make_unique<WrappingCosine>(v.at("Tsa"), v.at("tpwave"), period);
  if (type == "fourier") return std::make_unique<Fourier>(period);
  return nullptr;
}

double Parameter::at(double time) const {
  if (constant || held) return value;
  const double x = periodic ? std::fmod(time, period) : time;
  std::size_t k = std::size_t(std::lower_bound(t.begin(), t.end(), x) - t.begin());
  if (k == t.size()) k = t.size() - 1;
  if (t[k] == x) return v[k];
  const std::size_t m = k ? k - 1 : 1;
  return v[m] + (v[k] - v[m]) / (t[k] - t[m]) * (x - t[m]);
}

void Clock::evaluate(double at_time) {
  time = at_time;
  for (std::size_t k = 0; k < parameters.size(); ++k)
    if (!parameters[k].constant) values[k] = parameters[k].at(at_time);
    else values[k] = parameters[k].value;
}

}  // namespace ot::hemo::lumped
