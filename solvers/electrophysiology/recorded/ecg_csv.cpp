// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/electrophysiology/recorded/delimited.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

namespace ot::ep {
namespace {

using core::bad_input;

std::string lower(std::string_view s) {
  std::string out;
  for (char c : s) out += char(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Milliseconds per unit of a time column; 0: the column is no time.
double time_unit(std::string_view name) {
  const std::string s = lower(name);
  if (s == "t_ms" || s == "time_ms" || s == "ms" || s == "t (ms)" || s == "time (ms)" || s == "time [ms]" || s == "t [ms]") return 1;
  if (s == "t" || s == "time" || s == "t_s" || s == "time_s" || s == "s" || s == "t (s)" || s == "time (s)" || s == "time [s]" || s == "seconds" || s == "elapsed time") return 1000;
  return 0;
}

double millivolts_per(std::string_view unit) {
  const std::string u = lower(unit);
  if (u == "mv") return 1;
  if (u == "uv" || u == "\xc2\xb5v" || u == "\xce\xbcv") return 1e-3;
  if (u == "v") return 1000;
  return 0;
}

// "I (uV)", "V1_mV" -> the unit; "" when the name says none.
std::string unit_in(std::string_view name) {
  const auto open = name.find_first_of("([");
  if (open != std::string_view::npos) {
    const auto close = name.find_first_of(")]", open);
    const auto inside = name.substr(open + 1, close == std::string_view::npos ? close : close - open - 1);
    return millivolts_per(inside) > 0 ? std::string(inside) : std::string();
  }
  const auto bar = name.rfind('_');
  return bar != std::string_view::npos && millivolts_per(name.substr(bar + 1)) > 0 ? std::string(name.substr(bar + 1)) : std::string();
}

}  // namespace

core::Result<RecordedEcg> parse_ecg_csv(std::string_view text, const EcgCsvOptions& options) {
  auto table = read_delimited(text);
  if (!table) return core::pass(table);
  if (table->names.empty()) return bad_input("The CSV has no header line (nothing says which column is which lead). Put \"t_ms,I,II,V1,...\" on top.");
  if (!options.unit.empty() && millivolts_per(options.unit) == 0) return core::wrong_usage("The unit of an ECG is mV, uV or V.");
  std::vector<std::string> names;
  std::vector<std::vector<double>> columns;
  std::vector<double> time;
  double per = 0;
  std::vector<std::string> notes;
  for (std::size_t c = 0; c < table->names.size(); ++c) {
    if (const double unit = time_unit(table->names[c]); unit > 0 && time.empty()) {
      time = table->column(c);
      per = unit;
      continue;
    }
    const std::string stated = options.unit.empty() ? unit_in(table->names[c]) : options.unit;
    const double scale = stated.empty() ? 1.0 : millivolts_per(stated);
    std::vector<double> v = table->column(c);
    for (double& x : v) x *= scale;
    names.push_back(table->names[c]);
    columns.push_back(std::move(v));
  }
  double hz = options.sample_hz;
  if (!time.empty()) {
    for (double t : time)
      if (!std::isfinite(t)) return bad_input("The time column of the CSV holds something that is no number (the sampling is unknown). Repair the file.");
    const std::size_t n = time.size();
    const double span = (time.back() - time.front()) * per;
    if (n < 2 || !(span > 0)) return bad_input("The time column of the CSV does not run forward (the sampling is unknown). Repair the file.");
    const double step = span / double(n - 1);
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const double d = (time[i + 1] - time[i]) * per;
      if (std::abs(d - step) > 0.5 * step) return bad_input(fmt::format("The time column of the CSV jumps at row {} ({:g} ms instead of {:g}): samples are missing or doubled. Export an even recording.", i + 2, d, step));
    }
    hz = 1000.0 / step;
  } else if (!(hz > 0)) {
    return bad_input("The CSV has no time column (the sampling is unknown). Add a column t_ms, or give the rate, for example --rate 500.");
  }
  auto out = make_recorded(std::move(names), std::move(columns), hz);
  if (!out) return out;
  out->format = "CSV";
  if (options.unit.empty() && std::none_of(table->names.begin(), table->names.end(), [](const std::string& n) { return !unit_in(n).empty(); }))
    out->notes.push_back("The file names no unit: millivolts were assumed.");
  return out;
}

std::string ecg_csv(const Ecg& ecg) {
  std::string out = "t_ms";
  for (const auto& l : ecg.leads) out += fmt::format(",{}_mV", l);
  out += "\n";
  for (std::size_t i = 0; i < ecg.t_ms.size(); ++i) {
    out += fmt::format("{:.6g}", ecg.t_ms[i]);
    for (const auto& lead : ecg.mV) out += std::isfinite(lead[i]) ? fmt::format(",{:.6g}", lead[i]) : std::string(",");
    out += "\n";
  }
  return out;
}

}  // namespace ot::ep
