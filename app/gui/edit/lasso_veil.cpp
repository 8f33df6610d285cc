// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/edit/lasso_veil.hpp"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include "viewer/qt/vtk_widget.hpp"

namespace ot::gui {

LassoVeil::LassoVeil(viewer::View3D& view) : QWidget(&view), view_(view) {
  setObjectName("lasso_veil");
  setAccessibleName("Scissors in the 3D view");
  setAttribute(Qt::WA_NoSystemBackground);
  setCursor(Qt::CrossCursor);
  setFocusPolicy(Qt::ClickFocus);
  view.installEventFilter(this);
  fit();
}

void LassoVeil::fit() { setGeometry(QRect(view_.canvas().mapTo(&view_, QPoint(0, 0)), view_.canvas().size())); }

bool LassoVeil::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize) fit();
  return false;
}

void LassoVeil::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || (event->modifiers() & (Qt::ShiftModifier | Qt::ControlModifier))) {
    outline_.clear();
    QCoreApplication::sendEvent(&view_.canvas(), event);
    return;
  }
  outline_ = QPolygonF{event->position()};
  update();
}

void LassoVeil::mouseMoveEvent(QMouseEvent* event) {
  if (outline_.isEmpty()) {
    QCoreApplication::sendEvent(&view_.canvas(), event);
    return;
  }
  outline_ << event->position();
  update();
}

void LassoVeil::mouseReleaseEvent(QMouseEvent* event) {
  if (outline_.isEmpty()) {
    QCoreApplication::sendEvent(&view_.canvas(), event);
    return;
  }
  const QPolygonF drawn = std::exchange(outline_, {});
  update();
  if (drawn.size() < 3) return;
  const auto camera = view_.scene().camera();
  const double ratio = view_.canvas().devicePixelRatioF();
  imaging::Scissors cut;
  cut.eye = camera.eye();
  cut.direction = (camera.center - camera.eye()).normalized();
  // On the plane through what the camera looks at.
  for (const QPointF& p : drawn) {
    const auto ray = camera.ray(p.x() * ratio, p.y() * ratio);
    cut.polygon.push_back(ray.origin + ray.direction * ((camera.center - ray.origin).dot(cut.direction) / ray.direction.dot(cut.direction)));
  }
  emit outlined(cut);
}

void LassoVeil::wheelEvent(QWheelEvent* event) { QCoreApplication::sendEvent(&view_.canvas(), event); }

void LassoVeil::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Escape) {
    QWidget::keyPressEvent(event);
    return;
  }
  if (outline_.isEmpty()) emit left();
  outline_.clear();
  update();
}

void LassoVeil::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const QString hint = "Scissors: draw an outline. Right drag zooms, Shift+left pans, Esc leaves.";
  p.setPen(QColor(0, 0, 0, 180));
  p.drawText(rect().adjusted(1, 1, 1, -13), Qt::AlignHCenter | Qt::AlignBottom, hint);
  p.setPen(color_);
  p.drawText(rect().adjusted(0, 0, 0, -14), Qt::AlignHCenter | Qt::AlignBottom, hint);
  if (outline_.size() < 2) return;
  QColor fill = color_;
  fill.setAlpha(40);
  p.setBrush(fill);
  p.setPen(QPen(color_, 1.5, Qt::DashLine));
  p.drawPolygon(outline_);
}

}  // namespace ot::gui
