// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/electrophysiology/ecg.hpp"

namespace ot::ep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

int find(const std::vector<std::string>& names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  return at == names.end() ? -1 : int(at - names.begin());
}

// Straight lines over samples that the recorder marked as invalid. Returns their share.
double bridge(std::vector<double>& x) {
  std::size_t bad = 0;
  for (std::size_t i = 0; i < x.size();) {
    if (std::isfinite(x[i])) {
      ++i;
      continue;
    }
    std::size_t e = i;
    while (e < x.size() && !std::isfinite(x[e])) ++e;
    bad += e - i;
    const double a = i > 0 ? x[i - 1] : e < x.size() ? x[e] : 0, b = e < x.size() ? x[e] : a;
    for (std::size_t k = i; k < e; ++k) x[k] = a + (b - a) * double(k - i + 1) / double(e - i + 1);
    i = e;
  }
  return x.empty() ? 1.0 : double(bad) / double(x.size());
}

double rms(const std::vector<double>& x) {
  double s = 0;
  for (double v : x) s += v * v;
  return x.empty() ? 0 : std::sqrt(s / double(x.size()));
}

}  // namespace

std::string standard_lead_name(std::string_view written) {
  std::string s;
  for (const char c : written) {
    if (c == '(' || c == '[') break;   // "(Einthoven)", "[mV]"
    if (std::isalnum(static_cast<unsigned char>(c))) s += char(std::toupper(static_cast<unsigned char>(c)));
  }
  for (const char* word : {"MDC", "ECG", "LEAD", "EKG"})
    if (s.rfind(word, 0) == 0) s.erase(0, std::string_view(word).size());
  for (const char* unit : {"MV", "UV"})   // "I_mV"
    if (s.size() > 2 && s.size() - 2 == s.rfind(unit)) s.erase(s.size() - 2);
  for (const char* lead : lead_names()) {
    std::string own;
    for (const char* c = lead; *c; ++c) own += char(std::toupper(static_cast<unsigned char>(*c)));
    if (s == own) return lead;
  }
  return {};
}

