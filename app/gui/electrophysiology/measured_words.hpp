// SPDX-License-Identifier: GPL-3.0-or-later
// How the two halves of MeasuredPanel write numbers: an en dash where there is none, a sign before a change.
#pragma once
#include <QString>
#include <cmath>
#include <string>

namespace ot::gui {

inline QString text(const std::string& s) { return QString::fromStdString(s); }
inline QString number(double v, int digits = 0) { return std::isfinite(v) ? QString::number(v, 'f', digits) : QStringLiteral("–"); }
inline QString change(double v) { return std::isfinite(v) ? (v >= 0.5 ? "+" : v <= -0.5 ? "−" : "") + QString::number(std::abs(v), 'f', 0) : QStringLiteral("–"); }

}  // namespace ot::gui
