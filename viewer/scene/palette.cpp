// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/palette.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "solvers/core/contracts.hpp"

namespace ot::viewer {
namespace {

struct Stop { double at; core::Color color; };

// Red = earliest .. purple = latest, the order of CARTO activation maps; a little under full saturation for dark rooms.
constexpr Stop activation_stops[] = {{0.00, {214, 40, 32}},  {0.14, {240, 122, 28}}, {0.28, {248, 218, 46}},
                                     {0.40, {128, 203, 62}}, {0.52, {46, 190, 118}}, {0.64, {42, 176, 205}},
                                     {0.80, {44, 98, 214}},  {0.91, {72, 60, 190}},  {1.00, {104, 34, 140}}};
constexpr Stop voltage_stops[] = {{0.00, {44, 58, 118}},  {0.30, {46, 108, 178}}, {0.52, {62, 178, 176}},
                                  {0.70, {240, 210, 82}}, {0.88, {238, 126, 48}}, {1.00, {216, 48, 40}}};
// Over FFR 0.5..1.0; two stops at 0.6 (= 0.80) make the hard break.
constexpr double ffr_break_fraction = (ffr_break - 0.5) / 0.5;
constexpr Stop ffr_stops[] = {{0.00, {200, 30, 30}},   {0.30, {238, 112, 34}},
                              {ffr_break_fraction, {248, 214, 56}}, {ffr_break_fraction, {88, 190, 100}},
                              {0.80, {52, 164, 190}}, {1.00, {44, 98, 214}}};
constexpr Stop pressure_stops[] = {{0.00, {50, 72, 170}},   {0.30, {74, 150, 214}}, {0.50, {214, 220, 208}},
                                   {0.75, {238, 140, 76}}, {1.00, {190, 34, 44}}};
constexpr Stop shear_stops[] = {{0.00, {48, 36, 92}},   {0.30, {128, 44, 126}}, {0.60, {214, 74, 96}},
                                {0.82, {250, 150, 76}}, {1.00, {252, 232, 150}}};
constexpr Stop difference_stops[] = {{0.00, {40, 104, 206}}, {0.42, {150, 176, 206}}, {0.50, {214, 216, 216}},
                                     {0.58, {222, 180, 140}}, {1.00, {222, 104, 24}}};
// A turn from one activation to the next: red at the front. Both ends are one colour.
constexpr Stop phase_stops[] = {{0.0, {214, 40, 32}},       {1.0 / 6, {240, 190, 46}}, {2.0 / 6, {88, 190, 80}}, {3.0 / 6, {42, 176, 190}},
                                {4.0 / 6, {48, 88, 210}},   {5.0 / 6, {150, 56, 180}}, {1.0, {214, 40, 32}}};
// twilight (B. Bechtold, matplotlib, CC0), every eighth of the table: cyclic in lightness, for all kinds of colour vision.
constexpr Stop twilight_stops[] = {{0.0, {226, 217, 226}},   {0.125, {150, 186, 200}}, {0.25, {98, 119, 186}},  {0.375, {92, 57, 154}}, {0.5, {48, 20, 54}},
                                   {0.625, {118, 36, 77}},   {0.75, {178, 96, 82}},    {0.875, {202, 166, 147}}, {1.0, {226, 217, 226}}};
// viridis (S. van der Walt, N. Smith, matplotlib, CC0), every tenth of the table.
constexpr Stop viridis_stops[] = {{0.0, {68, 1, 84}},    {0.1, {72, 36, 117}},  {0.2, {65, 68, 135}},   {0.3, {53, 95, 141}},
                                  {0.4, {42, 120, 142}}, {0.5, {33, 145, 140}}, {0.6, {34, 168, 132}},  {0.7, {68, 191, 112}},
                                  {0.8, {122, 209, 81}}, {0.9, {189, 223, 38}}, {1.0, {253, 231, 37}}};

core::Color mix(std::span<const Stop> stops, double f) {
  f = std::clamp(f, 0.0, 1.0);
  for (std::size_t i = 1; i < stops.size(); ++i) {
    // `<` at a doubled stop: the break value itself belongs to the lower side (FFR 0.80 is positive).
    if (f > stops[i].at) continue;
    const double width = stops[i].at - stops[i - 1].at;
    const double t = width > 0 ? (f - stops[i - 1].at) / width : 0.0;
    core::Color out;
    for (int c = 0; c < 3; ++c) {
      out[c] = std::uint8_t(std::lround(stops[i - 1].color[c] + t * (double(stops[i].color[c]) - stops[i - 1].color[c])));
    }
    return out;
  }
  return stops.back().color;
}

// FFR colours belong to values, not to the chosen range, so that 0.80 never moves.
double fraction_of(const FieldStyle& s, double value) {
  if (s.palette == Palette::ffr) return (value - 0.5) / 0.5;
  return s.hi > s.lo ? (value - s.lo) / (s.hi - s.lo) : 0.5;
}

constexpr int most_bands = 64;

}  // namespace

core::Color color_at(Palette palette, double fraction, Vision vision) {
  if (vision == Vision::color_blind) {
    if (palette == Palette::ffr) {
      // The same hard break: a jump in lightness at 0.80.
      const double f = std::clamp(fraction, 0.0, 1.0);
      return mix(viridis_stops, f <= ffr_break_fraction ? 1.0 - 0.35 * f / ffr_break_fraction
                                                        : 0.25 * (1.0 - (f - ffr_break_fraction) / (1 - ffr_break_fraction)));
    }
    if (palette == Palette::phase) return mix(twilight_stops, fraction);
    return mix(viridis_stops, palette == Palette::activation ? 1.0 - fraction : fraction);
  }
  switch (palette) {
    case Palette::activation: return mix(activation_stops, fraction);
    case Palette::voltage: return mix(voltage_stops, fraction);
    case Palette::ffr: return mix(ffr_stops, fraction);
    case Palette::pressure: return mix(pressure_stops, fraction);
    case Palette::wall_shear: return mix(shear_stops, fraction);
    case Palette::phase: return mix(phase_stops, fraction);
    case Palette::difference: return mix(difference_stops, fraction);
  }
  return no_value_color;
}

FieldStyle ffr_style() {
  return {.palette = Palette::ffr, .lo = 0.5, .hi = 1.0, .step = 0.05, .title = "FFR", .unit = "", .isolines = false, .decimals = 2};
}

FieldStyle activation_style(double lo_ms, double hi_ms, double step_ms) {
  return {.palette = Palette::activation, .lo = lo_ms, .hi = hi_ms, .step = step_ms, .title = "LAT", .unit = "ms", .isolines = true};
}

FieldStyle voltage_style() {
  return {.palette = Palette::voltage, .lo = -90, .hi = 40, .step = 0, .title = "Vm", .unit = "mV", .isolines = false};
}

std::vector<Band> bands_of(const FieldStyle& s) {
  OT_EXPECT(s.hi >= s.lo);
  double step = s.step;
  if (s.hi <= s.lo) return {{s.lo, s.lo + 1, color_at(s.palette, 0.5, s.vision)}};
  if (step <= 0) step = (s.hi - s.lo) / most_bands;
  while (std::ceil((s.hi - s.lo) / step - 1e-9) > most_bands) step *= 2;
  const int n = std::max(1, int(std::ceil((s.hi - s.lo) / step - 1e-9)));
  std::vector<Band> out;
  for (int i = 0; i < n; ++i) {
    const double lo = s.lo + i * step, hi = s.lo + (i + 1) * step;
    const double f = s.palette == Palette::ffr ? fraction_of(s, 0.5 * (lo + hi)) : n > 1 ? double(i) / (n - 1) : 0.5;
    out.push_back({lo, hi, color_at(s.palette, f, s.vision)});
  }
  return out;
}

core::Color color_of(const FieldStyle& s, double value) {
  if (std::isnan(value)) return no_value_color;
  if (s.step <= 0) return color_at(s.palette, fraction_of(s, value), s.vision);
  const auto bands = bands_of(s);
  const double width = bands[0].hi - bands[0].lo;
  // A value on an edge belongs to the upper band, except for FFR: 0.80 itself is positive.
  const double where = (value - s.lo) / width;
  const double i = s.palette == Palette::ffr ? std::ceil(where - 1e-9) - 1 : std::floor(where + 1e-9);
  return bands[std::size_t(std::clamp(i, 0.0, double(bands.size() - 1)))].color;
}

std::vector<double> isoline_levels(const FieldStyle& s) {
  std::vector<double> out;
  if (s.step <= 0 || !s.isolines) return out;
  const auto bands = bands_of(s);
  for (std::size_t i = 1; i < bands.size(); ++i) out.push_back(bands[i].lo);
  return out;
}

}  // namespace ot::viewer
