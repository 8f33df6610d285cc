// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/qt/pullback_plot.hpp"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "viewer/qt/theme_colors.hpp"
#include "viewer/scene/palette.hpp"

namespace ot::viewer {

namespace {
// A round step that gives about `wanted` intervals.
double nice_step(double range, int wanted) {
  const double raw = range / wanted, power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double m : {1.0, 2.0, 5.0, 10.0}) {
    if (m * power >= raw) return m * power;
  }
  return 10 * power;
}
int decimals_for(double step) { return step < 0.01 ? 3 : step < 0.1 ? 2 : step < 1 ? 1 : 0; }
double value_at(const PullbackCurve& c, double arc) {
  if (c.arc_mm.size() < 2 || arc < c.arc_mm.front() || arc > c.arc_mm.back()) return std::nan("");
  const std::size_t i = std::min<std::size_t>(std::size_t(std::upper_bound(c.arc_mm.begin(), c.arc_mm.end(), arc) - c.arc_mm.begin()), c.arc_mm.size() - 1);
  const double w = c.arc_mm[i] > c.arc_mm[i - 1] ? (arc - c.arc_mm[i - 1]) / (c.arc_mm[i] - c.arc_mm[i - 1]) : 0;
  return c.value[i - 1] + w * (c.value[i] - c.value[i - 1]);
}
}  // namespace

struct PullbackPlot::Impl {
  Kind kind = Kind::ffr;
  std::vector<PullbackCurve> curves;
  std::vector<PullbackSpan> spans;
  QString title, trace_unit, message;
  double cursor = -1, hover = -1;

  bool wave() const { return kind == Kind::wave_mmhg || kind == Kind::wave_ml_min || kind == Kind::wave_mm_s; }
  QString unit() const {
    return kind == Kind::trace ? trace_unit : kind == Kind::ffr ? QString("FFR") : kind == Kind::shear_pa ? QString("Pa") : kind == Kind::wave_ml_min ? QString("mL/min") : kind == Kind::wave_mm_s ? QString("mm/s") : QString("mmHg");
  }
  static bool low(const QSize& size) { return size.height() < 150; }   // a small window: every line counts
  struct Axes { QRectF plot; double x0, x1, y0, y1; };
  Axes axes(const QSize& size) const {
    Axes a{QRectF(40, title.isEmpty() ? 10 : low(size) ? 24 : 28, size.width() - 52, 0), 0, 1, 0, 1};
    a.plot.setBottom(size.height() - (low(size) ? 24 : 34));
    double lo = 1e300, hi = -1e300, end = 0;
    for (const auto& c : curves) {
      for (std::size_t i = 0; i < c.value.size(); ++i) {
        if (!std::isfinite(c.value[i])) continue;
        lo = std::min(lo, c.value[i]), hi = std::max(hi, c.value[i]), end = std::max(end, c.arc_mm[i]);
      }
    }
    if (lo > hi) lo = 0, hi = 1;
    a.x1 = end > 0 ? end : 1;
    if (kind == Kind::ffr) {
      a.y1 = 1.02;
      a.y0 = std::min(0.68, std::floor((lo - 0.02) * 10) / 10);
    } else {
      constexpr double least = 1e-3;   // of a trace that stands still
      const double step = nice_step(std::max(kind == Kind::trace ? least : 1.0, hi - lo), 4);
      a.y0 = std::floor(lo / step) * step, a.y1 = std::ceil(hi / step) * step;
      if (a.y1 <= a.y0) a.y1 = a.y0 + step;
    }
    return a;
  }
  QColor color(std::size_t i) const {
    if (curves[i].color.isValid()) return curves[i].color;
    if (curves.size() == 1) return theme::accent;
    const QColor order[] = {theme::secondary, theme::accent, theme::plan_b, theme::good, theme::attention};
    return order[i % 5];
  }
};

PullbackPlot::PullbackPlot(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>()) {
  setObjectName("pullback_plot");
  setAccessibleName(tr("Pull-back curve"));
  setMouseTracking(true);
}
PullbackPlot::~PullbackPlot() = default;
void PullbackPlot::set_kind(Kind kind) {
  impl_->kind = kind;
  update();
}
void PullbackPlot::set_trace(const QString& unit) {
  impl_->trace_unit = unit;
  set_kind(Kind::trace);
}
void PullbackPlot::set_message(const QString& text) {
  if (impl_->message == text) return;
  impl_->message = text;
  update();
}
void PullbackPlot::set_hover(double arc_mm) {
  impl_->hover = arc_mm;
  update();
}
void PullbackPlot::set_curves(std::vector<PullbackCurve> curves) {
  for (const auto& c : curves) OT_EXPECT(c.arc_mm.size() == c.value.size());
  impl_->curves = std::move(curves);
  update();
}
void PullbackPlot::set_spans(std::vector<PullbackSpan> spans) {
  impl_->spans = std::move(spans);
  update();
}
void PullbackPlot::set_cursor(double arc_mm) {
  impl_->cursor = arc_mm;
  update();
}
double PullbackPlot::cursor() const { return impl_->cursor; }
const std::vector<PullbackCurve>& PullbackPlot::curves() const { return impl_->curves; }
void PullbackPlot::set_title(const QString& title) {
  impl_->title = title;
  update();
}

