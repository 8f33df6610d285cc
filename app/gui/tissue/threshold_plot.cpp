// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tissue/threshold_plot.hpp"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {
constexpr int bins = 72;
constexpr double foot = 30;   // px for the numbers below
}

ThresholdPlot::ThresholdPlot(QWidget* parent) : QWidget(parent) {
  name_widget(this, "tissue_histogram", "Histogram of the LV wall");
  mean_ = sd_ = border_ = threshold_ = std::numeric_limits<double>::quiet_NaN();
  setMinimumHeight(104);
  setCursor(Qt::SizeHorCursor);
  setToolTip("Values in the LV wall. Drag the threshold.");
}

void ThresholdPlot::set_values(const std::vector<float>& values, const QString& unit) {
  unit_ = unit;
  counts_.assign(values.empty() ? 0 : bins, 0);
  if (!values.empty()) {
    std::vector<float> sorted(values);
    const auto at = [&](double q) {
      const auto it = sorted.begin() + std::ptrdiff_t(q * double(sorted.size() - 1));
      std::nth_element(sorted.begin(), it, sorted.end());
      return double(*it);
    };
    lo_ = at(0.002);
    hi_ = at(0.998);
    if (!(hi_ > lo_)) hi_ = lo_ + 1;
    for (const float v : values) {
      const double f = (double(v) - lo_) / (hi_ - lo_) * bins;
      if (f >= 0 && f < bins) ++counts_[std::size_t(f)];
    }
  }
  update();
}

void ThresholdPlot::set_lines(double remote_mean, double remote_sd, double border, double threshold, bool scar_above) {
  mean_ = remote_mean;
  sd_ = remote_sd;
  border_ = border;
  threshold_ = threshold;
  above_ = scar_above;
  update();
}

double ThresholdPlot::x_of(double value) const { return (value - lo_) / (hi_ - lo_) * width(); }
double ThresholdPlot::value_at(double x) const { return lo_ + x / std::max(1, width()) * (hi_ - lo_); }

void ThresholdPlot::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const Theme& t = theme();
  const double floor = height() - foot;
  if (counts_.empty()) {
    p.setPen(t.hint);
    p.drawText(rect().adjusted(8, 0, -8, 0), Qt::AlignCenter | Qt::TextWordWrap, unit_.isEmpty() ? QStringLiteral("no image values") : unit_);
    return;
  }
  if (std::isfinite(mean_) && std::isfinite(sd_)) {   // remote mean +- 1 SD
    QColor band = t.accent;
    band.setAlphaF(0.14f);
    p.fillRect(QRectF(x_of(mean_ - sd_), 2, x_of(mean_ + sd_) - x_of(mean_ - sd_), floor - 2), band);
  }
  const int most = *std::max_element(counts_.begin(), counts_.end());
  const double step = double(width()) / bins;
  for (int i = 0; i < bins; ++i) {
    const double value = lo_ + (i + 0.5) * (hi_ - lo_) / bins;
    const bool scar = std::isfinite(threshold_) && (above_ ? value > threshold_ : value < threshold_);
    const bool border = !scar && std::isfinite(border_) && above_ && value > border_;
    // square root: a few voxels of scar beside thousands of muscle stay visible
    const double h = most > 0 ? (floor - 6) * std::sqrt(double(counts_[std::size_t(i)]) / most) : 0;
    p.fillRect(QRectF(i * step, floor - h, std::max(1.0, step - 0.6), h), scar ? t.attention : border ? mix(t.attention, t.secondary, 0.6) : t.secondary);
  }
  p.setPen(QPen(t.hairline, 1));
  p.drawLine(QPointF(0, floor), QPointF(width(), floor));
  QFont font = ui_font(10);
  p.setFont(font);
  const auto line = [&](double value, const QColor& color, const QString& text, int row, bool strong) {
    if (!std::isfinite(value)) return;
    const double x = std::clamp(x_of(value), 1.0, width() - 1.0);
    p.setPen(QPen(color, strong ? 2 : 1, strong ? Qt::SolidLine : Qt::DashLine));
    p.drawLine(QPointF(x, 0), QPointF(x, floor));
    const double w = p.fontMetrics().horizontalAdvance(text) + 2;
    p.setPen(color);
    p.drawText(QRectF(std::clamp(x - w / 2, 0.0, std::max(0.0, width() - w)), floor + 1 + row * 13, w, 13), Qt::AlignCenter, text);
  };
  line(mean_, t.accent, QStringLiteral("remote %1 ± %2").arg(mean_, 0, 'f', 0).arg(sd_, 0, 'f', 0), 1, false);
  line(border_, mix(t.attention, t.secondary, 0.5), QString(), 0, false);
  line(threshold_, t.attention, QStringLiteral("%1 %2").arg(threshold_, 0, 'f', std::abs(threshold_) < 20 ? 1 : 0).arg(unit_), 0, true);
}

void ThresholdPlot::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && !counts_.empty()) emit dragged(value_at(event->position().x()));
}
void ThresholdPlot::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton && !counts_.empty()) emit dragged(value_at(event->position().x()));
}

}  // namespace ot::gui
