// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/qt/bulls_eye.hpp"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <cmath>
#include <limits>
#include <numbers>

#include "solvers/core/contracts.hpp"
#include "solvers/core/lv_frame.hpp"
#include "viewer/qt/theme_colors.hpp"

namespace ot::viewer {

namespace {

// Outer radius of apex, apical, mid and basal ring as parts of the whole.
constexpr double ring_radius[4] = {0.19, 0.46, 0.73, 1.0};

struct Wedge { double inner, outer, start_deg, span_deg; };  // degrees counter-clockwise from 3 o'clock
Wedge wedge_of(int segment) {
  OT_EXPECT(segment >= 1 && segment <= 17);
  if (segment == 17) return {0, ring_radius[0], 0, 360};
  if (segment >= 13) return {ring_radius[0], ring_radius[1], 45.0 + 90 * (segment - 13), 90};
  const int ring = segment >= 7 ? 2 : 3;
  return {ring_radius[ring - 1], ring_radius[ring], 60.0 + 60 * ((segment - 1) % 6), 60};
}

QPainterPath path_of(const Wedge& w, const QPointF& c, double r) {
  QPainterPath path;
  const QRectF outer(c.x() - w.outer * r, c.y() - w.outer * r, 2 * w.outer * r, 2 * w.outer * r);
  const QRectF inner(c.x() - w.inner * r, c.y() - w.inner * r, 2 * w.inner * r, 2 * w.inner * r);
  if (w.span_deg >= 360) {
    path.addEllipse(outer);
    return path;
  }
  path.arcMoveTo(outer, w.start_deg);
  path.arcTo(outer, w.start_deg, w.span_deg);
  path.arcTo(inner, w.start_deg + w.span_deg, -w.span_deg);
  path.closeSubpath();
  return path;
}

}  // namespace

const char* aha_segment_name(int segment) { return core::aha_name(segment); }

struct BullsEye::Impl {
  std::array<double, 17> values;
  FieldStyle style;
  bool has_values = false, show_values = false, show_scale = false, has_insertions = false;
  double insertion_deg[2] = {60, -60};
  int selected = 0, hovered = 0;
};

BullsEye::BullsEye(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>()) {
  setObjectName("bulls_eye");
  setAccessibleName(tr("Bull's-eye of 17 segments"));
  setMouseTracking(true);
  impl_->values.fill(std::numeric_limits<double>::quiet_NaN());
}
BullsEye::~BullsEye() = default;

void BullsEye::set_values(const std::array<double, 17>& values, const FieldStyle& style) {
  impl_->values = values;
  impl_->style = style;
  impl_->has_values = true;
  update();
}
void BullsEye::clear() {
  impl_->values.fill(std::numeric_limits<double>::quiet_NaN());
  impl_->has_values = false;
  update();
}
void BullsEye::set_selected(int segment) {
  OT_EXPECT(segment >= 0 && segment <= 17);
  impl_->selected = segment;
  update();
}
int BullsEye::selected() const { return impl_->selected; }
void BullsEye::set_show_values(bool on) {
  impl_->show_values = on;
  update();
}

void BullsEye::set_show_scale(bool on) {
  impl_->show_scale = on;
  update();
}
void BullsEye::set_insertions(double anterior_deg, double posterior_deg) {
  impl_->insertion_deg[0] = anterior_deg;
  impl_->insertion_deg[1] = posterior_deg;
  impl_->has_insertions = true;
  update();
}
void BullsEye::clear_insertions() {
  impl_->has_insertions = false;
  update();
}

namespace {
constexpr double scale_height = 26;
struct Place { QPointF center; double radius; };
Place place_of(const QWidget& w, bool scale) {
  // Room for the four direction words around the disc, and for the scale below.
  const double height = w.height() - (scale ? scale_height : 0);
  return {QPointF(0.5 * w.width(), 0.5 * height), std::max(10.0, 0.5 * std::min(w.width() - 40.0, height - 34.0))};
}
}  // namespace

int BullsEye::segment_at(const QPointF& position) const {
  const Place place = place_of(*this, impl_->show_scale);
  const QPointF d = position - place.center;
  const double r = std::hypot(d.x(), d.y()) / place.radius;
  if (r > 1) return 0;
  if (r < ring_radius[0]) return 17;
  double angle = std::atan2(-d.y(), d.x()) * 180 / std::numbers::pi;
  if (angle < 0) angle += 360;
  const int first = r < ring_radius[1] ? 13 : r < ring_radius[2] ? 7 : 1, count = first == 13 ? 4 : 6;
  for (int s = first; s < first + count; ++s) {
    const Wedge w = wedge_of(s);
    const double from = std::fmod(angle - w.start_deg + 720, 360);
    if (from < w.span_deg) return s;
  }
  return 0;
}

void BullsEye::paintEvent(QPaintEvent*) {
  const Impl& s = *impl_;
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const Place place = place_of(*this, impl_->show_scale);
  QFont font = this->font();
  for (int segment = 1; segment <= 17; ++segment) {
    const Wedge w = wedge_of(segment);
    const double v = s.values[std::size_t(segment - 1)];
    QColor fill = theme::selected;
    if (s.has_values) {
      const core::Color c = color_of(s.style, v);
      fill = QColor(c[0], c[1], c[2]);
    }
    if (segment == s.hovered) fill = fill.lighter(112);
    p.setBrush(fill);
    p.setPen(QPen(theme::window, 1.5));
    p.drawPath(path_of(w, place.center, place.radius));
  }
  for (const int segment : {s.hovered, s.selected}) {
    if (segment == 0) continue;
    p.setBrush(Qt::NoBrush);
    p.setPen(QPen(segment == s.selected ? theme::accent : theme::text, segment == s.selected ? 2.5 : 1.2));
    p.drawPath(path_of(wedge_of(segment), place.center, place.radius));
  }
  for (int segment = 1; segment <= 17; ++segment) {
    const Wedge w = wedge_of(segment);
    const double v = s.values[std::size_t(segment - 1)];
    const double r = segment == 17 ? 0 : 0.5 * (w.inner + w.outer) * place.radius, a = (w.start_deg + 0.5 * w.span_deg) * std::numbers::pi / 180;
    const QPointF at = place.center + r * QPointF(std::cos(a), -std::sin(a));
    core::Color c{0x26, 0x30, 0x3a};
    if (s.has_values) c = color_of(s.style, v);
    const bool light = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2] > 120;   // dark text on light fields
    p.setPen(light ? QColor(0x12, 0x18, 0x1e) : QColor(0xf2, 0xf5, 0xf8));
    font.setPixelSize(11);
    font.setWeight(segment == s.selected ? QFont::DemiBold : QFont::Normal);
    p.setFont(font);
    if (place.radius < 45) continue;   // no room for numbers
    const bool value = place.radius > 80 && s.show_values && s.has_values && !std::isnan(v);
    const QRectF box(at.x() - 24, at.y() - (value ? 13 : 8), 48, 16);
    p.drawText(box, Qt::AlignCenter, QString::number(segment));
    if (value) {
      font.setPixelSize(10);
      font.setWeight(QFont::DemiBold);
      p.setFont(font);
      p.drawText(box.translated(0, 12), Qt::AlignCenter, QString::number(v, 'f', s.style.decimals));
    }
  }
  font.setPixelSize(10);
  font.setWeight(QFont::Normal);
  p.setFont(font);
  p.setPen(theme::hint);
  p.drawText(QRectF(0, place.center.y() - place.radius - 16, width(), 14), Qt::AlignCenter, tr("anterior"));
  p.drawText(QRectF(0, place.center.y() + place.radius + 2, width(), 14), Qt::AlignCenter, tr("inferior"));
  const auto sideways = [&](double x, double angle, const QString& text) {
    p.save();
    p.translate(x, place.center.y());
    p.rotate(angle);
    p.drawText(QRectF(-50, -7, 100, 14), Qt::AlignCenter, text);
    p.restore();
  };
  sideways(place.center.x() - place.radius - 10, -90, tr("septal"));
  sideways(place.center.x() + place.radius + 10, 90, tr("lateral"));
  if (s.has_insertions) {
    // RV insertions: ticks across the rings, and an arc outside where the right ventricle lies.
    p.setBrush(Qt::NoBrush);
    const auto spot = [&](double deg, double r) {
      const double a = (180 - deg) * std::numbers::pi / 180;   // middle of the septum at 9 o'clock, anterior at 12
      return place.center + r * place.radius * QPointF(std::cos(a), -std::sin(a));
    };
    p.setPen(QPen(theme::plan_b, 2));
    for (const double deg : s.insertion_deg) p.drawLine(spot(deg, 0.94), spot(deg, 1.06));
    const double r = 1.03 * place.radius;
    const QRectF box(place.center.x() - r, place.center.y() - r, 2 * r, 2 * r);
    p.setPen(QPen(theme::plan_b, 1.5));
    p.drawArc(box, int(std::lround(16 * (180 - s.insertion_deg[0]))), int(std::lround(16 * (s.insertion_deg[0] - s.insertion_deg[1]))));
  }
  if (s.show_scale && s.has_values) {
    const double left = 0.5 * width() - 70, top = height() - 22.0;
    for (int x = 0; x < 140; ++x) {
      const core::Color c = color_of(s.style, s.style.lo + (x + 0.5) / 140 * (s.style.hi - s.style.lo));
      p.fillRect(QRectF(left + x, top, 1, 7), QColor(c[0], c[1], c[2]));
    }
    p.setPen(theme::hint);
    p.drawText(QRectF(left - 20, top + 8, 80, 13), Qt::AlignLeft, QString::number(s.style.lo, 'f', 0));
    p.drawText(QRectF(left, top + 8, 140, 13), Qt::AlignHCenter, QString::fromStdString(s.style.unit));
    p.drawText(QRectF(left + 80, top + 8, 80, 13), Qt::AlignRight, QString::number(s.style.hi, 'f', 0));
  }
}

