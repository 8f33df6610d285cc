// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/restitution_plot.hpp"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {

constexpr double margin_left = 38, margin_foot = 18, margin_head = 16, dot = 2.2;   // px

// 1, 2 or 5 times a power of ten, so that `range` holds three to six steps.
double tick(double range) {
  const double rough = range / 4, power = std::pow(10.0, std::floor(std::log10(rough))), share = rough / power;
  return power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
}

struct Axis {
  double lo = 0, hi = 1, from = 0, to = 1;   // values, pixels
  double at(double v) const { return from + (v - lo) / (hi - lo) * (to - from); }
};

}  // namespace

RestitutionPlot::RestitutionPlot(QWidget* parent) : QWidget(parent) {
  name_widget(this, "restitution_plot", "Restitution of duration and velocity");
  setMinimumHeight(280);
  setToolTip("Over the diastolic interval: lines S1-S2, dots trains at one interval (two dots apart: alternans)");
}

QColor RestitutionPlot::color(int kind) {
  const Theme& t = theme();
  const QColor all[] = {t.accent, t.good, t.attention, t.plan_b, t.bad, t.secondary};
  return all[std::size_t(kind) % std::size(all)];
}

void RestitutionPlot::set_study(const ep::RestitutionStudy& study) {
  kinds_.clear();
  for (const auto& k : study.kinds)
    if (k.s1s2.conducts() && (k.share_percent >= 1 || study.kinds.size() <= 3)) kinds_.push_back(k);
  update();
}

void RestitutionPlot::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const Theme& t = theme();
  QFont small = p.font();
  small.setPixelSize(11);
  p.setFont(small);
  if (kinds_.empty()) {
    p.setPen(t.hint);
    p.drawText(rect(), Qt::AlignCenter, "no cells that conduct");
    return;
  }
  double longest = 0;
  for (const auto& k : kinds_) longest = std::max(longest, k.s1s2.points.back().di_ms);
  const double half = height() / 2.0;
  for (int part = 0; part < 2; ++part) {
    const auto value = [&](const ep::KindRestitution& k, const ep::RestitutionPoint& q) { return part == 0 ? q.apd_ms : k.velocity_m_per_s * q.cv; };
    double lo = 1e300, hi = -1e300;
    for (const auto& k : kinds_)
      for (const auto* points : {&k.s1s2.points, &k.dynamic})
        for (const auto& q : *points) {
          lo = std::min(lo, value(k, q));
          hi = std::max(hi, value(k, q));
        }
    const double room = std::max(1e-6, 0.08 * (hi - lo));
    const double top = part * half + margin_head, bottom = (part + 1) * half - margin_foot;
    const Axis x{0, longest * 1.02, margin_left, width() - 6.0}, y{lo - room, hi + room, bottom, top};
    p.setPen(t.secondary);
    p.drawText(QRectF(margin_left, part * half, width() - margin_left, margin_head), Qt::AlignLeft | Qt::AlignVCenter, part == 0 ? "APD90, ms" : "Velocity along fibres, m/s");
    const double step_y = tick(y.hi - y.lo), step_x = tick(x.hi);
    for (double v = std::ceil(y.lo / step_y) * step_y; v <= y.hi; v += step_y) {
      p.setPen(QPen(t.hairline, 1));
      p.drawLine(QPointF(x.from, y.at(v)), QPointF(x.to, y.at(v)));
      p.setPen(t.hint);
      p.drawText(QRectF(0, y.at(v) - 8, margin_left - 5, 16), Qt::AlignRight | Qt::AlignVCenter, QString::number(v, 'f', step_y < 0.1 ? 2 : step_y < 1 ? 1 : 0));
    }
    for (double v = 0; v <= x.hi; v += step_x) {
      p.setPen(t.hint);
      const bool last = v + step_x > x.hi;
      p.drawText(QRectF(x.at(v) - (last ? 60 : 30), bottom + 2, 60, margin_foot - 2), (last ? Qt::AlignRight : Qt::AlignHCenter) | Qt::AlignTop, last ? QStringLiteral("DI %1 ms").arg(v, 0, 'f', 0) : QString::number(v, 'f', 0));
    }
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      const auto& k = kinds_[i];
      QPainterPath path;
      for (std::size_t n = 0; n < k.s1s2.points.size(); ++n) {
        const QPointF at(x.at(k.s1s2.points[n].di_ms), y.at(value(k, k.s1s2.points[n])));
        if (n == 0) path.moveTo(at);
        else path.lineTo(at);
      }
      p.setBrush(Qt::NoBrush);
      p.setPen(QPen(color(int(i)), 1.8));
      p.drawPath(path);
      p.setPen(Qt::NoPen);
      p.setBrush(color(int(i)));
      for (const auto& q : k.dynamic)
        if (q.di_ms <= x.hi) p.drawEllipse(QPointF(x.at(q.di_ms), y.at(value(k, q))), dot, dot);
    }
  }
}

}  // namespace ot::gui
