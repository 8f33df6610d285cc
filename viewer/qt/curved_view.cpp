// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/qt/curved_view.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "viewer/qt/theme_colors.hpp"

namespace ot::viewer {

struct CurvedView::Impl {
  CurvedScene scene;
  std::vector<PathSpan> spans;
  std::vector<Device> devices;
  int held = -1, part = 0;                 // device in the hand; -1 start, 0 middle, 1 end
  double held_offset = 0;                  // mm from the pointer to the device's start or end
  // Device and part under a device-independent place; -1 none.
  std::pair<int, int> device_at(const QPointF& at, double ratio) const {
    if (scene.path().points.size() < 2) return {-1, 0};
    constexpr double end_px = 7, slack_px = 6;
    for (std::size_t i = 0; i < devices.size(); ++i) {
      const Device& d = devices[i];
      if (!d.movable) continue;
      const auto a = scene.place_of(d.start_mm), b = scene.place_of(d.end_mm), m = scene.place_of(0.5 * (d.start_mm + d.end_mm));
      const double high = std::max(d.start_radius_mm, d.end_radius_mm) / scene.mm_per_pixel() / ratio + slack_px;
      if (std::abs(at.y() - m[1] / ratio) > high + std::abs(a[1] - b[1]) / ratio) continue;
      if (std::abs(at.x() - a[0] / ratio) < end_px) return {int(i), -1};
      if (std::abs(at.x() - b[0] / ratio) < end_px) return {int(i), 1};
      if (at.x() > a[0] / ratio && at.x() < b[0] / ratio) return {int(i), 0};
    }
    return {-1, 0};
  }
  QImage image, section_image;
  std::vector<std::array<float, 4>> edges;
  CrossSection section;
  bool image_valid = false, section_valid = false;
  Qt::MouseButton button = Qt::NoButton;
  QPointF pressed, last;
  bool turning = false;

  // Long picture above or at the left, the square section at the right or below; device-independent.
  QRect long_area, section_area;
  double half_mm() const {
    if (scene.path().points.size() < 2) return 6;
    // Three lumen radii about the cursor, in steps, so that the picture does not breathe while the cursor moves.
    const double wanted = 3 * std::max(1.0, scene.path().at(scene.cursor()).radius);
    return wanted <= 6 ? 6 : wanted <= 12 ? 12 : wanted <= 25 ? 25 : 50;
  }
};

namespace {
void halo_text(QPainter& p, const QRectF& r, int flags, const QString& text, const QColor& color) {
  p.setPen(QColor(0, 0, 0, 190));
  for (const QPointF& d : {QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)}) p.drawText(r.translated(d), flags, text);
  p.setPen(color);
  p.drawText(r, flags, text);
}
QImage to_qimage(const RgbaImage& i, double ratio) {
  QImage q = QImage(i.pixels.data(), i.width, i.height, i.width * 4, QImage::Format_RGBA8888).convertToFormat(QImage::Format_RGB32);
  q.setDevicePixelRatio(ratio);
  return q;
}
}  // namespace

CurvedView::CurvedView(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>()) {
  setObjectName("curved_view");
  setAccessibleName(tr("Vessel along its centreline"));
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setMinimumSize(200, 160);
  setCursor(Qt::CrossCursor);
}
CurvedView::~CurvedView() = default;

CurvedScene& CurvedView::scene() { return impl_->scene; }
void CurvedView::refresh() {
  impl_->image_valid = impl_->section_valid = false;
  update();
}
void CurvedView::set_spans(std::vector<PathSpan> spans) {
  impl_->spans = std::move(spans);
  update();
}
void CurvedView::set_devices(std::vector<Device> devices) {
  if (impl_->held >= int(devices.size())) impl_->held = -1;
  impl_->devices = std::move(devices);
  update();
}
bool CurvedView::dragging_device() const { return impl_->held >= 0; }
void CurvedView::set_cursor(double arc_mm) {
  impl_->scene.set_cursor(arc_mm);
  impl_->section_valid = false;
  update();
}
CrossSection CurvedView::section() const { return impl_->scene.section(impl_->half_mm()); }

