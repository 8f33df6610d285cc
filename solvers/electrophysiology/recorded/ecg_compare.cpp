// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

namespace ot::ep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double at(const std::vector<double>& t, const std::vector<double>& v, double when) {
  if (when <= t.front()) return v.front();
  if (when >= t.back()) return v.back();
  const std::size_t i = std::size_t(std::upper_bound(t.begin(), t.end(), when) - t.begin());
  const double w = (when - t[i - 1]) / (t[i] - t[i - 1]);
  return (1 - w) * v[i - 1] + w * v[i];
}

double pearson(const std::vector<double>& x, const std::vector<double>& y, std::size_t n) {
  if (n < 3) return nan;
  double mx = 0, my = 0;
  for (std::size_t i = 0; i < n; ++i) mx += x[i], my += y[i];
  mx /= double(n), my /= double(n);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < n; ++i) xy += (x[i] - mx) * (y[i] - my), xx += (x[i] - mx) * (x[i] - mx), yy += (y[i] - my) * (y[i] - my);
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : nan;
}

double span_of(const std::vector<double>& x, std::size_t n) {
  const auto [lo, hi] = std::minmax_element(x.begin(), x.begin() + std::ptrdiff_t(n));
  return *hi - *lo;
}

}  // namespace

core::Result<EcgComparison> compare_ecg(const RepresentativeBeat& recorded, const Ecg& simulated, double simulated_cycle_ms) {
  EcgComparison out;
  out.recorded = recorded.intervals;
  out.simulated = measure(simulated, simulated_cycle_ms, EcgSource::recorded);   // one ruler for both
  out.recorded_rr_ms = recorded.rr_ms;
  out.simulated_rr_ms = simulated_cycle_ms;
  if (!std::isfinite(out.recorded.qrs_ms)) return core::bad_input("The recorded ECG has no measurable QRS (there is nothing to align at). Import a cleaner or longer recording.");
  if (!std::isfinite(out.simulated.qrs_ms)) return core::bad_input("The simulated ECG has no measurable QRS (there is nothing to align at). Run the model to the end of its activation.");
  const auto end_of = [](const EcgIntervals& i) { return std::isfinite(i.t_end_ms) ? i.t_end_ms - i.qrs_onset_ms : nan; };
  const double rec_end = end_of(out.recorded), sim_end = end_of(out.simulated);
  const double qrs = std::max(out.recorded.qrs_ms, out.simulated.qrs_ms);
  double span = std::fmax(rec_end, sim_end);
  if (!std::isfinite(span)) span = qrs;
  // Only where both have samples.
  span = std::min({span, recorded.ecg.t_ms.back() - out.recorded.qrs_onset_ms, simulated.t_ms.back() - out.simulated.qrs_onset_ms});
  out.span_ms = span;
  constexpr double step = 1.0;
  const std::size_t n = std::size_t(span / step) + 1, n_qrs = std::min(n, std::size_t(qrs / step) + 1);
  std::vector<double> a(n), b(n);
  double sum = 0, sum_qrs = 0;
  int count = 0, count_qrs = 0;
  for (const char* name : lead_names()) {
    const auto r = std::find(recorded.ecg.leads.begin(), recorded.ecg.leads.end(), name);
    const auto s = std::find(simulated.leads.begin(), simulated.leads.end(), name);
    if (r == recorded.ecg.leads.end() || s == simulated.leads.end()) continue;
    const auto& rv = recorded.ecg.mV[std::size_t(r - recorded.ecg.leads.begin())];
    const auto& sv = simulated.mV[std::size_t(s - simulated.leads.begin())];
    double square = 0;
    const double r0 = at(recorded.ecg.t_ms, rv, out.recorded.qrs_onset_ms), s0 = at(simulated.t_ms, sv, out.simulated.qrs_onset_ms);
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = at(recorded.ecg.t_ms, rv, out.recorded.qrs_onset_ms + step * double(i)) - r0;
      b[i] = at(simulated.t_ms, sv, out.simulated.qrs_onset_ms + step * double(i)) - s0;
      square += (a[i] - b[i]) * (a[i] - b[i]);
    }
    LeadComparison c;
    c.lead = name;
    c.correlation = pearson(a, b, n);
    c.qrs_correlation = pearson(a, b, n_qrs);
    c.rms_mV = std::sqrt(square / double(n));
    c.recorded_mV = span_of(a, n_qrs);
    c.simulated_mV = span_of(b, n_qrs);
    if (std::isfinite(c.correlation)) sum += c.correlation, ++count;
    if (std::isfinite(c.qrs_correlation)) sum_qrs += c.qrs_correlation, ++count_qrs;
    out.leads.push_back(std::move(c));
  }
  if (out.leads.empty()) return core::bad_input("The recorded and the simulated ECG share no lead (nothing can be compared). Import a recording with standard leads.");
  out.mean_correlation = count ? sum / count : nan;
  out.mean_qrs_correlation = count_qrs ? sum_qrs / count_qrs : nan;
  out.qrs_difference_ms = out.simulated.qrs_ms - out.recorded.qrs_ms;
  out.qt_difference_ms = out.simulated.qt_ms - out.recorded.qt_ms;
  out.axis_difference_deg = std::remainder(out.simulated.axis_deg - out.recorded.axis_deg, 360.0);
  return out;
}

Ecg aligned_beat(const RepresentativeBeat& beat, double qrs_onset_ms, double cycle_ms) {
  Ecg out;
  out.leads = beat.ecg.leads;
  const double step = 2.0, onset = beat.intervals.qrs_onset_ms, last = beat.ecg.t_ms.back();
  const std::size_t n = std::size_t(cycle_ms / step) + 1;
  for (std::size_t i = 0; i < n; ++i) out.t_ms.push_back(step * double(i));
  for (const auto& v : beat.ecg.mV) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) {
      double when = out.t_ms[i] - qrs_onset_ms + onset;
      if (when > last && when - cycle_ms > 0) when -= cycle_ms;   // the P wave of the next beat
      if (when < 0 && when + cycle_ms < last) when += cycle_ms;
      // Between the end of the window and the next P wave: a straight line from one to the other.
      if (when > last) {
        const double gap = cycle_ms - last;   // up to the start of the next window
        const double w = gap > 0 ? std::clamp((when - last) / gap, 0.0, 1.0) : 1.0;
        x[i] = (1 - w) * v.back() + w * v.front();
      } else {
        x[i] = at(beat.ecg.t_ms, v, when);
      }
    }
    out.mV.push_back(std::move(x));
  }
  return out;
}

}  // namespace ot::ep
