// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/waveform_edit.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {

constexpr double hit_px = 9;
constexpr double least_gap_s = 0.002;      // between neighbouring points: one step of the solver
constexpr std::size_t fewest_points = 3;

}  // namespace

WaveformEdit::WaveformEdit(QWidget* parent) : QWidget(parent) {
  name_widget(this, "waveform", "Flow over one beat");
  setToolTip("Drag points; double click adds one, right click takes one away");
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void WaveformEdit::set_waveform(session::Waveform wave) {
  if (held_ >= 0) return;   // what is in the hand is not taken away
  wave_ = std::move(wave);
  if (chosen_ >= int(wave_.points.size())) chosen_ = -1;
  update();
}

QRectF WaveformEdit::plot() const { return QRectF(30, 8, width() - 38, height() - 28); }
double WaveformEdit::high() const {
  if (held_ >= 0) return frozen_high_;
  double top = 0;
  for (const auto& [t, q] : wave_.points) top = std::max(top, q);
  return top > 0 ? 1.15 * top : 1;
}
double WaveformEdit::low() const {
  if (held_ >= 0) return frozen_low_;
  double bottom = 0;
  for (const auto& [t, q] : wave_.points) bottom = std::min(bottom, q);
  return 1.15 * bottom;
}
QPointF WaveformEdit::to_screen(double t, double q) const {
  const QRectF r = plot();
  return {r.left() + t / wave_.cycle_s * r.width(), r.bottom() - (q - low()) / (high() - low()) * r.height()};
}
QPointF WaveformEdit::place_of(int point) const { return to_screen(wave_.points[std::size_t(point)].first, wave_.points[std::size_t(point)].second); }

int WaveformEdit::point_at(const QPointF& at) const {
  int found = -1;
  double nearest = hit_px;
  for (int i = 0; i < int(wave_.points.size()); ++i)
    if (const double d = std::hypot(place_of(i).x() - at.x(), place_of(i).y() - at.y()); d < nearest) nearest = d, found = i;
  return found;
}

void WaveformEdit::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(Qt::NoPen);
  p.setBrush(t.card);
  p.drawRoundedRect(rect(), 6, 6);
  if (wave_.points.empty()) return;
  const QRectF r = plot();
  p.setFont(ui_font(11));
  p.setPen(t.hairline);
  for (const double q : {low(), 0.0, wave_.mean()}) p.drawLine(to_screen(0, q), to_screen(wave_.cycle_s, q));
  p.setPen(t.hint);
  p.drawText(QRectF(0, r.top() - 6, 27, 14), Qt::AlignRight, QString::number(high() * 1e-3, 'f', high() < 1e4 ? 1 : 0));
  p.drawText(QRectF(0, to_screen(0, 0).y() - 7, 27, 14), Qt::AlignRight, "0");
  p.drawText(QRectF(r.left(), r.bottom() + 3, 40, 14), Qt::AlignLeft, "0 s");
  p.drawText(QRectF(r.right() - 60, r.bottom() + 3, 60, 14), Qt::AlignRight, QStringLiteral("%1 s").arg(wave_.cycle_s, 0, 'f', 2));
  p.drawText(QRectF(r.left(), r.bottom() + 3, r.width(), 14), Qt::AlignHCenter, QStringLiteral("mL/s, mean %1").arg(wave_.mean() * 1e-3, 0, 'f', wave_.mean() < 1e4 ? 2 : 0));
  QPainterPath path;
  for (std::size_t i = 0; i < wave_.points.size(); ++i) {
    const QPointF at = place_of(int(i));
    i ? path.lineTo(at) : path.moveTo(at);
  }
  path.lineTo(to_screen(wave_.cycle_s, wave_.points.front().second));
  p.setPen(QPen(t.accent, 1.8));
  p.setBrush(Qt::NoBrush);
  p.drawPath(path);
  for (int i = 0; i < int(wave_.points.size()); ++i) {
    p.setPen(QPen(t.accent, 1.4));
    p.setBrush(i == held_ || i == chosen_ ? t.accent : t.card);
    p.drawEllipse(place_of(i), 4, 4);
  }
  if (hasFocus()) {
    p.setPen(t.accent);
    p.setBrush(Qt::NoBrush);
    p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
  }
}

