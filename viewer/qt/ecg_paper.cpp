// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/qt/ecg_paper.hpp"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <array>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "viewer/qt/theme_colors.hpp"

namespace ot::viewer {

namespace {

// The usual 3 x 4 print: four columns of 2.5 s, rhythm strip of 10 s below.
constexpr std::array<std::array<const char*, 4>, 3> print_layout{{{"I", "aVR", "V1", "V4"}, {"II", "aVL", "V2", "V5"}, {"III", "aVF", "V3", "V6"}}};
constexpr double column_ms = 2500, pulse_ms = 200, pulse_mV = 1;
constexpr double margin_mm = 3, pulse_area_mm = 9, line_mm = 5, top_mm = 2.5;
// A finished beat starts this late on the paper, so that its QRS is clear of the lead name.
constexpr double lead_in_ms = 280;
constexpr double least_row_mm = 8, most_row_mm = 26;
// Below this the standard gain (a pulse of 10 mm) lets a row run into its neighbour; half of it is the usual way out on paper, too.
constexpr double full_gain_row_mm = 16;

struct Beat {
  EcgTraces traces;
  double cycle_ms = 0;   // 0: drawn once
  // Sum over the beats that reach into time t; outside the computed beat the trace is at rest.
  double at(std::size_t lead, double t) const {
    const auto& ts = traces.t_ms;
    const auto& v = traces.mV[lead];
    const auto one = [&](double x) {
      if (x < ts.front() || x > ts.back()) return 0.0;
      const std::size_t i = std::min<std::size_t>(std::size_t(std::upper_bound(ts.begin(), ts.end(), x) - ts.begin()), ts.size() - 1);
      const double w = ts[i] > ts[i - 1] ? (x - ts[i - 1]) / (ts[i] - ts[i - 1]) : 0.0;
      return v[i - 1] + w * (v[i] - v[i - 1]);
    };
    if (cycle_ms <= 0) return one(t);
    double sum = 0;
    for (double k = std::floor((t - ts.front()) / cycle_ms); t - k * cycle_ms <= ts.back(); --k) sum += one(t - k * cycle_ms);
    return sum;
  }
  int lead(const std::string& name) const {
    const auto it = std::find(traces.leads.begin(), traces.leads.end(), name);
    return it == traces.leads.end() ? -1 : int(it - traces.leads.begin());
  }
  double end_ms() const { return cycle_ms > 0 ? 1e300 : traces.t_ms.back(); }
  double start_ms() const { return traces.t_ms.front(); }
};

void check(const EcgTraces& t) {
  OT_EXPECT(t.leads.size() == t.mV.size());
  for (const auto& lead : t.mV) OT_EXPECT(lead.size() == t.t_ms.size());
}

// Where things lie, in pixels of the device.
struct Sheet {
  EcgScale scale;
  QRectF area;
  double row_mm = 14, shown = 1;  // shown: 1 = true millimetres
  double mm(double v) const { return v * scale.px_per_mm; }
  double left() const { return area.left() + mm(margin_mm + pulse_area_mm); }
  double column_x(int c) const { return left() + c * scale.x_px(column_ms); }
  double base_y(int row) const { return area.top() + mm(top_mm + row * row_mm + 0.62 * row_mm); }
};

Sheet sheet_for(const QRectF& area, double dpi, double mm_per_s, double mm_per_mV, EcgPaper::FitMode fit) {
  Sheet s;
  s.area = area;
  const double true_px = dpi / 25.4;
  double px = true_px;
  if (fit == EcgPaper::FitMode::shrink_to_fit) {
    const double width_mm = 2 * margin_mm + pulse_area_mm + 4 * column_ms / 1000 * mm_per_s;
    px = std::min({px, area.width() / width_mm, area.height() / (top_mm + line_mm + 4 * least_row_mm)});
  }
  s.shown = px / true_px;
  s.row_mm = std::clamp((area.height() / px - top_mm - line_mm) / 4, least_row_mm, most_row_mm);
  s.scale = {mm_per_s, fit == EcgPaper::FitMode::shrink_to_fit && s.row_mm < full_gain_row_mm ? mm_per_mV / 2 : mm_per_mV, px};
  return s;
}

}  // namespace

struct EcgPaper::Impl {
  Beat beat, ghost;
  bool has_beat = false, has_ghost = false;
  QString intervals, message, ghost_name;
  std::optional<double> time;
  double mm_per_s = 25, mm_per_mV = 10, dpi = 0;
  FitMode fit = FitMode::shrink_to_fit;
  QPixmap cache;
  bool cache_valid = false;

