// SPDX-License-Identifier: GPL-3.0-or-later
// LassoVeil: takes the left mouse button over a 3D view while scissors are in the hand and draws the outline; other buttons and the wheel
// go on to the view, so that it can be turned in between. GUI thread only.
#pragma once
#include <QPointer>
#include <QPolygonF>
#include <QWidget>

#include "imaging/edit/edit.hpp"
#include "viewer/qt/view3d.hpp"

namespace ot::gui {

class LassoVeil : public QWidget {
  Q_OBJECT
 public:
  explicit LassoVeil(viewer::View3D& view);
  void set_color(const QColor& color) { color_ = color; }

 signals:
  // Outline, direction and eye of the cut as seen on screen; label and sides are the receiver's.
  void outlined(const ot::imaging::Scissors& cut);
  void left();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void fit();
  viewer::View3D& view_;
  QPolygonF outline_;
  QColor color_{242, 184, 75};
};

}  // namespace ot::gui
