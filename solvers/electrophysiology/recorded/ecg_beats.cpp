// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

namespace ot::ep {
namespace {

using core::bad_input;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double out_step_ms = 2.0;      // spacing of simulated leads
constexpr double window_before = 0.3, window_after = 0.7;   // of RR: P wave before, T wave after; the next P wave stays outside

double median_of(std::vector<double> x) {
  if (x.empty()) return nan;
  const std::size_t m = x.size() / 2;
  std::nth_element(x.begin(), x.begin() + std::ptrdiff_t(m), x.end());
  const double hi = x[m];
  if (x.size() % 2) return hi;
  return 0.5 * (hi + *std::max_element(x.begin(), x.begin() + std::ptrdiff_t(m)));
}

// Gaussian, sigma in samples; ends are held.
std::vector<double> smooth(const std::vector<double>& x, double sigma) {
  const int reach = int(std::ceil(3 * sigma));
  if (reach < 1) return x;
  std::vector<double> w;
  for (int k = -reach; k <= reach; ++k) w.push_back(std::exp(-0.5 * k * k / (sigma * sigma)));
  const double sum = std::accumulate(w.begin(), w.end(), 0.0);
  const std::ptrdiff_t n = std::ptrdiff_t(x.size());
  std::vector<double> out(x.size());
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    double s = 0;
    for (int k = -reach; k <= reach; ++k) s += w[std::size_t(k + reach)] * x[std::size_t(std::clamp<std::ptrdiff_t>(i + k, 0, n - 1))];
    out[std::size_t(i)] = s / sum;
  }
  return out;
}

// Spatial speed of the ECG, smoothed over about a third of a QRS so that one complex is one hill.
std::vector<double> spatial_speed(const std::vector<std::vector<double>>& leads, double dt_ms) {
  const std::size_t n = leads.front().size();
  std::vector<double> speed(n, 0);
  // 8 ms between the two samples: passes 10-60 Hz, where the QRS is, and little of mains hum, T and drift.
  const std::size_t half = std::max<std::size_t>(1, std::size_t(std::lround(4.0 / dt_ms)));
  for (std::size_t i = half; i + half < n; ++i) {
    double s = 0;
    for (const auto& lead : leads) s += std::pow((lead[i + half] - lead[i - half]) / (2 * double(half) * dt_ms), 2);
    speed[i] = std::sqrt(s);
  }
  return smooth(speed, 12.0 / dt_ms);
}

std::vector<std::size_t> find_beats(const std::vector<double>& speed, double dt_ms) {
  // Level of a typical complex: the median of the highest values of 2 s pieces, so that one artefact does not hide the beats.
  const std::size_t n = speed.size(), piece = std::max<std::size_t>(1, std::size_t(2000 / dt_ms));
  std::vector<double> tops;
  for (std::size_t i = 0; i < n; i += piece) {
    if (!tops.empty() && n - i < piece / 2) break;
    tops.push_back(*std::max_element(speed.begin() + std::ptrdiff_t(i), speed.begin() + std::ptrdiff_t(std::min(n, i + piece))));
  }
  const double threshold = 0.4 * median_of(tops);
  std::vector<std::size_t> beats;
  const std::size_t refractory = std::size_t(200 / dt_ms);   // faster than 300 per minute no ventricle conducts
  for (std::size_t i = 1; i + 1 < n; ++i) {
    if (!(speed[i] > threshold && speed[i] >= speed[i - 1] && speed[i] > speed[i + 1])) continue;
    if (!beats.empty() && i - beats.back() < refractory) {
      if (speed[i] > speed[beats.back()]) beats.back() = i;
    } else {
      beats.push_back(i);
    }
  }
  return beats;
}

double at(const std::vector<double>& x, double where) {
  const double c = std::clamp(where, 0.0, double(x.size() - 1));
  const std::size_t i = std::min(std::size_t(c), x.size() - 2);
  const double w = c - double(i);
  return (1 - w) * x[i] + w * x[i + 1];
}

// P wave in the window before the QRS: the sum over leads of |deviation from the level before the QRS| has a hump that
// stands out; its onset is where the steepest rise before the top meets the level (tangent, as for the T end).
double pr_interval(const Ecg& beat, double onset_ms, double rr_ms) {
  const std::size_t n = beat.t_ms.size();
  if (!(onset_ms > 0) || n < 10) return nan;
  const double from = std::max(beat.t_ms.front(), onset_ms - std::min(300.0, 0.3 * rr_ms)), to = onset_ms - 30;
  std::vector<double> t, hump;
  for (std::size_t i = 0; i < n; ++i) {
    if (beat.t_ms[i] < from || beat.t_ms[i] > to) continue;
    double s = 0;
    for (std::size_t l = 0; l < beat.mV.size(); ++l) {
      const double level = at(beat.mV[l], (onset_ms - 8 - beat.t_ms.front()) / out_step_ms);
      s += (beat.mV[l][i] - level) * (beat.mV[l][i] - level);
    }
    t.push_back(beat.t_ms[i]);
    hump.push_back(std::sqrt(s / double(beat.mV.size())));
  }
  if (hump.size() < 20) return nan;
  hump = smooth(hump, 3);
  const std::size_t top = std::size_t(std::max_element(hump.begin(), hump.end()) - hump.begin());
  if (hump[top] < 0.02 || top < 4 || top + 4 >= hump.size()) return nan;   // 20 uV over all leads: less is no P wave
  const double level = *std::min_element(hump.begin(), hump.begin() + std::ptrdiff_t(top));
  if (hump[top] - level < 0.5 * hump[top]) return nan;                       // no foot in the window
  std::size_t steep = top;
  for (std::size_t i = 1; i <= top; ++i)
    if (hump[i] - hump[i - 1] > hump[steep] - hump[steep - 1]) steep = i;
  const double slope = (hump[steep] - hump[steep - 1]) / (t[steep] - t[steep - 1]);
  if (!(slope > 0)) return nan;
  const double p_on = t[steep] - (hump[steep] - level) / slope;
  return p_on > from ? onset_ms - p_on : nan;
}

}  // namespace