void PullbackPlot::paintEvent(QPaintEvent*) {
  const Impl& s = *impl_;
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  QFont font = this->font();
  font.setPixelSize(11);
  QFont bold = font;
  bold.setWeight(QFont::DemiBold);
  if (!s.title.isEmpty()) {
    bold.setPixelSize(12);
    p.setFont(bold);
    p.setPen(theme::text);
    QFont names = font;
    names.setWeight(QFont::DemiBold);
    double taken = 16;
    for (const auto& c : s.curves) taken += QFontMetricsF(names).horizontalAdvance(c.name) + 14;
    const QString shown = QFontMetricsF(bold).elidedText(s.title, Qt::ElideRight, std::max(0.0, width() - taken - 40));
    p.drawText(QRectF(8, 4, width() - 16, 20), Qt::AlignLeft | Qt::AlignVCenter, shown);
    const double wide = QFontMetricsF(bold).horizontalAdvance(shown);
    p.setPen(theme::hint);
    p.setFont(font);
    p.drawText(QRectF(8 + wide + 8, 4, 80, 20), Qt::AlignLeft | Qt::AlignVCenter, s.unit());
    bold.setPixelSize(11);
  }
  p.setFont(font);
  if (s.curves.empty()) {
    p.setPen(theme::hint);
    p.drawText(rect(), Qt::AlignCenter, !s.message.isEmpty() ? s.message : s.wave() ? tr("Place probes on the vessel, and run it over a beat") : tr("No flow result for this vessel yet"));
    return;
  }
  const Impl::Axes a = s.axes(size());
  const auto X = [&](double v) { return a.plot.left() + (v - a.x0) / (a.x1 - a.x0) * a.plot.width(); };
  const auto Y = [&](double v) { return a.plot.bottom() - (v - a.y0) / (a.y1 - a.y0) * a.plot.height(); };
  const bool ffr = s.kind == Kind::ffr;
  if (ffr) {
    QColor zone = theme::attention;
    zone.setAlpha(34);
    p.fillRect(QRectF(QPointF(a.plot.left(), Y(ffr_break)), QPointF(a.plot.right(), Y(ffr_grey_low))), zone);
  }
  constexpr double tick_px = 14;   // one line of text
  double step = ffr ? 0.1 : nice_step(a.y1 - a.y0, 4);
  while (step / (a.y1 - a.y0) * a.plot.height() < tick_px && step < a.y1 - a.y0) step *= 2;
  for (double v = std::ceil(a.y0 / step - 1e-9) * step; v <= a.y1 + 1e-9; v += step) {
    if (std::abs(v) < 1e-6 * step) v = 0;   // not "-0.0"
    p.setPen(QPen(theme::hairline, 1));
    p.drawLine(QPointF(a.plot.left(), Y(v)), QPointF(a.plot.right(), Y(v)));
    p.setPen(theme::secondary);
    p.drawText(QRectF(0, Y(v) - 8, a.plot.left() - 6, 16), Qt::AlignRight | Qt::AlignVCenter, QString::number(v, 'f', s.kind == Kind::trace ? decimals_for(step) : ffr || step < 1 ? 1 : 0));
  }
  const double xs = nice_step(a.x1, 5);
  const QString x_unit = s.kind == Kind::trace ? tr("ms") : s.wave() ? tr("s") : tr("mm");
  const bool unit_with_last = s.kind == Kind::trace || Impl::low(size());   // below the numbers there is no room for it
  for (double v = 0; v <= a.x1 + 1e-9; v += xs) {
    p.setPen(theme::secondary);
    if (unit_with_last && v + xs > a.x1 + 1e-9) {
      p.drawText(QRectF(X(v) - 60, a.plot.bottom() + (Impl::low(size()) ? 9 : 12), X(v) > a.plot.right() - 20 ? 70 : 90, 14), Qt::AlignRight | Qt::AlignVCenter, QString::number(v, 'f', s.wave() && xs < 1 ? 1 : 0) + " " + x_unit);
      continue;
    }
    p.drawText(QRectF(X(v) - 20, a.plot.bottom() + (Impl::low(size()) ? 9 : 12), 40, 14), Qt::AlignCenter, QString::number(v, 'f', s.wave() && xs < 1 ? 1 : 0));
  }
  p.setPen(theme::hint);
  if (!unit_with_last) p.drawText(QRectF(a.plot.right() - 60, a.plot.bottom() + 20, 60, 14), Qt::AlignRight, x_unit);
  if (s.title.isEmpty()) p.drawText(QRectF(a.plot.left() + 4, a.plot.bottom() + 22, 80, 12), Qt::AlignLeft, s.unit());
  if (ffr) {
    p.setPen(QPen(theme::bad, 1.2, Qt::DashLine));
    p.drawLine(QPointF(a.plot.left(), Y(ffr_break)), QPointF(a.plot.right(), Y(ffr_break)));
    p.setFont(bold);
    p.setPen(theme::bad);
    p.drawText(QRectF(a.plot.left() + 4, Y(ffr_break) - 15, 60, 14), Qt::AlignLeft, "0.80");
    p.setFont(font);
  }
  // Stenoses and stents as bars on the axis.
  for (const auto& span : s.spans) {
    const QRectF bar(QPointF(X(std::max(0.0, span.start_mm)), a.plot.bottom() + 2), QPointF(X(std::min(a.x1, span.end_mm)), a.plot.bottom() + 8));
    p.setPen(Qt::NoPen);
    p.setBrush(span.stent ? QColor(206, 214, 222) : theme::bad);
    p.drawRoundedRect(bar, 2, 2);
    QColor wash = span.stent ? QColor(206, 214, 222) : theme::bad;
    wash.setAlpha(16);
    p.fillRect(QRectF(QPointF(bar.left(), a.plot.top()), QPointF(bar.right(), a.plot.bottom())), wash);
  }
  double legend = a.plot.right();
  for (std::size_t i = 0; i < s.curves.size(); ++i) {
    const PullbackCurve& c = s.curves[i];
    QPainterPath path;
    bool open = false;
    for (std::size_t k = 0; k < c.value.size(); ++k) {
      if (!std::isfinite(c.value[k])) {
        open = false;
        continue;
      }
      const QPointF at(X(c.arc_mm[k]), Y(c.value[k]));
      open ? path.lineTo(at) : path.moveTo(at);
      open = true;
    }
    p.setBrush(Qt::NoBrush);
    p.setPen(QPen(s.color(i), 2, c.dashed ? Qt::DashLine : Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    p.drawPath(path);
    if (c.value.empty()) continue;
    // Names from the right. No value: the last one is not the FFR, which is read beyond the lesion.
    const QString text = c.name;
    p.setFont(bold);
    const double wide = QFontMetricsF(bold).horizontalAdvance(text);
    p.setPen(s.color(i));
    p.drawText(QRectF(legend - wide, a.plot.top() - (s.title.isEmpty() ? 10 : Impl::low(size()) ? 19 : 22), wide, 14), Qt::AlignRight | Qt::AlignVCenter, text);
    legend -= wide + 14;
    p.setFont(font);
  }
  const double at = s.hover >= 0 ? s.hover : s.cursor;
  if (at >= 0 && at <= a.x1) {
    p.setPen(QPen(theme::accent, 1));
    p.drawLine(QPointF(X(at), a.plot.top()), QPointF(X(at), a.plot.bottom()));
    struct Label {
      double y, value;
      std::size_t curve;
    };
    std::vector<Label> labels;
    for (std::size_t i = 0; i < s.curves.size(); ++i) {
      const double v = value_at(s.curves[i], at);
      if (!std::isfinite(v)) continue;
      p.setPen(QPen(theme::window, 1));
      p.setBrush(s.color(i));
      p.drawEllipse(QPointF(X(at), Y(v)), 3.5, 3.5);
      labels.push_back({Y(v) - 15, v, i});
    }
    // One below the other where the curves lie close.
    std::sort(labels.begin(), labels.end(), [](const Label& x, const Label& y) { return std::pair(x.y, x.curve) < std::pair(y.y, y.curve); });
    constexpr double line_px = 13;
    for (std::size_t k = 1; k < labels.size(); ++k) labels[k].y = std::max(labels[k].y, labels[k - 1].y + line_px);
    if (!labels.empty())
      if (const double over = labels.back().y + line_px - a.plot.bottom(); over > 0)
        for (auto& label : labels) label.y -= over;
    const bool left = X(at) > a.plot.center().x();
    p.setFont(bold);
    for (const auto& label : labels) {
      p.setPen(s.color(label.curve));
      p.drawText(QRectF(left ? X(at) - 66 : X(at) + 6, label.y, 60, 14), left ? Qt::AlignRight : Qt::AlignLeft, QString::number(label.value, 'f', s.kind == Kind::trace ? decimals_for(step) + 1 : ffr ? 2 : 1));
    }
    p.setFont(font);
  }
}

void PullbackPlot::mousePressEvent(QMouseEvent* e) {
  if (impl_->curves.empty() || !(e->buttons() & Qt::LeftButton)) return;
  const Impl::Axes a = impl_->axes(size());
  const double arc = (e->position().x() - a.plot.left()) / a.plot.width() * a.x1;
  if (arc < 0 || arc > a.x1) return;
  set_cursor(arc);
  emit arc_picked(arc);
}
void PullbackPlot::mouseMoveEvent(QMouseEvent* e) {
  mousePressEvent(e);
  const Impl::Axes a = impl_->axes(size());
  set_hover((e->position().x() - a.plot.left()) / a.plot.width() * a.x1);
  emit hovered(impl_->hover);
}
void PullbackPlot::leaveEvent(QEvent*) {
  set_hover(-1);
  emit hovered(-1);
}

}  // namespace ot::viewer
