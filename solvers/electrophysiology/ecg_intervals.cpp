// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/p_wave.hpp"

namespace ot::ep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const std::vector<double>* find_lead(const Ecg& ecg, const char* name) {
  for (std::size_t l = 0; l < ecg.leads.size(); ++l)
    if (ecg.leads[l] == name) return &ecg.mV[l];
  return nullptr;
}

// The leads that are not sums of others; none when a value is not finite.
std::vector<const std::vector<double>*> independent_leads(const Ecg& ecg) {
  std::vector<const std::vector<double>*> leads;
  for (const char* name : {"I", "II", "V1", "V2", "V3", "V4", "V5", "V6"})
    if (const auto* lead = find_lead(ecg, name)) {
      OT_EXPECT(lead->size() == ecg.t_ms.size());
      leads.push_back(lead);
    }
  for (const auto* lead : leads)
    if (!std::all_of(lead->begin(), lead->end(), [](double v) { return std::isfinite(v); })) return {};
  return leads;
}

// Spatial speed |d(leads)/dt| in mV/ms at the middle of each sample interval.
std::vector<double> spatial_speed(const std::vector<const std::vector<double>*>& leads, const std::vector<double>& t) {
  std::vector<double> speed(t.size() - 1);
  for (std::size_t i = 0; i + 1 < t.size(); ++i) {
    double sum = 0;
    for (const auto* lead : leads) sum += std::pow(((*lead)[i + 1] - (*lead)[i]) / (t[i + 1] - t[i]), 2);
    speed[i] = std::sqrt(sum);
  }
  return speed;
}

// The complex around the greatest speed among the first `count` sample intervals.
struct Complex {
  std::size_t first = 0, last = 0;   // intervals
  double onset_ms = nan, offset_ms = nan;
};
constexpr double quiet_ms = 16, recorded_quiet_ms = 8;
Complex find_complex(const std::vector<double>& speed, const std::vector<double>& t, std::size_t count, double least_speed = 1e300, double quiet = quiet_ms) {
  Complex out;
  if (count == 0) return out;
  const std::size_t peak = std::size_t(std::max_element(speed.begin(), speed.begin() + std::ptrdiff_t(count)) - speed.begin());
  // 16 ms of quiet end the complex: between the free walls and the last basal muscle the leads can rest for longer
  // than 8 ms (FULL of the phantom's whole heart ended 15 ms before that of its ventricles), and no T wave begins that early. Of a recording 8 ms: what is left of its noise bridges more (QRS 112 ms for 97).
  const double threshold = std::min(least_speed, 0.05 * speed[peak]);
  if (!(speed[peak] > 1e-5)) return out;   // 0.01 uV per ms: a flat line
  out.first = out.last = peak;
  for (std::size_t i = peak; i-- > 0 && t[out.first] - t[i] <= quiet;)
    if (speed[i] > threshold) out.first = i;
  for (std::size_t i = peak + 1; i < count && t[i] - t[out.last + 1] <= quiet; ++i)
    if (speed[i] > threshold) out.last = i;
  const auto middle = [&](std::size_t i) { return 0.5 * (t[i] + t[i + 1]); };
  // Crossing of the threshold between interval middles.
  const auto crossing = [&](std::size_t in, std::size_t outside) {
    const double w = (threshold - speed[outside]) / std::max(speed[in] - speed[outside], 1e-30);
    return middle(outside) + w * (middle(in) - middle(outside));
  };
  out.onset_ms = out.first == 0 ? t[0] : crossing(out.first, out.first - 1);
  if (out.last + 1 < count) out.offset_ms = crossing(out.last, out.last + 1);   // else it has no end within the recording
  return out;
}

// 5 % of the peak separates QRS from ST and T, whose slopes are 20-50 times lower, but cuts what is slow: a delta wave (QRS 66 ms where the ventricles take 134), the late part of a right bundle branch block (92 for 129). A simulated trace is
// still where nothing is activated (below 1 uV/ms in ST, 3 to 20 in those parts), so that its quiet ends can be found; what a lead leaves the level there by is QRS from 20 uV on (least wave of the CSE working party, from memory).
constexpr double slow_mV_per_ms = 0.005, least_wave_mV = 0.02;
constexpr double over_noise = 4;   // times what a tenth of the trace stays below: no beat is so short that its quiet parts are less
double quiet_speed(std::vector<double> speed) {
  const auto tenth = speed.begin() + std::ptrdiff_t(speed.size() / 10);
  std::nth_element(speed.begin(), tenth, speed.end());
  return *tenth;
}

