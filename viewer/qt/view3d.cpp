// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/qt/view3d.hpp"

#include <QButtonGroup>
#include <QElapsedTimer>
#include <QGridLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPointer>
#include <QTimer>
#include <QToolButton>
#include <array>
#include <QWheelEvent>
#include <cmath>

#include "solvers/core/atomic_file.hpp"
#include "viewer/qt/theme_colors.hpp"
#include "viewer/qt/view3d_overlay.hpp"
#include "viewer/qt/vtk_widget.hpp"

namespace ot::viewer {

namespace {
constexpr int click_slack_px = 4;   // a press that moved less is a click
constexpr int calm_ms = 160;         // no new picture for so long: draw a smooth one
constexpr int hover_delay_ms = 40;  // the card follows the cursor at 25 Hz at most
constexpr auto view_button_style =
    "QToolButton { color: #e6ebf0; background: rgba(21,26,32,225); border: 1px solid #2c3742; border-radius: 6px;"
    " font-size: 11px; min-width: 38px; min-height: 22px; padding: 0; }"
    "QToolButton:hover { background: #26303a; }"
    "QToolButton:checked { background: #4cc2ff; color: #0f1317; border-color: #4cc2ff; font-weight: 600; }"
    "QToolButton:focus { border-color: #4cc2ff; }";
}  // namespace

struct View3D::Impl {
  // The scene is declared first: it must outlive the canvas that shows its renderers.
  Scene3D scene;
  VtkWidget* canvas = nullptr;
  Chip *badge = nullptr, *note = nullptr, *stale = nullptr, *hint = nullptr;
  Hatching* hatching = nullptr;
  HoverCard* card = nullptr;
  EmptyMessage* empty = nullptr;
  QWidget* views = nullptr;
  QButtonGroup* view_group = nullptr;
  QTimer* hover_timer = nullptr;
  Hover hover;
  Grab grab;
  Draw draw;
  bool grabbing = false;
  bool picking = false, dragging = false, moved = false, first_fit = true;
  double preview_radius = 0;
  QPointF last, pressed;
  Qt::MouseButton button = Qt::NoButton;
  std::optional<core::Mode> mode;
  QElapsedTimer since_frame;
  QTimer* calm_timer = nullptr;
  bool settling = false;

  // The button of the view that is on screen, none in between.
  void show_view_button() {
    const core::Vec3 from = frame_of_angles(scene.carm().lao_deg, scene.carm().cran_deg).from;
    int match = -1;
    for (std::size_t i = 0; i < ep_views.size(); ++i) {
      if (from.dot(frame_of(ep_views[i]).from) > 0.99999) match = int(i);
    }
    if (match == shown_view) return;
    shown_view = match;
    view_group->setExclusive(false);
    for (int i = 0; i < int(ep_views.size()); ++i) view_group->button(i)->setChecked(i == match);
    view_group->setExclusive(true);
  }
  int shown_view = 0;

