// SPDX-License-Identifier: GPL-3.0-or-later
// A made electrocardiogram with known waves: P, QRS and T as smooth bumps of compact support, so that onsets and ends are exact.
#pragma once
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "solvers/electrophysiology/ecg.hpp"

namespace ot::test {

struct MadeBeat {
  double p_on = 60, p_off = 160, qrs_on = 220, qrs_off = 316, t_on = 380, t_off = 600;
};

// Raised cosine from a to b.
inline double bump(double t, double a, double b) { return t <= a || t >= b ? 0 : 0.5 * (1 - std::cos(2 * M_PI * (t - a) / (b - a))); }

inline std::array<double, 8> independent_leads(const MadeBeat& m, double t) {
  const double third = (m.qrs_off - m.qrs_on) / 3;
  const double q = bump(t, m.qrs_on, m.qrs_on + 1.2 * third), r = bump(t, m.qrs_on + 0.5 * third, m.qrs_on + 2.2 * third), s = bump(t, m.qrs_on + 1.6 * third, m.qrs_off);
  const double p = bump(t, m.p_on, m.p_off), w = bump(t, m.t_on, m.t_off);
  return {0.08 * p - 0.1 * q + 0.8 * r - 0.2 * s + 0.25 * w, 0.12 * p - 0.1 * q + 1.1 * r - 0.1 * s + 0.3 * w,  0.05 * p + 0.2 * q - 0.3 * r - 1.1 * s + 0.2 * w, 0.05 * p + 0.3 * q + 0.2 * r - 1.3 * s + 0.4 * w,
          0.05 * p + 0.2 * q + 0.7 * r - 0.9 * s + 0.5 * w,  0.05 * p + 0.0 * q + 1.2 * r - 0.5 * s + 0.45 * w, 0.05 * p - 0.1 * q + 1.2 * r - 0.2 * s + 0.35 * w, 0.05 * p - 0.1 * q + 0.9 * r - 0.1 * s + 0.25 * w};
}

inline ep::Ecg one_beat(const MadeBeat& m, double end_ms, double step_ms) {
  ep::Ecg e;
  for (const char* l : ep::lead_names()) e.leads.push_back(l);
  e.mV.resize(12);
  for (double t = 0; t <= end_ms + 1e-9; t += step_ms) {
    e.t_ms.push_back(t);
    const auto all = ep::twelve_leads(independent_leads(m, t));
    for (std::size_t l = 0; l < 12; ++l) e.mV[l].push_back(all[l]);
  }
  return e;
}

// Beats of RR with jitter, baseline drift of 0.4 mV at 0.25 Hz, white noise and an extrasystole of another shape when `ectopic` > 0.
inline ep::Ecg strip(const MadeBeat& m, double rr_ms, double seconds, double hz, double noise_mV, double drift_mV, double jitter_ms, int ectopic = -1) {
  ep::Ecg e;
  for (const char* l : ep::lead_names()) e.leads.push_back(l);
  e.mV.resize(12);
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> starts{-0.35 * rr_ms};
  while (starts.back() < 1000 * seconds) starts.push_back(starts.back() + rr_ms + jitter_ms * normal(random));
  const int n = int(seconds * hz);
  for (int i = 0; i < n; ++i) {
    const double t = 1000.0 * i / hz;
    e.t_ms.push_back(t);
    std::array<double, 8> sum{};
    for (std::size_t b = 0; b < starts.size(); ++b) {
      const double u = t - starts[b];
      if (u < 0 || u > 900) continue;
      auto v = independent_leads(m, u);
      if (int(b) == ectopic) {
        const double wide = bump(u, m.qrs_on - 40, m.qrs_on + 160);
        v = {-0.9 * wide, 1.4 * wide, 1.5 * wide, 1.2 * wide, -0.8 * wide, -1.0 * wide, -1.0 * wide, -0.7 * wide};
      }
      for (int k = 0; k < 8; ++k) sum[std::size_t(k)] += v[std::size_t(k)];
    }
    for (int k = 0; k < 8; ++k) sum[std::size_t(k)] += drift_mV * std::sin(2 * M_PI * 0.25 * t / 1000 + k);
    for (int k = 0; k < 8; ++k) sum[std::size_t(k)] += noise_mV * normal(random);
    const auto all = ep::twelve_leads(sum);
    for (std::size_t l = 0; l < 12; ++l) e.mV[l].push_back(all[l]);
  }
  return e;
}

}  // namespace ot::test