// Carries the edges of the QRS outwards to where a lead first leaves the quiet before it by a wave, and last the quiet after it.
void take_in_slow_parts(const std::vector<const std::vector<double>*>& leads, const std::vector<double>& speed, const std::vector<double>& t, Complex& qrs) {
  const Complex all = find_complex(speed, t, speed.size(), std::max(slow_mV_per_ms, over_noise * quiet_speed(speed)));
  if (!std::isfinite(all.onset_ms) || !std::isfinite(all.offset_ms) || !std::isfinite(qrs.offset_ms)) return;
  const auto away = [&](std::size_t i, std::size_t level) {
    double most = 0;
    for (const auto* lead : leads) most = std::max(most, std::abs((*lead)[i] - (*lead)[level]));
    return most;
  };
  const auto crossing = [&](std::size_t in, std::size_t outside, std::size_t level) {
    const double a = away(outside, level), b = away(in, level);
    return t[outside] + (t[in] - t[outside]) * std::clamp((least_wave_mV - a) / std::max(b - a, 1e-30), 0.0, 1.0);
  };
  for (std::size_t i = all.first + 1; i < qrs.first; ++i)
    if (away(i, all.first) >= least_wave_mV) {
      qrs.onset_ms = std::min(qrs.onset_ms, crossing(i, i - 1, all.first));
      qrs.first = i - 1;
      break;
    }
  for (std::size_t i = all.last; i > qrs.last + 1; --i)
    if (away(i, all.last + 1) >= least_wave_mV) {
      qrs.offset_ms = std::max(qrs.offset_ms, crossing(i, i + 1, all.last + 1));
      qrs.last = i;
      break;
    }
}

double median(std::vector<double> x) {
  if (x.empty()) return nan;
  std::sort(x.begin(), x.end());
  const std::size_t m = x.size() / 2;
  return x.size() % 2 ? x[m] : 0.5 * (x[m - 1] + x[m]);
}

}  // namespace

EcgIntervals measure(const Ecg& ecg, double cycle_length_ms, EcgSource source) {
  EcgIntervals out{nan, nan, nan, nan, nan, nan, nan, nan};
  const std::size_t n = ecg.t_ms.size();
  const auto leads = independent_leads(ecg);
  if (n < 20 || leads.empty()) return out;
  const std::vector<double> speed = spatial_speed(leads, ecg.t_ms);
  const auto middle = [&](std::size_t i) { return 0.5 * (ecg.t_ms[i] + ecg.t_ms[i + 1]); };
  Complex qrs = find_complex(speed, ecg.t_ms, n - 1, 1e300, source == EcgSource::recorded ? recorded_quiet_ms : quiet_ms);
  if (source == EcgSource::simulated) take_in_slow_parts(leads, speed, ecg.t_ms, qrs);
  out.qrs_onset_ms = qrs.onset_ms;
  if (!std::isfinite(qrs.offset_ms)) return out;
  const std::size_t first = qrs.first, last = qrs.last;
  out.qrs_offset_ms = qrs.offset_ms;
  out.qrs_ms = out.qrs_offset_ms - out.qrs_onset_ms;

  // Axis from net areas above the level before the complex.
  const auto *one = find_lead(ecg, "I"), *avf = find_lead(ecg, "aVF");
  if (one && avf) {
    double area_one = 0, area_avf = 0;
    for (std::size_t i = first; i <= last; ++i) {
      const double dt = ecg.t_ms[i + 1] - ecg.t_ms[i];
      area_one += dt * (0.5 * ((*one)[i] + (*one)[i + 1]) - (*one)[first]);
      area_avf += dt * (0.5 * ((*avf)[i] + (*avf)[i + 1]) - (*avf)[first]);
    }
    if (std::hypot(area_one, area_avf) > 1e-6) out.axis_deg = std::atan2(area_avf * 2.0 / std::sqrt(3.0), area_one) * 180.0 / M_PI;
  }

  // T end per lead: the steepest tangent after the T peak meets the level before the QRS (Lepeschkin & Surawicz 1952).
  std::vector<double> ends;
  double tallest = 0;
  for (int pass = 0; pass < 2; ++pass)
    for (const auto* lead : leads) {
      const double level = (*lead)[first];
      std::size_t top = n;
      for (std::size_t i = 0; i < n; ++i)
        if (ecg.t_ms[i] > out.qrs_offset_ms + 60 && (top == n || std::abs((*lead)[i] - level) > std::abs((*lead)[top] - level))) top = i;
      if (top == n || top + 4 >= n) continue;
      const double height = std::abs((*lead)[top] - level);
      if (pass == 0) {
        tallest = std::max(tallest, height);
        continue;
      }
      if (height < 0.25 * tallest) continue;   // flat T waves have no reliable end
      const double sign = (*lead)[top] > level ? 1 : -1;
      std::size_t steepest = top;
      double slope = 0;
      for (std::size_t i = top; i + 1 < n; ++i) {
        const double s = sign * ((*lead)[i + 1] - (*lead)[i]) / (ecg.t_ms[i + 1] - ecg.t_ms[i]);
        if (s < slope) {
          slope = s;
          steepest = i;
        }
      }
      const double above = sign * (0.5 * ((*lead)[steepest] + (*lead)[steepest + 1]) - level);
      if (slope < 0 && above > 0) ends.push_back(middle(steepest) - above / slope);
    }
  out.t_end_ms = median(ends);
  if (std::isfinite(out.t_end_ms) && out.t_end_ms > ecg.t_ms.back()) out.t_end_ms = nan;   // the trace stops before the T wave does
  out.qt_ms = out.t_end_ms - out.qrs_onset_ms;
  const double rr_s = cycle_length_ms / 1000.0;
  out.qtc_fridericia_ms = out.qt_ms / std::cbrt(rr_s);   // Fridericia 1920
  out.qtc_bazett_ms = out.qt_ms / std::sqrt(rr_s);       // Bazett 1920
  return out;
}

