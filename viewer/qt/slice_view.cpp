// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/qt/slice_view.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "viewer/qt/slice_tool.hpp"
#include "viewer/qt/theme_colors.hpp"
#include "viewer/scene/slice_image.hpp"

namespace ot::viewer {

struct SliceView::Impl {
  explicit Impl(SlicePlane plane) : scene(plane) {}
  SliceScene scene;
  RgbaImage grey;                // the slice without outlines
  QImage image;                  // with them; only `stale` is drawn again
  QRect stale;
  bool image_valid = false, si_letters = false, held = false;
  Qt::MouseButton button = Qt::NoButton;
  QPointF last;
  int wheel_rest = 0;
  SliceTool* tool = nullptr;
  std::vector<SliceTool*> overlays;
  std::vector<CrossPlane> cross;
  std::optional<core::Color> own_color;
  double turn_from = 0;          // screen angle of the mouse about the crosshair while a handle is dragged
  bool turning = false;

  void everything_stale() { stale = QRect(0, 0, scene.width(), scene.height()); }
  void bring_up_to_date(double ratio) {
    if (!image_valid) {
      grey = scene.image();
      image = QImage(grey.width, grey.height, QImage::Format_RGB32);
      image_valid = true;
      everything_stale();
    }
    stale &= QRect(0, 0, grey.width, grey.height);
    if (!stale.isEmpty()) {
      RgbaImage part{stale.width(), stale.height(), std::vector<std::uint8_t>(std::size_t(stale.width()) * std::size_t(stale.height()) * 4)};
      for (int y = 0; y < part.height; ++y)
        std::memcpy(part.pixels.data() + std::size_t(y) * std::size_t(part.width) * 4,
                    grey.pixels.data() + (std::size_t(stale.top() + y) * std::size_t(grey.width) + std::size_t(stale.left())) * 4, std::size_t(part.width) * 4);
      draw_outlines(part, {stale.left(), stale.top()}, scene.outlines(), 1.3 * ratio, 235.0 / 255);
      image.setDevicePixelRatio(1);
      QPainter p(&image);
      p.setCompositionMode(QPainter::CompositionMode_Source);
      p.drawImage(stale.topLeft(), QImage(part.pixels.data(), part.width, part.height, part.width * 4, QImage::Format_RGBX8888));
    }
    image.setDevicePixelRatio(ratio);
    stale = {};
  }
  double handle_distance(const SliceScene& view) const { return 0.28 * std::min(view.width(), view.height()); }
  // The handle near a place of the screen (device pixels).
  bool on_handle(double x, double y, double ratio) const {
    if (cross.empty()) return false;
    const double r = handle_distance(scene), near = 11 * ratio;
    for (const CrossLine& line : scene.cross_lines()) {
      for (const double side : {-1.0, 1.0}) {
        if (std::hypot(x - line.at[0] - side * r * line.direction[0], y - line.at[1] - side * r * line.direction[1]) < near) return true;
      }
    }
    return false;
  }
  double angle_of(double x, double y) const {
    const auto at = scene.to_screen(scene.crosshair());
    return std::atan2(y - at[1], x - at[0]);
  }
};

namespace {
void draw_outlined(QPainter& p, const QRectF& r, int flags, const QString& text, const QColor& color) {
  // A dark plate and halo keep letters readable on bone and contrast.
  p.fillRect(p.boundingRect(r, flags, text).adjusted(-2, 0, 2, 0), QColor(0, 0, 0, 195));
  p.setPen(QColor(0, 0, 0, 190));
  for (const QPointF& d : {QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)}) p.drawText(r.translated(d), flags, text);
  p.setPen(color);
  p.drawText(r, flags, text);
}

template <class Event>
SlicePointer pointer(const SliceScene& scene, const Event& e, double ratio, Qt::MouseButton button) {
  SlicePointer p;
  p.x = e.position().x() * ratio;
  p.y = e.position().y() * ratio;
  p.at = scene.to_patient(p.x, p.y);
  p.button = button;
  p.held = e.buttons();
  p.modifiers = e.modifiers();
  return p;
}
}  // namespace

SliceView::SliceView(SlicePlane plane, QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>(plane)) {
  const QString name = name_of(plane);
  setObjectName("slice_" + name.toLower());
  setAccessibleName(tr("%1 slice").arg(name));
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setMinimumSize(96, 80);
  setCursor(Qt::CrossCursor);
}
SliceView::~SliceView() = default;