  void draw(QPainter& p, const Sheet& s) const;
  void draw_grid(QPainter& p, const Sheet& s) const;
  void draw_beat(QPainter& p, const Sheet& s, const Beat& b, const QColor& color, double width) const;
  void draw_cursor(QPainter& p, const Sheet& s) const;
};

void EcgPaper::Impl::draw_grid(QPainter& p, const Sheet& s) const {
  p.fillRect(s.area, theme::paper);
  p.setRenderHint(QPainter::Antialiasing, false);
  const double step = s.mm(1);
  for (const bool bold : {false, true}) {
    // Fine lines closer than 2.2 pixels only make the paper dirty.
    if (!bold && step < 2.2) continue;
    p.setPen(QPen(bold ? theme::paper_bold : theme::paper_fine, bold ? std::max(1.0, 0.16 * step) : 1.0));
    const int every = bold ? 5 : 1;
    for (int i = 0; i * step <= s.area.width(); i += every) {
      if (!bold && i % 5 == 0) continue;
      const double x = s.area.left() + i * step;
      p.drawLine(QPointF(x, s.area.top()), QPointF(x, s.area.bottom()));
    }
    for (int i = 0; i * step <= s.area.height(); i += every) {
      if (!bold && i % 5 == 0) continue;
      const double y = s.area.top() + i * step;
      p.drawLine(QPointF(s.area.left(), y), QPointF(s.area.right(), y));
    }
  }
}

void EcgPaper::Impl::draw_beat(QPainter& p, const Sheet& s, const Beat& b, const QColor& color, double width) const {
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(QPen(color, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  const double step_ms = s.scale.ms_of_px(0.3);
  const auto strip = [&](const char* name, double x0, double y0, double from_ms, double length_ms) {
    const int lead = b.lead(name);
    if (lead < 0) return;
    QPolygonF line;
    // While streaming every column starts at the beat's beginning; a finished beat runs on through the columns.
    const double start = beat.cycle_ms > 0 ? from_ms - lead_in_ms : -lead_in_ms;
    // What is drawn behind a beat that ended follows it: one beat per column.
    const double last = beat.cycle_ms > 0 ? b.end_ms() : b.cycle_ms > 0 ? b.cycle_ms : b.traces.t_ms.back();
    const double every = b.cycle_ms > 0 ? 0 : beat.cycle_ms;   // a ghost that ended, behind whole beats
    for (double t = 0; t <= length_ms; t += step_ms) {
      double at = start + t;
      if (every > 0) at -= every * std::floor((at - b.start_ms()) / every);
      if (at > last || at > b.end_ms() || (b.cycle_ms <= 0 && at < b.start_ms())) {
        if (line.size() > 1) p.drawPolyline(line);
        line.clear();
        continue;
      }
      line << QPointF(x0 + s.scale.x_px(t), y0 + s.scale.y_px(b.at(std::size_t(lead), at)));
    }
    p.drawPolyline(line);
  };
  for (int row = 0; row < 3; ++row) {
    for (int c = 0; c < 4; ++c) {
      p.save();
      // A tall lead may reach into its neighbours' rows but not out of its column.
      p.setClipRect(QRectF(s.column_x(c), s.area.top(), s.scale.x_px(column_ms) - s.mm(0.8), s.area.height()), Qt::IntersectClip);
      strip(print_layout[std::size_t(row)][std::size_t(c)], s.column_x(c), s.base_y(row), c * column_ms, column_ms);
      p.restore();
    }
  }
  strip("II", s.left(), s.base_y(3), 0, 4 * column_ms);
}

void EcgPaper::Impl::draw(QPainter& p, const Sheet& s) const {
  p.save();
  p.setClipRect(s.area);
  draw_grid(p, s);
  const double pen = std::clamp(s.mm(0.34), 1.1, 6.0);
  QFont font;
  font.setPixelSize(std::max(9, int(std::lround(s.mm(2.9)))));
  QFont bold = font;
  bold.setWeight(QFont::DemiBold);
  if (!has_beat) {
    font.setPixelSize(std::max(12, font.pixelSize()));
    p.setFont(font);
    p.setPen(theme::trace);
    p.drawText(s.area, Qt::AlignCenter, message);
  } else {
    if (has_ghost) draw_beat(p, s, ghost, theme::ghost, 0.9 * pen);
    // Calibration: 1 mV for 200 ms at the left of every row.
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(QPen(theme::trace, pen, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    for (int row = 0; row < 4; ++row) {
      const double x = s.area.left() + s.mm(margin_mm), y = s.base_y(row), w = s.scale.x_px(pulse_ms), h = s.scale.y_px(pulse_mV);
      p.drawPolyline(QPolygonF({QPointF(x, y), QPointF(x + s.mm(1), y), QPointF(x + s.mm(1), y + h), QPointF(x + s.mm(1) + w, y + h),
                                QPointF(x + s.mm(1) + w, y), QPointF(x + s.mm(2) + w, y)}));
    }
    draw_beat(p, s, beat, theme::trace, pen);
    p.setFont(bold);
    p.setPen(theme::trace);
    const auto label = [&](const QString& text, double x, double y) {
      QRectF box(x, y - 0.60 * s.mm(s.row_mm), s.mm(14), bold.pixelSize() * 1.25);
      box.moveTop(std::max(box.top(), s.area.top() + 1));
      QColor clean = theme::paper;
      clean.setAlpha(190);
      p.fillRect(QRectF(box.topLeft() - QPointF(1, 0), QSizeF(QFontMetricsF(bold).horizontalAdvance(text) + 3, box.height())), clean);
      p.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, text);
    };
    for (int row = 0; row < 3; ++row) {
      for (int c = 0; c < 4; ++c) label(print_layout[std::size_t(row)][std::size_t(c)], s.column_x(c) + s.mm(1.2), s.base_y(row));
    }
    label("II", s.left() + s.mm(1.2), s.base_y(3));
    // Bars between the columns.
    p.setPen(QPen(theme::trace, std::max(1.0, 0.6 * pen)));
    for (int c = 1; c < 4; ++c) {
      for (int row = 0; row < 3; ++row) {
        p.drawLine(QPointF(s.column_x(c) - s.mm(0.4), s.base_y(row) - s.mm(1.5)), QPointF(s.column_x(c) - s.mm(0.4), s.base_y(row) + s.mm(1.5)));
      }
    }
  }
  // One line under the traces on a strip of clean paper.
  QString line = QString("%1 mm/s  %2 mm/mV").arg(mm_per_s, 0, 'g', 3).arg(s.scale.mm_per_mV, 0, 'g', 3);
  if (std::abs(s.shown - 1) > 0.005) line += QString("  (shown at %1 %)").arg(100 * s.shown, 0, 'f', 0);
  if (!intervals.isEmpty() && has_beat) line += "   " + intervals;
  if (has_ghost) line += QString::fromUtf8("   grey: ") + ghost_name;
  QFont text = font;
  text.setPixelSize(std::max(10, int(std::lround(s.mm(2.8)))));
  // On a small screen the letters give way before words do.
  constexpr int least_px = 8;
  const double room = s.area.width() - s.mm(margin_mm) - s.mm(2);
  while (text.pixelSize() > least_px && QFontMetricsF(text).horizontalAdvance(line) > room) text.setPixelSize(text.pixelSize() - 1);
  p.setFont(text);
  const QFontMetricsF metrics(text);
  const double wide = metrics.horizontalAdvance(line) + s.mm(2), tall = metrics.height();
  const QRectF box(s.area.left() + s.mm(margin_mm), s.area.bottom() - tall - 2, wide, tall + 1);
  QColor clean = theme::paper;
  clean.setAlpha(215);
  p.fillRect(box, clean);
  p.setPen(theme::trace);
  p.drawText(box.adjusted(s.mm(0.6), 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, line);
  p.restore();
}

void EcgPaper::Impl::draw_cursor(QPainter& p, const Sheet& s) const {
  if (!time || !has_beat) return;
  p.setRenderHint(QPainter::Antialiasing);
  QColor strong(0x0f, 0x86, 0xc4);  // the accent, darkened for paper
  const double cycle = beat.cycle_ms;
  for (int c = 0; c < 4; ++c) {
    // The first beat in this column that shows the time.
    double t = *time;
    t += lead_in_ms;
    if (cycle > 0) {
      while (t < c * column_ms) t += cycle;
      t -= c * column_ms;
    }
    if (t > column_ms) continue;
    const double x = s.column_x(c) + s.scale.x_px(t);
    QColor line = strong;
    if (c > 0) line.setAlpha(110);
    p.setPen(QPen(line, c == 0 ? 1.6 : 1.1));
    const double bottom = c == 0 ? s.area.bottom() : s.area.top() + s.mm(top_mm + 3 * s.row_mm);
    p.drawLine(QPointF(x, s.area.top()), QPointF(x, bottom));
    p.setPen(Qt::NoPen);
    p.setBrush(strong);
    for (int row = 0; row < 3; ++row) {
      const int lead = beat.lead(print_layout[std::size_t(row)][std::size_t(c)]);
      const double at = (cycle > 0 ? c * column_ms : 0) + t - lead_in_ms;
      if (lead >= 0 && at <= beat.end_ms()) p.drawEllipse(QPointF(x, s.base_y(row) + s.scale.y_px(beat.at(std::size_t(lead), at))), 2.6, 2.6);
    }
  }
}

EcgPaper::EcgPaper(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>()) {
  setObjectName("ecg_paper");
  setAccessibleName(tr("Electrocardiogram, 12 leads"));
  setAttribute(Qt::WA_OpaquePaintEvent);
  setCursor(Qt::PointingHandCursor);
  impl_->message = tr("No electrocardiogram yet");
}
EcgPaper::~EcgPaper() = default;

void EcgPaper::set_traces(EcgTraces traces, double cycle_length_ms) {
  check(traces);
  OT_EXPECT(cycle_length_ms > 0);
  impl_->has_beat = !traces.empty();
  impl_->beat = {std::move(traces), cycle_length_ms};
  impl_->cache_valid = false;
  update();
}
void EcgPaper::set_partial(EcgTraces traces) {
  check(traces);
  impl_->has_beat = !traces.empty();
  impl_->beat = {std::move(traces), 0};
  impl_->cache_valid = false;
  update();
}
void EcgPaper::set_ghost(EcgTraces traces, double cycle_length_ms, const QString& name) {
  check(traces);
  impl_->has_ghost = !traces.empty();
  impl_->ghost = {std::move(traces), cycle_length_ms};
  impl_->ghost_name = name;
  impl_->cache_valid = false;
  update();
}
void EcgPaper::set_intervals(const QString& line) {
  impl_->intervals = line;
  impl_->cache_valid = false;
  setAccessibleDescription(line);
  update();
}
void EcgPaper::set_time(std::optional<double> t_ms) {
  impl_->time = t_ms;
  update();
}
void EcgPaper::set_message(const QString& text) {
  impl_->message = text;
  impl_->cache_valid = false;
  update();
}
void EcgPaper::set_speed(double mm_per_s) {
  OT_EXPECT(mm_per_s > 0);
  impl_->mm_per_s = mm_per_s;
  impl_->cache_valid = false;
  update();
}
void EcgPaper::set_gain(double mm_per_mV) {
  OT_EXPECT(mm_per_mV > 0);
  impl_->mm_per_mV = mm_per_mV;
  impl_->cache_valid = false;
  update();
}
void EcgPaper::set_fit(FitMode fit) {
  impl_->fit = fit;
  impl_->cache_valid = false;
  update();
}
void EcgPaper::set_print_dpi(double dpi) {
  impl_->dpi = dpi;
  impl_->cache_valid = false;
  update();
}
EcgScale EcgPaper::scale() const {
  const double dpi = impl_->dpi > 0 ? impl_->dpi : double(logicalDpiX());
  return sheet_for(QRectF(rect()), dpi, impl_->mm_per_s, impl_->mm_per_mV, impl_->fit).scale;
}
void EcgPaper::paint_on(QPainter& painter, const QRectF& area, double dpi) const {
  impl_->draw(painter, sheet_for(area, dpi, impl_->mm_per_s, impl_->mm_per_mV, FitMode::true_millimetres));
}

void EcgPaper::paintEvent(QPaintEvent*) {
  Impl& s = *impl_;
  const double dpi = s.dpi > 0 ? s.dpi : double(logicalDpiX());
  const Sheet sheet = sheet_for(QRectF(rect()), dpi, s.mm_per_s, s.mm_per_mV, s.fit);
  if (!s.cache_valid || s.cache.deviceIndependentSize() != QSizeF(size())) {
    const double ratio = devicePixelRatioF();
    s.cache = QPixmap(size() * ratio);
    s.cache.setDevicePixelRatio(ratio);
    QPainter on_cache(&s.cache);
    s.draw(on_cache, sheet);
    s.cache_valid = true;
  }
  QPainter p(this);
  p.drawPixmap(0, 0, s.cache);
  s.draw_cursor(p, sheet);
}
void EcgPaper::resizeEvent(QResizeEvent*) { impl_->cache_valid = false; }

void EcgPaper::mousePressEvent(QMouseEvent* e) {
  Impl& s = *impl_;
  if (!s.has_beat || !(e->buttons() & Qt::LeftButton)) return;
  const double dpi = s.dpi > 0 ? s.dpi : double(logicalDpiX());
  const Sheet sheet = sheet_for(QRectF(rect()), dpi, s.mm_per_s, s.mm_per_mV, s.fit);
  double t = sheet.scale.ms_of_px(e->position().x() - sheet.left());
  if (t < 0 || t > 4 * column_ms) return;
  if (s.beat.cycle_ms > 0) {
    t = std::fmod(t - lead_in_ms + s.beat.cycle_ms * std::ceil(lead_in_ms / s.beat.cycle_ms), s.beat.cycle_ms);
  } else {
    const bool rhythm = e->position().y() > sheet.area.top() + sheet.mm(top_mm + 3 * sheet.row_mm);
    if (!rhythm) t = std::fmod(t, column_ms);
    t = std::clamp(t - lead_in_ms, s.beat.start_ms(), s.beat.end_ms());
  }
  emit time_picked(t);
}
void EcgPaper::mouseMoveEvent(QMouseEvent* e) { mousePressEvent(e); }

}  // namespace ot::viewer