  QPointF device(const QPointF& p) const { return p * canvas->devicePixelRatioF(); }
};

View3D::View3D(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>()) {
  Impl& s = *impl_;
  setObjectName("view3d");
  setAccessibleName(tr("3D view"));
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(240, 180);
  s.canvas = new VtkWidget(this);
  s.canvas->add_renderer(s.scene.renderer());
  s.canvas->add_renderer(s.scene.overlay_renderer());
  s.canvas->set_prepare([this] {
    Impl& v = *impl_;
    // Software OpenGL: while pictures follow each other quickly, edges are not smoothed; one smooth picture follows when it is calm.
    // The limit grows with the frame time, so that a slow machine is not taken for a calm one.
    const int limit = calm_ms + int(4 * v.canvas->last_frame_ms());
    const bool moving = v.since_frame.isValid() && v.since_frame.elapsed() < limit && !v.settling;
    v.since_frame.start();
    const bool quick = moving && v.canvas->software_gl();
    v.scene.set_quick(quick);
    v.settling = false;
    if (quick) v.calm_timer->start(limit);
    v.show_view_button();
    v.scene.tell_frame(v.canvas->last_frame_ms(), v.canvas->software_gl());
    v.scene.prepare();
  });
  s.calm_timer = new QTimer(this);
  s.calm_timer->setSingleShot(true);
  connect(s.calm_timer, &QTimer::timeout, this, [this] {
    if (impl_->dragging && impl_->moved) return impl_->calm_timer->start();
    impl_->settling = true;
    impl_->canvas->request_frame();
  });
  s.canvas->installEventFilter(this);
  s.scene.set_render_request([canvas = QPointer<VtkWidget>(s.canvas)] {
    if (canvas) canvas->request_frame();
  });
  connect(s.canvas, &VtkWidget::resized_px, this, [this](int w, int h, double ratio) { impl_->scene.set_size(w, h, ratio); });
  connect(s.canvas, &VtkWidget::gl_failed, this, [this](const QString& why) { set_empty(why); });

  s.hatching = new Hatching(this);
  s.badge = new Chip(this);
  s.badge->setObjectName("mode_badge");
  s.note = new Chip(this);
  s.note->setObjectName("mode_note");
  s.stale = new Chip(this);
  s.stale->setObjectName("stale_chip");
  s.hint = new Chip(this);
  s.hint->setObjectName("pick_hint");
  s.empty = new EmptyMessage(this);
  connect(s.empty, &EmptyMessage::activated, this, &View3D::empty_action);

  s.views = new QWidget(this);
  s.views->setObjectName("ep_views");
  auto* grid = new QGridLayout(s.views);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(3);
  s.view_group = new QButtonGroup(this);
  s.view_group->setExclusive(true);
  static const char* const tips[] = {"From the front", "From the back", "Left anterior oblique 45°", "Right anterior oblique 30°",
                                     "From the left", "From the right", "From above", "From below"};
  for (std::size_t i = 0; i < ep_views.size(); ++i) {
    auto* b = new QToolButton(s.views);
    const QString name = name_of(ep_views[i]);
    b->setText(name);
    b->setObjectName("view_" + name.toLower());
    b->setAccessibleName(tr("View %1").arg(name));
    b->setToolTip(tr(tips[i]) + QString(" (%1)").arg(i + 1));
    b->setCheckable(true);
    b->setStyleSheet(view_button_style);
    b->setFocusPolicy(Qt::TabFocus);
    s.view_group->addButton(b, int(i));
    grid->addWidget(b, int(i) / 4, int(i) % 4);
  }
  s.view_group->button(0)->setChecked(true);
  connect(s.view_group, &QButtonGroup::idClicked, this, [this](int id) {
    impl_->shown_view = id;
    impl_->scene.set_view(ep_views[std::size_t(id)]);
    emit view_chosen(ep_views[std::size_t(id)]);
    emit camera_changed();
  });

  s.card = new HoverCard(this);
  s.hover_timer = new QTimer(this);
  s.hover_timer->setSingleShot(true);
  s.hover_timer->setInterval(hover_delay_ms);
  connect(s.hover_timer, &QTimer::timeout, this, [this] {
    Impl& v = *impl_;
    if (v.dragging || !v.canvas->underMouse()) return;
    const QPointF at = v.device(v.last);
    const auto pick = v.scene.pick(at.x(), at.y());
    if (v.picking && v.preview_radius > 0) {
      v.scene.set_preview(pick ? std::optional<LesionMark>({"preview", pick->point, v.preview_radius, false}) : std::nullopt);
    }
    if (v.grab && !v.picking) v.canvas->setCursor(pick ? v.grab(*pick, false) : Qt::ArrowCursor);
    const QString text = pick && v.hover ? v.hover(*pick) : QString();
    if (text.isEmpty()) v.card->hide();
    else v.card->show_at(v.last.toPoint(), text);
  });
  s.hover = [this](const Pick& p) {
    QString text = "<b>" + QString::fromStdString(p.object_key).toHtmlEscaped() + "</b>";
    const FieldStyle* style = impl_->scene.field_style();
    if (style && !std::isnan(p.value)) {
      text = QString("<b>%1 %2 %3</b>").arg(QString::fromStdString(style->title)).arg(p.value, 0, 'f', style->decimals).arg(QString::fromStdString(style->unit));
    }
    return text;
  };
}

View3D::~View3D() {
  impl_->scene.set_render_request({});
  delete impl_->canvas;  // before the scene
}

Scene3D& View3D::scene() { return impl_->scene; }
VtkWidget& View3D::canvas() { return *impl_->canvas; }

void View3D::set_mode_badge(std::optional<core::Mode> mode, const QString& details) {
  impl_->mode = mode;
  if (!mode) impl_->badge->set({}, {}, {});
  else if (*mode == core::Mode::full) impl_->badge->set("FULL", details, theme::good);
  else impl_->badge->set("FAST", details, theme::attention);
  resizeEvent(nullptr);
}
void View3D::set_note(const QString& text) {
  impl_->note->set({}, text, {});
  resizeEvent(nullptr);
}
void View3D::set_stale(bool stale, const QString& why) {
  impl_->hatching->setVisible(stale);
  impl_->stale->set(stale ? tr("Out of date") : QString(), stale ? why : QString(), stale ? theme::attention : QColor());
  resizeEvent(nullptr);
}
void View3D::set_empty(const QString& text, const QString& button) {
  impl_->empty->set(text, button);
  resizeEvent(nullptr);
}
void View3D::set_hover(Hover hover) { impl_->hover = std::move(hover); }
void View3D::set_pick_mode(bool on, double preview_radius_mm, const QString& hint) {
  impl_->picking = on;
  impl_->preview_radius = on ? preview_radius_mm : 0;
  impl_->canvas->setCursor(on ? Qt::CrossCursor : Qt::ArrowCursor);
  impl_->hint->set({}, on ? hint : QString(), on && !hint.isEmpty() ? theme::accent : QColor());
  if (!on || preview_radius_mm <= 0) impl_->scene.set_preview(std::nullopt);
  resizeEvent(nullptr);
}
bool View3D::pick_mode() const { return impl_->picking; }
void View3D::set_grab(Grab grab) { impl_->grab = std::move(grab); }
void View3D::set_draw(Draw draw) { impl_->draw = std::move(draw); }
bool View3D::grabbing() const { return impl_->grabbing; }
void View3D::set_view_buttons_visible(bool visible) { impl_->views->setVisible(visible); }

core::Result<void> View3D::save_png(const std::filesystem::path& path) {
  const QImage image = impl_->canvas->grab_frame();
  return core::write_file_with(path, [&](const std::filesystem::path& temporary) -> core::Result<void> {
    if (image.isNull() || !image.save(QString::fromStdString(temporary.string()), "PNG")) {
      return core::bad_input("The picture " + path.string() + " could not be written (the folder may be missing, read-only or full). "
                             "Choose another folder.");
    }
    return {};
  });
}

void View3D::resizeEvent(QResizeEvent* event) {
  Impl& s = *impl_;
  if (event) s.card->hide();   // what lies under the cursor is another place now
  s.canvas->setGeometry(rect());
  s.hatching->setGeometry(rect());
  constexpr int edge = 10, gap = 6;
  const QSize views = s.views->sizeHint();
  // A pane too narrow for a chip beside the view buttons gets the buttons below the chips.
  int widest = 0;
  for (Chip* c : {s.badge, s.note, s.stale})
    if (!c->empty()) widest = std::max(widest, c->width());
  const bool narrow = widest + views.width() + 3 * edge > width();
  const int limit = narrow ? width() - edge : width() - views.width() - 2 * edge;
  int x = edge, y = edge;
  for (Chip* c : {s.badge, s.note, s.stale}) {
    if (c->empty()) continue;
    if (x > edge && x + c->width() > limit) x = edge, y += 24 + gap;  // next line when the view is narrow
    c->move(x, y);
    x += c->width() + gap;
  }
  s.views->setGeometry(width() - views.width() - edge, narrow ? y + 24 + gap : edge, views.width(), views.height());
  if (!s.hint->empty()) {
    constexpr int corner = 200, line = 24;   // the view's angle and step in the lower right corner: a hint that reaches it stands above
    constexpr int bar = 70, cube = 80;       // the colour bar and the orientation cube: one that reaches these goes below the chips instead
    s.hint->fit(width() - 2 * edge);
    const int x = (width() - s.hint->width()) / 2;
    const bool reaches = x + s.hint->width() > width() - corner;
    if (x < bar || x + s.hint->width() > width() - cube) s.hint->move(std::max(edge, x), (narrow ? y + 24 + gap + views.height() : std::max(y + 24, edge + views.height())) + gap);
    else s.hint->move(x, height() - s.hint->height() - edge - (reaches ? line : 0));
  }
  const int w = std::min(420, width() - 40);
  s.empty->setGeometry((width() - w) / 2, height() / 2 - 70, w, 140);
  for (QWidget* top : {static_cast<QWidget*>(s.hatching), static_cast<QWidget*>(s.badge), static_cast<QWidget*>(s.note), static_cast<QWidget*>(s.stale),
                       static_cast<QWidget*>(s.hint), static_cast<QWidget*>(s.empty), s.views, static_cast<QWidget*>(s.card)}) {
    top->raise();
  }
}

bool View3D::eventFilter(QObject* watched, QEvent* event) {
  Impl& s = *impl_;
  if (watched != s.canvas) return QWidget::eventFilter(watched, event);
  const double ratio = s.canvas->devicePixelRatioF();
  switch (event->type()) {
    case QEvent::MouseButtonPress: {
      auto* e = static_cast<QMouseEvent*>(event);
      setFocus(Qt::MouseFocusReason);
      s.button = e->button();
      s.pressed = s.last = e->position();
      s.dragging = true;
      s.moved = false;
      s.card->hide();
      if ((s.picking ? bool(s.draw) : bool(s.grab)) && e->button() == Qt::LeftButton && e->modifiers() == Qt::NoModifier) {
        const QPointF at = e->position() * ratio;
        if (s.picking) {
          const auto pick = s.scene.pick(at.x(), at.y());
          s.grabbing = pick && s.draw(*pick);
          return true;
        }
        if (const auto pick = s.scene.pick(at.x(), at.y()); pick && s.grab(*pick, false) != Qt::ArrowCursor) {
          s.grabbing = s.grab(*pick, true) != Qt::ArrowCursor;
          if (s.grabbing) s.canvas->setCursor(Qt::ClosedHandCursor);
        }
      }
      return true;
    }
    case QEvent::MouseMove: {
      auto* e = static_cast<QMouseEvent*>(event);
      const QPointF step = (e->position() - s.last) * ratio;
      s.last = e->position();
      if (!s.dragging) {
        if (!s.hover_timer->isActive()) s.hover_timer->start();
        return true;
      }
      if (!s.moved && (e->position() - s.pressed).manhattanLength() < click_slack_px) return true;
      if (s.grabbing) {
        s.moved = true;
        emit grab_moved(e->position().x() * ratio, e->position().y() * ratio);
        return true;
      }
      if (!s.moved) s.scene.set_interacting(true);
      s.moved = true;
      const bool shift = e->modifiers() & Qt::ShiftModifier, ctrl = e->modifiers() & Qt::ControlModifier;
      if (s.button == Qt::MiddleButton || (s.button == Qt::LeftButton && shift)) s.scene.pan(step.x(), step.y());
      else if (s.button == Qt::LeftButton && ctrl) s.scene.roll(0.4 * step.x() / ratio);
      else if (s.button == Qt::LeftButton) s.scene.rotate(step.x(), step.y());
      else if (s.button == Qt::RightButton) s.scene.zoom(std::exp(-0.006 * step.y() / ratio));
      emit camera_changed();
      return true;
    }
    case QEvent::MouseButtonRelease: {
      auto* e = static_cast<QMouseEvent*>(event);
      const bool click = s.dragging && !s.moved;
      s.dragging = false;
      if (s.grabbing) {
        s.grabbing = false;
        s.canvas->setCursor(s.picking ? Qt::CrossCursor : Qt::ArrowCursor);
        emit grab_ended(true);
      }
      s.scene.set_interacting(false);
      if (!click) return true;
      if (s.picking && e->button() == Qt::RightButton) {
        emit pick_cancelled();
        return true;
      }
      if (e->button() != Qt::LeftButton) return true;
      const QPointF at = e->position() * ratio;
      if (const auto pick = s.scene.pick(at.x(), at.y())) {
        if (s.picking || (e->modifiers() & Qt::ControlModifier)) emit picked(*pick);
        else emit clicked(*pick);
      }
      return true;
    }
    case QEvent::MouseButtonDblClick: {
      auto* e = static_cast<QMouseEvent*>(event);
      s.dragging = false;
      if (e->button() != Qt::LeftButton || s.picking) return true;
      const QPointF at = e->position() * ratio;
      const auto bar = s.scene.color_bar_area();
      if (bar[2] > 0 && at.x() >= bar[0] && at.x() <= bar[0] + bar[2] && at.y() >= bar[1] && at.y() <= bar[1] + bar[3]) emit color_bar_activated();
      else if (!s.scene.pick(at.x(), at.y())) emit maximise_requested();
      return true;
    }
    case QEvent::Wheel: {
      auto* e = static_cast<QWheelEvent*>(event);
      s.card->hide();
      s.scene.zoom(std::exp(0.0011 * e->angleDelta().y()));
      emit camera_changed();
      return true;
    }
    case QEvent::Leave:
      s.card->hide();
      if (s.picking) s.scene.set_preview(std::nullopt);
      return false;
    default: break;
  }
  return QWidget::eventFilter(watched, event);
}

void View3D::keyPressEvent(QKeyEvent* event) {
  Impl& s = *impl_;
  const int key = event->key();
  if (key >= Qt::Key_1 && key <= Qt::Key_8 && !(event->modifiers() & (Qt::ControlModifier | Qt::AltModifier))) {
    s.view_group->button(key - Qt::Key_1)->click();
  } else if (key == Qt::Key_R && event->modifiers() == Qt::NoModifier) {
    s.scene.fit();
    emit camera_changed();
  } else if (key == Qt::Key_Escape && s.grabbing) {
    s.grabbing = s.dragging = false;
    s.canvas->setCursor(s.picking ? Qt::CrossCursor : Qt::ArrowCursor);
    emit grab_ended(false);
  } else if (key == Qt::Key_Escape && s.picking) {
    emit pick_cancelled();
  } else {
    QWidget::keyPressEvent(event);
  }
}

}  // namespace ot::viewer