SliceScene& SliceView::scene() { return impl_->scene; }
void SliceView::refresh() {
  impl_->image_valid = false;
  update();
}
void SliceView::hold() { impl_->held = true; }
void SliceView::release() {
  if (!std::exchange(impl_->held, false)) return;
  if (isVisible()) impl_->bring_up_to_date(devicePixelRatioF());
  update();
}
void SliceView::set_volume(std::shared_ptr<const core::Volume> volume) {
  impl_->scene.set_volume(std::move(volume));
  refresh();
}
void SliceView::set_labels(std::shared_ptr<const core::LabelMap> labels) {
  if (labels == impl_->scene.labels()) return;   // its writer tells by labels_changed_in
  impl_->scene.set_labels(std::move(labels));
  impl_->everything_stale();
  update();
}
void SliceView::set_equal_labels(std::shared_ptr<const core::LabelMap> labels) { impl_->scene.set_equal_labels(std::move(labels)); }
void SliceView::labels_changed_in(const std::array<int, 3>& lo, const std::array<int, 3>& hi) {
  const auto box = impl_->scene.labels_changed_in(lo, hi);
  if (!box || box->empty()) return;
  const QRect part(QPoint(box->left, box->top), QPoint(box->right - 1, box->bottom - 1));
  impl_->stale |= part;
  update_part(QRectF(part));
}
void SliceView::update_part(const QRectF& device_pixels) {
  const double ratio = devicePixelRatioF();
  update(QRectF(device_pixels.topLeft() / ratio, device_pixels.size() / ratio).toAlignedRect().adjusted(-1, -1, 1, 1));
}
void SliceView::set_phase(std::shared_ptr<const core::Volume> volume, const std::string& label) {
  impl_->scene.set_phase(std::move(volume), label);
  refresh();
}
void SliceView::set_cross_planes(std::vector<CrossPlane> planes, std::optional<core::Color> own) {
  impl_->cross = planes;
  impl_->own_color = own;
  impl_->scene.set_cross_planes(std::move(planes));
  update();
}
void SliceView::set_window_preset(const std::string& name, WindowLevel wl) {
  impl_->scene.set_window_preset(name, wl);
  refresh();
}
void SliceView::set_crosshair(const core::Vec3& p) {
  const double before = impl_->scene.position();
  impl_->scene.set_crosshair(p);
  if (impl_->scene.position() != before) impl_->image_valid = false;
  update();
}
void SliceView::set_window_level(WindowLevel wl) {
  impl_->scene.set_window_level(wl);
  refresh();
}
void SliceView::set_si_letters(bool on) {
  impl_->si_letters = on;
  update();
}

void SliceView::set_tool(SliceTool* tool) {
  impl_->tool = tool;
  setCursor(tool ? tool->cursor() : QCursor(Qt::CrossCursor));
  update();
}
void SliceView::add_overlay(SliceTool* overlay) {
  impl_->overlays.push_back(overlay);
  update();
}
void SliceView::remove_overlay(SliceTool* overlay) {
  std::erase(impl_->overlays, overlay);
  update();
}

void SliceView::resizeEvent(QResizeEvent*) {
  const double ratio = devicePixelRatioF();
  impl_->scene.set_size(int(std::lround(width() * ratio)), int(std::lround(height() * ratio)));
  impl_->image_valid = false;
}

