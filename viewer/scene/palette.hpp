// SPDX-License-Identifier: GPL-3.0-or-later
// Colour maps with clinical meaning. Every map has a colour-blind twin at the same break-points.
// Conventions and their sources: resources/colormaps/README.md. Pure functions, no toolkit, any thread.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/types.hpp"

namespace ot::viewer {

enum class Palette {
  activation,   // red earliest -> orange, yellow, green, cyan, blue -> purple latest (CARTO habit)
  voltage,      // transmembrane potential: dark blue rest -> pale yellow and red plateau
  ffr,          // 1.00 blue -> green -> yellow -> red <= 0.50, with a hard break at 0.80
  pressure,     // blue low -> red high, lightness increasing to the middle
  wall_shear,   // dark violet low -> yellow high
  phase,        // a wheel: the colour at the end of the turn is that at its start
  difference,   // blue negative -> neutral -> orange positive
};
enum class Vision { normal, color_blind };  // color_blind: viridis (activation reversed so that early stays bright)

inline constexpr double ffr_break = 0.80;       // invasive FFR <= 0.80 is positive
inline constexpr double ffr_grey_low = 0.76;    // 0.76 to 0.80: grey zone, needs more information
inline constexpr core::Color no_value_color{92, 99, 107};  // never activated, no data

// fraction in [0, 1] (clamped) of the range lo..hi.
core::Color color_at(Palette palette, double fraction, Vision vision = Vision::normal);

// What a field is painted with. step > 0: discrete bands of that width starting at lo; 0: continuous.
struct FieldStyle {
  Palette palette = Palette::activation;
  double lo = 0, hi = 1;
  double step = 0;
  std::string title, unit;   // "LAT", "ms"
  bool isolines = true;      // thin lines at the band edges (only when step > 0)
  Vision vision = Vision::normal;
  int decimals = 0;          // of the numbers on the colour bar
};
// FFR over 0.5..1.0 with bands of 0.05, so that one edge is exactly 0.80.
FieldStyle ffr_style();
FieldStyle activation_style(double lo_ms, double hi_ms, double step_ms);
FieldStyle voltage_style();   // Vm -90..40 mV, continuous

struct Band { double lo, hi; core::Color color; };
// The bands of a style, low to high, at most 64; a continuous style gives 64 equal ones.
std::vector<Band> bands_of(const FieldStyle& style);
core::Color color_of(const FieldStyle& style, double value);   // NaN -> no_value_color
// Inner band edges: where isolines are drawn.
std::vector<double> isoline_levels(const FieldStyle& style);

}  // namespace ot::viewer