core::Result<RecordedEcg> make_recorded(std::vector<std::string> names, std::vector<std::vector<double>> mV, double sample_hz) {
  // Resting ECGs are sampled at 100 Hz at the very least; 20 kHz is beyond any recorder.
  if (!(sample_hz >= 90 && sample_hz <= 20000))
    return core::bad_input(fmt::format("The recording says {:g} samples per second (an ECG has 100 to 10 000). Give the right rate, or export it again.", sample_hz));
  RecordedEcg out;
  out.sample_hz = sample_hz;
  std::vector<std::string> kept, dropped, seen;
  std::vector<std::vector<double>> values;
  for (std::size_t c = 0; c < names.size(); ++c) {
    const std::string lead = standard_lead_name(names[c]);
    if (lead.empty() || find(seen, lead) >= 0) {
      dropped.push_back(names[c]);
      continue;
    }
    seen.push_back(lead);
    const double invalid = bridge(mV[c]);
    if (invalid > 0.2) {
      out.notes.push_back(fmt::format("Lead {} was left out: {:.0f} % of its samples are marked invalid.", lead, 100 * invalid));
      continue;
    }
    if (invalid > 0) out.notes.push_back(fmt::format("Lead {}: {:.1f} % of the samples are marked invalid and were bridged.", lead, 100 * invalid));
    kept.push_back(lead);
    values.push_back(std::move(mV[c]));
  }
  if (kept.empty()) {
    std::string list;
    for (std::size_t i = 0; i < names.size() && i < 12; ++i) list += (i ? ", " : "") + names[i].substr(0, 24);
    return core::bad_input(fmt::format("None of the channels is a standard lead (found: {}). Name the columns I, II, V1 ... and import again.", list.empty() ? "none" : list));
  }
  const std::size_t n = values.front().size();
  for (const auto& v : values)
    if (v.size() != n) return core::bad_input("The channels of the recording differ in length (it is damaged). Export it again.");
  if (double(n) / sample_hz < 1.0) return core::bad_input(fmt::format("The recording lasts {:.2f} s (one whole beat with its neighbours is needed). Import at least 2 s.", double(n) / sample_hz));
  double tallest = 0;
  for (const auto& v : values)
    for (double x : v) {
      if (!std::isfinite(x)) return core::bad_input("The recording holds values that are no numbers (it is damaged). Export it again.");
      tallest = std::max(tallest, std::abs(x - v.front()));
    }
  // The tallest QRS complexes reach 5-8 mV and electrode offsets drift by some tens of mV; microvolts read as mV are far above.
  if (tallest > 300) return core::bad_input(fmt::format("The recording swings by {:.0f} mV (an ECG swings by 1 to 5: it is probably in microvolts). Give its unit, for example --unit uV.", tallest));
  if (tallest < 0.02) return core::bad_input(fmt::format("The recording swings by {:.4f} mV only (a flat line, or the unit is wrong). Give its unit, for example --unit V.", tallest));

  const auto at = [&](const char* lead) -> const std::vector<double>* {
    const int k = find(kept, lead);
    return k < 0 ? nullptr : &values[std::size_t(k)];
  };
  const auto *one = at("I"), *two = at("II"), *three = at("III");
  if (one && two && three) {
    std::vector<double> rest(n);
    for (std::size_t i = 0; i < n; ++i) rest[i] = (*three)[i] - (*two)[i] + (*one)[i];
    const double level = rest.empty() ? 0 : [&] { auto s = rest; std::nth_element(s.begin(), s.begin() + std::ptrdiff_t(s.size() / 2), s.end()); return s[s.size() / 2]; }();
    for (double& r : rest) r -= level;
    if (rms(rest) > 0.1)
      out.notes.push_back(fmt::format("Leads I, II and III do not fit together (III differs from II - I by {:.2f} mV): electrodes or channels may be swapped.", rms(rest)));
  }
  // Einthoven: any two of I, II, III give the others.
  std::vector<double> i_lead, ii_lead;
  if (one && two) i_lead = *one, ii_lead = *two;
  else if (one && three) {
    i_lead = *one, ii_lead = *one;
    for (std::size_t k = 0; k < n; ++k) ii_lead[k] += (*three)[k];
  } else if (two && three) {
    ii_lead = *two, i_lead = *two;
    for (std::size_t k = 0; k < n; ++k) i_lead[k] -= (*three)[k];
  }
  std::string made;
  if (!i_lead.empty())
    for (const char* lead : {"I", "II", "III", "aVR", "aVL", "aVF"}) {
      if (at(lead)) continue;
      std::vector<double> v(n);
      for (std::size_t k = 0; k < n; ++k) {
        const auto all = twelve_leads({i_lead[k], ii_lead[k], 0, 0, 0, 0, 0, 0});
        v[k] = all[std::size_t(std::find_if(lead_names().begin(), lead_names().end(), [&](const char* l) { return std::string_view(l) == lead; }) - lead_names().begin())];
      }
      kept.push_back(lead);
      values.push_back(std::move(v));
      made += (made.empty() ? "" : ", ") + std::string(lead);
    }
  if (!made.empty()) out.notes.push_back(fmt::format("{} not recorded: computed from the other limb leads.", made));
  std::string missing;
  for (const char* lead : lead_names()) {
    const int k = find(kept, lead);
    if (k < 0) {
      missing += (missing.empty() ? "" : ", ") + std::string(lead);
      continue;
    }
    out.ecg.leads.push_back(lead);
    out.ecg.mV.push_back(std::move(values[std::size_t(k)]));
  }
  if (!missing.empty()) out.notes.push_back(fmt::format("Missing: {}.", missing));
  if (!dropped.empty()) {
    std::string list;
    for (std::size_t i = 0; i < dropped.size() && i < 12; ++i) list += (i ? ", " : "") + dropped[i].substr(0, 24);
    out.notes.push_back(fmt::format("Not among the twelve leads and left out: {}.", list));
  }
  out.ecg.t_ms.resize(n);
  for (std::size_t i = 0; i < n; ++i) out.ecg.t_ms[i] = 1000.0 * double(i) / sample_hz;
  return out;
}

}  // namespace ot::ep