void SliceView::paintEvent(QPaintEvent* event) {
  Impl& s = *impl_;
  const double ratio = devicePixelRatioF();
  if (!s.held) s.bring_up_to_date(ratio);
  QPainter p(this);
  p.setClipRegion(event->region());
  if (s.held) p.fillRect(event->rect(), QColor(0, 0, 0));   // the picture may be of another size, or none yet
  if (!s.image.isNull()) p.drawImage(0, 0, s.image);
  QFont font = this->font();
  font.setPixelSize(12);
  p.setFont(font);
  if (!s.scene.volume()) {
    p.fillRect(rect(), theme::window);
    p.setPen(theme::hint);
    p.drawText(rect(), Qt::AlignCenter, tr("%1: no image").arg(name_of(s.scene.plane())));
    return;
  }
  p.setRenderHint(QPainter::Antialiasing);
  p.save();
  p.scale(1 / ratio, 1 / ratio);
  for (SliceTool* o : s.overlays) {
    p.save();
    o->paint(*this, p);
    p.restore();
  }
  if (s.tool) {
    p.save();
    s.tool->paint(*this, p);
    p.restore();
  }
  // Hairlines with a gap, so that the thing under the crosshair stays visible; handles turn the other planes.
  const double gap = 7 * ratio, far = std::hypot(width(), height()) * ratio, reach = s.handle_distance(s.scene);
  for (const CrossLine& c : s.scene.cross_lines()) {
    const bool straight = std::abs(c.direction[0]) < 1e-9 || std::abs(c.direction[1]) < 1e-9;
    p.setRenderHint(QPainter::Antialiasing, !straight);
    QColor line(c.color[0], c.color[1], c.color[2]);
    line.setAlpha(s.cross.empty() ? 150 : 190);
    p.setPen(QPen(line, std::max(1.0, std::floor(ratio))));
    const double x = straight ? std::floor(c.at[0]) : c.at[0], y = straight ? std::floor(c.at[1]) : c.at[1];
    for (const double side : {-1.0, 1.0}) {
      const QPointF d(side * c.direction[0], side * c.direction[1]);
      p.drawLine(QPointF(x, y) + gap * d, QPointF(x, y) + far * d);
      if (s.cross.empty()) continue;
      p.setRenderHint(QPainter::Antialiasing);
      p.setBrush(theme::window);
      p.setPen(QPen(line.lighter(112), 1.6 * ratio));
      p.drawEllipse(QPointF(x, y) + reach * d, 4.5 * ratio, 4.5 * ratio);
      p.setPen(QPen(line, std::max(1.0, std::floor(ratio))));
    }
  }
  p.restore();

  font.setWeight(QFont::DemiBold);
  p.setFont(font);
  EdgeLetters l = s.scene.letters();
  const auto letter = [&](const std::string& text) {
    QString q = QString::fromStdString(text);
    if (s.si_letters) q.replace('H', 'S').replace('F', 'I');
    return q;
  };
  const QRectF in = QRectF(rect()).adjusted(6, 5, -6, -5);
  draw_outlined(p, in, Qt::AlignLeft | Qt::AlignVCenter, letter(l.left), theme::attention);
  draw_outlined(p, in, Qt::AlignRight | Qt::AlignVCenter, letter(l.right), theme::attention);
  draw_outlined(p, in, Qt::AlignHCenter | Qt::AlignBottom, letter(l.bottom), theme::attention);

  // Name and place at the top left (place on a second line when it would reach the top letter), window at the bottom left, scale at the
  // bottom right.
  draw_outlined(p, in, Qt::AlignHCenter | Qt::AlignTop, letter(l.top), theme::attention);
  const QString name = QString::fromStdString(s.scene.name()), place = QString::fromStdString(s.scene.place_text());
  QFont quiet = font;
  quiet.setWeight(QFont::Normal);
  const int name_width = QFontMetrics(font).horizontalAdvance(name), line_height = QFontMetrics(font).height();
  const bool two_lines = name_width + 8 + QFontMetrics(quiet).horizontalAdvance(place) > 0.5 * width() - 20;
  double name_x = 0;
  if (s.own_color) {
    p.setPen(Qt::NoPen);
    p.setBrush(QColor((*s.own_color)[0], (*s.own_color)[1], (*s.own_color)[2]));
    p.drawRoundedRect(QRectF(in.left(), in.top() + 3, 9, 9), 2, 2);
    name_x = 14;
  }
  draw_outlined(p, in.adjusted(name_x, 0, 0, 0), Qt::AlignLeft | Qt::AlignTop, name, theme::text);
  p.setFont(quiet);
  draw_outlined(p, two_lines ? in.adjusted(0, line_height, 0, 0) : in.adjusted(name_x + name_width + 6, 0, 0, 0), Qt::AlignLeft | Qt::AlignTop, place, theme::secondary);
  QFont small = quiet;
  small.setPixelSize(11);
  p.setFont(small);
  QString window = QString::fromStdString(s.scene.window_text());
  constexpr int beside_letter = 26;   // half the letter at the bottom, its plate and a gap
  if (QFontMetrics(small).horizontalAdvance(window) > 0.5 * width() - beside_letter) window.replace("  ", "\n");
  const QStringList lines = window.split('\n');
  if (QFontMetrics(small).horizontalAdvance(lines.last()) > 0.5 * width() - beside_letter) window.replace(" L ", "\nL ");
  if (height() > 110) draw_outlined(p, in, Qt::AlignLeft | Qt::AlignBottom, window, theme::secondary);
  const ScaleBar bar = s.scene.scale_bar();
  const double bar_px = bar.pixels / ratio;
  if (bar.mm > 0 && height() > 110 && width() > 130) {
    const double right = in.right(), base = in.bottom() - 2.5;
    for (const bool halo : {true, false}) {
      p.setPen(QPen(halo ? QColor(0, 0, 0, 190) : theme::text, halo ? 3.5 : 1.5));
      p.drawLine(QPointF(right - bar_px, base), QPointF(right, base));
      for (const double x : {right - bar_px, right}) p.drawLine(QPointF(x, base - 4), QPointF(x, base));
    }
    draw_outlined(p, QRectF(right - bar_px - 40, base - 20, bar_px + 40, 14), Qt::AlignRight | Qt::AlignBottom, tr("%1 mm").arg(bar.mm), theme::text);
  }
  if (s.scene.mirrored()) {
    p.setFont(font);
    draw_outlined(p, in, Qt::AlignRight | Qt::AlignTop, tr("MIRRORED"), theme::bad);
  }
  if (hasFocus()) {
    p.setPen(QPen(theme::accent, 1));
    p.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void SliceView::wheelEvent(QWheelEvent* e) {
  Impl& s = *impl_;
  if (!s.scene.volume()) return;
  if (s.tool && s.tool->wheel(*this, pointer(s.scene, *e, devicePixelRatioF(), Qt::NoButton), e->angleDelta().y() / 120.0)) {
    e->accept();
    return;
  }
  if (e->modifiers() & Qt::ControlModifier) {
    const QPointF at = e->position() * devicePixelRatioF();
    s.scene.zoom_at(std::exp(0.0012 * e->angleDelta().y()), at.x(), at.y());
    refresh();
  } else {
    s.wheel_rest += e->angleDelta().y();
    const int notches = s.wheel_rest / 120;  // Qt: one notch = 120; touch pads send fractions
    s.wheel_rest -= 120 * notches;
    if (notches == 0) return;
    s.scene.step(notches);
    refresh();
    emit slice_changed(s.scene.position());
    emit crosshair_moved(s.scene.crosshair());
  }
  e->accept();
}

void SliceView::mousePressEvent(QMouseEvent* e) {
  impl_->button = e->button();
  impl_->last = e->position();
  if (impl_->tool && impl_->scene.volume() && impl_->tool->press(*this, pointer(impl_->scene, *e, devicePixelRatioF(), e->button()))) {
    impl_->button = Qt::NoButton;
    return;
  }
  if (e->button() == Qt::LeftButton && impl_->scene.volume()) {
    const QPointF at = e->position() * devicePixelRatioF();
    if (impl_->on_handle(at.x(), at.y(), devicePixelRatioF())) {
      impl_->turning = true;
      impl_->turn_from = impl_->angle_of(at.x(), at.y());
      setCursor(Qt::ClosedHandCursor);
      return;
    }
    impl_->scene.set_crosshair(impl_->scene.to_patient(at.x(), at.y()));
    update();
    emit crosshair_moved(impl_->scene.crosshair());
  }
}
void SliceView::mouseMoveEvent(QMouseEvent* e) {
  Impl& s = *impl_;
  if (!s.scene.volume()) return;
  const double ratio = devicePixelRatioF();
  const QPointF step = e->position() - s.last, at = e->position() * ratio;
  s.last = e->position();
  if (s.tool && s.tool->move(*this, pointer(s.scene, *e, ratio, Qt::NoButton))) return;
  if (s.turning) {
    const double now = s.angle_of(at.x(), at.y());
    const SliceAxes a = s.scene.axes();
    // From right to down on the screen is right-handed about right x down.
    const double sign = a.right.cross(a.down).dot(a.normal) > 0 ? 1 : -1;
    const double by = std::remainder(now - s.turn_from, 2 * 3.14159265358979323846);
    s.turn_from = now;
    if (by != 0) emit plane_turned(sign * by);
    return;
  }
  if (!s.tool && s.button == Qt::NoButton && !s.cross.empty()) setCursor(s.on_handle(at.x(), at.y(), ratio) ? Qt::OpenHandCursor : Qt::CrossCursor);
  if (s.button == Qt::LeftButton || (s.button == Qt::NoButton && (e->modifiers() & Qt::ShiftModifier))) {
    s.scene.set_crosshair(s.scene.to_patient(at.x(), at.y()));
    update();
    emit crosshair_moved(s.scene.crosshair());
  } else if (s.button == Qt::RightButton) {
    WindowLevel wl = s.scene.window_level();
    const double per_px = std::max(0.002 * wl.width, wl.width < 10 ? 0.001 : 0.5);
    wl.width += 2 * per_px * step.x();
    wl.level += per_px * step.y();   // down: darker, as in the usual workstations
    s.scene.set_window_level(wl);
    refresh();
    emit window_level_changed(s.scene.window_level().width, s.scene.window_level().level);
  } else if (s.button == Qt::MiddleButton) {
    s.scene.pan(step.x() * ratio, step.y() * ratio);
    refresh();
  }
  const auto value = s.scene.value_at(at.x(), at.y());
  if (!value) {
    emit hovered({});
    return;
  }
  const core::Vec3 x = s.scene.to_patient(at.x(), at.y());
  QString text = QString("%1 %2 %3 mm · %4 %5").arg(x.x(), 0, 'f', 1).arg(x.y(), 0, 'f', 1).arg(x.z(), 0, 'f', 1)
                     .arg(double(*value), 0, 'f', 0).arg(QString::fromStdString(s.scene.volume()->quantity));
  const QString label = QString::fromStdString(s.scene.label_at(at.x(), at.y()));
  if (!label.isEmpty()) text += QString::fromUtf8(" · ") + label;
  emit hovered(text);
}
void SliceView::mouseReleaseEvent(QMouseEvent* e) {
  impl_->button = Qt::NoButton;
  if (impl_->turning) {
    impl_->turning = false;
    setCursor(Qt::OpenHandCursor);
    return;
  }
  if (impl_->tool && impl_->scene.volume()) impl_->tool->release(*this, pointer(impl_->scene, *e, devicePixelRatioF(), e->button()));
}
void SliceView::mouseDoubleClickEvent(QMouseEvent* e) {
  if (impl_->tool && impl_->scene.volume() && impl_->tool->double_click(*this, pointer(impl_->scene, *e, devicePixelRatioF(), e->button()))) return;
  if (e->button() == Qt::LeftButton) emit maximise_requested();
}
void SliceView::keyPressEvent(QKeyEvent* e) {
  if (impl_->tool && impl_->scene.volume() && impl_->tool->key(*this, e->key(), e->modifiers())) return;
  if (e->key() == Qt::Key_R && e->modifiers() == Qt::NoModifier) {
    impl_->scene.reset();
    refresh();
    emit slice_changed(impl_->scene.position());
    emit window_level_changed(impl_->scene.window_level().width, impl_->scene.window_level().level);
    emit crosshair_moved(impl_->scene.crosshair());
  } else if (e->key() >= Qt::Key_1 && e->key() <= Qt::Key_9 && !(e->modifiers() & ~Qt::KeypadModifier) && impl_->scene.volume()) {
    emit preset_asked(e->key() - Qt::Key_0);
  } else if ((e->key() == Qt::Key_Up || e->key() == Qt::Key_Down) && impl_->scene.volume()) {
    impl_->scene.step(e->key() == Qt::Key_Up ? 1 : -1);
    refresh();
    emit slice_changed(impl_->scene.position());
    emit crosshair_moved(impl_->scene.crosshair());
  } else {
    QWidget::keyPressEvent(e);
  }
}
void SliceView::leaveEvent(QEvent*) { emit hovered({}); }

bool SliceView::event(QEvent* e) {
  if (e->type() == QEvent::ShortcutOverride) {
    auto* key = static_cast<QKeyEvent*>(e);
    const bool digit = key->key() >= Qt::Key_1 && key->key() <= Qt::Key_9 && !(key->modifiers() & ~Qt::KeypadModifier);
    if (impl_->scene.volume() && (digit || (impl_->tool && impl_->tool->wants_key(key->key(), key->modifiers())))) {
      e->accept();
      return true;
    }
  }
  return QWidget::event(e);
}

}  // namespace ot::viewer