QString CurvedView::numbers() const {
  const CrossSection& s = impl_->section_valid ? impl_->section : (impl_->section = section());
  if (s.label == 0) return tr("no lumen label here");
  QString text = tr("area %1 mm²\nØ %2 to %3 mm").arg(s.area_mm2, 0, 'f', s.area_mm2 < 100 ? 1 : 0).arg(s.min_diameter_mm, 0, 'f', 1).arg(s.max_diameter_mm, 0, 'f', 1);
  if (s.open) text += tr("\nlumen leaves the field");
  return text;
}

void CurvedView::resizeEvent(QResizeEvent*) {
  Impl& s = *impl_;
  const bool wide = width() > 1.7 * height();
  const int side = wide ? std::min(height(), width() / 3) : std::min(width(), height() * 2 / 5);
  s.long_area = wide ? QRect(0, 0, width() - side - 1, height()) : QRect(0, 0, width(), height() - side - 1);
  s.section_area = wide ? QRect(width() - side, (height() - side) / 2, side, side) : QRect(0, height() - side, side, side);
  const double ratio = devicePixelRatioF();
  s.scene.set_size(int(s.long_area.width() * ratio), int(s.long_area.height() * ratio));
  s.image_valid = s.section_valid = false;
}

void CurvedView::paintEvent(QPaintEvent*) {
  Impl& s = *impl_;
  QPainter p(this);
  p.fillRect(rect(), theme::window);
  QFont font = this->font();
  font.setPixelSize(12);
  p.setFont(font);
  if (!s.scene.volume() || s.scene.path().points.size() < 2) {
    p.setPen(theme::hint);
    p.drawText(rect().adjusted(16, 0, -16, 0), Qt::AlignCenter | Qt::TextWordWrap, tr("No vessel with a centreline in this image."));
    return;
  }
  const double ratio = devicePixelRatioF(), half = s.half_mm();
  const int side = int(s.section_area.width() * ratio);
  if (!s.image_valid) {
    s.image = to_qimage(s.scene.image(), ratio);
    s.edges = s.scene.lumen_edges();
    s.image_valid = true;
  }
  if (!s.section_valid) {
    s.section_image = to_qimage(s.scene.section_image(side, half), ratio);
    s.section = s.scene.section(half);
    s.section_valid = true;
  }
  p.drawImage(s.long_area.topLeft(), s.image);
  p.drawImage(s.section_area.topLeft(), s.section_image);
  p.setRenderHint(QPainter::Antialiasing);

  // Lumen edges as the labels have them.
  p.save();
  p.setClipRect(s.long_area);
  p.scale(1 / ratio, 1 / ratio);
  QColor edge = theme::accent;
  edge.setAlpha(190);
  p.setPen(QPen(edge, 1.1 * ratio));
  for (const auto& e : s.edges) p.drawLine(QPointF(e[0], e[1]), QPointF(e[2], e[3]));
  // Stenoses: bar below the line with a tick at the throat.
  const double base = s.long_area.height() * ratio - 30 * ratio;
  for (const PathSpan& span : s.spans) {
    const double a = s.scene.place_of(span.start_mm)[0], b = s.scene.place_of(span.end_mm)[0], t = s.scene.place_of(span.throat_mm)[0];
    p.setPen(QPen(theme::bad, 3 * ratio, Qt::SolidLine, Qt::RoundCap));
    p.drawLine(QPointF(a, base), QPointF(b, base));
    p.setPen(QPen(theme::bad, 1.5 * ratio));
    const double line_y = s.scene.place_of(span.throat_mm)[1];
    p.drawLine(QPointF(t, base), QPointF(t, std::min(base, line_y + 18 * ratio)));
  }
  // Devices: two rails at the radius, struts between them, a grip at both ends.
  for (const Device& d : s.devices) {
    const QColor metal = d.selected ? theme::accent : QColor(206, 214, 222);
    const int cells = std::max(2, int(std::lround((d.end_mm - d.start_mm) / 1.5)));   // as coarse as in 3D: it shall read as a stent
    QPolygonF zigzag, mirrored, upper, lower;
    for (int k = 0; k <= cells; ++k) {
      const auto at = s.scene.place_of(d.start_mm + (d.end_mm - d.start_mm) * k / cells);
      const double side = k % 2 ? 1 : -1, r = (d.start_radius_mm + (d.end_radius_mm - d.start_radius_mm) * k / cells) / s.scene.mm_per_pixel();
      zigzag << QPointF(at[0], at[1] + side * r);
      mirrored << QPointF(at[0], at[1] - side * r);
      upper << QPointF(at[0], at[1] - r);
      lower << QPointF(at[0], at[1] + r);
    }
    if (d.struts) {
      p.setPen(QPen(metal, 1.1 * ratio));
      p.drawPolyline(zigzag);
      p.drawPolyline(mirrored);
    }
    p.setPen(QPen(metal, 1.8 * ratio, d.struts ? Qt::SolidLine : Qt::DashLine));
    p.drawPolyline(upper);
    p.drawPolyline(lower);
    if (!d.movable) continue;
    p.setPen(QPen(metal, 4 * ratio, Qt::SolidLine, Qt::RoundCap));
    p.drawLine(upper.front(), lower.front());
    p.drawLine(upper.back(), lower.back());
  }
  // Cursor with a gap at the line.
  const auto at = s.scene.place_of(s.scene.cursor());
  p.setPen(QPen(theme::accent, std::max(1.0, std::floor(ratio))));
  p.drawLine(QPointF(at[0], 0), QPointF(at[0], at[1] - 14 * ratio));
  p.drawLine(QPointF(at[0], at[1] + 14 * ratio), QPointF(at[0], s.long_area.height() * ratio));
  p.restore();
  for (const PathSpan& span : s.spans) {
    const double t = s.scene.place_of(span.throat_mm)[0] / ratio;
    QFont small = font;
    small.setPixelSize(11);
    p.setFont(small);
    halo_text(p, QRectF(std::clamp(t + 5, 2.0, std::max(2.0, s.long_area.width() - 82.0)), s.long_area.height() - 48, 80, 14), Qt::AlignLeft | Qt::AlignVCenter, QString::fromStdString(span.name), theme::bad);
    p.setFont(font);
  }

  // Arc scale: a tick every 10 mm, numbers every 20 or 50.
  const double mm = s.scene.mm_per_pixel() * ratio;
  const double every = mm * 60 < 20 ? 20 : mm * 60 < 50 ? 50 : 100;
  QFont small = font;
  small.setPixelSize(11);
  p.setFont(small);
  for (double arc = 0; arc <= s.scene.path().length() + 1e-6; arc += 10) {
    const double x = s.scene.place_of(arc)[0] / ratio, y = s.long_area.bottom() - 14;
    const bool named = std::fmod(arc + 1e-6, every) < 1e-3;
    p.setPen(QPen(named ? theme::secondary : theme::hint, 1));
    p.drawLine(QPointF(x, y), QPointF(x, y - (named ? 5 : 3)));
    if (named && x < s.long_area.right() - 24)
      halo_text(p, QRectF(std::max(2.0, x - 30), y + 1, 60, 13), x < 32 ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignCenter, arc == 0 ? tr("0 mm") : QString::number(arc, 'f', 0), theme::secondary);
  }
  p.setFont(font);
  QFont bold = font;
  bold.setWeight(QFont::DemiBold);
  p.setFont(bold);
  const QString title = QString::fromStdString(s.scene.path().name);
  halo_text(p, QRectF(s.long_area).adjusted(8, 6, -8, 0), Qt::AlignLeft | Qt::AlignTop, title, theme::text);
  p.setFont(font);
  halo_text(p, QRectF(s.long_area).adjusted(8 + QFontMetrics(bold).horizontalAdvance(title) + 8, 6, -8, 0), Qt::AlignLeft | Qt::AlignTop,
            tr("%1 · %2° · %3 mm").arg(s.scene.shape() == CurvedScene::Shape::straightened ? tr("straightened") : tr("curved")).arg(s.scene.angle(), 0, 'f', 0).arg(s.scene.cursor(), 0, 'f', 1),
            theme::secondary);

  // The section.
  p.save();
  p.setClipRect(s.section_area);
  const QPointF centre = QRectF(s.section_area).center();
  const double px = s.section_area.width() / (2 * half);
  p.setPen(QPen(theme::accent, 1.5));
  for (const auto& e : s.section.outline) p.drawLine(centre + QPointF(e[0], -e[1]) * px, centre + QPointF(e[2], -e[3]) * px);
  // Where the long picture cuts it.
  const double a = s.scene.angle() * 3.14159265358979323846 / 180;
  const QPointF d(std::cos(a), -std::sin(a));
  QColor cut = theme::accent;
  cut.setAlpha(110);
  if (s.scene.shape() == CurvedScene::Shape::straightened) {
    p.setPen(QPen(cut, 1, Qt::DashLine));
    p.drawLine(centre - d * s.section_area.width(), centre + d * s.section_area.width());
  }
  p.restore();
  p.setPen(QPen(theme::hairline, 1));
  p.drawRect(s.section_area.adjusted(0, 0, -1, -1));
  const bool below = s.section_area.top() > 0 && s.section_area.left() == 0;
  p.setFont(bold);
  const QRectF text = below && width() - s.section_area.width() > 130 ? QRectF(s.section_area.right() + 12, s.section_area.top() + 10, width() - s.section_area.width() - 20, 90)
                                                                    : QRectF(s.section_area).adjusted(8, 6, -6, -6);
  halo_text(p, text, Qt::AlignLeft | Qt::AlignTop, numbers(), s.section.label ? theme::text : theme::hint);
  // Scale of the section.
  const double bar = half <= 6 ? 2 : half <= 12 ? 5 : 10;
  p.setFont(small);
  const double right = s.section_area.right() - 8, base_y = s.section_area.bottom() - 8;
  p.setPen(QPen(theme::text, 1.5));
  p.drawLine(QPointF(right - bar * px, base_y), QPointF(right, base_y));
  halo_text(p, QRectF(right - 80, base_y - 17, 80, 14), Qt::AlignRight | Qt::AlignVCenter, tr("%1 mm").arg(bar), theme::text);
  if (hasFocus()) {
    p.setPen(QPen(theme::accent, 1));
    p.setBrush(Qt::NoBrush);
    p.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void CurvedView::mousePressEvent(QMouseEvent* e) {
  Impl& s = *impl_;
  s.button = e->button();
  s.pressed = s.last = e->position();
  s.turning = false;
  if (e->button() == Qt::LeftButton && s.long_area.contains(e->position().toPoint()) && s.scene.volume()) {
    const double ratio = devicePixelRatioF();
    const auto [device, part] = s.device_at(e->position(), ratio);
    if (device >= 0) {
      s.held = device;
      s.part = part;
      const Device& d = s.devices[std::size_t(device)];
      s.held_offset = s.scene.arc_at(e->position().x() * ratio, e->position().y() * ratio) - (part == 1 ? d.end_mm : d.start_mm);
      setFocus(Qt::MouseFocusReason);
      emit device_taken(d.id);
      return;
    }
  }
  if (e->button() == Qt::LeftButton && s.long_area.contains(e->position().toPoint())) mouseMoveEvent(e);
}
void CurvedView::mouseMoveEvent(QMouseEvent* e) {
  Impl& s = *impl_;
  if (s.scene.path().points.size() < 2 || !s.scene.volume()) return;
  const double ratio = devicePixelRatioF();
  const QPointF step = e->position() - s.last;
  s.last = e->position();
  if (s.held >= 0 && s.held < int(s.devices.size()) && s.button == Qt::LeftButton) {
    const Device& d = s.devices[std::size_t(s.held)];
    const double at = s.scene.arc_at(e->position().x() * ratio, e->position().y() * ratio) - s.held_offset;
    if (s.part == 0) emit device_moved(at, d.end_mm - d.start_mm);
    else if (s.part < 0) {
      constexpr double shortest_mm = 4;   // shorter than any on the shelf
      const double start = std::clamp(at, 0.0, std::max(0.0, d.end_mm - shortest_mm));
      emit device_moved(start, d.end_mm - start);
    }
    else emit device_moved(d.start_mm, std::max(0.0, at - d.start_mm));
    return;
  }
  if (s.button == Qt::NoButton) {
    const auto [device, part] = s.device_at(e->position(), ratio);
    setCursor(device < 0 ? Qt::CrossCursor : part ? Qt::SizeHorCursor : Qt::OpenHandCursor);
  }
  if (s.button == Qt::LeftButton && s.long_area.contains(s.pressed.toPoint())) {
    constexpr double slack_px = 10;   // up and down beyond this turns
    s.turning = s.turning || std::abs(e->position().y() - s.pressed.y()) > slack_px;
    if (s.turning && step.y() != 0) {
      s.scene.set_angle(s.scene.angle() + 0.5 * step.y());
      s.image_valid = false;
    }
    s.scene.set_cursor(s.scene.arc_at(e->position().x() * ratio, e->position().y() * ratio));
    s.section_valid = false;
    update();
    emit cursor_moved(s.scene.cursor(), s.scene.path().at(s.scene.cursor()).at);
  } else if (s.button == Qt::RightButton) {
    WindowLevel wl = s.scene.window_level();
    const double per_px = std::max(0.002 * wl.width, wl.width < 10 ? 0.001 : 0.5);
    wl.width = std::max(1.0, wl.width + 2 * per_px * step.x());
    wl.level += per_px * step.y();
    s.scene.set_window_level(wl);
    refresh();
    emit window_level_changed(wl.width, wl.level);
  }
  if (const auto x = s.scene.patient_at(e->position().x() * ratio, e->position().y() * ratio); x && s.long_area.contains(e->position().toPoint())) {
    const float v = s.scene.volume()->sample(*x, std::numeric_limits<float>::quiet_NaN());
    emit hovered(std::isfinite(v) ? QString("%1 mm · %2 %3").arg(s.scene.arc_at(e->position().x() * ratio, 0), 0, 'f', 1).arg(double(v), 0, 'f', 0)
                                        .arg(QString::fromStdString(s.scene.volume()->quantity)) : QString());
  } else {
    emit hovered({});
  }
}
void CurvedView::mouseReleaseEvent(QMouseEvent*) {
  impl_->button = Qt::NoButton;
  if (impl_->held < 0) return;
  impl_->held = -1;
  emit device_released(true);
}
void CurvedView::wheelEvent(QWheelEvent* e) {
  constexpr double per_notch_deg = 10;
  impl_->scene.set_angle(impl_->scene.angle() + per_notch_deg * e->angleDelta().y() / 120.0);
  impl_->image_valid = false;
  update();
  e->accept();
}
void CurvedView::keyPressEvent(QKeyEvent* e) {
  Impl& s = *impl_;
  if (e->key() == Qt::Key_Escape && s.held >= 0) {
    s.held = -1;
    emit device_released(false);
    return;
  }
  if ((e->key() != Qt::Key_Left && e->key() != Qt::Key_Right) || s.scene.path().points.size() < 2) {
    QWidget::keyPressEvent(e);
    return;
  }
  constexpr double step_mm = 0.5;
  set_cursor(s.scene.cursor() + (e->key() == Qt::Key_Right ? step_mm : -step_mm));
  emit cursor_moved(s.scene.cursor(), s.scene.path().at(s.scene.cursor()).at);
}
void CurvedView::leaveEvent(QEvent*) { emit hovered({}); }

}  // namespace ot::viewer