core::Result<RepresentativeBeat> representative_beat(const Ecg& recorded) {
  const std::size_t n = recorded.t_ms.size();
  if (n < 50 || recorded.leads.empty()) return bad_input("The recording is too short to hold a beat (nothing can be measured). Import at least 2 s.");
  const double dt = (recorded.t_ms.back() - recorded.t_ms.front()) / double(n - 1);
  const auto speed = spatial_speed(recorded.mV, dt);
  auto beats = find_beats(speed, dt);
  if (beats.size() < 2) return bad_input("Fewer than two heart beats were found in the recording (it is flat, too noisy or too short). Import at least 3 s of a clean recording.");
  std::vector<double> rr;
  for (std::size_t b = 1; b < beats.size(); ++b) rr.push_back(double(beats[b] - beats[b - 1]) * dt);
  RepresentativeBeat out;
  out.rr_ms = median_of(rr);

  // Level before each QRS: median over 20 ms that end 60 ms before the fastest moment; drift is the line between levels.
  const std::size_t leads = recorded.leads.size();
  const auto level_at = [&](std::size_t lead, std::size_t beat) {
    const std::ptrdiff_t e = std::ptrdiff_t(beat) - std::ptrdiff_t(60 / dt), b = e - std::max<std::ptrdiff_t>(2, std::ptrdiff_t(20 / dt));
    std::vector<double> piece;
    for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(0, b); i <= std::max<std::ptrdiff_t>(0, e); ++i) piece.push_back(recorded.mV[lead][std::size_t(i)]);
    return median_of(std::move(piece));
  };
  std::vector<std::vector<double>> flat(leads, std::vector<double>(n));
  for (std::size_t l = 0; l < leads; ++l) {
    std::vector<double> levels;
    for (std::size_t b : beats) levels.push_back(level_at(l, b));
    std::size_t b = 0;
    for (std::size_t i = 0; i < n; ++i) {
      while (b + 2 < beats.size() && i >= beats[b + 1]) ++b;
      const double w = beats.size() < 2 ? 0 : std::clamp((double(i) - double(beats[b])) / double(beats[b + 1] - beats[b]), 0.0, 1.0);
      flat[l][i] = recorded.mV[l][i] - ((1 - w) * levels[b] + w * levels[b + 1]);
    }
  }

  // Windows that lie wholly in the recording.
  const std::ptrdiff_t before = std::ptrdiff_t(window_before * out.rr_ms / dt), after = std::ptrdiff_t(window_after * out.rr_ms / dt);
  std::vector<std::ptrdiff_t> centres;
  for (std::size_t b : beats)
    if (std::ptrdiff_t(b) >= before && std::ptrdiff_t(b) + after < std::ptrdiff_t(n)) centres.push_back(std::ptrdiff_t(b));
  out.left_out = int(beats.size() - centres.size());
  if (centres.empty()) return bad_input("No heart beat lies wholly inside the recording (it is too short). Import at least 3 s.");
  if (centres.size() > 200) centres.resize(200);   // the median of 200 beats is as good as that of a day

  // Align: shift of each beat, within 40 ms, that fits the median of the others best in all leads over the QRS.
  const std::ptrdiff_t reach = std::max<std::ptrdiff_t>(1, std::ptrdiff_t(40 / dt)), core_half = std::ptrdiff_t(80 / dt);
  const std::ptrdiff_t length = before + after + 1;
  std::vector<char> kept(centres.size(), 1);
  const auto value = [&](std::size_t l, std::ptrdiff_t i) { return flat[l][std::size_t(std::clamp<std::ptrdiff_t>(i, 0, std::ptrdiff_t(n) - 1))]; };
  std::vector<std::vector<double>> mid(leads, std::vector<double>(std::size_t(length)));
  const auto make_median = [&] {
    std::vector<double> column;
    for (std::size_t l = 0; l < leads; ++l)
      for (std::ptrdiff_t i = 0; i < length; ++i) {
        column.clear();
        for (std::size_t b = 0; b < centres.size(); ++b)
          if (kept[b]) column.push_back(value(l, centres[b] - before + i));
        mid[l][std::size_t(i)] = median_of(column);
      }
  };
  make_median();
  for (int pass = 0; pass < 2 && centres.size() > 1; ++pass) {
    for (std::size_t b = 0; b < centres.size(); ++b) {
      double best = -2;
      std::ptrdiff_t best_shift = 0;
      for (std::ptrdiff_t s = -reach; s <= reach; ++s) {
        double xy = 0, xx = 0, yy = 0;
        for (std::size_t l = 0; l < leads; ++l)
          for (std::ptrdiff_t k = -core_half; k <= core_half; ++k) {
            if (before + k < 0 || before + k >= length) continue;
            const double x = mid[l][std::size_t(before + k)], y = value(l, centres[b] + s + k);
            xy += x * y, xx += x * x, yy += y * y;
          }
        const double c = xy / std::sqrt(std::max(xx * yy, 1e-30));
        if (c > best) best = c, best_shift = s;
      }
      if (centres[b] + best_shift >= before && centres[b] + best_shift + after < std::ptrdiff_t(n)) centres[b] += best_shift;
      kept[b] = best > 0.9;   // another shape (a premature ventricular beat) correlates far less
    }
    if (std::count(kept.begin(), kept.end(), 1) == 0) std::fill(kept.begin(), kept.end(), 1);
    make_median();
  }
  out.beats = int(std::count(kept.begin(), kept.end(), 1));
  out.left_out += int(centres.size()) - out.beats;
  std::vector<double> noises;
  for (std::size_t l = 0; l < leads; ++l) {
    double s = 0, m = 0;
    for (std::size_t b = 0; b < centres.size(); ++b)
      if (kept[b])
        for (std::ptrdiff_t i = 0; i < length; ++i) s += std::pow(value(l, centres[b] - before + i) - mid[l][std::size_t(i)], 2), ++m;
    noises.push_back(1000 * std::sqrt(s / std::max(m, 1.0)));
  }
  out.noise_uV = median_of(noises);

  // 2 ms steps after a low pass of 1.2 ms (about 110 Hz at -3 dB; IEC 60601-2-25 asks for 150 Hz of the recorder).
  const std::size_t samples = std::size_t(double(length - 1) * dt / out_step_ms) + 1;
  out.ecg.leads = recorded.leads;
  for (std::size_t i = 0; i < samples; ++i) out.ecg.t_ms.push_back(out_step_ms * double(i));
  for (std::size_t l = 0; l < leads; ++l) {
    auto soft = smooth(mid[l], 1.2 / dt);
    // P and T hold nothing above some 25 Hz: away from the QRS noise is taken off more (6 ms), else the steepest tangent of T is that of noise.
    const auto calm = smooth(mid[l], 6.0 / dt);
    for (std::ptrdiff_t i = 0; i < length; ++i) {
      const double w = std::clamp((double(std::abs(i - before)) * dt - 120) / 40, 0.0, 1.0);   // all of a 240 ms wide QRS stays sharp
      soft[std::size_t(i)] = (1 - w) * soft[std::size_t(i)] + w * calm[std::size_t(i)];
    }
    std::vector<double> v(samples);
    for (std::size_t i = 0; i < samples; ++i) v[i] = at(soft, out_step_ms * double(i) / dt);
    out.ecg.mV.push_back(std::move(v));
  }
  out.intervals = measure(out.ecg, out.rr_ms, EcgSource::recorded);
  out.pr_ms = std::isfinite(out.intervals.qrs_onset_ms) ? pr_interval(out.ecg, out.intervals.qrs_onset_ms, out.rr_ms) : nan;
  return out;
}

}  // namespace ot::ep
