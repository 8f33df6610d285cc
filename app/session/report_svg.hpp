// SPDX-License-Identifier: GPL-3.0-or-later
// Drawings of the report as SVG in true millimetres.
#pragma once
#include <string>
#include <vector>

#include "solvers/twin/simulation.hpp"

namespace ot::session {

std::string html_escape(const std::string& text);
// 12 leads, 25 mm/s, 10 mm/mV, 3 rows of 4; `ghost` (may be null) in grey behind.
std::string ecg_svg(const ep::Ecg& ecg, const ep::Ecg* ghost);

// Curves over one axis from zero (or the least abscissa when that is below), each with its name.
struct LabelledCurve {
  std::string name, color;
  std::vector<std::pair<double, double>> points;
};
std::string curves_svg(const std::vector<LabelledCurve>& curves, const std::string& x_title, const std::string& y_title);
// Points: arc mm, value.
std::string pullback_svg(const std::vector<LabelledCurve>& curves, const std::string& y_title, bool ffr_breaks);

}  // namespace ot::session