void WaveformEdit::take_away(int point) {
  if (point < 0 || wave_.points.size() <= fewest_points || point == 0) return;   // the first point is the beginning of the beat
  wave_.points.erase(wave_.points.begin() + point);
  chosen_ = -1;
  update();
  emit edited();
}

void WaveformEdit::mousePressEvent(QMouseEvent* e) {
  const int at = point_at(e->position());
  if (e->button() == Qt::RightButton) return take_away(at);
  if (e->button() != Qt::LeftButton || at < 0) return;
  frozen_high_ = high();
  frozen_low_ = low();
  chosen_ = at;
  held_ = at;
  moved_ = false;
  update();
}

void WaveformEdit::mouseMoveEvent(QMouseEvent* e) {
  if (held_ < 0) {
    setCursor(point_at(e->position()) >= 0 ? Qt::OpenHandCursor : Qt::ArrowCursor);
    return;
  }
  const QRectF r = plot();
  auto& [t, q] = wave_.points[std::size_t(held_)];
  const double asked = (e->position().x() - r.left()) / r.width() * wave_.cycle_s;
  if (held_ > 0) {
    const double from = wave_.points[std::size_t(held_ - 1)].first + least_gap_s;
    const double to = (held_ + 1 < int(wave_.points.size()) ? wave_.points[std::size_t(held_ + 1)].first : wave_.cycle_s) - least_gap_s;
    t = std::clamp(asked, from, std::max(from, to));
  }
  q = frozen_low_ + (r.bottom() - e->position().y()) / r.height() * (frozen_high_ - frozen_low_);
  moved_ = true;
  update();
}

void WaveformEdit::mouseReleaseEvent(QMouseEvent*) {
  if (held_ < 0) return;
  held_ = -1;
  update();
  if (moved_) emit edited();
}

void WaveformEdit::mouseDoubleClickEvent(QMouseEvent* e) {
  held_ = -1;
  if (point_at(e->position()) >= 0 || wave_.points.empty()) return;
  const QRectF r = plot();
  const double t = std::clamp((e->position().x() - r.left()) / r.width(), 0.0, 1.0) * wave_.cycle_s;
  const double q = low() + (r.bottom() - e->position().y()) / r.height() * (high() - low());
  const auto after = std::upper_bound(wave_.points.begin(), wave_.points.end(), t, [](double a, const auto& p) { return a < p.first; });
  if ((after != wave_.points.end() && after->first - t < least_gap_s) || (after != wave_.points.begin() && t - (after - 1)->first < least_gap_s)) return;
  chosen_ = int(wave_.points.insert(after, {t, q}) - wave_.points.begin());
  update();
  emit edited();
}

void WaveformEdit::keyPressEvent(QKeyEvent* e) {
  const int count = int(wave_.points.size());
  if (count == 0) return QWidget::keyPressEvent(e);
  switch (e->key()) {
    case Qt::Key_Left: chosen_ = chosen_ <= 0 ? count - 1 : chosen_ - 1; break;
    case Qt::Key_Right: chosen_ = (chosen_ + 1) % count; break;
    case Qt::Key_Delete: return take_away(chosen_);
    case Qt::Key_Up:
    case Qt::Key_Down:
      if (chosen_ < 0) return;
      wave_.points[std::size_t(chosen_)].second += (e->key() == Qt::Key_Up ? 0.01 : -0.01) * std::max(wave_.highest(), 1.0);
      emit edited();
      break;
    default: return QWidget::keyPressEvent(e);
  }
  update();
}

}  // namespace ot::gui
