// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/waveform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

namespace ot::session {
namespace {

constexpr double mm3_per_ml = 1e3;
constexpr std::size_t most_points = 2000;   // a beat at 2 kHz; more is a recording of many beats

// The beat as a closed polyline: the first point again at the end.
std::vector<std::pair<double, double>> closed(const Waveform& w) {
  auto points = w.points;
  if (!points.empty()) points.emplace_back(points.front().first + w.cycle_s, points.front().second);
  return points;
}

}  // namespace

double Waveform::mean() const {
  const auto p = closed(*this);
  double area = 0;
  for (std::size_t i = 1; i < p.size(); ++i) area += 0.5 * (p[i].second + p[i - 1].second) * (p[i].first - p[i - 1].first);
  return p.size() > 1 ? area / cycle_s : 0;
}

double Waveform::at(double t) const {
  const auto p = closed(*this);
  if (p.size() < 2) return 0;
  t = p.front().first + std::fmod(std::fmod(t - p.front().first, cycle_s) + cycle_s, cycle_s);
  for (std::size_t i = 1; i < p.size(); ++i)
    if (t <= p[i].first) {
      const double span = p[i].first - p[i - 1].first;
      return span > 0 ? p[i - 1].second + (p[i].second - p[i - 1].second) * (t - p[i - 1].first) / span : p[i].second;
    }
  return p.back().second;
}

double Waveform::highest() const {
  double top = 0;
  for (const auto& [t, q] : points) top = std::max(top, std::abs(q));
  return top;
}

core::Result<void> check_waveform(const Waveform& w) {
  if (w.points.size() < 3) return core::bad_input(fmt::format("The waveform has {} points (a beat needs at least three). Add points or import a longer table.", w.points.size()));
  if (!(w.cycle_s >= 0.2 && w.cycle_s <= 3)) return core::bad_input(fmt::format("A beat of {:.2f} s is outside 0.2 to 3 s (300 to 20 beats per minute). Check the unit of the time.", w.cycle_s));
  for (std::size_t i = 0; i < w.points.size(); ++i) {
    if (!std::isfinite(w.points[i].first) || !std::isfinite(w.points[i].second)) return core::bad_input("The waveform holds a value that is not a number (the flow would not be defined). Correct the table.");
    if (i && w.points[i].first <= w.points[i - 1].first) return core::bad_input(fmt::format("Time does not rise after {:.3f} s (the order of the points is not clear). Sort the table by time.", w.points[i - 1].first));
  }
  if (w.points.back().first - w.points.front().first >= w.cycle_s) return core::bad_input("The points reach beyond the beat (they would overlap the next one). Lengthen the beat or drop the last points.");
  if (!(w.mean() > 0)) return core::bad_input("The mean flow is not into the vessel (an inlet must feed it). Turn the sign of the flow or raise the curve.");
  return {};
}

core::Result<Waveform> read_waveform(const std::string& text) {
  Waveform w;
  double to_s = 1, to_mm3_s = mm3_per_ml;
  std::istringstream lines(text);
  std::string line;
  int number = 0;
  while (std::getline(lines, line)) {
    ++number;
    std::string plain = line;
    for (char& c : plain) {
      if (c == ',' || c == ';' || c == '\t' || c == '\r') c = ' ';
      c = char(std::tolower(static_cast<unsigned char>(c)));
    }
    if (plain.find_first_not_of(' ') == std::string::npos || plain[plain.find_first_not_of(' ')] == '#') continue;
    char *after = nullptr, *end = nullptr;
    const double t = std::strtod(plain.c_str(), &after);
    if (after == plain.c_str()) {
      if (!w.points.empty()) return core::bad_input(fmt::format("Line {} of the table is no pair of numbers (\"{}\"). Two columns are wanted: time and flow.", number, line.substr(0, 40)));
      if (plain.find("ms") != std::string::npos && plain.find("ms-1") == std::string::npos) to_s = 1e-3;
      if (plain.find("ml/min") != std::string::npos || plain.find("ml_min") != std::string::npos) to_mm3_s = mm3_per_ml / 60;
      else if (plain.find("l/min") != std::string::npos || plain.find("l_min") != std::string::npos) to_mm3_s = 1e6 / 60;
      else if (plain.find("mm3/s") != std::string::npos || plain.find("mm3_s") != std::string::npos) to_mm3_s = 1;
      else if (plain.find("m3/s") != std::string::npos || plain.find("m3_s") != std::string::npos) to_mm3_s = 1e9;
      continue;
    }
    const double q = std::strtod(after, &end);
    if (end == after) return core::bad_input(fmt::format("Line {} of the table has one number only. Two columns are wanted: time and flow.", number));
    w.points.emplace_back(t * to_s, q * to_mm3_s);
    if (w.points.size() > most_points) return core::bad_input(fmt::format("The table has more than {} points (one beat is wanted). Cut one beat out of the recording.", most_points));
  }
  if (w.points.size() < 3) return core::bad_input(fmt::format("The table holds {} points (a beat needs at least three). Two columns are wanted: time and flow.", w.points.size()));
  const double first = w.points.front().first;
  for (auto& p : w.points) p.first -= first;
  const double last = w.points.back().first, top = w.highest();
  // A table either repeats its first value at the end of the beat, or stops one step before it.
  if (std::abs(w.points.back().second - w.points.front().second) <= 0.02 * top) {
    w.cycle_s = last;
    w.points.pop_back();
  } else {
    w.cycle_s = last + last / double(w.points.size() - 1);
  }
  if (auto ok = check_waveform(w); !ok) return core::pass(ok);
  return w;
}

std::string write_waveform(const Waveform& w) {
  std::string out = "time_s,flow_ml_s\n";
  for (const auto& [t, q] : closed(w)) out += fmt::format("{:.6g},{:.6g}\n", t, q / mm3_per_ml);
  return out;
}

Waveform pulse_of_mean(double mean, double cycle) {
  Waveform w;
  w.cycle_s = cycle;
  constexpr int points = 12;
  constexpr double systole = 1.0 / 3, floor = 0.15;   // ejection fills about a third of a resting beat (Guyton & Hall, ch. 9); the rest flows on slowly
  for (int i = 0; i < points; ++i) {
    const double x = double(i) / points;
    w.points.emplace_back(x * cycle, floor + (x < systole ? std::sin(3.14159265358979323846 * x / systole) : 0.0));
  }
  const double scale = mean / w.mean();
  for (auto& p : w.points) p.second *= scale;
  return w;
}

}  // namespace ot::session