void BullsEye::mousePressEvent(QMouseEvent* e) {
  const int segment = segment_at(e->position());
  if (segment == 0 || e->button() != Qt::LeftButton) return;
  set_selected(segment);
  emit segment_clicked(segment);
}
void BullsEye::mouseMoveEvent(QMouseEvent* e) {
  const int segment = segment_at(e->position());
  if (segment == impl_->hovered) return;
  impl_->hovered = segment;
  setCursor(segment ? Qt::PointingHandCursor : Qt::ArrowCursor);
  update();
}
bool BullsEye::event(QEvent* event) {
  if (event->type() == QEvent::Leave) {
    impl_->hovered = 0;
    update();
  }
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    const int segment = segment_at(QPointF(help->pos()));
    if (segment == 0) {
      QToolTip::hideText();
      return true;
    }
    const double v = impl_->values[std::size_t(segment - 1)];
    QString text = QString("%1 %2").arg(segment).arg(tr(aha_segment_name(segment)));
    if (!std::isnan(v)) text += QString(": %1 %2").arg(v, 0, 'f', impl_->style.decimals).arg(QString::fromStdString(impl_->style.unit));
    QToolTip::showText(help->globalPos(), text, this);
    return true;
  }
  return QWidget::event(event);
}

}  // namespace ot::viewer
