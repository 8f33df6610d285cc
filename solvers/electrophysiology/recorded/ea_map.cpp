// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/recorded/ea_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ot::ep {

const char* name_of(EaQuantity q) { return q == EaQuantity::lat ? "lat" : q == EaQuantity::unipolar ? "unipolar" : "bipolar"; }
const char* unit_of(EaQuantity q) { return q == EaQuantity::lat ? "ms" : "mV"; }
double value_of(const EaPoint& p, EaQuantity q) { return q == EaQuantity::lat ? p.lat_ms : q == EaQuantity::unipolar ? p.unipolar_mV : p.bipolar_mV; }

core::Result<void> check_ea_map(EaMap& map) {
  const std::size_t read = map.points.size();
  std::erase_if(map.points, [](const EaPoint& p) { return !p.at.allFinite(); });
  if (map.points.size() < read) map.notes.push_back(fmt::format("{} points without a position were left out.", read - map.points.size()));
  if (map.points.size() < 3) return core::bad_input(fmt::format("The map holds {} usable points (a surface needs at least three). Export the map again.", map.points.size()));
  core::Vec3 lo = map.points.front().at, hi = lo;
  std::size_t lat = 0, uni = 0, bi = 0, odd = 0;
  for (auto& p : map.points) {
    lo = lo.cwiseMin(p.at);
    hi = hi.cwiseMax(p.at);
    // A LAT lies within some beats of its reference; a voltage in the heart is below 100 mV and never negative.
    if (std::isfinite(p.lat_ms) && std::abs(p.lat_ms) > 5000) p.lat_ms = std::numeric_limits<double>::quiet_NaN(), ++odd;
    for (double* v : {&p.unipolar_mV, &p.bipolar_mV})
      if (!std::isnan(*v) && !(*v >= 0 && *v < 100)) *v = std::numeric_limits<double>::quiet_NaN(), ++odd;
    lat += std::isfinite(p.lat_ms), uni += std::isfinite(p.unipolar_mV), bi += std::isfinite(p.bipolar_mV);
  }
  const double size = (hi - lo).norm();
  // Chambers measure 30 to 200 mm; points in metres or micrometres are outside by far.
  if (!(size > 5 && size < 1000)) return core::bad_input(fmt::format("The points of the map span {:.3g} mm (a heart chamber spans 30 to 200 mm: the unit is probably not mm). Give coordinates in mm.", size));
  if (odd) map.notes.push_back(fmt::format("{} values beyond 5 s or outside 0 to 100 mV were left out.", odd));
  if (lat + uni + bi == 0) return core::bad_input("No point of the map carries a LAT or a voltage (there is nothing to show). Export the map with its values.");
  map.notes.push_back(fmt::format("{} points: {} with LAT, {} unipolar, {} bipolar.", map.points.size(), lat, uni, bi));
  return {};
}

std::string ea_csv(const EaMap& map) {
  std::string out = "# OrganTwin electro-anatomical map: mm, ms, mV; heart_* in patient LPS after registration\nname,x_mm,y_mm,z_mm,heart_x_mm,heart_y_mm,heart_z_mm,lat_ms,unipolar_mV,bipolar_mV\n";
  const auto number = [](double v) { return std::isfinite(v) ? fmt::format("{:.6g}", v) : std::string(); };
  for (const auto& p : map.points) {
    const core::Vec3 h = map.registration.to_heart(p.at);
    std::string name = p.name;
    std::replace_if(name.begin(), name.end(), [](char c) { return c == ',' || c == '\n' || c == '"'; }, ' ');
    out += fmt::format("{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{},{},{}\n", name, p.at.x(), p.at.y(), p.at.z(), h.x(), h.y(), h.z(), number(p.lat_ms), number(p.unipolar_mV), number(p.bipolar_mV));
  }
  return out;
}

core::Result<EaLatComparison> compare_lat(const EaOnHeart& measured, const std::vector<float>& activation_ms) {
  if (measured.value.size() != activation_ms.size()) return core::bad_input("The map and the run belong to different meshes (they cannot be compared). Project the map again.");
  EaLatComparison out;
  std::vector<double> d, m, s;
  for (std::size_t n = 0; n < activation_ms.size(); ++n)
    if (std::isfinite(measured.value[n]) && std::isfinite(activation_ms[n])) {
      m.push_back(measured.value[n]);
      s.push_back(activation_ms[n]);
      d.push_back(double(activation_ms[n]) - double(measured.value[n]));
    }
  if (d.size() < 3) return core::bad_input("The map covers no activated part of the heart (nothing can be compared). Register the map, or raise its reach.");
  const auto at_share = [](std::vector<double> x, double share) {
    const std::size_t k = std::min(x.size() - 1, std::size_t(share * double(x.size() - 1) + 0.5));
    std::nth_element(x.begin(), x.begin() + std::ptrdiff_t(k), x.end());
    return x[k];
  };
  out.offset_ms = at_share(d, 0.5);
  double square = 0, mm = 0, ms = 0;
  std::vector<double> absolute;
  for (std::size_t i = 0; i < d.size(); ++i) {
    const double e = d[i] - out.offset_ms;
    square += e * e;
    absolute.push_back(std::abs(e));
    mm += m[i], ms += s[i];
  }
  mm /= double(d.size()), ms /= double(d.size());
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < d.size(); ++i) xy += (m[i] - mm) * (s[i] - ms), xx += (m[i] - mm) * (m[i] - mm), yy += (s[i] - ms) * (s[i] - ms);
  out.correlation = xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
  out.median_abs_ms = at_share(absolute, 0.5);
  out.p95_abs_ms = at_share(absolute, 0.95);
  out.rms_ms = std::sqrt(square / double(d.size()));
  out.measured_span_ms = *std::max_element(m.begin(), m.end()) - *std::min_element(m.begin(), m.end());
  out.simulated_span_ms = *std::max_element(s.begin(), s.end()) - *std::min_element(s.begin(), s.end());
  out.nodes = int(d.size());
  out.difference_ms.assign(activation_ms.size(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t n = 0; n < activation_ms.size(); ++n)
    if (std::isfinite(measured.value[n]) && std::isfinite(activation_ms[n])) out.difference_ms[n] = float(double(activation_ms[n]) - double(measured.value[n]) - out.offset_ms);
  return out;
}

}  // namespace ot::ep
