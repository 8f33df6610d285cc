// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/report_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ot::session {
namespace {

std::string polyline(const std::vector<std::pair<double, double>>& points, const std::string& color, double width) {
  std::string d;
  bool pen = false;
  for (const auto& [x, y] : points) {
    if (!std::isfinite(x) || !std::isfinite(y)) {
      pen = false;
      continue;
    }
    d += fmt::format("{}{:.2f} {:.2f}", pen ? "L" : "M", x, y);
    pen = true;
  }
  return fmt::format(R"(<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"/>)", d, color, width);
}

std::vector<std::pair<double, double>> trace(const ep::Ecg& ecg, std::size_t lead, double x0, double y0, double ms) {
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < ecg.t_ms.size() && ecg.t_ms[i] <= ms; ++i) points.emplace_back(x0 + ecg.t_ms[i] * 0.025, y0 - 10.0 * ecg.mV[lead][i]);
  return points;
}

}  // namespace

std::string html_escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string ecg_svg(const ep::Ecg& ecg, const ep::Ecg* ghost) {
  if (ecg.t_ms.empty() || ecg.mV.size() < 12) return "<p>No ECG was computed.</p>";
  static const int layout[3][4] = {{0, 3, 6, 9}, {1, 4, 7, 10}, {2, 5, 8, 11}};
  const double ms = std::min(1000.0, ecg.t_ms.back());
  const double column = std::max(25.0, std::ceil(ms * 0.025 / 5) * 5 + 5), row = 30.0, left = 10.0;
  const double width = left + 4 * column, height = 3 * row + 8;
  std::string svg = fmt::format(R"(<svg class="ecg" xmlns="http://www.w3.org/2000/svg" width="{0}mm" height="{1}mm" viewBox="0 0 {0} {1}"><rect width="100%" height="100%" fill="#fbf3ee"/>)", width, height);
  std::string fine, bold;
  for (double x = 0; x <= width; x += 1) (std::fmod(x, 5) == 0 ? bold : fine) += fmt::format("M{} 0V{}", x, height);
  for (double y = 0; y <= height; y += 1) (std::fmod(y, 5) == 0 ? bold : fine) += fmt::format("M0 {}H{}", y, width);
  svg += fmt::format(R"(<path d="{}" stroke="#f3d5cc" stroke-width="0.1"/><path d="{}" stroke="#e4a897" stroke-width="0.15"/>)", fine, bold);
  for (int r = 0; r < 3; ++r) {
    const double y0 = row * r + 18;
    svg += polyline({{1, y0}, {2.5, y0}, {2.5, y0 - 10}, {7.5, y0 - 10}, {7.5, y0}, {9, y0}}, "#12324a", 0.3);
    for (int c = 0; c < 4; ++c) {
      const auto lead = static_cast<std::size_t>(layout[r][c]);
      const double x0 = left + column * c;
      svg += fmt::format(R"(<text x="{}" y="{}" font-size="3.2" font-family="sans-serif" font-weight="600" fill="#12324a">{}</text>)", x0 + 1, row * r + 5, ecg.leads[lead]);
      if (ghost && ghost->mV.size() >= 12) svg += polyline(trace(*ghost, lead, x0, y0, ms), "#9a9a9a", 0.3);
      svg += polyline(trace(ecg, lead, x0, y0, ms), "#12324a", 0.35);
    }
  }
  return svg + fmt::format(R"(<text x="1" y="{}" font-size="2.8" font-family="sans-serif" fill="#6b4a40">25 mm/s · 10 mm/mV{}</text></svg>)", height - 1.5, ghost ? " · grey: baseline" : "");
}

namespace {

struct Frame {
  double w = 170, h = 60, l = 16, b = 10, t = 4;   // mm
  double x_min = 0, x_max = 1, low = 0, high = 1;
  double px(double x) const { return l + (x - x_min) / (x_max - x_min) * (w - l - 4); }
  double py(double y) const { return t + (high - y) / (high - low) * (h - t - b); }
};

// Ranges of all curves; false when no value is finite.
bool fit(Frame& f, const std::vector<LabelledCurve>& curves) {
  f.x_max = 1, f.low = 1e300, f.high = -1e300;
  for (const auto& curve : curves)
    for (const auto& [x, y] : curve.points) {
      if (!std::isfinite(y)) continue;
      f.x_max = std::max(f.x_max, x);
      f.x_min = std::min(f.x_min, x);
      f.low = std::min(f.low, y);
      f.high = std::max(f.high, y);
    }
  return f.high >= f.low;
}

std::string open_frame(const Frame& f) {
  return fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}mm" height="{1}mm" viewBox="0 0 {0} {1}" font-family="sans-serif" font-size="3"><rect width="100%" height="100%" fill="#fff"/>)", f.w, f.h);
}

std::string grid_and_curves(const Frame& f, const std::vector<LabelledCurve>& curves, int decimals) {
  std::string svg;
  for (int i = 0; i <= 4; ++i) {
    const double y = f.low + (f.high - f.low) * i / 4;
    svg += fmt::format(R"(<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="#ddd" stroke-width="0.15"/><text x="{}" y="{}" text-anchor="end" fill="#555">{:.{}f}</text>)", f.l, f.w - 4, f.py(y), f.py(y), f.l - 1, f.py(y) + 1, y, decimals);
  }
  double legend = f.l + 2;
  for (const auto& curve : curves) {
    std::vector<std::pair<double, double>> points;
    for (const auto& [x, y] : curve.points) points.emplace_back(f.px(x), f.py(y));
    svg += polyline(points, curve.color, 0.5);
    svg += fmt::format(R"(<text x="{}" y="{}" fill="{}" font-weight="600">{}</text>)", legend, f.h - 1, curve.color, html_escape(curve.name));
    legend += 3 + 2.0 * static_cast<double>(curve.name.size());
  }
  return svg;
}

void pad(Frame& f, bool above) {
  const double room = std::max(1e-9, 0.05 * (f.high - f.low));
  f.low -= room;
  if (above) f.high += room;
}

}  // namespace

std::string curves_svg(const std::vector<LabelledCurve>& curves, const std::string& x_title, const std::string& y_title) {
  Frame f;
  if (!fit(f, curves)) return "<p>No curve was computed.</p>";
  pad(f, true);
  return open_frame(f) + grid_and_curves(f, curves, f.high - f.low < 20 ? 1 : 0) +
         fmt::format(R"(<text x="{}" y="{}" fill="#555">{}</text><text x="{}" y="{}" text-anchor="end" fill="#555">{}, {:.0f} to {:.0f}</text></svg>)", f.l + 1, f.t + 2, html_escape(y_title), f.w - 4, f.h - 5, html_escape(x_title), f.x_min, f.x_max);
}

std::string pullback_svg(const std::vector<LabelledCurve>& curves, const std::string& y_title, bool ffr_breaks) {
  Frame f;
  if (!fit(f, curves)) return "<p>No pressure along the vessel was computed.</p>";
  if (ffr_breaks) f.low = std::min(f.low, 0.7), f.high = 1.0;
  pad(f, !ffr_breaks);
  std::string svg = open_frame(f);
  if (ffr_breaks) svg += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" fill="#f6e3b8"/><line x1="{}" x2="{}" y1="{}" y2="{}" stroke="#d33" stroke-width="0.3"/>)", f.l, f.py(0.80), f.w - f.l - 4, f.py(0.76) - f.py(0.80), f.l, f.w - 4, f.py(0.80), f.py(0.80));
  svg += grid_and_curves(f, curves, ffr_breaks ? 2 : 1);
  return svg + fmt::format(R"(<text x="{}" y="{}" text-anchor="end" fill="#555">{} along the vessel, 0 to {:.0f} mm</text></svg>)", f.w - 4, f.h - 1, html_escape(y_title), f.x_max);
}

}  // namespace ot::session