PWave measure_p_wave(const Ecg& ecg, double qrs_onset_ms) {
  const auto leads = independent_leads(ecg);
  if (ecg.t_ms.size() < 20 || leads.empty()) return {nan, nan};
  const std::vector<double> speed = spatial_speed(leads, ecg.t_ms);
  std::size_t count = speed.size();
  if (std::isfinite(qrs_onset_ms)) {
    // The sample interval the onset lies in already holds the beginning of the QRS.
    count = 0;
    while (count < speed.size() && ecg.t_ms[count + 1] < qrs_onset_ms) ++count;
  }
  const Complex p = find_complex(speed, ecg.t_ms, count);
  return {p.onset_ms, std::isfinite(p.onset_ms) && !std::isfinite(p.offset_ms) && std::isfinite(qrs_onset_ms) ? qrs_onset_ms : p.offset_ms};   // a P wave that runs into the QRS ends there
}

PrecordialProgression precordial(const Ecg& ecg, const EcgIntervals& intervals) {
  PrecordialProgression out;
  out.r.fill(nan);
  out.s.fill(nan);
  out.transition = nan;
  if (!std::isfinite(intervals.qrs_onset_ms) || !std::isfinite(intervals.qrs_offset_ms)) return out;
  static constexpr const char* chest[] = {"V1", "V2", "V3", "V4", "V5", "V6"};
  for (std::size_t k = 0; k < 6; ++k) {
    const auto* lead = find_lead(ecg, chest[k]);
    if (!lead || lead->size() != ecg.t_ms.size()) continue;
    double level = nan;
    for (std::size_t i = 0; i < lead->size(); ++i) {
      if (ecg.t_ms[i] > intervals.qrs_offset_ms) break;
      if (ecg.t_ms[i] <= intervals.qrs_onset_ms || !std::isfinite(level)) level = (*lead)[i];
      if (ecg.t_ms[i] < intervals.qrs_onset_ms) continue;
      const double above = (*lead)[i] - level;
      out.r[k] = std::isfinite(out.r[k]) ? std::max(out.r[k], above) : std::max(above, 0.0);
      out.s[k] = std::isfinite(out.s[k]) ? std::max(out.s[k], -above) : std::max(-above, 0.0);
    }
  }
  for (std::size_t k = 1; k < 6; ++k) {
    const double before = out.r[k - 1] - out.s[k - 1], after = out.r[k] - out.s[k];
    if (before < 0 && after >= 0) {
      out.transition = double(k) + before / (before - after);
      break;
    }
  }
  return out;
}

}  // namespace ot::ep
